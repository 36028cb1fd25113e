"""Feedback that makes itself unnecessary: which sets get it, and whether the patient leans on it.

"Without feedback" means without judgement on pace, range and steadiness. The count, the load band, every safety cue
and STOP are always there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from statistics import fmean, stdev

from edge.care import words
from edge.history.facts import History, SessionFact, SetFact
from edge.library import ContentError

T_95 = (
    12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09,
    2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04,
)  # fmt: skip
"""Student's t for a two-sided 95 % interval, by degrees of freedom from 1; 1.96 beyond."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How feedback fades and how dependency is judged; shares are of 1."""

    per_session: float
    fewest_sets: int
    matters: float
    finest: float
    full: str
    some: str


def parse_settings(text: str, source: str) -> Settings:
    """Read the settings. Raises ContentError naming ``source``, the key and what was expected."""
    tables = words.tables(text, source)
    if set(tables) != {"fade", "dependency", "words"}:
        raise ContentError(f"{source}: has the tables {', '.join(tables)}; expected fade, dependency, words")
    fade, dependency, said = (tables[name] for name in ("fade", "dependency", "words"))
    words.has_exactly(fade, f"{source}: [fade]", {"per_session", "source"})
    words.has_exactly(dependency, f"{source}: [dependency]", {"fewest_sets", "matters", "finest", "source"})
    words.has_exactly(said, f"{source}: [words]", {"full", "some"})
    where = f"{source}: [dependency]"
    return Settings(
        per_session=words.number(fade, "per_session", f"{source}: [fade]", 0, 1),
        fewest_sets=int(words.number(dependency, "fewest_sets", where, 2, 50)),
        matters=words.number(dependency, "matters", where, 0, 1),
        finest=words.number(dependency, "finest", where, 0, 1),
        full=words.sentence(said["full"], f"{source}: [words] full"),
        some=words.sentence(said["some"], f"{source}: [words] some"),
    )


@cache
def settings() -> Settings:
    """Return the shipped settings."""
    name = "feedback.toml"
    return parse_settings(files("edge.content").joinpath(name).read_text("utf-8"), name)


@dataclass(frozen=True, slots=True)
class Plan:
    """Feedback for the next set: whether it has any, the present ``share`` of sets that do, and why."""

    feedback: bool
    share: float
    why: str

    @property
    def sentence(self) -> str:
        """What the patient reads before the set."""
        return settings().full if self.feedback else settings().some


def share_after(sessions: int, limits: Mapping[str, float]) -> float:
    """Return the share of sets with feedback after that many sessions with an exercise.

    >>> [share_after(n, {"feedback_full_sessions": 4, "feedback_least_share": 0.25}) for n in (0, 3, 4, 6, 30)]
    [1.0, 1.0, 0.85, 0.55, 0.25]
    """
    faded = sessions - int(limits["feedback_full_sessions"]) + 1
    return round(max(limits["feedback_least_share"], 1.0 - settings().per_session * max(faded, 0)), 6)


def next_set(
    history: History,
    exercise: str,
    today: date,
    limits: Mapping[str, float],
    *,
    done_today: Sequence[SetFact] = (),
    eased_on: Collection[date] = (),
) -> Plan:
    """Return whether the next set of an exercise has feedback.

    ``history`` ends before the session under way, whose sets of this exercise are ``done_today``. ``eased_on`` are
    the days on which its dose was regressed. Full feedback comes first, and again after a break, a regression or with
    a new exercise; then the share falls from session to session. The same past always gives the same answer.
    """
    past = [session for session in history.sessions if any(one.exercise == exercise for one in session.sets)]
    since, why = _since(past, today, limits, eased_on)
    share = share_after(len(since), limits)
    if share >= 1.0:
        return Plan(feedback=True, share=1.0, why=why)
    # Every set owes a little independence; when a whole set is owed, it comes.
    owed = sum(
        1.0 - share_after(number, limits) - (not one.feedback)
        for number, session in enumerate(since)
        for one in session.sets
        if one.exercise == exercise
    )
    owed += sum(1.0 - share - (not one.feedback) for one in done_today)
    alone = owed + 1.0 - share >= 1.0 - 1e-9
    return Plan(feedback=not alone, share=share, why=f"{share:.0%} of sets after {len(since)} sessions")


