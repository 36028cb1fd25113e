"""Stored values in the words a clinician reads: dates, ages, verdicts, states. A state is a shape and a word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from flask import Flask
from markupsafe import Markup

from edge.care.measures import measures
from edge.figure_svg import figure_svg
from edge.library import exercises
from edge.model import Origin, StopReason, Verdict
from edge.prescription.plan import TESTS, CoachMode, Prescription
from edge.prescription.row import Row
from edge.records import Doubt
from sync.panel.config import config
from sync.panel.queries import Found
from sync.panel.typed_rows import rpe_text, span_text
from sync.presence import LIVE_S
from sync.store.stations import KnownStation

STANDARD_GRAVITY_M_S2 = 9.80665
DAY_S = 86_400.0
QUIET_AFTER_S = 3 * DAY_S
"""A patient without a session for this long is shown as gone quiet. Our default."""
STALE_AFTER_S = 2 * DAY_S
"""A station not heard from for this long makes its values old. Our default."""


class State(NamedTuple):
    """A shape (act, check, fine, stop, none) and the word beside it."""

    shape: str
    word: str


VERDICTS = {
    Verdict.ON_TARGET: State("fine", "on target"),
    Verdict.TOO_FAST: State("check", "too fast"),
    Verdict.TOO_SLOW: State("check", "too slow"),
    Verdict.SHORT_HOLD: State("check", "hold too short"),
    Verdict.TOO_LIGHT: State("check", "too light"),
    Verdict.TOO_HEAVY: State("act", "too heavy"),
    Verdict.NOT_JUDGED: State("none", "not judged"),
}
STOPS = {
    StopReason.TARGET: State("fine", "done"),
    StopReason.PAIN: State("stop", "stopped for pain"),
    StopReason.TIRED: State("check", "stopped tired"),
    StopReason.OTHER: State("check", "stopped early"),
    StopReason.TECHNICAL: State("check", "stopped by a fault"),
    StopReason.SAFETY: State("stop", "stopped for safety"),
    StopReason.SKIPPED: State("check", "left out"),
}
ORIGINS = {
    Origin.SENSED: "sensor",
    Origin.SELF_REPORTED: "patient",
    Origin.CLINICIAN_ENTERED: "clinician",
}
DOUBTS = {
    "gap": "the sensor fell silent",
    "reset": "the sensor restarted",
    "frozen": "the sensor froze",
    "stuck_axis": "one axis of the sensor was stuck",
    "repeated": "the sensor repeated itself",
    "implausible": "the sensor gave impossible values",
    "not_a_number": "the sensor gave no numbers",
    "clock": "the sensor's time jumped",
    "samples_lost": "samples were lost",
    Doubt.REP_CUT_OFF: "a repetition was cut off",
    Doubt.NOT_COUNTED: "the patient carried on without counting",
    Doubt.ABSENT: "the sensor was not there",
    Doubt.MISWORN: "the sensor was worn the wrong way",
    Doubt.NO_BAND: "there was no band that may be pulled",
    Doubt.CUT_OFF: "the station stopped in the middle of the set",
    Doubt.LEFT_OUT: "the patient left it out that day",
    Doubt.SHORTENED: "the patient did one set fewer that day",
}
"""What made the count of a set uncertain, by the name the station gives. A calibration that had expired does not."""
SAYS_SO = {Origin.SENSED: "as sensed", Origin.SELF_REPORTED: "as the patient said"}
COACH = {
    CoachMode.OFF: "is off",
    CoachMode.SHADOW: "decides, shows nothing",
    CoachMode.PROPOSE: "proposes",
    CoachMode.APPLY: "changes doses within the limits",
}
PAIN_CHANGES = {-1: "less (\N{MINUS SIGN}1)", 0: "same (0)", 1: "more (+1)"}
NOT_ANSWERED = "not answered"
NONE = "\N{EN DASH}"
UNITS = {"N": "kg", "deg": "°", "m": "m", "m/s2": "m/s²"}
"""How a stored unit is written; forces are shown in kilograms."""
DECIMALS = {"deg": 0, "m": 2}
"""Digits after the point that a range is known to; one, unless it says otherwise here."""
FIGURE_PX = (104, 48)
"""Room of an exercise's two stills in a line of the plan."""


