"""Questions about warning signs: which form is due, and what answers mean.

A yes locks, in the same step. A question without an answer is never a no: the form stays due until all are answered.
Nothing here, and nothing on the station, ends a lock.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

from edge.library import ContentError
from edge.prescription.limits import Limits
from edge.records import FlagsAnswered, Form, Locked, Severity
from edge.safety.table import check_patient_text

SOURCE = "red_flags.toml"
KEYS = {
    "question": {"ask", "severity", "when", "about", "source", "forms"},
    "short": {"ask", "severity", "when", "about", "source", "stands_for"},
    "locked": {"title", "lines"},
}
WHEN = ("recent", "since_last", "ever")
FORMS = ("full", "intake")
FIELDS = frozenset({"emergency_number", "clinic_number"})
NO_NUMBER = {"emergency_number": "your emergency number", "clinic_number": "the clinic"}
"""What stands where a number is not set: the sentence has to make sense without it."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question; ``name`` is what records carry, ``when`` the line over it, of which time it asks.

    ``stands_for`` are those of the full form it sums up.
    """

    name: str
    ask: str
    when: str
    severity: Severity
    about: str
    source: str
    forms: tuple[Form, ...]
    stands_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LockedWords:
    """What a locked screen says, with {emergency_number} and {clinic_number} still in place."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flags:
    """The whole file."""

    questions: Mapping[str, Question]
    locked: Mapping[Severity, LockedWords]

    def form(self, form: Form) -> tuple[Question, ...]:
        """Return the questions of a form, emergencies first, in the file's order."""
        return tuple(one for one in self.questions.values() if form in one.forms)


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that was answered: on which day (None where no clock could be trusted), and whether every question."""

    form: Form
    day: date | None
    complete: bool


def to_ask(form: Form, cleared: Collection[str] = ()) -> tuple[Question, ...]:
    """Return the questions of a form, without the standing conditions that the clinic knows of already.

    ``cleared`` are the flags of locks that it has cleared. Only what is asked at intake alone is left out for it: an
    implant stays, and would lock again at every try. Every other sign is asked about each time.
    """
    return tuple(one for one in red_flags().form(form) if one.forms != (Form.INTAKE,) or one.name not in cleared)


def complete(answered: FlagsAnswered, cleared: Collection[str] = ()) -> bool:
    """Return whether every question of the form has an answer; ``cleared`` as in :func:`to_ask`."""
    told = {*answered.yes, *answered.no}
    return all(one.name in told for one in to_ask(answered.form, cleared))


def lock_for(answered: FlagsAnswered, lock_id: str) -> Locked | None:
    """Return the lock that the answers close, or None where no question was answered with yes.

    A name this version does not know locks too: who answered yes was asked something. A name in both lists is a yes.
    """
    if not answered.yes:
        return None
    known = red_flags().questions
    severe = {known[name].severity if name in known else Severity.EMERGENCY for name in answered.yes}
    severity = Severity.EMERGENCY if Severity.EMERGENCY in severe else Severity.SEE_CLINICIAN
    return Locked(lock_id, answered.patient_id, severity, answered.yes, answered.at)


def form_due(
    today: date | None,
    asked: Sequence[Asked],
    limits: Limits,
    *,
    last_session: date | None,
    red_since: bool,
) -> Form | None:
    """Return the form that has to be answered before the next session, or None.

    ``asked`` are the forms answered so far, oldest first. ``last_session`` is the day of the newest session, None
    where there was none. ``red_since`` is True where a session was red, or the leg got worse from session to session,
    after the newest full form. Without a date that can be trusted (``today`` None) the full form is due once, then
    the short form before every session.

    Intake comes once, in full; then the short form daily, and the full one after a red session, after
    ``flags_away_days`` without a session, and every ``flags_full_days``.
    """
    whole = [one for one in asked if one.complete]
    full = [one for one in whole if one.form is not Form.SHORT]
    if not any(one.form is Form.INTAKE for one in whole):
        return Form.INTAKE
    if red_since or _full_is_old(today, full[-1], limits, last_session):
        return Form.FULL
    return None if today is not None and whole[-1].day == today else Form.SHORT


def _full_is_old(today: date | None, newest: Asked, limits: Limits, last_session: date | None) -> bool:
    if today is None:
        return newest.day is not None
    if newest.day is None:
        return True
    since = (today - newest.day).days
    # A date before the newest answer is a clock that was put back: nobody knows how long it has been.
    if since < 0 or since >= limits["flags_full_days"]:
        return True
    away = last_session is not None and (today - last_session).days > limits["flags_away_days"]
    return away and last_session is not None and newest.day <= last_session


def locked_words(severity: Severity, clinic_number: str, emergency_number: str) -> LockedWords:
    """Return what a locked screen says. It needs no network; a number that is not set is said in words."""
    numbers = {"clinic_number": clinic_number, "emergency_number": emergency_number}
    said = {name: value or NO_NUMBER[name] for name, value in numbers.items()}
    words = red_flags().locked[severity]
    return LockedWords(words.title.format(**said), tuple(line.format(**said) for line in words.lines))


def parse_flags(text: str, source: str) -> Flags:
    """Read the questions. Raises ContentError naming ``source``, the key, the value and what was expected."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    expected = {*KEYS, "when"}
    if set(tables) != expected or not all(isinstance(group, dict) for group in tables.values()):
        raise ContentError(
            f"{source}: has {', '.join(map(repr, tables))}; expected tables {', '.join(sorted(expected))}"
        )
    when = tables.pop("when")
    if set(when) != set(WHEN):
        raise ContentError(f"{source}: [when] expected exactly {', '.join(WHEN)}")
    for group, entries in tables.items():
        for name, entry in entries.items():
            _check_keys(f"{source}: [{group}.{name}]", entry, KEYS[group])
    full = {name: _question(name, entry, when, source) for name, entry in tables["question"].items()}
    short = {name: _short(name, entry, full, when, source) for name, entry in tables["short"].items()}
    if set(tables["locked"]) != set(Severity):
        raise ContentError(f"{source}: [locked] expected exactly {', '.join(Severity)}")
    locked = {Severity(name): _words(name, entry, source) for name, entry in tables["locked"].items()}
    return Flags({**full, **short}, locked)


