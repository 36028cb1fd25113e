"""``pytest --hil=/etc/steadyrig/station.toml``: the driver contract on the chips of a real station, nothing else.

A file inside the checkout may also stand after a space. This is a plugin of its own (``-p hil_option`` in
pyproject.toml) because pytest takes a name behind an option it does not know yet for a test folder; a conftest in
tests/ would be read too late.
"""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
HAND_S = 60.0


def pytest_addoption(parser):
    group = parser.getgroup("hardware in the loop")
    group.addoption(
        "--hil", metavar="STATION.TOML", help="run the driver contract on the real chips that this file names"
    )
    group.addoption(
        "--hil-patience", metavar="SECONDS", type=float, default=HAND_S,
        help="how long a guided step waits for Enter before its test is skipped (default: %(default)s)",
    )  # fmt: skip


def pytest_configure(config):
    if config.getoption("--hil") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--hil needs the buses for itself: leave out -n.")


def pytest_ignore_collect(collection_path, config):
    """Of all folders only this one has something to say about real chips."""
    if config.getoption("--hil") and not (HERE.is_relative_to(collection_path) or collection_path.parent == HERE):
        return True
    return None


def pytest_collection_modifyitems(config, items):
    """A step that waits for a hand may take longer than any other test."""
    if config.getoption("--hil"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))
