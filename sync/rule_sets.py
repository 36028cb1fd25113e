"""A rule set of the coach on its way to one station: a rule file's own TOML, checked by the coach's own loader."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge.coach.rule_file import parse_rules
from edge.coach.rules import Rules
from edge.records import Id

LONGEST_TEXT = 40_000
"""Characters of a rule file: as JSON, signed, inside JSON once more, it still fits into one message."""
SOURCE = "rule set"


class RuleSet(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="rules"):
    """The rules that the coach of this patient's station shall use, from ``valid_from`` until ``valid_until``."""

    station_id: Id
    patient_id: Id
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def rules(self) -> Rules:
        """The rules. Raises ContentError where the text is no rule file."""
        return parse_rules(self.text, SOURCE)


_decoder = msgspec.json.Decoder(RuleSet)


def write_rule_set(rule_set: RuleSet) -> str:
    """Return the text that is signed. Raises ContentError for rules that no station would take."""
    payload = msgspec.json.encode(rule_set).decode()
    read_rule_set(payload)
    return payload


def read_rule_set(payload: str) -> RuleSet:
    """Read the text that was signed, and the rule file in it. Raises ValueError for anything else."""
    rule_set = _decoder.decode(payload)
    _ = rule_set.rules
    return rule_set
