"""A fresh clinic for every test: a database file, a signing key and a clock that is turned by hand."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

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

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, _quick_hashes: None) -> Path:
    """A folder with keys and two databases to copy: written once, since every commit waits for the disk."""
    folder = tmp_path_factory.mktemp("seeded")
    new_key_pair(folder / "keys")
    engine = open_engine(f"sqlite:///{folder / 'full.db'}")
    metadata.create_all(engine)
    panel_seed.accounts(engine)
    engine.dispose()
    shutil.copy(folder / "full.db", folder / "empty.db")
    panel_seed.plans(engine, folder / "keys")
    panel_seed.records(engine)
    engine.dispose()
    return folder


def _panel(seeded: Path, database: str, folder: Path) -> Iterator[Clinic]:
    shutil.copy(seeded / database, folder / "clinic.db")
    url, time = f"sqlite:///{folder / 'clinic.db'}", [panel_seed.NOW]
    hosts = ("localhost", "127.0.0.1")
    config = PanelConfig(url, seeded / "keys", SECRET, hosts=hosts, now=lambda: time[0], zone=UTC)
    app, engine = create_app(config), open_engine(url)
    yield Clinic(app, engine, config, time)
    app.extensions["engine"].dispose()
    engine.dispose()


@pytest.fixture
def empty(seeded: Path, tmp_path: Path) -> Iterator[Clinic]:
    """A panel whose database has a clinician, three patients and two stations, and nothing else."""
    yield from _panel(seeded, "empty.db", tmp_path)


@pytest.fixture
def clinic(seeded: Path, tmp_path: Path) -> Iterator[Clinic]:
    """The same with plans, receipts, sessions, answers and traces."""
    yield from _panel(seeded, "full.db", tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium for the tests of one file, without a window."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()
