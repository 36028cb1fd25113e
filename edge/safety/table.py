"""The rule table: every situation in which the station stops, holds, regresses or goes on, as content tells it.

``content/safety.toml`` is the only place where actions and sentences stand; the functions beside this one find out
which rules fire, and :func:`verdict` says what is done.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from edge.library import ContentError
from edge.prescription.limits import thresholds

SENTENCE_WORDS = 12
UNKIND = ("damage", "fail", "bad", "weak", "wrong", "missed", "push through")
"""Words that no patient reads (design guide, section 6)."""
SCOPES = ("set", "exercise", "session", "plan", "training", "messages")
KEYS = (
    "situation", "looks_at", "condition", "action", "scope", "screen", "clinician", "pass", "source", "ours", "code",
)  # fmt: skip
SOURCE = "safety.toml"

Fact = bool | int | float | str | None


class Action(StrEnum):
    """What a rule asks for, the strictest first."""

    STOP = "stop"
    HOLD = "hold"
    """Nothing goes up."""
    REGRESS = "regress"
    """One step easier."""
    CONTINUE = "continue"

    @property
    def strictness(self) -> int:
        """3 for stop, down to 0 for continue."""
        return len(ORDER) - 1 - ORDER.index(self)


ORDER = (Action.STOP, Action.HOLD, Action.REGRESS, Action.CONTINUE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. ``limits`` are the keys of the thresholds its condition names, in their order."""

    key: str
    situation: str
    looks_at: str
    condition: str
    action: Action
    scope: str
    screen: str
    clinician: str
    passes: str
    source: str
    ours: bool
    code: str

    @property
    def limits(self) -> tuple[str, ...]:
        """The thresholds its condition names."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.condition) if name)


@dataclass(frozen=True, slots=True)
class BandCheck:
    """What the patient looks at before a band is used, one sentence each."""

    items: tuple[str, ...]
    source: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The whole file."""

    rules: Mapping[str, Rule]
    band_check: BandCheck


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fired, and the facts that made it fire, for the record and for the clinician."""

    rule: Rule
    facts: Mapping[str, Fact] = field(default_factory=dict)


def found(key: str, **facts: Fact) -> Finding:
    """Return that a shipped rule fired. KeyError where there is none of that name."""
    return Finding(table().rules[key], facts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done, and why; ``reasons`` has the strictest first and is never empty."""

    reasons: tuple[Finding, ...]

    @property
    def action(self) -> Action:
        """The first in the order stop > hold > regress > continue."""
        return self.reasons[0].rule.action

    @property
    def may_go_up(self) -> bool:
        """True only where nothing stops, holds or regresses."""
        return self.action is Action.CONTINUE

    @property
    def goes_down(self) -> bool:
        """True where anything asks for one step easier, also beside a hold or a stop, which do not take it back."""
        return any(one.rule.action is Action.REGRESS for one in self.reasons)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the rules that fired."""
        return tuple(one.rule.key for one in self.reasons)

    @property
    def screen(self) -> str:
        """What the patient reads: the strictest reason's sentences."""
        return self.reasons[0].rule.screen

    def stops(self, *scopes: str) -> bool:
        """Return whether something of one of these scopes is to stop; without a scope, whether anything is."""
        stopping = [one.rule.scope for one in self.reasons if one.rule.action is Action.STOP]
        return any(not scopes or scope in scopes for scope in stopping)


def verdict(*findings: Iterable[Finding]) -> Verdict:
    """Return what all findings together ask for; without any, that everything is inside its limits.

    >>> verdict([found("pain_more")], [found("tempo_lost")]).action
    <Action.STOP: 'stop'>
    """
    every = [one for group in findings for one in group] or [found("within_limits")]
    place = {key: k for k, key in enumerate(table().rules)}
    every.sort(key=lambda one: (-one.rule.action.strictness, place[one.rule.key]))
    return Verdict(tuple(every))


def parse_table(text: str, source: str) -> Table:
    """Read the rule table. Raises ContentError naming ``source``, the key, the value and what was expected."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    if set(tables) != {"rule", "band_check"} or not isinstance(tables["rule"], dict):
        raise ContentError(f"{source}: has {', '.join(map(repr, tables))}; expected [rule.<name>] and [band_check]")
    rules = {key: _rule(key, value, source) for key, value in tables["rule"].items()}
    return Table(rules, _band_check(tables["band_check"], source))


def _rule(key: str, table: Any, source: str) -> Rule:
    where = f"{source}: [rule.{key}]"
    if not isinstance(table, dict) or set(table) != set(KEYS):
        raise ContentError(f"{where} expected a table with exactly the keys {', '.join(KEYS)}")
    for name in KEYS:
        if name != "ours" and (not isinstance(table[name], str) or not table[name].strip()):
            raise ContentError(f"{where} {name} is {table[name]!r}; expected text")
    if not isinstance(table["ours"], bool):
        raise ContentError(f"{where} ours is {table['ours']!r}; expected true or false")
    for name, allowed in (("action", tuple(Action)), ("scope", SCOPES)):
        if table[name] not in allowed:
            raise ContentError(f"{where} {name} is {table[name]!r}; expected one of {', '.join(allowed)}")
    check_patient_text(table["screen"], f"{where} screen")
    rule = Rule(
        key=key, action=Action(table["action"]), passes=table["pass"],
        **{name: table[name] for name in KEYS if name not in ("action", "pass")},
    )  # fmt: skip
    try:
        unknown = [name for name in rule.limits if name not in thresholds()]
    except ValueError as exc:
        raise ContentError(f"{where} condition is {rule.condition!r}: {exc}") from None
    if unknown:
        raise ContentError(f"{where} condition names {unknown[0]!r}; expected a limit of limits.toml")
    return rule


def check_patient_text(text: str, where: str) -> str:
    """Return a text that patients read. Raises ContentError for a long sentence or an unkind word."""
    if any(len(sentence.split()) > SENTENCE_WORDS for sentence in re.split(r"[.?!]", text)):
        raise ContentError(f"{where} is {text!r}; expected {SENTENCE_WORDS} words at most in a sentence")
    unkind = next((word for word in UNKIND if re.search(rf"\b{word}", text.lower())), None)
    if unkind:
        raise ContentError(f"{where} is {text!r}; expected it without {unkind!r}")
    return text


def _band_check(table: Any, source: str) -> BandCheck:
    where = f"{source}: [band_check]"
    if not isinstance(table, dict) or set(table) != {"items", "source", "ours"}:
        raise ContentError(f"{where} expected exactly the keys items, source, ours")
    items = table["items"]
    if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
        raise ContentError(f"{where} items is {items!r}; expected a list of sentences")
    return BandCheck(
        tuple(check_patient_text(item, f"{where} items") for item in items), str(table["source"]), bool(table["ours"])
    )


@cache
def table() -> Table:
    """Return the shipped rule table."""
    return parse_table(files("edge.content").joinpath(SOURCE).read_text("utf-8"), SOURCE)
