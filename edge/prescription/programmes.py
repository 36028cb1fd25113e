"""The programmes that are shipped, and the library of symptom modifications: templates a clinician starts from.

``content/programmes/NAME.toml`` and ``content/modifications.toml`` are the only places where their numbers stand.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from msgspec import Meta, Struct

from edge.library import ContentError, Kit, Purpose, UnknownExercise, exercise
from edge.prescription.form import (
    BlockForm,
    FormError,
    Name,
    RowForm,
    Text,
    blocks_of,
    check_order,
    convert,
    rows_of,
)
from edge.prescription.limits import Limits
from edge.prescription.plan import WHOLE, Block, CoachMode, KitOwned, Prescription
from edge.prescription.row import Role, Row

MODIFICATIONS = "symptom-modification"
"""The name of the library of symptom modifications among the programmes."""
GENTLEST_RPE = 5
"""Rows of the mobility floor ask for no more effort: the sources' programmes begin at 5."""


class _ProgrammeForm(Struct, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=80)]
    source: Annotated[str, Meta(min_length=1, max_length=160)]
    rows: Annotated[list[RowForm], Meta(min_length=1, max_length=100)]
    blocks: list[BlockForm] = []
    for_whom: Text = ""
    kit: list[Kit] = []
    floor: list[Name] = []
    activities: list[Name] = []
    valid_weeks: Annotated[int, Meta(ge=1, le=26)] = 6
    ours: list[Name] = []
    rows_ours: list[Name] = []


@dataclass(frozen=True, slots=True)
class Programme:
    """A template: blocks of weeks with their rows. ``kit`` is what all of its rows need.

    ``floor`` names the rows of the modification library that remain when a plan from this template has run out,
    ``activities`` what may be done outside and logged by hand. ``ours`` names the fields that no source gives.
    """

    name: str
    title: str
    source: str
    rows: tuple[Row, ...]
    blocks: tuple[Block, ...] = (WHOLE,)
    for_whom: str = ""
    kit: tuple[Kit, ...] = ()
    floor: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    valid_weeks: int = 6
    ours: frozenset[str] = frozenset()

    @property
    def weeks(self) -> int:
        """How many weeks it has."""
        return self.blocks[-1].weeks.high


def parse_programme(text: str, name: str, source: str) -> Programme:
    """Read a programme. Raises ContentError naming the file ``source``, the key, the value and what was expected."""
    try:
        form = convert(tomllib.loads(text), _ProgrammeForm)
        programme = _programme(form, name)
    except tomllib.TOMLDecodeError as exc:
        raise ContentError(f"{source}: not valid TOML: {exc}") from None
    except (FormError, UnknownExercise) as exc:
        raise ContentError(f"{source}: {exc}") from None
    return programme


def _programme(form: _ProgrammeForm, name: str) -> Programme:
    for row_form in form.rows:
        row_form.ours = [*row_form.ours, *form.rows_ours]
    rows, blocks = rows_of(form.rows, "rows"), blocks_of(form.blocks) or (WHOLE,)
    weeks = blocks[-1].weeks.high
    for number, row in enumerate(rows):
        if not row.source:
            raise FormError(f"rows[{number}]: source is ''; expected who gives these numbers")
        if row.weeks is not None and row.weeks.high > weeks:
            raise FormError(f"rows[{number}]: weeks is {list(row.weeks)}; expected weeks 1 to {weeks}")
    check_order(rows)
    for key in form.activities:
        if exercise(key).purpose is not Purpose.ACTIVITY:
            raise FormError(f"activities is {key!r}; expected an exercise whose purpose is activity")
    unknown = sorted(set(form.ours) - {one.name for one in fields(Programme)})
    if unknown:
        raise FormError(f"ours is {unknown[0]!r}; expected names of this programme's keys")
    return Programme(
        name=name,
        title=form.title,
        source=form.source,
        rows=rows,
        blocks=blocks,
        for_whom=form.for_whom,
        kit=tuple(form.kit),
        floor=tuple(form.floor),
        activities=tuple(form.activities),
        valid_weeks=form.valid_weeks,
        ours=frozenset(form.ours),
    )


def read_programmes(texts: Mapping[str, str]) -> dict[str, Programme]:
    """Read all files by programme name, the modification library among them. Raises ContentError."""
    found = {name: parse_programme(text, name, _file(name)) for name, text in texts.items()}
    library = {row.name: row for row in found[MODIFICATIONS].rows}
    for programme in found.values():
        for key in programme.floor:
            if key not in library:
                raise ContentError(
                    f"{_file(programme.name)}: floor is {key!r}; expected rows of {_file(MODIFICATIONS)}: "
                    f"{', '.join(library)}"
                )
    return found


def _file(name: str) -> str:
    return "modifications.toml" if name == MODIFICATIONS else f"programmes/{name}.toml"


@cache
def programmes() -> Mapping[str, Programme]:
    """Return the shipped programmes by name, the library of symptom modifications last."""
    content = files("edge.content")
    shelved = sorted(one.name for one in content.joinpath("programmes").iterdir() if one.name.endswith(".toml"))
    names = [*(name.removesuffix(".toml") for name in shelved), MODIFICATIONS]
    return read_programmes({name: content.joinpath(_file(name)).read_text("utf-8") for name in names})


def programme(name: str) -> Programme:
    """Return one shipped programme. Raises ContentError, which lists the ones there are."""
    try:
        return programmes()[name]
    except KeyError:
        raise ContentError(f"unknown programme {name!r}; known: {', '.join(programmes())}") from None


def floor_rows(names: Sequence[str]) -> tuple[Row, ...]:
    """Return rows of the modification library as the mobility floor of a plan, in this order."""
    library = {row.name: row for row in programme(MODIFICATIONS).rows}
    return tuple(replace(library[name], order=order) for order, name in enumerate(names, 1))


def is_gentle(row: Row) -> bool:
    """Tell whether a row may stand in a mobility floor: no load, little effort, nothing that trains."""
    return (
        row.load_kg is None
        and row.load_drop_pct is None
        and row.role in (Role.MODIFICATION, Role.OPENER, Role.CLOSER)
        and all(rpe is None or rpe.high <= GENTLEST_RPE for rpe in row.rpe)
        and exercise(row.exercise).purpose in (Purpose.MODIFICATION, Purpose.ACTIVITY)
    )


def begin(
    template: Programme,
    patient_id: str,
    station_id: str,
    first_name: str,
    issued_at: str,
    first_day: date,
    *,
    version: int = 1,
    kit: KitOwned | None = None,
    **more: Any,
) -> Prescription:
    """Return a plan that begins this programme on ``first_day``; the clinician edits it before it is signed.

    ``more`` are further fields of :class:`Prescription`. The coach is off until somebody turns it on.
    """
    settings: dict[str, Any] = {"limits": Limits(), "coach": CoachMode.OFF, **more}
    return Prescription(
        version=version,
        patient_id=patient_id,
        station_id=station_id,
        first_name=first_name,
        issued_at=issued_at,
        rows=template.rows,
        programme=template.name,
        began=version,
        valid_from=first_day,
        valid_until=first_day + timedelta(weeks=template.valid_weeks),
        blocks=template.blocks,
        floor=floor_rows(template.floor),
        activities=template.activities,
        kit=kit,
        **settings,
    )