def _check_keys(where: str, entry: Any, keys: set[str]) -> None:
    if not isinstance(entry, dict) or set(entry) != keys:
        raise ContentError(f"{where} expected a table with exactly the keys {', '.join(sorted(keys))}")
    for name, value in entry.items():
        if name in ("forms", "stands_for", "lines"):
            if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
                raise ContentError(f"{where} {name} is {value!r}; expected a list of texts")
        elif not isinstance(value, str) or not value.strip():
            raise ContentError(f"{where} {name} is {value!r}; expected text")


def _asked(where: str, entry: Mapping[str, Any], when: Mapping[str, str]) -> dict[str, Any]:
    if entry["severity"] not in tuple(Severity):
        raise ContentError(f"{where} severity is {entry['severity']!r}; expected one of {', '.join(Severity)}")
    if entry["when"] not in WHEN:
        raise ContentError(f"{where} when is {entry['when']!r}; expected one of {', '.join(WHEN)}")
    check_patient_text(entry["ask"], f"{where} ask")
    if not entry["ask"].endswith("?"):
        raise ContentError(f"{where} ask is {entry['ask']!r}; expected a question")
    asked = {name: entry[name] for name in ("ask", "about", "source")}
    return asked | {"severity": Severity(entry["severity"]), "when": when[entry["when"]]}


def _question(name: str, entry: Mapping[str, Any], when: Mapping[str, str], source: str) -> Question:
    where = f"{source}: [question.{name}]"
    for form in entry["forms"]:
        if form not in FORMS:
            raise ContentError(f"{where} forms has {form!r}; expected {' or '.join(FORMS)}")
    forms = (Form.FULL, Form.INTAKE) if "full" in entry["forms"] else (Form.INTAKE,)
    return Question(name=name, forms=forms, **_asked(where, entry, when))


def _short(
    name: str, entry: Mapping[str, Any], full: Mapping[str, Question], when: Mapping[str, str], source: str
) -> Question:
    where = f"{source}: [short.{name}]"
    unknown = [one for one in entry["stands_for"] if one not in full]
    if unknown:
        raise ContentError(f"{where} stands_for has {unknown[0]!r}; expected a question of this file")
    return Question(
        name=name, forms=(Form.SHORT,), stands_for=tuple(entry["stands_for"]), **_asked(where, entry, when)
    )


def _words(name: str, entry: Mapping[str, Any], source: str) -> LockedWords:
    where = f"{source}: [locked.{name}]"
    for text in (entry["title"], *entry["lines"]):
        check_patient_text(text, where)
        unknown = {field for _, field, _, _ in Formatter().parse(text) if field} - FIELDS
        if unknown:
            raise ContentError(f"{where} names {sorted(unknown)[0]!r}; expected {' or '.join(sorted(FIELDS))}")
    return LockedWords(entry["title"], tuple(entry["lines"]))


@cache
def red_flags() -> Flags:
    """Return the shipped questions."""
    return parse_flags(files("edge.content").joinpath(SOURCE).read_text("utf-8"), SOURCE)
