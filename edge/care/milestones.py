"""What is worth one line of recognition: a checked fact about effort or control, told once.

No unbroken days are counted and nothing is ever lost. Sessions that hurt count for nothing, and nothing is said while
training is locked or symptoms are raised; what was reached waits until they are calm.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise

from edge.care import words
from edge.care.feeling import Feeling, feeling, hurt, within_tolerance
from edge.care.norms import norms
from edge.history.facts import History, SessionFact, SetFact
from edge.library import ContentError, exercise
from edge.model import StopReason
from edge.prescription.plan import Prescription
from edge.records import Moment, Reached

KINDS = (
    "returned", "first_session", "block_complete", "week_complete", "in_tolerance", "first_full_day", "unaided",
    "on_tempo", "range_top", "load_step", "stands_best", "walk_total",
)  # fmt: skip
IN_A_ROW = 3
FULL_DAY = 3
ENOUGH_SHARE = 0.8
"""Of a week's planned sessions: "adherent often" in a published protocol."""
MOST = 1000
"""A record's largest number."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One milestone as content describes it; ``every`` is 0 where once is enough."""

    key: str
    sentence: str
    sentence_one: str
    every: int
    rule: str
    source: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the plan adds to the history.

    ``sessions_a_week`` are planned, None where nobody says; ``blocks_done`` were completed. ``tops`` is the upper end
    of each line's range of repetitions, by the line's name, for lines that have a range; ``sets`` how many sets it
    has. ``names`` are the exercises as the patient reads them.
    """

    sessions_a_week: int | None = None
    blocks_done: int = 0
    tops: Mapping[str, int] = field(default_factory=dict)
    sets: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def known_of(plan: Prescription, week: int, blocks_done: int = 0) -> Known:
    """Return what a plan adds in one of its weeks; ``blocks_done`` is how many of its blocks were completed."""
    exercises = (name for row in plan.rows for name in (row.exercise, *row.alternatives, *row.together))
    return Known(
        sessions_a_week=plan.block_of(week).sessions_per_week,
        blocks_done=blocks_done,
        tops={row.name: row.reps.high for row in plan.rows if row.reps is not None and row.reps.low < row.reps.high},
        sets={row.name: row.sets.low * (2 if row.per_side else 1) for row in plan.rows},
        names={name: exercise(name).name for name in exercises},
    )


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone reached for the ``number``-th time, with its line for the patient."""

    what: str
    number: int
    sentence: str

    def record(self, at: float, session_id: str | None = None) -> Reached:
        """Return the record that makes sure it is told once."""
        return Reached(self.what, self.number, at, session_id)


@dataclass(frozen=True, slots=True)
class _Tally:
    """How often something was reached, and what the sentence may name."""

    number: int
    value: str = ""


@dataclass(frozen=True, slots=True)
class _Past:
    """What the counting rules look at; ``good`` are the sessions that did not hurt."""

    history: History
    good: Sequence[SessionFact]
    known: Known
    limits: Mapping[str, float]


def parse_kinds(text: str, source: str) -> dict[str, Kind]:
    """Read the milestones. Raises ContentError naming ``source``, the key and what was expected."""
    tables = words.tables(text, source)
    if tuple(tables) != KINDS:
        raise ContentError(f"{source}: has the tables {', '.join(tables)}; expected {', '.join(KINDS)} in this order")
    return {key: _kind(key, table, f"{source}: [{key}]") for key, table in tables.items()}


def _kind(key: str, table: Mapping[str, object], where: str) -> Kind:
    words.has_exactly(table, where, {"sentence", "every", "rule", "source"}, {"sentence_one"})
    fields = ("number", "value")
    sentence = words.sentence(table["sentence"], f"{where} sentence", fields)
    every = words.number(table, "every", where, 0, MOST)
    if every != int(every):
        raise ContentError(f"{where} every is {every}; expected a whole number")
    return Kind(
        key=key,
        sentence=sentence,
        sentence_one=words.sentence(table.get("sentence_one", sentence), f"{where} sentence_one", fields),
        every=int(every),
        rule=words.text(table, "rule", where),
        source=words.text(table, "source", where),
    )


@cache
def kinds() -> Mapping[str, Kind]:
    """Return the shipped milestones in the order in which one is chosen."""
    name = "milestones.toml"
    return parse_kinds(files("edge.content").joinpath(name).read_text("utf-8"), name)


def reached(history: History, known: Known, limits: Mapping[str, float]) -> tuple[Milestone, ...]:
    """Return what was reached and not told yet, in the order in which one line is chosen; none over pain or a lock.

    All of them are to be recorded, so that none comes twice; the first is the one to show.
    """
    if feeling(history, limits) is Feeling.RAISED:
        return ()
    good = [one for one in history.sessions if not hurt(one, limits)]
    past = _Past(history, good, known, limits)
    told: Counter[str] = Counter()
    for one in history.reached:
        told[one.what] = max(told[one.what], one.number)
    return tuple(
        _milestone(kind, tally)
        for kind in kinds().values()
        if (tally := _capped(kind, RULES[kind.key](past))).number > told[kind.key]
    )


def _capped(kind: Kind, tally: _Tally) -> _Tally:
    return _Tally(min(tally.number, MOST if kind.every else 1), tally.value)


