"""A stored plan that cannot be read here: said, with ways out; everything else of the page works."""

from __future__ import annotations

import json

import pytest
from panel_seed import ANA, ANA_STATION, sign, token
from sqlalchemy import select

from edge.programme import parse_prescription
from sync.store import schema

PAGE = f"/patients/{ANA}"


def spoil(clinic, version=2, **changes):
    """Change the stored text of a plan."""
    p = schema.prescription
    with clinic.engine.begin() as db:
        where = (p.c.station_id == ANA_STATION, p.c.version == version)
        plain = json.loads(db.scalar(select(p.c.payload).where(*where)))
        if "exercise" in changes:
            plain["rows"][0]["exercise"] = changes["exercise"]
        text = changes.get("text", json.dumps(plain))
        db.execute(p.update().where(*where).values(payload=text))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"exercise": "moon_walk"}, "unknown exercise &#39;moon_walk&#39;. The station keeps"),
        ({"text": "{}"}, "missing required field"),
        ({"text": "not json"}, "JSON is malformed"),
        ({"text": ""}, "cannot be read here"),
    ],
)
def test_the_patients_page_says_so_and_how_to_get_out(clinic, change, why):
    spoil(clinic, **change)
    client = clinic.logged_in()
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "Plan 2 cannot be read here:" in page.text
    assert why in page.text
    assert "Take plan 1 up again" in page.text
    assert "Begin a programme" in page.text
    assert page.text.count("data-session=") == 3, "the sessions are still there"
    assert client.get("/").status_code == 200
    assert client.get(f"{PAGE}/sessions/session-ana-3").status_code == 200


def test_the_older_plan_is_taken_up_again_as_the_next_version(clinic):
    spoil(clinic, exercise="moon_walk")
    client = clinic.logged_in()
    again = client.post(f"{PAGE}/plan/again", data={"csrf_token": token(client.get(PAGE).text), "base_version": "2"})
    assert again.headers["Location"] == f"{PAGE}/plan#changes"
    assert sign(client).status_code == 303
    with clinic.engine.connect() as db:
        p = schema.prescription.c
        newest = db.scalar(select(p.payload).where(p.station_id == ANA_STATION).order_by(p.version.desc()).limit(1))
    made = parse_prescription(newest)
    assert (made.version, made.rows[0].load_kg) == (3, (8.0, 10.0)), "the rows of plan 1"
    assert "cannot be read" not in client.get(PAGE).text


def test_a_programme_begins_in_its_place_with_the_limits_that_can_be_read(clinic):
    spoil(clinic, exercise="moon_walk")
    client = clinic.logged_in()
    page = client.get(f"{PAGE}/plan/start").text
    form = {"csrf_token": token(page), "base_version": "2", "programme": "home-3day", "first_day": "2026-11-23"}
    assert client.post(f"{PAGE}/plan/start", data=form).status_code == 303
    assert "Added: Goblet squat" in client.get(f"{PAGE}/plan").text


def test_where_no_version_can_be_read_a_programme_is_the_way_out(clinic):
    for version in (1, 2):
        spoil(clinic, version, exercise="moon_walk")
    page = clinic.logged_in().get(PAGE).text
    assert "up again" not in page
    assert "Begin a programme to replace it." in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("plan", 303), ("plan/rows/band_row", 404), ("plan/add", 404), ("plan/kit", 404), ("plan/limits", 404),
        ("plan/start", 200), ("card.pdf", 404), ("paper", 200),
    ],
)  # fmt: skip
def test_no_page_breaks_over_it(clinic, path, status):
    spoil(clinic, exercise="moon_walk")
    assert clinic.logged_in().get(f"{PAGE}/{path}").status_code == status
