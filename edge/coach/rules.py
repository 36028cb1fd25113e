"""The coach's rules as data, and the choice among them.

The first rule whose conditions hold decides. What no rule can do: open the gate before a step up, pass the
clinician's line, or move two levers. That is checked here, after every rule, whatever its file says.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge.coach.dose import Dose, raises
from edge.coach.gate import closed
from edge.coach.levers import DOWN, UP, Ladder, Seen, move
from edge.coach.words import spoken

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
DO = ("hold", "less", "more", "ask")
DO_WITHIN = ("hold", "less")
GATED = ("more", "ask")
ALWAYS = ("sessions_before_step",)
"""Limits the gate asks for, whatever the rules name."""
LONGEST_TEXT, LONGEST_SAID = 160, 200
"""Characters of a sentence in a rule file, and with its numbers: as many as a record of it holds."""
LONGEST_VERSION = 40
OVER = " (over)"
"""What the name of a rule set ends with when its time is over."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``name``, ``not name``, or a name held against a value or another name. What is unknown fulfils none."""

    name: str
    sign: str
    against: str | float | bool
    named: bool

    def holds(self, seen: Seen) -> bool:
        """Tell whether it holds for these inputs."""
        value, other = seen[self.name], seen[str(self.against)] if self.named else self.against
        if value is None or other is None:
            return False
        if isinstance(value, str) is not isinstance(other, str):
            return False
        return OPERATORS[self.sign](value, other)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; see the head of ``content/coach.toml``."""

    id: str
    scope: str
    when: tuple[Condition, ...]
    do: str
    levers: tuple[str, ...]
    limits: tuple[str, ...]
    refer: bool
    patient: str
    clinician: str
    source: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What a rule makes of a dose. ``lever`` is "none" where nothing moves."""

    rule: Rule
    lever: str
    after: Dose


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule file: rules in their order, the sizes of steps, and the words for each lever."""

    version: str
    ladder: Ladder
    rules: tuple[Rule, ...]
    words: Mapping[str, Mapping[str, str]]

    @property
    def limits(self) -> tuple[str, ...]:
        """The clinician's limits that any rule looks at."""
        return tuple(dict.fromkeys([*ALWAYS, *(name for one in self.rules for name in one.limits)]))

    def easing(self) -> Rules:
        """Return those rules that hold or ease, for when the time of a rule set is over: nothing goes up by it."""
        kept = tuple(one for one in self.rules if one.do in DO_WITHIN)
        return replace(self, version=f"{self.version[: LONGEST_VERSION - len(OVER)]}{OVER}", rules=kept)

    def choose(self, seen: Seen, before: Dose) -> Choice | None:
        """Return what the first rule that applies makes of a dose; None where none does: then nothing changes."""
        return self._first("session", seen, before)

    def choose_within(self, seen: Seen, before: Dose) -> Choice | None:
        """Return what the first rule for the next set makes of today's dose; None where it stays."""
        return self._first("set", seen, before)

    def _first(self, scope: str, seen: Seen, before: Dose) -> Choice | None:
        for rule in self.rules:
            if rule.scope != scope or not all(one.holds(seen) for one in rule.when):
                continue
            choice = self._act(rule, seen, before)
            if choice is not None:
                return choice
        return None

    def _act(self, rule: Rule, seen: Seen, before: Dose) -> Choice | None:
        if rule.do == "hold":
            return Choice(rule, "none", before)
        if rule.do in GATED and "drop" not in rule.levers and closed(seen):
            return None
        moved = move(DOWN if _lowers(rule) else UP, rule.levers, before, seen, self.ladder)
        if moved is None:
            # Nothing left to ease: held, which the record and the clinic see. Nothing to raise: next rule.
            return Choice(rule, "none", before) if rule.do == "less" else None
        lever, after = moved
        if (_lowers(rule) and raises(before, after)) or not _within(after, seen):
            return None
        return Choice(rule, lever, after)

    def sentences(self, choice: Choice, seen: Seen, before: Dose) -> tuple[str, str]:
        """Return the sentence for the patient and the one for the clinician, each with its numbers."""
        values = spoken(seen, before, choice.after)
        made = []
        for who, text in (("patient", choice.rule.patient), ("clinician", choice.rule.clinician)):
            change = self.words[choice.lever][who].format_map(values)
            made.append(text.format_map(values | {"change": change})[:LONGEST_SAID])
        return made[0], made[1]


@dataclass(frozen=True, slots=True)
class Published:
    """A rule set of the clinic's in use on a station, by its number there."""

    number: int
    rules: Rules


def _lowers(rule: Rule) -> bool:
    return rule.do == "less" or "drop" in rule.levers


def _within(after: Dose, seen: Seen) -> bool:
    """Tell whether a dose is within the clinician's line, as the inputs have it."""
    pairs = (
        (after.load_kg, seen["ceiling_kg"]),
        (after.reps, seen["plan_reps_most"]),
        (after.sets, seen["plan_sets_most"]),
        (after.hold_s, seen["plan_hold_s"]),
        (after.duration_min, seen["plan_duration_min"]),
        (after.range_share, 1.0),
    )
    return all(value is None or (isinstance(most, int | float) and value <= most) for value, most in pairs)
