"""The coach's rules as data, read from ``content/coach.toml`` or a file that is tried out, and the choice among them.

The first rule whose conditions hold decides. What no rule can do: open the gate before a step up, pass the
clinician's line, or move two levers. That is checked here, after every rule, whatever its file says.
"""

from __future__ import annotations

import operator
import string
import tomllib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from edge.coach.dose import Dose, raises
from edge.coach.gate import closed
from edge.coach.levers import DOWN, UP, Ladder, Seen, move
from edge.coach.words import DERIVED, spoken
from edge.library import ContentError
from edge.prescription.limits import thresholds


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FACTS = _names(
    "plan_version locked plan_good clock_good pending fresh days_away over_pusher role zone spike culprit "
    "distal worst aggravated tried helped good_days fault rose hard rpe on_tempo next_day progressable "
    "plan_exercise plan_tempo plan_sets plan_sets_most plan_reps plan_reps_most plan_load_kg lightened "
    "plan_hold_s plan_duration_min paced easier_exercise at_top eased ceiling_kg load_up_kg load_jump_kg "
    "load_beyond_kg band_kg load_down_kg load_far_down_kg volume_most expected expected_low"
)
"""Every input of a decision between sessions, beside the limits: what conditions and sentences may name."""
SET_FACTS = _names(
    "plan_version symptoms answered said felt target over short reps_done reps_asked last_on_tempo speed_loss "
    "guessed guessed_low guessed_rpe sets_done plan_exercise plan_tempo plan_sets plan_sets_most plan_reps "
    "plan_reps_most plan_hold_s plan_duration_min paced easier_exercise at_top eased ceiling_kg load_down_kg "
    "load_far_down_kg plan_load_kg lightened over_pusher"
)
"""Every input of advice for the next set."""
SCOPES: Mapping[str, frozenset[str]] = {"session": FACTS, "set": SET_FACTS}
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
RULE_KEYS = ("id", "scope", "when", "do", "levers", "limits", "refer", "patient", "clinician", "source", "ours")
LADDER_KEYS = (
    "range_shares",
    "reps_back",
    "reps_up",
    "load_back_pct",
    "load_back_most_pct",
    "time_back_pct",
    "jump_most_pct",
    "source",
)


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


def parse_rules(text: str, source: str) -> Rules:
    """Read a rule file. Raises ContentError naming ``source``, the key, its value and what was expected."""
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError) as exc:  # a number of thousands of digits is a plain ValueError
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    except RecursionError:
        raise ContentError(f"{source}: not valid TOML: nested too deeply") from None
    _keys(tables, ("version", "ladder", "words", "rule"), source, "the file")
    version = tables["version"]
    if not isinstance(version, str) or not 0 < len(version) <= LONGEST_VERSION or not version.isprintable():
        raise ContentError(f"{source}: version is {version!r}; expected text of at most {LONGEST_VERSION} characters")
    if not isinstance(tables["rule"], list) or not tables["rule"]:
        raise ContentError(f"{source}: rule is {tables['rule']!r}; expected tables [[rule]]")
    rules = tuple(_rule(table, f"{source}: rule {number}") for number, table in enumerate(tables["rule"], 1))
    names = [one.id for one in rules]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ContentError(f"{source}: id is {twice!r} twice; expected a name of its own for every rule")
    return Rules(version, _ladder(tables["ladder"], source), rules, _words(tables["words"], source))


def _keys(table: object, expected: Sequence[str], source: str, what: str) -> None:
    if not isinstance(table, dict) or set(table) != set(expected):
        given = ", ".join(sorted(table)) if isinstance(table, dict) else repr(table)
        raise ContentError(f"{source}: {what} has {given or 'nothing'}; expected exactly {', '.join(expected)}")


def _rule(table: Any, source: str) -> Rule:
    _keys(table, RULE_KEYS, source, "it")
    source = f"{source} ({table['id']!r})"
    _check_kinds(table, source)
    if not set(table["id"]) <= set(string.ascii_lowercase + string.digits + "_") or len(table["id"]) > 40:
        raise ContentError(f"{source}: id is {table['id']!r}; expected a-z, 0-9 and _, at most 40")
    if table["scope"] not in SCOPES:
        raise ContentError(f"{source}: scope is {table['scope']!r}; expected one of {', '.join(SCOPES)}")
    do = DO if table["scope"] == "session" else DO_WITHIN
    if table["do"] not in do:
        raise ContentError(f"{source}: do is {table['do']!r}; expected one of {', '.join(do)}")
    if not table["when"]:
        raise ContentError(f"{source}: when is []; expected at least one condition")
    _check_levers(table["do"], table["levers"], source)
    limits = tuple(table["limits"])
    for name in limits:
        if name not in thresholds():
            raise ContentError(f"{source}: limits has {name!r}; expected keys of limits.toml")
    named = SCOPES[table["scope"]] | {*limits, *ALWAYS}
    for key in ("patient", "clinician"):
        _check_text(table[key], named | DERIVED | {"change"}, source, key)
    when = tuple(_condition(one, named, source) for one in table["when"])
    return Rule(**(table | {"when": when, "levers": tuple(table["levers"]), "limits": limits}))


