"""``docs/clinical.md``: everything clinical the station goes by, written from the very files that decide.

``python -m edge.clinical > docs/clinical.md``. A test keeps the page current.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from edge.care.how_to import how_to
from edge.care.measures import measures
from edge.prescription.limits import Threshold, thresholds
from edge.records import Form, Severity
from edge.safety.flags import Question, locked_words, red_flags
from edge.safety.table import ORDER, Action, table

HAZARDS = Path(__file__).parents[1] / "tests" / "hazards.toml"
GROUPS = {
    "symptoms": "Symptoms",
    "effort": "Effort",
    "progress": "Progress",
    "safety": "Safety",
    "schedule": "Schedule",
    "measures": "Measures",
    "nudges": "Reminders",
    "feedback": "Feedback",
}
ACTIONS = {
    Action.STOP: ("Stop", "This set, exercise or session ends, or does not begin."),
    Action.HOLD: ("Hold", "Nothing goes up."),
    Action.REGRESS: ("Regress", "One step easier. A hold beside it does not take that back."),
    Action.CONTINUE: ("Continue", "As planned."),
}
OURS = " ○"
_FIELD = re.compile(r"\{\w+\}")
HEAD = """\
# What the station goes by, for clinicians

*Written by `python -m edge.clinical` from the content files. Change those, not this page.*

**Steadyrig is not a medical device.** It is a research prototype for home exercise under a clinician's plan. It
diagnoses nothing and replaces no examination.

**No threshold on this page is validated for this station**, and none for sciatica. Pain limits come from work on
tendons and knees. Where a source gives a number, it is named. Where none does, the number is **our default and marked
with ○**: look at those first, and change what does not fit your patient.

