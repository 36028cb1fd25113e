"""So that the walks share their house and their patient without being a package."""

import sys
from pathlib import Path

import pytest

from sync.signing import load_signer, load_verifier, new_key_pair

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def clinic_keys(tmp_path_factory):
    """The clinic's signer and the station's verifier."""
    private, public = new_key_pair(tmp_path_factory.mktemp("clinic") / "keys")
    return load_signer(private), load_verifier(public)