def init_app(app: Flask) -> None:
    """The templates of ``app`` can say dates, ages, states and numbers."""
    app.jinja_env.filters.update(
        when=lambda at: when(at, config().now(), config().zone),
        date=lambda at: full_date(at, config().zone),
        age=lambda at: age(config().now() - at),
        exercise=exercise_name,
        exercises_of=exercises_of,
        due_when=due_when,
        coach=lambda mode: COACH[mode],
        dose=dose,
        rpe=lambda row: rpe_text(row) or NONE,
        validity=validity,
        figure=figure,
        verdict=lambda key: VERDICTS.get(key, State("none", key)),
        stop=lambda key: STOPS.get(key, State("none", key)),
        origin=lambda key: ORIGINS.get(key, key),
        pain=pain,
        effort=effort,
        doubts=doubts,
        load_used=load_used,
        wrong_load=wrong_load,
        kg=kg,
        number=number,
        load=load,
        range=range_of,
        live=lambda row: live(row, config().now()),
        sync=lambda row: sync_state(row, config().now()),
        plan=lambda row: plan_state(row, config().now()),
        summary=lambda row: summary(row, config().now(), config().zone),
    )


def _local(at: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(zone)


def full_date(at: float, zone: tzinfo | None) -> str:
    """Return day, date and time: ``Fri 20 Nov 2026, 18:40``."""
    local = _local(at, zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def when(at: float, now: float, zone: tzinfo | None) -> str:
    """Return a moment as short as it can be told: ``today 07:12``, ``20 Nov 18:40``, ``20 Nov 2025``."""
    local, today = _local(at, zone), _local(now, zone)
    if local.date() == today.date():
        return f"today {local:%H:%M}"
    if local.date() == today.date() - timedelta(days=1):
        return f"yesterday {local:%H:%M}"
    return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def age(seconds: float) -> str:
    """Return how long something lasted, in its largest unit: ``3 h``, ``4 days``."""
    if seconds < 60:
        return "less than 1 min"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    if seconds < 2 * DAY_S:
        return f"{seconds // 3600:.0f} h"
    return f"{seconds // DAY_S:.0f} days"


def exercise_name(key: str) -> str:
    """Return the exercise's name, or its key where this panel does not know it."""
    known = exercises().get(key)
    return known.name if known else key.replace("_", " ")


def exercises_of(row: Row) -> str:
    """Return what a row of a plan asks for: ``Leg press or Hack squat``."""
    both = " + ".join(exercise_name(key) for key in (row.exercise, *row.together))
    return " or ".join((both, *(exercise_name(key) for key in row.alternatives)))


def measure_name(key: str) -> str:
    """Return what a measure is called on the panel."""
    return "Own activities" if key == "function" else measures()[key].label


def asked(plan: Prescription) -> tuple[str, ...]:
    """Return the measures a station asks for under a plan."""
    return tuple(key for key in TESTS if (key in plan.tests if plan.tests is not None else measures()[key].at_home))


def due_when(row: Row) -> str:
    """Return when a row is due: its weeks, its training day, and how often a day."""
    one_week = row.weeks is not None and row.weeks.low == row.weeks.high
    weeks = f"week{'' if one_week else 's'} {span_text(row.weeks)}" if row.weeks else ""
    day = f"day {row.day}" if row.day else ""
    often = f"{row.times_per_day} a day" if row.times_per_day > 1 else ""
    return ", ".join(part for part in (weeks, day, often) if part) or "every session"


def dose(row: Row) -> str:
    """Return how much a row asks for: ``3 x 12 each side``, ``25 min``, ``3 sets``."""
    parts = [span_text(row.reps)] if row.reps else []
    if row.hold_s:
        parts.append(f"{row.hold_s:g} s hold")
    if row.duration_min:
        parts.append(f"{row.duration_min:g} min")
    each = " of ".join(parts)
    sets = span_text(row.sets)
    if not each:
        text = f"{sets} set{'' if sets == '1' else 's'}"
    else:
        text = each if sets == "1" and not row.reps else f"{sets} \N{MULTIPLICATION SIGN} {each}"
    lighter = f", {row.load_drop_pct[0]:g}-{row.load_drop_pct[1]:g} % lighter" if row.load_drop_pct else ""
    return f"{text}{' each side' if row.per_side else ''}{lighter}"


def validity(plan: Prescription) -> str:
    """Return how long a plan is good for."""
    begun = f" from {plan.valid_from}" if plan.valid_from else ""
    if plan.valid_until is None:
        return f"Good{begun} without an end."
    return f"Good{begun} until {plan.valid_until}."


def figure(key: str) -> Markup:
    """Return the exercise's two stills, or nothing where it is not known here; its name stands beside them."""
    known = exercises().get(key)
    if known is None or known.figure is None:
        return Markup("")
    drawn = Markup(figure_svg(known, FIGURE_PX, standalone=False))  # noqa: S704 - made of numbers and an escaped name
    return Markup('<span class="figure" aria-hidden="true">{}</span>').format(drawn)


def number(value: float | None, decimals: int = 1) -> str:
    """Return a number with fixed decimals, so that a column of them lines up; a dash where there is none."""
    return NONE if value is None else f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def kg(force_n: float | None) -> str:
    """Return a force as the kilograms people read."""
    return number(None if force_n is None else force_n / STANDARD_GRAVITY_M_S2)


def range_of(rep: Found) -> str:
    """Return how far a repetition went, with its unit."""
    if rep.range_unit == "N":
        return f"{kg(rep.range_value)} kg"
    unit = UNITS.get(rep.range_unit, rep.range_unit)
    return f"{number(rep.range_value, DECIMALS.get(rep.range_unit, 1))} {unit}"


def load(low: float | None, high: float | None) -> str:
    """Return a load band, ``10 to 12 kg``, or one load, ``8 kg``."""
    if low is None or high is None:
        return "no load set"
    return f"{low:g} kg" if low == high else f"{low:g} to {high:g} kg"


def wrong_load(row: Found) -> bool:
    """Return whether a set was done with a load that its plan does not name."""
    low, high = row.load_low_kg, row.load_high_kg
    return row.load_used_kg is not None and low is not None and not low <= row.load_used_kg <= high


def load_used(row: Found) -> str:
    """Return what was lifted or pulled in a set, and who says so."""
    planned = load(row.load_low_kg, row.load_high_kg)
    said = SAYS_SO.get(row.load_origin, "as the plan has it")
    but = f"; the plan said {planned}" if wrong_load(row) else ""
    return f"The load was {row.load_used_kg:g} kg, {said}{but}."


def pain(value: int | None) -> str:
    """Return how pain changed; no answer is not the same as no change."""
    return NOT_ANSWERED if value is None else PAIN_CHANGES.get(value, str(value))


def effort(value: int | None) -> str:
    """Return the effort from 0 to 10; no answer is not 0."""
    return NOT_ANSWERED if value is None else f"{value} of 10"


def doubts(names: str) -> str:
    """Return what made a set's count uncertain as a sentence part, empty for a count without doubt."""
    of_count = [name for name in names.split(",") if name and name != Doubt.CALIBRATION_EXPIRED]
    return " and ".join(DOUBTS.get(name, name.replace("_", " ")) for name in of_count)


def live(row: Found | KnownStation, now: float) -> bool:
    """Return whether the station is connected, and somebody said so a moment ago."""
    return bool(row.online and row.seen_at is not None and now - row.seen_at <= LIVE_S)


def sync_state(row: Found, now: float) -> State:
    """Return whether the station can be heard, and else for how long it was not."""
    if row.station_id is None:
        return State("check", "no station yet")
    if row.seen_at is None:
        return State("check", "never connected")
    if live(row, now):
        return State("fine", "online")
    silent_s = now - row.seen_at
    return State("check" if silent_s > STALE_AFTER_S else "none", f"{age(silent_s)} ago")


def plan_state(row: Found, now: float) -> State:
    """Return how far the newest plan has come on its way to the station."""
    if row.version is None:
        return State("check", "no plan yet")
    if _refused(row):
        return State("act", f"plan {row.version} refused")
    if row.in_use_at is not None:
        return State("fine", f"plan {row.version} in use")
    way = "delivered, not in use yet" if row.delivered_at is not None else "written, not delivered yet"
    waiting = now - row.written_at > STALE_AFTER_S
    return State("check" if waiting else "none", f"plan {row.version} {way}")


def _refused(row: Found) -> bool:
    """Return whether the newest plan never got in; one that did may come again, and is refused then."""
    return row.rejected_at is not None and row.delivered_at is None


def summary(row: Found, now: float, zone: tzinfo | None) -> State:
    """Return the one sentence about a patient that matters most, and how urgent it is."""
    if _refused(row):
        return State("act", f"The station refused plan {row.version}: {row.rejected_reason}")
    if row.started_at is None:
        return State("check", "No session yet.")
    if now - row.started_at > QUIET_AFTER_S:
        return State("check", _quiet(row, now))
    return _last_session(row, when(row.started_at, now, zone))


def _quiet(row: Found, now: float) -> str:
    gone = f"No session for {age(now - row.started_at)}."
    if live(row, now):
        return f"{gone} The station is online, so this is not a sync problem."
    return f"{gone} The station is not online, so sessions may be waiting there."


def _last_session(row: Found, moment: str) -> State:
    if row.ended_at is None:
        return State("none", f"Session begun {moment}; its end is not here yet.")
    done = f"{row.sets_done} of {row.sets_planned} sets done {moment}"
    if row.stop_reason == StopReason.PAIN:
        return State("act", f"Stopped for pain: {done}.")
    if row.stop_reason == StopReason.TECHNICAL:
        return State("check", f"Stopped by a fault: {done}.")
    if row.sets_done < row.sets_planned:
        return State("check", f"Stopped early: {done}.")
    return State("fine", f"{done[0].upper()}{done[1:]}.")