How to read it: numbers in **bold** are limits. A clinician can change each of them between the two ends given under
[Limits](#limits); nobody can go past those ends. The coach and the patient cannot change any.
"""
RULES = """\
## When training stops, holds, goes back or goes on

Several rules may fire at once. The first in the order **stop > hold > regress > continue** is done, and every reason
is kept. What is not known can only hold or lower: an answer that was not given is never taken for 0.
"""
FLAGS = """\
## Questions about warning signs

The words are ours. Single signs say little; together, and asked again, they are a safety net (Finucane 2020).

They are asked in full at intake, after a red session, after more than {flags_away_days} away, and every
{flags_full_days}; on every other training day there are three questions. A question without an answer is asked again;
it is never a no.

**A yes locks the station in the same step.** The lock survives a power cut, and its alert is the first message sent.
Only a clearance that a clinician signs in the panel, with a reason, ends it. While locked, the screen says:
"""
COACH = """\
## What the coach proposes

The first rule whose conditions hold decides for a line of the plan. None of them passes a limit, and a clinician can
switch the coach off. An ellipsis stands for the dose or the numbers of the day.
"""
OUTCOMES = """\
## Outcome measures

Of ODI, RMDQ and STarT Back only scores are stored, never their items. A plan can name other measures than those asked
at home. They come after the check-in and before the routine, one test a day at most, and never while training is
locked, over raised symptoms, or on a day that the clock does not know for sure. A test can always be put off.
Stopped, it leaves no number. Pain in it is asked about and judged like pain in a set. No result changes a dose.
"""
WHO_GIVES = {"test": "station, or the patient's own word", "rating": "patient", "score": "clinician"}
WHAT_COULD = """\
## Hazards

What could go wrong, what stands against it, and what is left. Each control has tests that fail when it is gone; their
names are in `tests/hazards.toml`.
"""


def page(hazards: Path = HAZARDS) -> str:
    """Return the whole page as Markdown; hazards only where their file is, which is in a checkout."""
    parts: list[Iterable[str]] = [[HEAD], _rules(), _flags(), _limits(), _programmes(), _coach(), _outcomes()]
    if hazards.exists():
        parts.append(_hazards(tomllib.loads(hazards.read_text("utf-8"))))
    parts.append(_tests())
    return "\n".join(line for part in parts for line in part)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield _row(*heads)
    yield "|" + "---|" * len(heads)
    for cells in rows:
        yield _row(*cells)
    yield ""


def amount(one: Threshold, value: float) -> str:
    """Return a limit as people say it: shares as percent, one of anything in the singular."""
    if one.unit == "share":
        return f"{value * 100:g} %"
    if one.unit == "step":
        return f"{value:g}"
    return f"{value:g} {one.unit.removesuffix('s') if value == 1 and one.unit.endswith('s') else one.unit}"


def _with_limits(text: str) -> str:
    """Return a text with the defaults of the limits it names in bold."""
    return text.format(**{key: f"**{amount(one, one.default)}**" for key, one in thresholds().items()})


def _source(text: str, ours: bool) -> str:
    return text + (OURS if ours else "")


def _rules() -> Iterator[str]:
    yield RULES
    for action in ORDER:
        title, meaning = ACTIONS[action]
        yield f"### {title}\n\n{meaning}\n"
        yield from _table(
            ("Situation", "When", "About", "The patient reads", "The clinician sees", "Where it comes from"),
            (
                (
                    rule.situation,
                    _with_limits(rule.condition),
                    rule.scope,
                    rule.screen,
                    rule.clinician,
                    _source(rule.source, rule.ours),
                )
                for rule in table().rules.values()
                if rule.action is action
            ),
        )
    check = table().band_check
    yield "### What the patient looks at before a band is used\n"
    yield from (f"- {item}" for item in check.items)
    yield f"\n{_source(check.source, check.ours)}\n"


def _flags() -> Iterator[str]:
    yield _with_limits(FLAGS)
    for severity in Severity:
        words = locked_words(severity, "(the clinic's number)", "(the emergency number)")
        yield f"> **{words.title}** {' '.join(words.lines)}\n"
    questions = red_flags().form(Form.INTAKE)
    emergency = [one for one in questions if one.severity is Severity.EMERGENCY]
    others = [one for one in questions if one.severity is not Severity.EMERGENCY]
    for title, asked in (
        ("Emergency: go to the emergency department now", emergency),
        ("Speak with the clinic before training", [one for one in others if Form.FULL in one.forms]),
        (
            "At intake only: who should not begin without a clinician",
            [one for one in others if Form.FULL not in one.forms],
        ),
        ("The three questions of every day", list(red_flags().form(Form.SHORT))),
    ):
        yield f"### {title}\n"
        yield from _table(("Time", "Question", "Means", "Where it comes from"), map(_asked, asked))


def _asked(one: Question) -> tuple[str, ...]:
    return one.when, one.ask, one.about, one.source


def _limits() -> Iterator[str]:
    yield "## Limits\n"
    yield "Each can be set per patient between the two ends. ○ marks a default of ours.\n"
    for group, title in GROUPS.items():
        yield f"### {title}\n"
        yield from _table(
            ("Limit", "Default", "From", "To", "Where the default comes from"),
            (
                (
                    one.label,
                    f"**{amount(one, one.default)}**",
                    amount(one, one.min),
                    amount(one, one.max),
                    _source(one.source, one.ours),
                )
                for one in thresholds().values()
                if one.group == group
            ),
        )


def _content(name: str) -> Mapping[str, Any]:
    file = files("edge.content").joinpath(name)
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}


def _programmes() -> Iterator[str]:
    folder = files("edge.content").joinpath("programmes")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml")) if folder.is_dir() else []
    if not names:
        return
    yield "## Programmes\n"
    yield "`steadyrig programme NAME` prints every row with its source. A clinician changes any row in the panel.\n"
    found = [(name.removesuffix(".toml"), _content(f"programmes/{name}")) for name in names]
    yield from _table(
        ("Name", "Title", "For whom", "Where it comes from"),
        ((f"`{name}`", *(str(one.get(key, "")) for key in ("title", "for_whom", "source"))) for name, one in found),
    )


def _coach() -> Iterator[str]:
    rules = [one for one in _lists(_content("coach.toml")) if "id" in one and "clinician" in one]
    if not rules:
        return
    yield COACH
    yield from _table(
        ("Rule", "Does", "The patient reads", "The clinician reads", "Where it comes from"),
        (
            (
                str(one["id"]).replace("_", " "),
                str(one.get("do", "")),
                _FIELD.sub("…", str(one.get("patient", ""))),
                _FIELD.sub("…", str(one["clinician"])),
                _source(str(one.get("source", "")), bool(one.get("ours"))),
            )
            for one in rules
        ),
    )


def _lists(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for value in content.values():
        if isinstance(value, list):
            yield from (one for one in value if isinstance(one, dict))


def _outcomes() -> Iterator[str]:
    yield OUTCOMES
    yield from _table(
        ("Measure", "Unit", "Who gives it", "Asked at home", "More than chance from", "Matters from", "Source"),
        (
            (
                one.label,
                one.unit,
                WHO_GIVES[one.kind],
                "yes" if one.at_home else "no",
                f"{one.error:g}" if one.error else "not known",
                f"{one.important:g}" if one.important else "nobody says",
                one.source,
            )
            for one in measures().values()
        ),
    )
    yield "How the tests are done, and what the patient reads:\n"
    yield from _table(
        ("Test", "Instructions", "Where the procedure comes from"),
        ((one.name, " ".join([*one.lines, one.by_hand]).strip(), one.source) for one in how_to().values()),
    )


def _hazards(hazards: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield WHAT_COULD
    yield from _table(
        ("", "Hazard", "Cause", "Harm", "Controls", "Tests", "What is left"),
        (
            (
                key,
                f"**{one['name']}**",
                one["cause"],
                f"{one['harm']} ({one['severity']})",
                "<br>".join(_control(text) for text in one["controls"]),
                str(len(one["tests"])),
                one["left"],
            )
            for key, one in hazards.items()
        ),
    )


def _control(text: str) -> str:
    _, _, what = text.partition(": ")
    return f"{what[0].upper()}{what[1:]}."


def _tests() -> Iterator[str]:
    yield "## What the tests demand of each rule\n"
    yield from _table(
        ("Situation", "Looked at", "Pass", "Decided in"),
        ((rule.situation, rule.looks_at, rule.passes, f"`{rule.code}`") for rule in table().rules.values()),
    )


if __name__ == "__main__":
    sys.stdout.write(page())
