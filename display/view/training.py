"""The set as it is seen: count, phase, road, load, cue and STOP (design guide, section 3)."""

from __future__ import annotations

from math import ceil, floor

from display.parts import Button, Header, Key, SensorLine, SensorState, Tone
from display.shapes import LoadState, LoadView, PhaseView, Road, Segment, SetView
from display.view.buttons import stop_button
from display.view.cues import cue_of, over_load, sensor_lost
from display.view.doses import set_short
from display.view.road import moving_phase, road_of, target_s, tone_of
from display.words import say
from edge.live import Live
from edge.model import Activity, Phase
from edge.records import Doubt
from edge.session import Action, SessionState

NO_ROAD = Road(())
ALONE = PhaseView("", Tone.PLAIN)
"""Of a set that is done by one's own feel no phase is told."""
COLUMN_HEADROOM = 1.4
"""The load column ends this far above the band, so that too much can be seen as too much."""
COLUMN_WITHOUT_BAND_KG = 20.0


def set_view(state: SessionState, live: Live) -> SetView:
    """Return the set as it is seen now."""
    due, target = state.exercise, state.reps_target
    lost = sensor_lost(state, live)
    live = _blind(live) if lost else live
    count = len(state.reps)
    sensors = "set.sensor_lost" if lost else "set.not_coached" if state.uncoached else "set.sensors_ok"
    return SetView(
        header=Header(due.name, set_short(state)),
        sensors=SensorLine(say(sensors), "", _of_set(state, lost)),
        count=str(_seen(state, live)),
        of_reps="" if target is None else say("set.of_reps", reps=target),
        segments=_segments(state),
        phase=_phase(state, live) if lost or not state.unaided else ALONE,
        road=NO_ROAD if state.unaided else road_of(due, state.tempo, live, 1 if target is None else target - count),
        load=_load(state, live) if due.driver == "force" else None,
        cue=cue_of(state, live),
        buttons=(
            stop_button("stop"),
            *(() if target is not None else (Button("done", say("set.done"), Action.MAIN, key=Key.GREEN),)),
        ),
        doubt=say("set.doubt") if live.uncertain or live.pending or _count_doubted(state) else "",
    )


def _of_set(state: SessionState, lost: bool) -> SensorState:
    if lost:
        return SensorState.LOST
    return SensorState.WAITING if state.uncoached else SensorState.OK


def _count_doubted(state: SessionState) -> bool:
    """An expired calibration leaves the count as it is; every other doubt is one of the count."""
    return any(doubt != Doubt.CALIBRATION_EXPIRED for doubt in state.doubts)


def _seen(state: SessionState, live: Live) -> int:
    """Count what was announced and, in doubt, what looks like repetitions: never more than were asked for."""
    counted = len(state.reps)
    seen = counted + live.pending
    return max(counted, seen if state.reps_target is None else min(seen, state.reps_target))


def _blind(live: Live) -> Live:
    """A sensor that is lost has no position and no force: the road waits without a dot, the column is empty."""
    return Live(t_s=live.t_s, activity=Activity.BLIND, reason=live.reason, uncertain=live.uncertain)


def _segments(state: SessionState) -> tuple[Segment, ...]:
    done = [Segment.FILLED if judged.inside or state.unaided else Segment.HOLLOW for judged in state.reps]
    return (*done, *[Segment.TO_COME] * ((state.reps_target or 0) - len(done)))


def _phase(state: SessionState, live: Live) -> PhaseView:
    if sensor_lost(state, live):
        return PhaseView(say("set.rest_phase").upper(), Tone.STOP)
    due = state.exercise
    phase = moving_phase(due, live) or due.rest_phase
    return PhaseView(due.words[phase].upper(), tone_of(due, phase), _seconds(state, live, phase))


def _seconds(state: SessionState, live: Live, phase: Phase) -> int | None:
    """Count the seconds as one counts aloud: the first second is 1. The rest before the first rep is not counted."""
    if target_s(state.tempo, phase) is None or live.phase is not phase:
        return None
    if phase is state.exercise.rest_phase and not state.reps:
        return None
    return floor(max(live.t_s - live.phase_start_s, 0.0)) + 1


def _load(state: SessionState, live: Live) -> LoadView:
    band = state.planned.load_kg
    top_kg = band[1] * COLUMN_HEADROOM if band and band[1] > 0 else COLUMN_WITHOUT_BAND_KG
    force_kg = live.force_kg
    return LoadView(
        number=say("set.no_load") if force_kg is None else _load_number(force_kg, band),
        unit=say("set.kg"),
        fill=min(max((force_kg or 0.0) / top_kg, 0.0), 1.0),
        state=_load_state(state, live),
        band=(band[0] / top_kg, band[1] / top_kg) if band else None,
        labels=(f"{band[1]:g}", f"{band[0]:g}") if band else None,
    )


def _load_number(force_kg: float, band: tuple[float, float] | None) -> str:
    """Whole kilograms, rounded away from the band: what reads 14 of 14 is inside it."""
    if band and force_kg > band[1]:
        return str(ceil(force_kg))
    if band and force_kg < band[0]:
        return str(floor(max(force_kg, 0.0)))
    return str(round(max(force_kg, 0.0)))


def _load_state(state: SessionState, live: Live) -> LoadState:
    band = state.planned.load_kg
    if live.force_kg is None or band is None:
        return LoadState.UNKNOWN
    if over_load(state, live):
        return LoadState.OVER  # also by an expired calibration: it only ever asks for less
    if state.uncoached:
        return LoadState.UNKNOWN
    return LoadState.UNDER if live.force_kg < band[0] else LoadState.INSIDE
