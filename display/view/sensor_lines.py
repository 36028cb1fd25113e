"""What is said of the sensors and the bell while the patient gets ready."""

from __future__ import annotations

from dataclasses import replace

from display.parts import SensorLine, SensorState
from display.station_info import StationInfo
from display.words import say, sentences, words
from edge.session import BellNotice, Finding, SessionState, bell_notice


def put_right(state: SessionState) -> tuple[str, ...]:
    """What to do about a sensor that is not where it belongs; it comes before everything else to be done."""
    return () if state.mixup is None else worn_words(state.mixup, state.exercise.place)


def worn_words(mixup: Finding, needed: str) -> tuple[str, ...]:
    """What to do about sensors that were mixed up; the one that is ``needed`` now comes first."""
    places = sorted(mixup.sensors, key=lambda place: place != needed)
    first, second = (*map(_part, places), "")[:2]
    return sentences(say(f"worn.{mixup.mixup}", first=first, second=second))


def about_bell(state: SessionState) -> tuple[str, ...]:
    """What is to be said of a bell that is not the plan's; nothing where all is well."""
    notice, bells = bell_notice(state), state.bells
    if bells is None or notice not in (BellNotice.LIGHTER, BellNotice.HEAVIER, BellNotice.SEVERAL, BellNotice.UNSEEN):
        return ()
    low, high = (f"{kg:g}" for kg in state.bell_band or (0.0, 0.0))
    planned = say("bell.one_kg", low=low) if low == high else say("bell.range_kg", low=low, high=high)
    taken = [f"{kg:g}" for kg in bells.taken]
    if len(taken) > 1:
        taken = [say("bell.and", first=", ".join(taken[:-1]), second=taken[-1])]
    return sentences(say(f"bell.{notice}", taken="".join(taken), planned=planned))


def _bell_line(state: SessionState) -> tuple[SensorLine, ...]:
    """The bell as the dock or the patient has it, like a sensor."""
    notice, bells = bell_notice(state), state.bells
    if notice is None or bells is None:
        return ()
    kg = bells.in_hand or state.bell_by_hand or (state.bells_wanted[0] if notice is BellNotice.AWAITED else None)
    label = say("bell_line.bells") if kg is None else say("bell_line.bell", kg=f"{kg:g}")
    fine = notice in (BellNotice.AS_PLANNED, BellNotice.BY_HAND)
    return (SensorLine(label, say(f"bell_word.{notice}"), SensorState.OK if fine else SensorState.WAITING),)


def _part(place: str) -> str:
    """Return the part of the body, without the word sensor."""
    return _place(place).lower().removesuffix(" sensor")


def waiting_for(state: SessionState) -> str:
    """Return what the main button waits for."""
    if state.mixup is not None:
        return say("worn.check")
    return waiting_for_place(state.exercise.place)


def waiting_for_place(place: str) -> str:
    """Return that the main button waits for the sensor of a place."""
    return say("ready.waiting_for", place=_place(place).lower())


def _place(place: str) -> str:
    """A rig may have places the words do not know; their own name is better than none."""
    return words().get(f"place.{place}", place.capitalize())


def sensor_lines(state: SessionState, station: StationInfo) -> tuple[SensorLine, ...]:
    """The sensor of the exercise first, as the session believes it; then what else the station has."""
    needed = state.exercise.place if state.uses_sensor else ""
    seen = dict(station.sensors)
    if not needed:
        pass
    elif state.sensor_usable:
        seen[needed] = SensorState.OK
    elif seen.get(needed, SensorState.OK) is SensorState.OK:
        seen[needed] = SensorState.WAITING
    doubted = {place for finding in state.misworn for place in finding.sensors}
    # Where no sensor can tell the exercise, none is waited for.
    places = (*((needed,) if needed else ()), *(place for place in seen if place not in ("", needed)))
    lines = [_sensor_line(place, seen[place], place in doubted, place in state.expired) for place in places]
    first = 1 if needed else 0
    slow = dict(station.slow)
    told = [
        replace(line, note=say("cell.no_snap", seconds=f"{slow[place]:.1f}")) if place in slow else line
        for place, line in zip(places, lines, strict=True)
    ]
    return (*told[:first], *_bell_line(state), *told[first:])


def _sensor_line(place: str, state: SensorState, doubted: bool, expired: bool) -> SensorLine:
    if doubted and state is not SensorState.LOST:
        return SensorLine(_place(place), say("sensor.check"), SensorState.WAITING)
    if expired and state is SensorState.OK:
        return SensorLine(_place(place), say("sensor.expired"), SensorState.WAITING)
    return SensorLine(_place(place), say(f"sensor.{state}"), state)
