"""What a clinician reads on each page of a seeded clinic."""

from __future__ import annotations

from panel_seed import ANA, PER


def test_smoke(clinic):
    client = clinic.logged_in()
    for path in (
        "/",
        f"/patients/{ANA}",
        f"/patients/{PER}",
        f"/patients/{ANA}/sessions/session-ana-3",
        f"/patients/{ANA}/plan/1",
    ):
        got = client.get(path)
        assert got.status_code == 200, got.text
