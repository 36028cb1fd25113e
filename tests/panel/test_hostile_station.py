"""What a station may send that fits its schema, and is as odd as that lets it be, breaks no page of the panel.

A sample here, more of it with STEADYRIG_LONG=1.
"""

from __future__ import annotations

import html
import os
import random
import re
from dataclasses import replace
from typing import get_args

import msgspec
import pytest
from msgspec import inspect
from panel_seed import ANA, ANA_STATION, DAY, NOW, plan

from edge.prescription.plan import CoachMode
from edge.prescription.row import Span
from edge.records import Record, kind
from edge.records.packing import pack
from sync.intake import _sort
from sync.link import Incoming
from sync.messages import encode_up
from sync.signing import SIGNING_KEY, load_signer
from sync.store.database import writing
from sync.store.ingest import ingest
from sync.store.prescriptions import write_plan
from sync.topics import up

SEEDS = range(40 if os.environ.get("STEADYRIG_LONG") else 1)
RECORDS, LINKS = 300, 80
SESSIONS = ("session-0001", "--------", "0" * 40)
NAMES = ("band_row", "goblet_squat", "nonsense", "walk", "chair_stand", "_" * 40)
TEXTS = ("", "\u202eturned", "line\nbreak", "<b>", "{{1}}", "'", "999.9.9", "3.1.1.0", "\U0001f600" * 400)
DAYS = ("9999-12-31", "0001-01-01", "2026-11-20")
DOSE = {"exercise": "band_row", "sets": 3, "reps": 10, "load_kg": 10.0, "tempo": "3.1.1.0"}
ODD = (None, True, 0, -1, 11, 10**30, 1e6, "", "x", "goblet_squat", "session-0001")


def odd(of, chance):  # noqa: PLR0911, PLR0912 - a case for each type
    """Return a value at the edge of what its type, as msgspec describes it, lets through."""
    match of:
        case inspect.FloatType() | inspect.IntType():
            low = of.ge if of.ge is not None else of.gt if of.gt is not None else -1e300
            high = of.le if of.le is not None else 1e300
            some = (low, high, -0.0, 1, 2, 5) if isinstance(of, inspect.IntType) else (low, high, -0.0, 5e-324, 1.0)
            fit = [one for one in some if low <= one <= high and (of.gt is None or one > of.gt)]
            return type(fit[0])(chance.choice(fit)) if isinstance(of, inspect.FloatType) else int(chance.choice(fit))
        case inspect.StrType(pattern=str(pattern)) if "a-z0-9-" in pattern:
            return chance.choice(SESSIONS)
        case inspect.StrType(pattern=str(pattern)) if "[0-9]{4}" in pattern:
            return chance.choice(DAYS)
        case inspect.StrType(pattern=str(pattern)) if "a-z0-9_" in pattern:
            return chance.choice(NAMES)
        case inspect.StrType(pattern=str(pattern)) if "0-9a-f" in pattern:
            return f"{chance.getrandbits(64):016x}"
        case inspect.StrType(pattern=str(pattern)):
            return chance.choice(re.findall("[a-z_]+", pattern.partition("$")[0]))
        case inspect.StrType():
            return chance.choice(TEXTS)[: of.max_length]
        case inspect.BoolType():
            return chance.random() < 0.5
        case inspect.NoneType():
            return None
        case inspect.EnumType():
            return chance.choice(list(of.cls)).value
        case inspect.UnionType():
            return odd(chance.choice([one for one in of.types if not isinstance(one, inspect.CustomType)]), chance)
        case inspect.TupleType():
            return [odd(one, chance) for one in of.item_types]
        case inspect.VarTupleType():
            return [odd(of.item_type, chance) for _ in range(min(of.max_length or 9, chance.choice((1, 60))))]
        case inspect.DictType():
            return {odd(of.key_type, chance): odd(of.value_type, chance) for _ in range(chance.choice((0, 9)))}
    raise TypeError(of)


def odd_record(chance):
    """Return a record of some kind that its type lets through, None where it does not."""
    about = inspect.type_info(chance.choice(get_args(Record)))
    said = {one.encode_name: odd(one.type, chance) for one in about.fields if one.required or chance.random() < 0.8}
    said |= {"kind": about.tag} | ({"patient_id": ANA} if "patient_id" in said else {})
    if about.tag == "decision":
        said |= {"row": "band_row", "inputs": {"plan_version": chance.choice((1, 1.0, True, 2))}}
        said["before"], said["after"] = (DOSE | {chance.choice(list(DOSE)): chance.choice(ODD)} for _ in range(2))
    if about.tag == "trace_chunk":
        values = [chance.choice((0.0, -0.0, 3.4e38, -3.4e38, 1e-320)) for _ in range(chance.choice((1, 4000)))]
        said |= {"packed": pack(values), "count": len(values)}
    try:
        return msgspec.convert(said, about.cls)
    except msgspec.ValidationError:
        return None


def sent(chance):
    made = [one for _ in range(RECORDS) if (one := odd_record(chance)) is not None]
    found = _sort(
        [Incoming(up(ANA_STATION, kind(one)), encode_up(ANA_STATION, "b", 1.0, NOW, one)) for one in made], NOW
    )
    assert len(found.records) > RECORDS / 4, "else nothing is tried"
    return found.records


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_fits_its_schema_breaks_no_page(empty, seed):
    modes = (CoachMode.OFF, CoachMode.PROPOSE, CoachMode.APPLY)
    rows = tuple(replace(one, reps=Span(one.reps.low, one.reps.low + 4)) for one in plan().rows)
    with writing(empty.engine) as db:
        signer = load_signer(empty.config.key_folder / SIGNING_KEY)
        write_plan(
            db, signer, replace(plan(), rows=rows, coach=modes[(seed + 1) % 3]), "dr", "Start.", NOW - 20 * DAY
        )
        ingest(db, sent(random.Random(seed)), NOW)
    client, seen = empty.logged_in(), {"/logout"}
    waiting = ["/", f"/patients/{ANA}", *(f"/patients/{ANA}/sessions/{name}" for name in SESSIONS)]
    while waiting and len(seen) < LINKS:
        path = waiting.pop(0)
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code < 500, f"{path}, seed {seed}"
        links = re.findall(r'href="(/[^"#]*)', answer.data.decode("utf-8", "replace"))
        waiting += [one for one in map(html.unescape, links) if one not in seen and one not in waiting]
    assert len(seen) > 20
