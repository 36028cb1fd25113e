"""The option, the way to skip, and the person at the terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hil_hand import Person
from hil_stand import PROMISES, no_pi

from drivers.factory import CHIPS

ROOT = Path(__file__).parents[2]


def run_pytest(*arguments, stdin=subprocess.DEVNULL):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, stdin=stdin, capture_output=True, text=True, check=False, timeout=60)


def test_every_kind_of_chip_promises_something():
    assert set(PROMISES) == set(CHIPS)


@pytest.mark.skipif(not no_pi(), reason="this machine has chips of its own")
def test_without_a_pi_every_contract_test_is_skipped_with_the_reason(tmp_path):
    station = tmp_path / "station.toml"
    station.write_text('[sensors.knee]\nchip = "bno08x"\nplace = "thigh"\nbus = "i2c-1"\naddress = 0x4A\n')
    done = run_pytest(f"--hil={station}", "-k", "test_contract")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "this machine is no Raspberry Pi" in done.stdout
    assert "station.toml names no hx711" in done.stdout
    assert "passed" not in done.stdout
    assert "tests/signal" not in done.stdout


def test_a_file_that_cannot_be_is_refused_in_one_sentence(tmp_path):
    station = tmp_path / "station.toml"
    station.write_text('[sensors.knee]\nchip = "mpu6050"\n')
    done = run_pytest(f"--hil={station}")
    assert done.returncode != 0
    assert "sensors.knee.chip is 'mpu6050', expected one of" in done.stdout + done.stderr


def test_a_file_in_the_checkout_may_stand_after_a_space():
    """Pytest takes what it does not know yet for a test folder; one outside would decide where its settings are."""
    done = run_pytest("--hil", "docs/station.example.toml", "--collect-only")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_contract.py::test_it_keeps_its_rate[thigh]" in done.stdout


def test_several_processes_cannot_share_the_buses():
    done = run_pytest("--hil", "docs/station.example.toml", "-n", "2")
    assert done.returncode != 0
    assert "leave out -n" in done.stdout + done.stderr


class Terminal:
    """Stands in for pytest's capture manager, and notes whether the terminal was free when it was needed."""

    def __init__(self):
        self.free = []

    def suspend_global_capture(self, in_):
        self.free.append(in_)

    def resume_global_capture(self):
        self.free.append(False)


@pytest.fixture
def answers(monkeypatch):
    """Return the end of a pipe that is the terminal's keyboard."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "w") as keyboard:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield keyboard


def test_a_person_is_asked_and_answers_with_enter(answers, capsys):
    terminal = Terminal()
    answers.write("\n")
    answers.flush()
    Person(terminal, 5.0).turn_over("thigh")
    assert "Turn the thigh sensor over, so that the other side is up, and let go. Enter." in capsys.readouterr().err
    assert terminal.free == [True, False]


def test_what_lies_still_is_not_asked_for_again_until_something_was_moved(answers, capsys):
    person = Person(Terminal(), 5.0)
    for step in (person.lay_down, person.lay_down, person.turn_over, person.lay_down):
        answers.write("\n")
        answers.flush()
        step("thigh")
    assert capsys.readouterr().err.count("Lay every motion sensor on the table") == 2


def test_a_person_who_does_not_answer_in_time_skips_the_step(answers):
    terminal = Terminal()
    with pytest.raises(pytest.skip.Exception, match=r"nobody pressed Enter within 0.01 s: Take the plug"):
        Person(terminal, 0.01).unplug("thigh")
    assert terminal.free == [True, False]


def test_where_nobody_can_answer_the_step_is_skipped_at_once(answers):
    answers.close()
    with pytest.raises(pytest.skip.Exception, match="nobody is at the terminal"):
        Person(Terminal(), 60.0).press("band")
