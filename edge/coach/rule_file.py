"""The coach's rules as a file, ``content/coach.toml`` or one that is tried out, read and checked."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping, Sequence, Set
from functools import cache
from importlib.resources import files
from typing import Any

from edge.coach.levers import DOWN, UP, Ladder
from edge.coach.rules import ALWAYS, DO, DO_WITHIN, LONGEST_TEXT, LONGEST_VERSION, OPERATORS, Condition, Rule, Rules
from edge.coach.words import DERIVED
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
