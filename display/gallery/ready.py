"""Sample screens before a set: the exercise, its sensors and its bell, what the rule table says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from display.gallery.states import ALL_USABLE, ROUTINE, ROW, SQUAT, STATION, SWAPPED, THREE, WAITING, at, seen
from display.shapes import View
from edge.prescription.lines import Routine
from edge.session import Bells, Finding, Mixup, Screen, SessionState, Unseen
from edge.session.guarding import Way
from edge.session.telling import tell


def ready_samples() -> Iterator[tuple[str, View]]:
    """Yield what may be seen while the patient gets ready."""
    yield "03-ready", seen(at(Screen.READY))
    yield "03-ready-expired", seen(at(Screen.READY, expired=("band",)))
    yield "03-ready-slow-cell", seen(at(Screen.READY), station=replace(STATION, slow=(("band", 0.3),)))
    light = replace(SQUAT, exercise="goblet_box_squat", instead_of="goblet_squat", load_kg=None)
    yield "03-ready-start-light", seen(at(Screen.READY, routine=Routine((light,))))
    yield "03-ready-why", seen(at(Screen.READY, whys={"band_row": "2 good days. Take 10.5 kg, 8 repetitions."}))
    yield "03-ready-alone", seen(at(Screen.READY, alone=frozenset({"band_row"})))
    yield "05-ready-calm", seen(at(Screen.READY, line=1), station=replace(STATION, calm=True))
    yield "05-ready-own-speed", seen(at(Screen.READY, line=2))
    waiting = at(Screen.READY, line=1, usable={"band": True, "thigh": False})
    yield "04-ready-waiting", seen(waiting, station=WAITING)
    usable = replace(waiting, usable=ALL_USABLE)
    for name, finding in (
        ("swapped", SWAPPED),
        ("turned", Finding(Mixup.TURNED, ("thigh",))),
        ("twins", Finding(Mixup.TWINS, ("thigh", "trunk"))),
    ):
        yield f"04-ready-{name}", seen(replace(usable, misworn=(finding,)), station=THREE)
    yield from _bells(usable)
    yield from _told()


def _bells(ready: SessionState) -> Iterator[tuple[str, View]]:
    """The dock says which bell was taken, or that it does not know."""
    rig = Bells((6.0, 8.0, 12.0, 16.0), unseen=None)
    for name, bells in (
        ("awaited", rig),
        ("taken", rig.left(6.0)),
        ("heavier", rig.left(16.0)),
        ("several", rig.left(16.0).left(12.0)),
        ("unseen", replace(rig, unseen=Unseen.UNSURE)),
    ):
        yield f"04-ready-bell-{name}", seen(replace(ready, bells=bells))
    lighter = replace(ROUTINE, lines=(ROW, replace(SQUAT, load_kg=(10.0, 14.0))))
    yield "04-ready-bell-lighter", seen(replace(ready, routine=lighter, bells=rig.left(8.0)))
    yield "04-ready-bell-by-hand", seen(replace(ready, bells=rig, bell_by_hand=6.0))


def _told() -> Iterator[tuple[str, View]]:
    """Sentences of the rule table, and the band's check list."""
    start = at(Screen.READY)
    for rule, main, other in (
        ("symptoms_unanswered", Way.ANSWER, None),
        ("pain_amber", Way.READY, None),
        ("pain_red", Way.FLAGS, None),
        ("not_bearable", Way.SUMMARY, None),
        ("weaker", Way.FLAGS, None),
        ("leg_trend", Way.FLAGS_FIRST, None),
        ("distal_spread", Way.READY, None),
        ("later_high", Way.READY, None),
        ("plan_over", Way.SUMMARY, None),
        ("over_force_again", Way.REST, None),
        ("bell_again", Way.REST, None),
        ("band_put_aside", Way.WITHOUT_BAND, Way.NEW_BAND),
        ("band_retired", Way.WITHOUT_BAND, Way.NEW_BAND),
    ):
        yield f"03-told-{rule.replace('_', '-')}", seen(tell(start, rule, main, other))
    snapped = tell(start, "band_snap", Way.REST, hurts=True)
    yield "03-told-band-snap", seen(snapped)
    yield "03-band-check", seen(at(Screen.BAND_CHECK))
