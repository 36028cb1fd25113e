"""Sample screens of a calibration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from display.parts import Button, Header, Key
from display.shapes import CalibrateView, View
from display.words import say, sentences
from edge.session import Action


def calibrate_samples() -> Iterator[tuple[str, View]]:
    """A look under way, a refusal, and a weight that is asked for."""
    leave = Button("leave", say("calibrate.leave"), Action.STOP, key=Key.RED)
    back = Button("back", say("calibrate.back"), Action.BACK, key=Key.WHITE)
    skip = Button("skip", say("calibrate.skip"), Action.SKIP)
    lighter = Button("lighter", say("calibrate.lighter"), Action.FEWER)
    heavier = Button("heavier", say("calibrate.heavier"), Action.MORE)
    measure = Button("measure", say("calibrate.measure"), Action.MAIN, main=True, key=Key.GREEN)
    looking = replace(measure, text=say("calibrate.keep_still"), enabled=False)
    empty = CalibrateView(
        header=Header(say("calibrate.header", sensor="band"), say("calibrate.step", number=1, steps=5)),
        instruction=(say("calibrate.step_empty"),),
        reading="0.02",
        unit=say("calibrate.kg"),
        lines=sentences(say("calibrate.hint_empty")),
        refused=False,
        share=0.6,
        kg="",
        buttons=(leave, looking),
    )
    yield "19-calibrate-empty", empty
    why = sentences(say("calibrate.why_loaded", value="10"))
    yield (
        "19-calibrate-refused",
        replace(empty, reading="10.01", lines=why, refused=True, share=None, buttons=(leave, measure)),
    )
    yield (
        "19-calibrate-weight",
        replace(
            empty,
            header=replace(empty.header, note=say("calibrate.step", number=5, steps=5)),
            instruction=(say("calibrate.step_second"),),
            reading="19.98",
            lines=(say("calibrate.hint_second", unknown=say("calibrate.unknown")),),
            share=None,
            kg=f"20 {say('calibrate.kg')}",
            buttons=(leave, replace(back, key=None), skip, lighter, replace(heavier, key=Key.WHITE), measure),
        ),
    )
    effort = replace(
        empty,
        header=Header(say("calibrate.header", sensor="glute"), say("calibrate.step", number=2, steps=4)),
        instruction=sentences(say("calibrate.step_effort")),
        reading="61.8",
        unit=say("calibrate.percent_of_range"),
        lines=(say("calibrate.hint_effort", seconds=5), say("calibrate.muscle_active")),
        buttons=(leave, replace(looking, text=say("calibrate.hold"))),
    )
    yield "19-calibrate-effort", effort
