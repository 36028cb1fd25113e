"""What is drawn: every text in its slot, every target large enough, every colour apart from its ground."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, cycle, product
from pathlib import Path

import pygame
import pytest

from display.draw import draw
from display.gallery.pictures import render_gallery
from display.gallery.samples import samples
from display.gallery.states import PLAN, ROUTINE, SQUAT, STATION, at, live, reps
from display.ink import Ink
from display.painter import Painter, Placed, Target
from display.parts import SensorState
from display.shapes import SetView, View
from display.station_info import StationInfo
from display.theme import BACKGROUND, Colour, Role, Theme
from display.view.by_screen import view
from display.view.cues import correction
from display.words import words
from edge.judge import Cue, CueMemory
from edge.library import exercises
from edge.live import Live
from edge.model import Activity, Phase, Verdict
from edge.prescription.lines import Routine
from edge.records import Side
from edge.session import Action, Screen, SessionState, SetResult
from edge.session.manner import Manner
from edge.tempo import parse_tempo

THEMES = [
    Theme(),
    Theme(left_handed=True),
    Theme((1280, 800), 0.170),
    Theme((800, 480), 0.194),
    *([Theme((1024, 600), 0.216)] if os.environ.get("STEADYRIG_LONG") else []),
]

TOUCH_MM, MAIN_TOUCH_MM = 16.0, 20.0
"""The least side of what can be touched (design guide, section 1)."""


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio of two colours after WCAG 2, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def sheet(theme: Theme) -> pygame.Surface:
    """Larger than the window, so that whatever is drawn outside can be seen."""
    surface = pygame.Surface((theme.size_px[0] + 60, theme.size_px[1] + 60))
    surface.fill((255, 0, 255))
    return surface


def painted(shown: View, ink: Ink) -> Painter:
    return draw(sheet(ink.theme), shown, ink)


@pytest.fixture(scope="module", params=THEMES, ids=str)
def ink(request: pytest.FixtureRequest) -> Ink:
    return Ink(request.param)


@dataclass(frozen=True)
class Picture:
    """What there is in one sample screen, drawn once for all who look at it."""

    name: str
    shown: View
    placed: Sequence[Placed]
    targets: Sequence[Target]
    untouched_px: int


@pytest.fixture(scope="module")
def pictures(ink: Ink) -> Sequence[Picture]:
    """Every sample screen; the drawings themselves are not kept, they are large."""
    found = []
    for name, shown in samples():
        surface = sheet(ink.theme)
        painter = draw(surface, shown, ink)
        untouched_px = pygame.mask.from_threshold(surface, (255, 0, 255), (1, 1, 1)).count()
        found.append(Picture(name, shown, tuple(painter.placed), tuple(painter.targets), untouched_px))
    return found


@cache
def wordings() -> tuple[str, ...]:
    """As many exercises as it takes to see every phase word, with a load column and without one."""
    seen: set[tuple[str, bool]] = set()
    found = []
    for one in exercises().values():
        said = {(word, one.driver == "force") for word in one.words.values()}
        if said - seen:
            seen |= said
            found.append(one.key)
    return tuple(found)


def every_set() -> Iterator[SetView]:
    """Every exercise in every phase and with every correction, with the widest numbers there are."""
    verdicts = cycle(v for v in Verdict if v not in (Verdict.NOT_JUDGED, Verdict.ON_TARGET))
    for key, planned in product(wordings(), (8, 50)):
        line = replace(SQUAT, exercise=key, reps=planned, tempo=parse_tempo("9.9.9.9"), load_kg=(62.5, 87.5))
        routine = Routine((line,))
        for phase, for_s in zip((*Phase, *Phase), (3.5, 5.5, 7.5, 8.5, 0.5, 2.5, 4.5, 6.5), strict=True):
            cue = Cue(next(verdicts), phase)
            state = at(Screen.SET, routine=routine, reps=reps(planned - 2), cues=CueMemory(say=cue))
            shown = view(state, live(phase, for_s, 87.0 if for_s > 4 else 100.0), STATION)
            assert isinstance(shown, SetView)
            yield shown


def everything() -> Iterator[View]:
    yield from (shown for _, shown in samples())
    yield from every_set()
    states = dict.fromkeys(("band", "thigh"), SensorState.LOST)
    waiting = StationInfo(tuple(states.items()), clinic_number="+44 20 7946 0018")
    for key in exercises():
        line = replace(SQUAT, exercise=key, reps=50, sets=10, load_kg=(62.5, 87.5))
        long = {"plan": replace(PLAN, first_name="Maximiliana"), "routine": Routine((line,) * 20)}
        done = (SetResult(key, reps(49), 50),)
        for screen in (Screen.AGENDA, Screen.READY):
            yield view(at(screen, **long, usable={}, reps=reps(49)), Live(), waiting)
        yield view(at(Screen.REST, **long, rest_ends_s=199.0, done=done), Live(), waiting)
        yield from every_own_screen(key, waiting)
        if key in wordings():
            yield from every_other_screen(key, long, waiting)


def every_own_screen(key: str, waiting: StationInfo) -> Iterator[View]:
    """What names an exercise, a side or a dose, each as long as it can be."""
    side = Side.RIGHT if exercises()[key].per_side else None
    line = replace(SQUAT, exercise=key, sets=8, side=side, hold_s=45.0, reps=None)
    named: dict[Screen, dict] = {
        Screen.CHANGE: {},
        Screen.REST: {"rest_ends_s": 199.0, "done": (SetResult(key, reps(49), 50),)},
    }
    own: dict[Screen, dict] = {
        Screen.AGENDA: {"routine": Routine((replace(line, reps=12, sets=3),))},
        Screen.RESUME: {"done": (SetResult(key, (), 8),) * 19},
        Screen.TIMED: {"set_start_s": 60.0},
        Screen.UNCOUNTED: {"manner": Manner.BY_HAND},
        Screen.FIX: {"done": (SetResult(key, reps(49), 50),)},
        Screen.SET: {"routine": Routine((replace(line, hold_s=None),)), "reps": reps(49)},
    }
    for screen, more in (named | own if key in wordings() else named).items():
        known = {"routine": Routine((line,)), "set_of_exercise": 8, **more}
        yield view(at(screen, **known), Live(), waiting)


def every_other_screen(key: str, long: dict, waiting: StationInfo) -> Iterator[View]:
    for screen in (Screen.AGENDA, Screen.READY, Screen.STOPPED, Screen.SUMMARY):
        yield view(at(screen, **long, usable={}, reps=reps(49)), Live(), waiting)
        yield view(at(screen, **long, done=(SetResult(key, reps(50), 50),) * 200), Live(), StationInfo())
    for screen in (Screen.LOST, Screen.UNCOUNTED, Screen.BY_HAND):
        for by_hand, usable in ((None, {}), (100, dict.fromkeys(("band", "thigh"), True))):
            yield view(at(screen, **long, usable=usable, reps=reps(49), by_hand=by_hand), Live(), waiting)
    for left_s in (599.0, 99.0, 8.0):
        done = (SetResult(key, reps(49), 50),)
        yield view(at(Screen.REST, **long, rest_ends_s=100 + left_s, done=done), Live(), waiting)


def test_every_text_fits_its_slot_at_its_full_size(ink: Ink) -> None:
    for shown in everything():
        placed = painted(shown, ink).placed
        assert [p.text for p in placed if not p.fits] == []
        if isinstance(shown, SetView) and shown.phase.seconds is not None:
            room = {p.text for p in placed if p.role in (Role.ROOM, Role.ROOM_LARGE)}
            assert str(shown.phase.seconds) in room, (shown.header.title, shown.phase)


def test_every_count_from_0_to_50_fits_with_its_segments(ink: Ink) -> None:
    for done in range(51):
        for line in (0, 1):
            planned = replace(ROUTINE.lines[line], reps=max(done, 9) if done < 10 else 50)
            state = at(Screen.SET, routine=Routine((planned,)), reps=reps(done, 3))
            for uncertain in (False, True):
                look = replace(live(Phase.CONCENTRIC, 0.5, 12.0), uncertain=uncertain)
                placed = painted(view(state, look, STATION), ink).placed
                assert all(p.fits for p in placed), (done, uncertain)


def test_every_cue_of_the_word_file_fits_in_white_and_in_colour(ink: Ink) -> None:
    for key, text in words().items():
        if key.startswith("cue."):
            shown = next(s for _, s in samples() if isinstance(s, SetView) and s.cue)
            assert shown.cue
            placed = painted(replace(shown, cue=replace(shown.cue, text=text)), ink).placed
            assert all(p.fits for p in placed), key


def test_texts_stand_apart_from_each_other(ink: Ink, pictures: Sequence[Picture]) -> None:
    gap_px = ink.theme.length(10)
    for picture in pictures:
        placed = [p for p in picture.placed if p.text and p.text != words()["set.kg"]]
        for one, other in combinations(placed, 2):
            around = pygame.Rect(one.box).inflate(2 * gap_px, 0)
            assert not around.colliderect(pygame.Rect(other.box)), (picture.name, one.text, other.text)


def test_targets_are_large_enough_to_touch_and_stand_apart(ink: Ink, pictures: Sequence[Picture]) -> None:
    theme = ink.theme
    for picture in pictures:
        name, targets = picture.name, picture.targets
        assert len(targets) == sum(button.action is not Action.POINT for button in picture.shown.buttons), name
        for target in targets:
            least_mm = MAIN_TOUCH_MM if target.button.main else TOUCH_MM
            assert min(target.box[2:]) * theme.mm_per_px >= least_mm * 0.99, (name, target.button.id)
        for one, other in combinations(targets, 2):
            grown = pygame.Rect(one.box).inflate(*(2 * [2 * round(1.8 / theme.mm_per_px)]))
            assert not grown.colliderect(pygame.Rect(other.box)), (name, one.button.id, other.button.id)


def test_nothing_is_drawn_outside_the_window(ink: Ink, pictures: Sequence[Picture]) -> None:
    width, height = ink.theme.size_px
    window = pygame.Rect(0, 0, width, height)
    whole = sheet(ink.theme).get_rect()
    for picture in pictures:
        assert picture.untouched_px == whole.width * whole.height - width * height, picture.name
        assert all(window.contains(p.box) for p in picture.placed if p.text), picture.name
        assert all(window.contains(t.box) for t in picture.targets), picture.name


def test_every_text_has_contrast_on_its_ground(pictures: Sequence[Picture]) -> None:
    for picture in pictures:
        for p in picture.placed:
            least = 9.0 if p.colour in ((255, 255, 255), (0xC7, 0xD3, 0xDD)) and p.under == BACKGROUND else 6.0
            assert contrast(p.colour, p.under) >= least, (picture.name, p.text)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def test_the_main_action_is_at_the_bottom_right_and_mirrored_for_the_left_hand() -> None:
    for hand, corner in ((False, 1000), (True, 24)):
        ink = Ink(Theme(left_handed=hand))
        for name, shown in samples():
            for target in painted(shown, ink).targets:
                if target.button.main or target.button.id == "stop":
                    left, top, width, height = target.box
                    assert (left if hand else left + width) == corner, name
                    assert top + height == 584, name


def test_answers_are_read_from_left_to_right_on_either_hand(ink: Ink) -> None:
    lefts = {t.button.id: t.box[0] for t in painted(dict(samples())["13-rest"], ink).targets}
    assert lefts["pain_less"] < lefts["pain_same"] < lefts["pain_more"]
    assert lefts["effort_easy"] < lefts["effort_just_right"]
    assert lefts["effort_hard"] < lefts["effort_too_hard"]


def test_letters_have_the_sizes_of_the_design_guide() -> None:
    painter = painted(dict(samples())["06-set-row"], Ink(Theme()))
    caps_mm = {p.text: p.box[3] * 0.150 for p in painter.placed}
    arcmin_at_2_m = 2000 * 0.000290888
    assert caps_mm["5"] >= 50 * arcmin_at_2_m
    for text in ("of 8", "BACK", "2", "12", "Slower back"):
        assert caps_mm[text] >= 16 * arcmin_at_2_m, text


def test_a_name_that_is_too_long_is_shrunk_and_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    ink = Ink(Theme())
    plan = replace(PLAN, first_name="W" * 40)
    painter = painted(view(at(Screen.AGENDA, plan=plan), Live(), STATION), ink)
    assert [p.fits for p in painter.placed if "WWW" in p.text] == [False]
    painted(view(at(Screen.AGENDA, plan=plan), Live(), STATION), ink)
    assert len([r for r in caplog.records if "shrunk" in r.message]) == 1


def test_a_screen_too_small_to_read_says_so() -> None:
    assert all(theme.legible for theme in THEMES)
    assert not Theme((640, 400), 0.150).legible


def test_the_gallery_writes_every_screen(tmp_path: Path) -> None:
    paths = render_gallery(tmp_path / "screens")
    assert len(paths) == len(list(samples()))
    assert {pygame.image.load(str(path)).get_size() for path in paths} == {(1024, 600)}


def test_every_verdict_outside_has_a_cue_for_every_exercise() -> None:
    for due in exercises().values():
        for verdict in set(Verdict) - {Verdict.ON_TARGET, Verdict.NOT_JUDGED}:
            for phase in (*due.phases, None):
                assert 0 < len(correction(due, Cue(verdict, phase)).text) <= 12


def test_the_hold_row_keeps_its_place_while_the_road_waits() -> None:
    """Only the road and the dot move: the same phase a second later leaves every text where it was."""
    state: SessionState = at(Screen.SET, reps=reps(2))
    ink = Ink(Theme())
    looks = [live(Phase.ECCENTRIC, for_s, 12.0) for for_s in (1.2, 2.2)]
    words_at = [
        {p.text: p.box for p in painted(view(state, look, STATION), ink).placed if not p.text.isdigit()}
        for look in looks
    ]
    assert words_at[0] == words_at[1]
    assert Activity.MOVING is looks[0].activity
