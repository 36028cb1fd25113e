"""``steadyrig card``: the pocket card of a plan, to be printed on A5 and folded."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.config import DEFAULT_PANEL, PanelSettings, SettingsError, load_settings

if TYPE_CHECKING:
    from edge.prescription.plan import Prescription


def card(
    plan: Annotated[Path | None, typer.Argument(help="a prescription in JSON; left out with --patient")] = None,
    out: Annotated[Path, typer.Option(help="the PDF to write")] = Path("card.pdf"),
    patient: Annotated[str, typer.Option(help="the id of a patient of the panel: the newest plan")] = "",
    week: Annotated[int, typer.Option(min=1, max=52, help="of the programme; the card has this and the next")] = 1,
    day: Annotated[str, typer.Option(help="the date printed, as 2026-11-21; today if left out")] = "",
    clinic_phone: Annotated[str, typer.Option(help="left out: what panel.toml says, or a line to write on")] = "",
    emergency_phone: Annotated[str, typer.Option(help="likewise")] = "",
    config: Annotated[Path, typer.Option("--config", help="the panel's settings file")] = DEFAULT_PANEL,
) -> None:
    """Write the pocket card of a plan: exercises, pain levels, signs to get help for, and boxes to tick.

    \b
    steadyrig card plan.json --out card.pdf
    steadyrig card --patient patient-ana-0001 --week 3 --out card.pdf
    """
    from sync.card.draw import draw_card
    from sync.card.plan import card_plan
    from sync.typed import CodeError

    if (plan is None) is not bool(patient):
        raise SettingsError("steadyrig card needs a plan file or --patient, and not both")
    if patient:
        settings = load_settings(config, PanelSettings).panel
        clinic_phone = clinic_phone or settings.clinic_phone
        emergency_phone = emergency_phone or settings.emergency_phone
        held = _newest(settings.database, patient)
    else:
        held = _read(plan or Path())
    try:
        made = card_plan(held, _day(day), week, clinic_phone=clinic_phone, emergency_phone=emergency_phone)
        out.write_bytes(draw_card(made))
    except CodeError as exc:
        raise SettingsError(str(exc)) from None
    except OSError as exc:
        raise SettingsError(f"--out is {str(out)!r}: {exc.strerror}; expected a file that can be written") from None
    sheets = len(made.pages)
    print(f"{out}: card {made.code}, plan version {made.version}, {sheets} sheet{'' if sheets == 1 else 's'} of A5")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise SettingsError(f"--day is {text!r}; expected a date as 2026-11-21") from None


def _read(path: Path) -> Prescription:
    from edge.programme import PlanError, parse_prescription

    try:
        return parse_prescription(path.read_bytes())
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror}; expected a prescription in JSON") from None
    except PlanError as exc:
        raise SettingsError(f"{path}: {exc}") from None


def _newest(url: str, patient_id: str) -> Prescription:
    from sqlalchemy.exc import SQLAlchemyError

    from edge.programme import PlanError, parse_prescription
    from sync.panel.queries import plans_of
    from sync.store.database import engine

    database = engine(url)
    try:
        with database.connect() as db:
            found = plans_of(db, patient_id)
        if not found:
            raise SettingsError(f"--patient is {patient_id!r}; expected one with a plan")
        return parse_prescription(found[0].payload)
    except SQLAlchemyError:
        raise SettingsError(f"panel.database is {url!r}; expected the panel's database") from None
    except PlanError as exc:
        raise SettingsError(f"the newest plan of {patient_id}: {exc}") from None
    finally:
        database.dispose()