def _since(
    past: Sequence[SessionFact], today: date, limits: Mapping[str, float], eased_on: Collection[date]
) -> tuple[Sequence[SessionFact], str]:
    """Return the sessions since feedback was full for the last time, and why it was."""
    if not past:
        return (), "new exercise"
    away = int(limits["missed_days_regress"])
    if (today - past[-1].day).days >= away:
        return (), "after a break"
    begin, why = 0, "new exercise"
    for number, (before, after) in enumerate(pairwise(past), 1):
        if (after.day - before.day).days >= away:
            begin, why = number, "after a break"
    last_eased = max((day for day in eased_on if day <= today), default=None)
    if last_eased is not None and last_eased > past[begin].day:
        later = [number for number, session in enumerate(past) if session.day > last_eased]
        begin, why = (later[0] if later else len(past)), "after a regression"
    return past[begin:], why


class Leaning(StrEnum):
    """Whether the patient leans on feedback."""

    TOO_EARLY = "too_early"
    LEANS = "leans"
    """Better with feedback, by more than what chance explains."""
    STEADY = "steady"
    """As good without it: a difference that would matter is ruled out."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Dependency:
    """Quality with minus quality without feedback (share on tempo), with its 95 % interval; None while too early."""

    leaning: Leaning
    with_sets: int
    without_sets: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    def for_clinician(self) -> str:
        """Return what it means, and the numbers it rests on: of 100 repetitions, how many more were on tempo."""
        counts = f"{_sets(self.with_sets)} with help, {self.without_sets} without"
        if self.difference is None or self.low is None or self.high is None:
            return f"Not enough sets yet to tell: {counts}. {settings().fewest_sets} of each are needed."
        said = {
            Leaning.LEANS: "Leans on the screen",
            Leaning.STEADY: "As good without the screen",
            Leaning.UNCLEAR: "Not clear yet",
        }[self.leaning]
        ends = " to ".join(_more(max(min(end, 1.0), -1.0)) for end in (self.low, self.high))
        more = _more(self.difference)
        return f"{said}: of 100 repetitions {more} are on tempo with its help (likely {ends}; {counts})."


def _more(share: float) -> str:
    """Return a difference of shares as repetitions of a hundred."""
    number = round(share * 100)
    return "as many" if number == 0 else f"{abs(number)} {'more' if number > 0 else 'fewer'}"


def _sets(number: int) -> str:
    return f"{number} set" if number == 1 else f"{number} sets"


def dependency(history: History, exercise: str) -> Dependency:
    """Return how far quality depends on feedback, from trusted sets whose tempo was judged.

    Welch's interval with the smaller number of degrees of freedom, so rather too wide than too narrow. Sets of full
    feedback at the very beginning are left out: they would be compared with later, better practised ones.
    """
    return compared(one for session in history.sessions for one in session.sets if one.exercise == exercise)


def compared(sets: Iterable[SetFact]) -> Dependency:
    """Return the same from the sets of one exercise alone, the oldest first."""
    judged = [one for one in sets if one.trusted and one.on_tempo is not None]
    first = next((number for number, one in enumerate(judged) if not one.feedback), len(judged))
    # As many sets before the first one alone as a comparison needs, and everything since.
    practised = judged[max(first - settings().fewest_sets, 0) :]
    helped = [one.on_tempo for one in practised if one.feedback and one.on_tempo is not None]
    alone = [one.on_tempo for one in practised if not one.feedback and one.on_tempo is not None]
    if min(len(helped), len(alone)) < settings().fewest_sets:
        return Dependency(Leaning.TOO_EARLY, len(helped), len(alone))
    difference = fmean(helped) - fmean(alone)
    spread = math.sqrt(sum(max(stdev(part), settings().finest) ** 2 / len(part) for part in (helped, alone)))
    degrees = min(len(helped), len(alone)) - 1
    reach = spread * (T_95[degrees - 1] if degrees <= len(T_95) else 1.96)
    low, high = difference - reach, difference + reach
    leaning = Leaning.LEANS if low > 0 else Leaning.STEADY if high < settings().matters else Leaning.UNCLEAR
    return Dependency(leaning, len(helped), len(alone), difference, low, high)
