"""Which nudge may be shown now: a reminder or an offer, never more than the clinician allows, never over pain.

A nudge changes nothing. What the patient answers is a record; an offer to do more only asks the clinic. One that was
shown has a name of its own (kind, day, slot) and is not shown a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from importlib.resources import files

from edge.care import words
from edge.care.feeling import Feeling, feeling, hurt, within_tolerance
from edge.history.facts import History, SessionFact
from edge.library import ContentError
from edge.records import Moment, Nudged

KINDS = ("check_in_24h", "check_in_48h", "gentler", "slot_due", "slot_missed", "test_due", "step_up")
EXTRA = {"slot_missed": "minutes", "step_up": "sessions"}
"""The one number more that a kind needs."""
FIELDS = {"slot_due": ("slot",), "slot_missed": ("minutes",)}
SHOWN, NOT_TODAY = "shown", "not_today"
ANSWERS = (SHOWN, "accepted", "not_now", NOT_TODAY)
HOUR_S = 3600.0
EASY_DAYS = 7
"""An easy week: as many days are looked at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of nudge as content describes it; ``extra`` is its number of minutes or sessions, else None."""

    key: str
    sentence: str
    offer: str
    from_h: float
    until_h: float
    source: str
    extra: float | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of today: the ``number``-th, due from ``opens`` until ``closes``, local times."""

    number: int
    opens: datetime
    closes: datetime
    done: bool = False


@dataclass(frozen=True, slots=True)
class Nudge:
    """A nudge that may be shown; ``nudge_id`` is the same however often it is asked for."""

    nudge_id: str
    what: str
    sentence: str
    offer: str

    def told(self, at: float, answer: str = SHOWN) -> Nudged:
        """Return the record that it was shown, or how it was answered. Raises ValueError for an unknown answer."""
        if answer not in ANSWERS:
            raise ValueError(f"a nudge was answered {answer!r}; expected one of {', '.join(ANSWERS)}")
        return Nudged(self.nudge_id, self.what, at, answer)


def parse_kinds(text: str, source: str) -> dict[str, Kind]:
    """Read the kinds of nudges. Raises ContentError naming ``source``, the key and what was expected."""
    tables = words.tables(text, source)
    if tuple(tables) != KINDS:
        raise ContentError(f"{source}: has the tables {', '.join(tables)}; expected {', '.join(KINDS)} in this order")
    return {key: _kind(key, table, f"{source}: [{key}]") for key, table in tables.items()}


def _kind(key: str, table: Mapping[str, object], where: str) -> Kind:
    extra = EXTRA.get(key)
    words.has_exactly(
        table, where, {"sentence", "offer", "from_h", "until_h", "source"} | ({extra} if extra else set())
    )
    from_h = words.number(table, "from_h", where, 0, 336)
    return Kind(
        key=key,
        sentence=words.sentence(table["sentence"], f"{where} sentence", FIELDS.get(key, ())),
        offer=words.sentence(table["offer"], f"{where} offer"),
        from_h=from_h,
        until_h=words.number(table, "until_h", where, from_h, 336),
        source=words.text(table, "source", where),
        extra=words.number(table, extra, where, 1, 30) if extra else None,
    )


@cache
def kinds() -> Mapping[str, Kind]:
    """Return the shipped kinds, the most urgent first."""
    name = "nudges.toml"
    return parse_kinds(files("edge.content").joinpath(name).read_text("utf-8"), name)


def quiet(now_local: datetime, limits: Mapping[str, float]) -> bool:
    """Return whether nothing may be shown at this hour. The same hour twice means that there are no quiet hours.

    >>> quiet(datetime(2026, 11, 21, 7, 59), {"quiet_from_h": 20, "quiet_until_h": 8})
    True
    """
    hour = now_local.hour + now_local.minute / 60.0
    begin, end = limits["quiet_from_h"], limits["quiet_until_h"]
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


def slots_of(day: date, count: int, done: int, limits: Mapping[str, float], zone: tzinfo) -> tuple[Slot, ...]:
    """Return ``count`` slots of a day, spread evenly over the hours that are not quiet; ``done`` sessions fill them.

    Nobody gives hours for the slots of a day: even spacing, kept apart by at least ``slot_gap_h`` where that fits, is
    our default. Without hours that are not quiet there are no slots.

    >>> from datetime import UTC
    >>> hours = {"quiet_from_h": 20, "quiet_until_h": 8, "slot_gap_h": 3}
    >>> [slot.opens.hour for slot in slots_of(date(2026, 11, 21), 3, 0, hours, UTC)]
    [8, 12, 16]
    """
    begin, end = limits["quiet_until_h"], limits["quiet_from_h"]
    if end <= begin:  # the quiet hours lie within one day, or there are none
        begin, end = (0.0 if end == begin else begin), 24.0
    awake = end - begin
    if awake <= 0 or count <= 0:
        return ()
    step = min(max(awake / count, limits["slot_gap_h"]), awake)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return tuple(
        Slot(
            number,
            midnight + timedelta(hours=begin + step * (number - 1)),
            midnight + timedelta(hours=min(begin + step * number, end)),
            number <= done,
        )
        for number in range(1, count + 1)
        if begin + step * (number - 1) < end
    )


