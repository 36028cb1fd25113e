"""A fresh clinic for every test: a database file, a signing key and a clock that is turned by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from sync.panel import auth
from sync.panel.app import create_app
from sync.panel.config import PanelConfig
from sync.signing import new_key_pair
from sync.store.database import engine as open_engine
from sync.store.schema import metadata

sys.path.append(str(Path(__file__).parent))  # so that tests can share panel_seed without being a package

import panel_seed
from panel_seed import SECRET, Clinic


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    auth._nobody.cache_clear()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Clinic]:
    """A panel whose database has tables, a clinician and three patients, and nothing else."""
    time = [panel_seed.NOW]
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    engine = open_engine(url)
    metadata.create_all(engine)
    new_key_pair(tmp_path / "keys")
    panel_seed.accounts(engine)
    config = PanelConfig(
        url, tmp_path / "keys", SECRET, hosts=("localhost", "127.0.0.1"), now=lambda: time[0], zone=UTC
    )
    app = create_app(config)
    yield Clinic(app, engine, config, time)
    app.extensions["engine"].dispose()
    engine.dispose()


@pytest.fixture
def clinic(empty: Clinic) -> Clinic:
    """The same with plans, receipts, sessions, answers and traces."""
    panel_seed.plans(empty.engine, empty.config.key_folder)
    panel_seed.records(empty.engine)
    return empty
