"""What every test of care starts from."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from edge.history.facts import History
from edge.prescription.limits import Limits

sys.path.append(str(Path(__file__).parent))  # so that tests can share care_past without being a package

from care_past import FIRST, one_session


@pytest.fixture
def limits():
    return Limits()


@pytest.fixture
def calm():
    """Two calm sessions on two days."""
    return History((one_session(FIRST), one_session(FIRST + timedelta(days=2))))
