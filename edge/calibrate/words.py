"""A guide's state in words, the same in the terminal and on the screen; all of them from ``display/words.toml``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from display.parts import Button, Header, Key
from display.shapes import CalibrateView
from display.view.buttons import main_button, stop_button
from display.words import say, sentences
from drivers.calibration.effort import EFFORT_S, EFFORTS
from drivers.calibration.guide import Step
from drivers.calibration.guides import AnyGuide
from drivers.calibration.load import LEAST_WEIGHT_SHARE
from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.muscle_guide import MuscleGuide
from drivers.calibration.pose_guide import PoseGuide
from drivers.calibration.record import Record, expires_at
from drivers.calibration.still import Refusal
from edge.session import Action

STEP_NUMBERS: Mapping[Step, int] = {
    Step.EMPTY: 1,
    Step.CONFIRM: 1,
    Step.WEIGHT: 2,
    Step.OFF: 3,
    Step.AGAIN: 4,
    Step.SECOND: 5,
    Step.BOTH: 5,
}
LOAD_STEPS = 5
MUSCLE_STEPS = 1 + EFFORTS
COUNT_RANGE = 2**23


def instruction(guide: AnyGuide) -> str:
    """Return what to do now."""
    return say(f"calibrate.step_{guide.step}")


def hints(guide: AnyGuide) -> tuple[str, ...]:
    """Return what helps to do it."""
    if guide.step is Step.DONE:
        return ()
    hint = f"calibrate.hint_{guide.step}"
    match guide:
        case LoadGuide(step=Step.WEIGHT):
            first = say(hint, least=figure(LEAST_WEIGHT_SHARE * guide.capacity_kg))
            return (first, say("calibrate.hint_keep")) if guide.can_keep else (first,)
        case LoadGuide(step=Step.SECOND):
            return (say(hint, unknown=say("calibrate.unknown")),)
        case MuscleGuide(step=Step.EFFORT):
            return tuple(filter(None, (say(hint, seconds=f"{EFFORT_S:g}"), sensed(guide))))
        case MuscleGuide():
            return tuple(filter(None, (say(hint), sensed(guide))))
        case _:
            return (say(hint),)


def reason(refusal: Refusal) -> str:
    """Return why a step did not pass, and what to do about it."""
    return say(f"calibrate.why_{refusal.why}", value=figure(refusal.value), limit=figure(refusal.limit))


def finished(record: Record) -> str:
    """Return that the sensor is calibrated, and until when."""
    return say("calibrate.hint_done", sensor=record.sensor, date=f"{expires_at(record):%Y-%m-%d}")


def alike(near: tuple[str, float] | None) -> str:
    """Return that another motion sensor lies alike, so that a swap cannot be seen, and the way out; or nothing."""
    return say("calibrate.hint_alike", other=near[0]) if near else ""


def sensed(guide: AnyGuide) -> str:
    """Return what a muscle's reading is: noise at rest, activity, or cut off; empty for other sensors."""
    sense = guide.live_sense() if isinstance(guide, MuscleGuide) else None
    return say(f"calibrate.muscle_{sense}") if sense else ""


def not_written(error: OSError) -> str:
    """Return that the disk refused."""
    return say("calibrate.hint_not_written", why=error.strerror or str(error))


def reading(guide: AnyGuide) -> tuple[str, str]:
    """Return what the sensor reads now, and the unit: kg, or percent of the range while kg are unknown."""
    match guide:
        case LoadGuide():
            kg, count = guide.live_kg(), guide.live_count()
            if kg is not None:
                digits = 2 if abs(kg) < 100 else 1
                return f"{round(kg, digits) + 0.0:.{digits}f}", say("calibrate.kg")  # never -0.00
            if count is not None:
                return f"{100 * count / COUNT_RANGE:.1f}", say("calibrate.percent")
        case PoseGuide():
            accel = guide.live_accel()
            if accel is not None:
                return f"{math.hypot(*accel):.2f}", say("calibrate.m_s2")
        case MuscleGuide():
            level = guide.live_level()
            if level is not None:
                return f"{100 * level:.1f}", say("calibrate.percent_of_range")
    return say("calibrate.no_reading"), ""


