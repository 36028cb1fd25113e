"""Whatever was stored is shown as text, on every page."""

from __future__ import annotations

import panel_seed
import pytest
from panel_seed import ANA, ANA_STATION, NOW

from sync.store import schema

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</textarea></td><script>x</script>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "<!--",
    "]]>&lt;script&gt;",
    "\u202eevil\u0000",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_stored_text_is_shown_as_text(clinic, text):
    engine, session_id = clinic.engine, "session-hostile"
    short = text[:40]
    with engine.begin() as db:
        db.execute(schema.patient.update().values(name=short))
        db.execute(schema.clinician.update().values(name=short))
        db.execute(schema.prescription.update().values(author=short, reason=text))
    panel_seed.receipt(engine, ANA_STATION, 2, "rejected", NOW, text)
    panel_seed.rows(engine, schema.session, {
        "station_id": ANA_STATION, "session_id": session_id, "patient_id": ANA, "plan_version": 1, "started_at": NOW,
    })  # fmt: skip
    panel_seed.rows(engine, schema.session_end, {
        "station_id": ANA_STATION, "session_id": session_id, "ended_at": NOW, "sets_done": 1, "sets_planned": 1,
        "stop_reason": text[:12],
    })  # fmt: skip
    hostile = {"exercise": short, "tempo": short, "stop_reason": text[:12], "origin": text[:20]}
    panel_seed.rows(engine, schema.training_set, panel_seed.set_row(ANA_STATION, session_id, 1, **hostile))
    panel_seed.rows(engine, schema.rep, panel_seed.rep_row(
        ANA_STATION, session_id, 1, 1, 0.0, (1.0, 1.0, 1.0, None), range_unit=text[:8], verdict=text[:16],
        origin=text[:20],
    ))  # fmt: skip
    panel_seed.rows(
        engine, schema.trace, panel_seed.trace_row(ANA_STATION, session_id, 1, short, text[:8], [1.0] * 9)
    )
    client = clinic.logged_in()
    paths = ("/", f"/patients/{ANA}", f"/patients/{ANA}/sessions/{session_id}", f"/patients/{ANA}/plan/rows/band_row")
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200
        for tag in ("<script", "<img", "<svg/", "</textarea></td>", "<!--"):
            assert tag not in answer.text, path
        assert "49" not in answer.text.split("<main")[1][:400]
        assert 'href="javascript' not in answer.text