def _milestone(kind: Kind, tally: _Tally) -> Milestone:
    sentence = kind.sentence_one if tally.number == 1 else kind.sentence
    return Milestone(kind.key, tally.number, sentence.format(number=tally.number, value=tally.value or tally.number))


def _finished(past: _Past) -> list[SessionFact]:
    return [one for one in past.good if one.ended is StopReason.TARGET]


def _first_session(past: _Past) -> _Tally:
    return _Tally(len(_finished(past)))


def _first_full_day(past: _Past) -> _Tally:
    days = Counter(one.day for one in _finished(past) if one.clock_trusted)
    return _Tally(sum(count >= FULL_DAY for count in days.values()))


def _in_tolerance(past: _Past) -> _Tally:
    """Count the threes; one that is not known yet ends the count for now, one that hurt begins it anew."""
    threes = run = 0
    for one in past.history.sessions:
        if within_tolerance(one, past.limits):
            run += 1
        elif hurt(one, past.limits) or Moment.NEXT_DAY in one.symptoms or one is past.history.sessions[-1]:
            run = 0
        if run == IN_A_ROW:
            threes, run = threes + 1, 0
    return _Tally(threes)


def _week_complete(past: _Past) -> _Tally:
    if not past.known.sessions_a_week:
        return _Tally(0)
    weeks = Counter(_monday(one.day) for one in _finished(past) if one.clock_trusted)
    enough = ENOUGH_SHARE * past.known.sessions_a_week
    return _Tally(sum(count >= enough for count in weeks.values()))


def _monday(day: date) -> date:
    year, week, _ = day.isocalendar()
    return date.fromisocalendar(year, week, 1)


def _block_complete(past: _Past) -> _Tally:
    return _Tally(past.known.blocks_done)


def _returned(past: _Past) -> _Tally:
    days = [one.day for one in past.history.sessions if one.clock_trusted]
    hurting = {one.day for one in past.history.sessions if hurt(one, past.limits)}
    away = int(past.limits["missed_days_regress"])
    return _Tally(sum((after - before).days >= away and after not in hurting for before, after in pairwise(days)))


def _sets(past: _Past) -> Iterator[SetFact]:
    """Yield the sets that were sensed, believed and finished."""
    for session in past.good:
        yield from (one for one in session.sets if one.trusted and one.stopped is StopReason.TARGET)


def _full(one: SetFact) -> bool:
    return one.reps_target is not None and one.reps_verified >= one.reps_target > 0


def _load_step(past: _Past) -> _Tally:
    first: dict[str, float] = {}
    for session in past.good:
        for one in session.sets:
            if one.load_kg is None or not one.trusted or not _full(one):
                continue
            if one.load_kg > first.setdefault(one.exercise, one.load_kg) and within_tolerance(session, past.limits):
                return _Tally(1)
    return _Tally(0)


def _range_top(past: _Past) -> _Tally:
    for session in past.good:
        of_row: defaultdict[str, list[SetFact]] = defaultdict(list)
        for one in session.sets:
            of_row[one.row].append(one)
        for row, sets in of_row.items():
            top = past.known.tops.get(row)
            all_done = len(sets) >= past.known.sets.get(row, MOST)
            if top and all_done and all(one.trusted and one.reps_verified >= top for one in sets):
                return _Tally(1, _name(past, sets[0].exercise))
    return _Tally(0)


def _on_tempo(past: _Past) -> _Tally:
    least = past.limits["on_tempo_share"]
    steady = [one.exercise for one in _sets(past) if _full(one) and (one.on_tempo or 0.0) >= least]
    in_order = list(dict.fromkeys(steady))
    return _Tally(len(in_order), _name(past, in_order[-1]) if in_order else "")


def _unaided(past: _Past) -> _Tally:
    least = past.limits["on_tempo_share"]
    return _Tally(
        sum(
            not one.feedback and _full(one) and (one.on_tempo is None or one.on_tempo >= least) for one in _sets(past)
        )
    )


def _walk_total(past: _Past) -> _Tally:
    timed_s = sum(one.lasted_s or 0.0 for session in past.good for one in session.sets if one.exercise == "walk")
    told_min = sum(one.minutes or 0.0 for one in past.history.logged if one.what == "walk")
    every = kinds()["walk_total"].every
    number = int((timed_s / 60.0 + told_min) // every)
    return _Tally(number, str(number * every))


def _stands_best(past: _Past) -> _Tally:
    """Count how often the best so far was beaten by more than the error; a smaller gain moves nothing."""
    number, best = 0, None
    for one in past.history.tests:
        if one.what != "chair_stand" or one.practice:
            continue
        if best is None:
            best = one.value
        elif one.value - best > norms()["chair_stand"].change:
            number, best = number + 1, one.value
    return _Tally(number, f"{best:g}" if best is not None else "")


def _name(past: _Past, exercise: str) -> str:
    return past.known.names.get(exercise, exercise.replace("_", " ").capitalize())


RULES: Mapping[str, Callable[[_Past], _Tally]] = {
    "returned": _returned,
    "first_session": _first_session,
    "block_complete": _block_complete,
    "week_complete": _week_complete,
    "in_tolerance": _in_tolerance,
    "first_full_day": _first_full_day,
    "unaided": _unaided,
    "on_tempo": _on_tempo,
    "range_top": _range_top,
    "load_step": _load_step,
    "stands_best": _stands_best,
    "walk_total": _walk_total,
}
