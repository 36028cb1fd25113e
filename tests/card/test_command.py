"""``steadyrig card``: a PDF from a plan file or from the clinic's database, or one sentence why not."""

import pytest
from card_plans import plan
from typer.testing import CliRunner

from edge.__main__ import app
from edge.config import SettingsError
from edge.programme import write_prescription
from sync.card.codes import card_code
from sync.panel.accounts import add_patient, add_station
from sync.signing import SIGNING_KEY, load_signer, new_key_pair
from sync.store.database import engine, upgrade
from sync.store.prescriptions import write_plan


def run(*arguments):
    return CliRunner().invoke(app, ["card", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(write_prescription(plan()), encoding="utf-8")
    return path


def test_a_plan_file_becomes_a_pdf(file, tmp_path):
    out = tmp_path / "card.pdf"
    done = run(file, "--out", out, "--day", "2026-11-21")
    assert done.exit_code == 0, done.output
    assert done.output == f"{out}: card {card_code('patient-0001', 4)}, plan version 4, 4 sheets of A5\n"
    assert out.read_bytes().startswith(b"%PDF-")
    first = out.read_bytes()
    run(file, "--out", out, "--day", "2026-11-21")
    assert out.read_bytes() == first


def test_the_newest_plan_of_a_patient_comes_from_the_clinics_database(tmp_path):
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    upgrade(url)
    database = engine(url)
    add_patient(database, "patient-0001", "Ana M.", "Ana", 0.0)
    add_station(database, "station-0001", "patient-0001", 0.0)
    new_key_pair(tmp_path / "keys")
    with database.begin() as db:
        for version in (4, 5):
            write_plan(db, load_signer(tmp_path / "keys" / SIGNING_KEY), plan(version=version), "Dr Lind", "why", 0.0)
    database.dispose()
    settings = tmp_path / "panel.toml"
    settings.write_text(f'[panel]\ndatabase = "{url}"\nclinic_phone = "01 234"\n', encoding="utf-8")
    done = run("--patient", "patient-0001", "--out", tmp_path / "card.pdf", "--config", settings)
    assert done.exit_code == 0, done.output
    assert "plan version 5" in done.output
    unknown = run("--patient", "patient-0009", "--config", settings, "--out", tmp_path / "x.pdf")
    assert "expected one with a plan" in str(unknown.exception)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "needs a plan file or --patient, and not both"),
        (("plan.json", "--patient", "patient-0001"), "and not both"),
        (("nowhere.json",), "nowhere.json: No such file or directory; expected a prescription in JSON"),
    ],
)
def test_what_cannot_be_printed_is_one_sentence(arguments, sentence, tmp_path):
    done = run(*arguments, "--out", tmp_path / "card.pdf")
    assert isinstance(done.exception, SettingsError)
    assert sentence in str(done.exception)


def test_a_plan_that_is_none_and_a_date_that_is_none_are_named(file, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text('{"version": 0}', encoding="utf-8")
    assert "prescription refused" in str(run(broken, "--out", tmp_path / "x.pdf").exception)
    assert "expected a date as 2026-11-21" in str(run(file, "--day", "soon", "--out", tmp_path / "x.pdf").exception)
    assert "expected a Monday from" in str(run(file, "--day", "2099-01-01", "--out", tmp_path / "x.pdf").exception)
    assert "can be written" in str(run(file, "--out", tmp_path / "none" / "x.pdf").exception)