def _check_kinds(table: Mapping[str, Any], source: str) -> None:
    for key in ("id", "scope", "do", "patient", "clinician", "source"):
        if not isinstance(table[key], str) or not table[key]:
            raise ContentError(f"{source}: {key} is {table[key]!r}; expected text")
    for key in ("refer", "ours"):
        if not isinstance(table[key], bool):
            raise ContentError(f"{source}: {key} is {table[key]!r}; expected true or false")
    for key in ("when", "levers", "limits"):
        if not isinstance(table[key], list) or not all(isinstance(one, str) for one in table[key]):
            raise ContentError(f"{source}: {key} is {table[key]!r}; expected a list of texts")


def _check_levers(do: str, levers: list[str], source: str) -> None:
    known: Sequence[str] = {"hold": (), "less": tuple(DOWN), "more": tuple(UP), "ask": (*UP, "drop")}[do]
    wrong = next((one for one in levers if one not in known), None)
    if wrong is not None or bool(levers) is (do == "hold") or ("drop" in levers and levers != ["drop"]):
        expected = f"some of {', '.join(known)}; drop stands alone" if known else "none"
        raise ContentError(f"{source}: levers is {levers!r}; expected for {do}: {expected}")


def _condition(text: str, known: Set[str], source: str) -> Condition:
    match text.split():
        case [name] if name in known:
            return Condition(name, "==", True, named=False)
        case ["not", name] if name in known:
            return Condition(name, "==", False, named=False)
        case [name, sign, other] if name in known and sign in OPERATORS:
            if other in known:
                return Condition(name, sign, other, named=True)
            return Condition(name, sign, _value(other), named=False)
    raise ContentError(
        f"{source}: when has {text!r}; expected NAME, not NAME, or NAME {' '.join(OPERATORS)} VALUE, "
        "with a known input or a limit that the rule names"
    )


def _value(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _check_text(text: str, names: Set[str], source: str, key: str) -> None:
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        raise ContentError(f"{source}: {key} is {text!r}; expected at most {LONGEST_TEXT} letters and signs")
    try:
        fields = [(name, form, turn) for _, name, form, turn in string.Formatter().parse(text) if name is not None]
    except ValueError as exc:
        raise ContentError(f"{source}: {key} is {text!r}: {exc}") from None
    for name, form, turn in fields:
        if name not in names:
            raise ContentError(f"{source}: {key} names {{{name}}}; expected an input, a limit of the rule, or a dose")
        if form or turn:  # a width of millions would fill the memory of a station
            raise ContentError(f"{source}: {key} has {{{name}}} with a form; expected the name alone")


def _ladder(table: Any, source: str) -> Ladder:
    _keys(table, LADDER_KEYS, source, "[ladder]")
    shares = table["range_shares"]
    numbers = isinstance(shares, list) and all(isinstance(one, float | int) and 0 < one <= 1 for one in shares)
    if not numbers or not shares or shares != sorted(set(shares), reverse=True) or shares[0] != 1:
        raise ContentError(f"{source}: [ladder] range_shares is {shares!r}; expected shares falling from 1")
    for key, most in (
        ("reps_back", 10),
        ("reps_up", 5),
        ("load_back_pct", 50),
        ("load_back_most_pct", 90),
        ("time_back_pct", 90),
    ):
        _check_number(table[key], 1, most, source, key, whole=key.startswith("reps"))
    _check_number(table["jump_most_pct"], 0, 100, source, "jump_most_pct", whole=False)
    return Ladder(tuple(float(one) for one in shares), *(table[key] for key in LADDER_KEYS[1:-1]))


def _check_number(value: object, least: float, most: float, source: str, key: str, *, whole: bool) -> None:
    kind: Any = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:
        what = "a whole number" if whole else "a number"
        raise ContentError(f"{source}: [ladder] {key} is {value!r}; expected {what} from {least:g} to {most:g}")


def _words(tables: Any, source: str) -> Mapping[str, Mapping[str, str]]:
    _keys(tables, tuple(dict.fromkeys([*DOWN, *UP, "none"])), source, "[words]")
    for lever, table in tables.items():
        _keys(table, ("patient", "clinician"), source, f"[words.{lever}]")
        for who, text in table.items():
            if not isinstance(text, str):
                raise ContentError(f"{source}: [words.{lever}] {who} is {text!r}; expected text")
            _check_text(text, DERIVED, f"{source}: [words.{lever}]", who)
    return dict(tables)


@cache
def shipped() -> Rules:
    """Return the shipped rules."""
    name = "coach.toml"
    return parse_rules(files("edge.content").joinpath(name).read_text("utf-8"), name)
