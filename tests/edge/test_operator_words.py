"""What the clinic's technician is told: the thing, its value, what was expected, and the way out."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from edge import clinic
from edge.coaching import publish_command
from edge.config import NotYetError, SettingsError
from edge.services.clinic import clinic_signer
from edge.services.panel import run_panel
from sync.files import in_the_way

PATIENT, STATION = "p-0001-aaaa", "station-0001"


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "panel.toml"
    path.write_text(
        f'[panel]\ndatabase = "sqlite:///{tmp_path}/panel.db"\nkeys = "{tmp_path}/keys"\n'
        f'secret_file = "{tmp_path}/panel.secret"\n'
    )
    return path


def test_what_was_done_is_told_with_what_comes_next(config, capsys):
    clinic.add_patient(PATIENT, "Ana M.", "Ana", config)
    clinic.add_station(STATION, PATIENT, config)
    assert capsys.readouterr().out.splitlines() == [
        f"{PATIENT} is added; on the panel, under Stations, a station is made.",
        f"{STATION} is added; on the panel, its page shows a pairing code.",
    ]


def test_what_is_there_already_is_named(config):
    clinic.add_patient(PATIENT, "Ana M.", "Ana", config)
    with pytest.raises(SettingsError, match=f"refused: patient '{PATIENT}' is there already"):
        clinic.add_patient(PATIENT, "Ana M.", "Ana", config)
    with pytest.raises(SettingsError, match="patient 'p-9999-zzzz' is not known here"):
        clinic.add_station(STATION, "p-9999-zzzz", config)


def test_a_clinic_without_its_key_is_told_which_command_makes_it(config):
    with pytest.raises(SettingsError, match=r"panel\.keys: there is no signing key .*`steadyrig clinic new-key`"):
        clinic_signer(config)


def test_a_key_of_another_user_is_not_to_be_made_anew(tmp_path):
    refused = PermissionError(13, "Permission denied", str(tmp_path / "signing.key"))
    assert in_the_way(refused).endswith(f"sudo chown steadyrig: {tmp_path}/signing.key")
    assert in_the_way(FileNotFoundError(2, "No such file or directory", "x")) == "No such file or directory"


def test_a_name_that_has_no_address_yet_is_waited_for(config, monkeypatch, capsys):
    clinic.new_key(config)

    def no_name_server(*_where):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr("edge.services.panel.socket.getaddrinfo", no_name_server)

    class Once:
        """A stop that is set while something is waited for."""

        def wait(self, _timeout):
            return True

    with pytest.raises(SystemExit):
        run_panel(config, Once())
    assert "Temporary failure in name resolution; expected an address of this computer" in capsys.readouterr().err


def test_a_rule_set_whose_last_day_is_over_is_not_sent(config, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text(files("edge.content").joinpath("coach.toml").read_text("utf-8"), "utf-8")
    with pytest.raises(SettingsError, match="--until is 2020-01-01, a day that is over") as refused:
        publish_command(rules, "Dr K. Lind", config, None, datetime(2020, 1, 1, tzinfo=UTC), True)
    assert not isinstance(refused.value, NotYetError)
