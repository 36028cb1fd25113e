"""One stand per configured sensor: emulated, or with ``--hil`` the real one."""

import pytest
from hil_hand import Person
from hil_stand import cases, emulated_stand, no_pi, real_stand

from drivers.base import ConfigError
from drivers.factory import PiHardware
from drivers.samples import ImuSample, LoadSample

KINDS = {"imu": ImuSample, "cell": LoadSample}
"""The stand under another name is one of a sensor that gives such samples."""


def pytest_generate_tests(metafunc):
    if "config" in metafunc.fixturenames:
        path = metafunc.config.getoption("--hil")
        kind = next((kind for name, kind in KINDS.items() if name in metafunc.fixturenames), object)
        try:
            found = cases(path, kind)
        except ConfigError as exc:
            raise pytest.UsageError(f"--hil: {exc}") from None
        metafunc.parametrize("config", found)


@pytest.fixture(scope="session")
def hardware():
    """The buses of this Pi; opened once, as the station does."""
    return PiHardware()


@pytest.fixture(scope="session")
def person(request):
    """Whoever sits at the terminal."""
    manager = request.config.pluginmanager.getplugin("capturemanager")
    return Person(manager, request.config.getoption("--hil-patience"))


@pytest.fixture
def stand(config, request):
    path = request.config.getoption("--hil")
    if path is None:
        stand = emulated_stand(config)
    else:
        if reason := no_pi():
            pytest.skip(reason)
        stand = real_stand(config, request.getfixturevalue("hardware"), request.getfixturevalue("person"))
    yield stand
    stand.shut()


@pytest.fixture
def imu(stand):
    """The stand of a motion sensor."""
    return stand


@pytest.fixture
def cell(stand):
    """The stand of a load cell."""
    return stand