def step_of(guide: AnyGuide) -> str:
    """Return which step of how many this is."""
    if isinstance(guide, MuscleGuide):
        steps, number = MUSCLE_STEPS, 1 if guide.step is Step.REST else min(2 + len(guide.plateaus), MUSCLE_STEPS)
    else:
        steps = LOAD_STEPS if isinstance(guide, LoadGuide) else 1
        number = STEP_NUMBERS.get(guide.step, steps)
    return say("calibrate.step", number=number, steps=steps)


def hung(guide: AnyGuide, now_s: float) -> CalibrateView:
    """Return the screen of a bus that hangs: there is nothing to do but to leave."""
    shown = view_of(guide, now_s)
    return replace(
        shown, lines=sentences(say("calibrate.why_hung")), refused=True, share=None, kg="", buttons=shown.buttons[:1]
    )


def view_of(
    guide: AnyGuide,
    now_s: float,
    kg: float | None = None,
    outcome: str = "",
    absent: str = "",
    warning: str = "",
) -> CalibrateView:
    """Return what the screen shows.

    ``kg`` is the weight being told, ``outcome`` and ``warning`` what came of a finished guide, ``absent`` why the
    sensor cannot be read.
    """
    asks_kg = isinstance(guide, LoadGuide) and guide.asks_kg
    number, unit = reading(guide)
    return CalibrateView(
        header=Header(say("calibrate.header", sensor=guide.config.name), step_of(guide)),
        instruction=sentences(instruction(guide)),
        reading=number,
        unit=unit,
        lines=tuple(filter(None, (outcome, warning))) if guide.step is Step.DONE else _lines(guide, absent),
        refused=bool(guide.refusal or absent),
        share=guide.progress(now_s) if guide.measuring else None,
        kg=_weight(kg) if asks_kg else "",
        buttons=(*_ways(guide), *(_stepper() if asks_kg else ()), _main(guide)),
    )


def figure(value: float) -> str:
    """Return a number as people say it: two digits that count, no more behind the point than needed."""
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.2g}"


def _lines(guide: AnyGuide, absent: str) -> tuple[str, ...]:
    if absent:
        return sentences(say("calibrate.why_absent"))
    return sentences(reason(guide.refusal)) if guide.refusal else hints(guide)


def _weight(kg: float | None) -> str:
    return say("calibrate.unknown") if kg is None else f"{figure(kg)} {say('calibrate.kg')}"


def _ways(guide: AnyGuide) -> list[Button]:
    """The small buttons; what they do goes by their ids. Leaving is the stop of a calibration: it always counts."""
    ways = [stop_button("leave", say("calibrate.leave"))]
    if guide.can_go_back and guide.step is not Step.DONE:
        # Where a weight is told, the white button is for that.
        asks_kg = isinstance(guide, LoadGuide) and guide.asks_kg
        ways.append(Button("back", say("calibrate.back"), Action.BACK, key=None if asks_kg else Key.WHITE))
    if isinstance(guide, LoadGuide) and not guide.measuring:
        if guide.step in (Step.SECOND, Step.BOTH):
            ways.append(Button("skip", say("calibrate.skip"), Action.SKIP))
        if guide.can_keep:
            ways.append(Button("keep", say("calibrate.keep"), Action.SKIP))
    return ways


def _stepper() -> tuple[Button, Button]:
    return (
        Button("lighter", say("calibrate.lighter"), Action.FEWER),
        Button("heavier", say("calibrate.heavier"), Action.MORE, key=Key.WHITE),
    )


def _main(guide: AnyGuide) -> Button:
    if guide.measuring:
        doing = {Step.EFFORT: "calibrate.hold", Step.PAUSE: "calibrate.recover"}.get(
            guide.step, "calibrate.keep_still"
        )
        return main_button("measure", say(doing), enabled=False)
    words = {Step.CONFIRM: "calibrate.yes_empty", Step.DONE: "calibrate.finish"}
    return main_button("measure", say(words.get(guide.step, "calibrate.measure")))
