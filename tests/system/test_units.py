"""The unit files are accepted by systemd and start the commands there are."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "systemd").glob("*.service"))
INSTALLED = "/opt/steadyrig/.venv/bin/steadyrig"


def command_of(unit):
    return re.search(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE).group(1).split()


def test_there_is_a_unit_for_each_service():
    assert [u.stem for u in UNITS] == [
        "steadyrig-bridge", "steadyrig-broker", "steadyrig-panel", "steadyrig-station",
    ]  # fmt: skip


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
def test_systemd_accepts_it_without_a_warning(unit, tmp_path):
    # The installed program stands elsewhere until it is installed; everything else is verified as it is.
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace(INSTALLED, "/bin/true").replace("/usr/bin/cage", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
def test_nobody_has_to_start_it_again_unless_something_has_to_be_mended(unit):
    lines = unit.read_text().splitlines()
    assert {"Restart=always", "StartLimitIntervalSec=0", "RestartPreventExitStatus=2"} <= set(lines)
    assert not any("network-online" in line for line in lines), "without a network it would start minutes late"


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
def test_its_command_is_one_of_ours(unit):
    command = command_of(unit)
    # The station's has a compositor before it.
    program, *name, option, _ = command[command.index("--") + 1 :] if "--" in command else command
    assert (program, option) == (INSTALLED, "--config")
    help_text = subprocess.run(
        [sys.executable, "-m", "edge", *name, "--help"], capture_output=True, text=True, check=True
    )
    assert "--config" in re.sub(r"\x1b\[[0-9;]*m", "", help_text.stdout)
