"""Sample screens of outcome tests: how they are done, while they go on, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from msgspec import structs

from display.gallery.states import THREE, WAITING, at, chair_result, seen, stood
from display.shapes import View
from edge.session import Finding, Mixup, Screen
from edge.session.testing_state import Testing, Without
from edge.signal.chair import Chair, ChairTest

CHAIR = Testing(("chair_stand",), number=1, go_s=88.0, chair=stood(7))


def outcome_samples() -> Iterator[tuple[str, View]]:
    """Yield what may be seen of a test."""
    yield from _offered()
    yield from _under_way()
    yield from _asked()
    yield from _results()


def _offered() -> Iterator[tuple[str, View]]:
    for name, testing in (
        ("chair", Testing(("chair_stand",))),
        ("chair-practice", Testing(("chair_stand",), practice=True)),
        ("five-times", Testing(("five_times",))),
        ("walk", Testing(("walk_2min",))),
        ("walk-10m", Testing(("walk_10m",), walks_s=(9.1,))),
    ):
        yield f"30-test-offer-{name}", seen(at(Screen.TEST_OFFER, testing=testing))
    by_hand = at(Screen.TEST_OFFER, testing=Testing(("chair_stand",)), usable={"band": True})
    yield "30-test-offer-by-hand", seen(by_hand)
    waiting = at(Screen.TEST_OFFER, testing=Testing(("chair_stand",)), usable={"thigh": False})
    yield "30-test-offer-waiting", seen(waiting, station=WAITING)
    turned = at(Screen.TEST_OFFER, misworn=(Finding(Mixup.SWAPPED, ("thigh", "trunk")),))
    yield "30-test-offer-swapped", seen(turned, station=THREE)


def _under_way() -> Iterator[tuple[str, View]]:
    for name, testing in (
        ("sit-still", replace(CHAIR, go_s=None, chair=ChairTest(Chair.THIRTY_SECONDS))),
        ("chair-soon", replace(CHAIR, go_s=None, still_s=98.4, chair=ChairTest(Chair.THIRTY_SECONDS))),
        ("chair", CHAIR),
        ("chair-over", replace(CHAIR, go_s=69.0)),
        ("five-times", replace(CHAIR, due=("five_times",), go_s=93.0, chair=stood(4))),
        ("walk-soon", Testing(("walk_2min",), number=1, go_s=103.2)),
        ("walk", Testing(("walk_2min",), number=1, go_s=60.0)),
        ("walk-10m", Testing(("walk_10m",), number=1, go_s=94.0)),
    ):
        yield f"31-testing-{name}", seen(at(Screen.TESTING, testing=testing))


def _asked() -> Iterator[tuple[str, View]]:
    """The hands, the number by hand, why it was stopped, the ratings."""
    own = Testing(("function_1", "function_2"), own=("Carry two heavy bags up the stairs", "Sit through a film"))
    yield "34-test-rating-own", seen(at(Screen.TEST_RATING, testing=own))
    change = Testing(("global_change",), chosen=7)
    yield "34-test-rating-change", seen(at(Screen.TEST_RATING, testing=change))
    yield "32-test-hands", seen(at(Screen.TEST_HANDS, testing=replace(CHAIR, chosen=0)))
    for told in (None, 140):
        walked = Testing(("walk_2min",), number=1, go_s=0.0, told=told)
        yield f"32-test-entry-{told or 'open'}", seen(at(Screen.TEST_ENTRY, testing=walked))
    stands = at(Screen.TEST_ENTRY, testing=Testing(("chair_stand",), told=9))
    yield "32-test-entry-stands", seen(stands)
    yield "32-test-stopped", seen(at(Screen.TEST_STOPPED, testing=CHAIR))


def _results() -> Iterator[tuple[str, View]]:
    first, same, better = (chair_result(value, day) for day, value in enumerate((9, 11, 13)))
    for name, testing in (
        ("first", replace(CHAIR, result=first, done=(first,))),
        ("same", replace(CHAIR, result=same, before=(first,), done=(same,))),
        ("larger", replace(CHAIR, result=better, before=(first,), done=(better,))),
        ("fewer", replace(CHAIR, result=first, before=(chair_result(13, -1),), done=(first,))),
        ("doubt", replace(CHAIR, result=structs.replace(first, note="9 to 10"), done=(first,))),
        ("practice", replace(CHAIR, practice=True, result=structs.replace(first, practice=True))),
        *((f"without-{why.replace('_', '-')}", replace(CHAIR, without=why)) for why in Without),
    ):
        yield f"33-test-result-{name}", seen(at(Screen.TEST_RESULT, testing=testing))