def nudges_due(
    now_local: datetime | None,
    history: History,
    routine_due: Sequence[Slot],
    limits: Mapping[str, float],
    paused: bool = False,
    *,
    tests_due: Sequence[str] = (),
) -> tuple[Nudge, ...]:
    """Return what may be shown now, the most urgent first; nothing where anything speaks against it.

    ``now_local`` is the patient's time with its zone, None where the clock is not trusted. ``routine_due`` are the
    slots of today, ``tests_due`` the measures whose time has come (``edge.care.testing.measures_due``).
    """
    if now_local is None or paused or quiet(now_local, limits) or feeling(history, limits) is Feeling.RAISED:
        return ()
    today = [told for told in history.nudges if _day(told.at, now_local) == now_local.date()]
    if any(told.answered == NOT_TODAY for told in today):
        return ()
    left = int(limits["nudges_per_day"]) - len({told.nudge_id for told in today})
    known = {told.nudge_id for told in history.nudges}
    fresh = [one for one in _all(now_local, history, routine_due, limits, tests_due) if one.nudge_id not in known]
    return tuple(fresh[: max(left, 0)])


def _all(
    now: datetime, history: History, slots: Sequence[Slot], limits: Mapping[str, float], tests: Sequence[str]
) -> Iterator[Nudge]:
    last = next((session for session in reversed(history.sessions) if session.clock_trusted), None)
    if last is not None:
        yield from _check_ins(now, last)
        yield from _gentler(now, last, limits)
    yield from _slots(now, slots)
    yield from (_nudge("test_due", now.date(), test) for test in tests[:1])
    if last is not None:
        yield from _step_up(now, history, last, limits)


def _check_ins(now: datetime, last: SessionFact) -> Iterator[Nudge]:
    for what, moment in (("check_in_24h", Moment.NEXT_DAY), ("check_in_48h", Moment.SECOND_DAY)):
        if moment not in last.symptoms and _in_window(what, now, last):
            yield _nudge(what, last.day, last.session_id[:8])


def _gentler(now: datetime, last: SessionFact, limits: Mapping[str, float]) -> Iterator[Nudge]:
    if hurt(last, limits) and _in_window("gentler", now, last):
        yield _nudge("gentler", last.day, last.session_id[:8])


def _slots(now: datetime, slots: Sequence[Slot]) -> Iterator[Nudge]:
    opened = [slot for slot in slots if not slot.done and slot.opens <= now]
    if waiting := [slot for slot in opened if now < slot.closes]:
        yield _nudge("slot_due", now.date(), str(waiting[0].number), slot=waiting[0].number)
    if missed := [slot for slot in opened if slot.closes <= now]:
        # Of several that have passed the last one is offered, short, once: nobody is to make up for the others.
        minutes = kinds()["slot_missed"].extra or 0.0
        yield _nudge("slot_missed", now.date(), str(missed[-1].number), minutes=f"{minutes:g}")


def _step_up(now: datetime, history: History, last: SessionFact, limits: Mapping[str, float]) -> Iterator[Nudge]:
    week = [one for one in history.sessions if timedelta(0) <= now.date() - one.day < timedelta(EASY_DAYS)]
    if len(week) < (kinds()["step_up"].extra or 0.0) or not _in_window("step_up", now, last):
        return
    year, number, _ = now.isocalendar()
    if all(one.clock_trusted and within_tolerance(one, limits) and _easy(one) for one in week):
        yield _nudge("step_up", date.fromisocalendar(year, number, 1))


def _easy(session: SessionFact) -> bool:
    """Every set of the session was done as planned, sensed, and felt lighter than it was meant to."""
    return bool(session.sets) and all(
        one.trusted
        and one.rpe is not None
        and one.rpe_target is not None
        and one.rpe < one.rpe_target.low
        and one.reps_target is not None
        and one.reps_verified >= one.reps_target
        for one in session.sets
    )


def _in_window(what: str, now: datetime, session: SessionFact) -> bool:
    since_h = (now.timestamp() - session.started_at) / HOUR_S
    return kinds()[what].from_h <= since_h <= kinds()[what].until_h


def _nudge(what: str, day: date, detail: str = "", **fields: object) -> Nudge:
    kind = kinds()[what]
    parts: Iterable[str] = (what, day.isoformat(), detail)
    name = "-".join(part for part in parts if part).replace("_", "-")[:40]
    return Nudge(name, what, kind.sentence.format(**fields), kind.offer)


def _day(at: float, now_local: datetime) -> date:
    return datetime.fromtimestamp(at, now_local.tzinfo).date()
