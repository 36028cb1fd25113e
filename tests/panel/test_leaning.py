"""Whether a patient leans on the screen's help, as the clinician reads it."""

from __future__ import annotations

import re
from html import unescape

from panel_seed import ANA, ANA_STATION, DAY, NOW, rows, set_row, told

from edge.care.feedback import dependency
from edge.history.fold import fold
from edge.model import Origin, StopReason
from edge.records import SessionStarted, SetDone
from sync.panel import leaning
from sync.store import schema


def judged(clinic, helped, alone, exercise="band_row", name="session-leaning", at=NOW - DAY, **more):
    """One session whose sets had these shares on tempo, with help and without, in turn."""
    rows(clinic.engine, schema.session, {
        "station_id": ANA_STATION, "session_id": name, "patient_id": ANA, "plan_version": 1, "started_at": at,
    })  # fmt: skip
    shares = [(share, True) for share in helped] + [(share, False) for share in alone]
    for number, (share, feedback) in enumerate(shares, 1):
        one = set_row(ANA_STATION, name, number, exercise, on_tempo=share, feedback=feedback, **more)
        rows(clinic.engine, schema.training_set, one)


def said(clinic):
    page = clinic.logged_in().get(f"/patients/{ANA}").text
    section = page.split('id="leaning"')[1].split("</section>")[0]
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", section).split())), section


def test_leaning_is_told_with_its_uncertainty_and_drawn(clinic):
    judged(clinic, (0.9, 1.0, 0.9, 0.8), (0.4, 0.5, 0.3, 0.4))
    text, section = said(clinic)
    assert (
        "Leans on the screen: of 100 repetitions 50 more are on tempo with its help "
        "(likely 32 more to 68 more; 4 sets with help, 4 without)."
    ) in text
    assert 'data-leaning="leans"' in section
    reach = re.search(r'class="reach" x1="([\d.]+)%" x2="([\d.]+)%"', section)
    assert 50 < float(reach[1]) < 75 < float(reach[2]), "right of the line at 50 %, the dot between"


def test_too_few_sets_are_said_to_be_too_few(clinic):
    judged(clinic, (0.9,) * 6, (0.4, 0.5, 0.3))
    text, section = said(clinic)
    assert "Not enough sets yet to tell: 4 sets with help, 3 without. 4 of each are needed." in text
    assert "<svg" not in section


def test_without_any_judged_set_that_is_said(clinic):
    assert "No set has been judged for its tempo yet." in said(clinic)[0]


def test_a_doubted_set_and_one_that_nobody_sensed_say_nothing(clinic):
    judged(clinic, (0.9,) * 4, (0.4,) * 4, doubts="gap")
    judged(clinic, (0.9,) * 4, (0.4,) * 4, name="session-by-hand", origin="self_reported")
    assert "0 sets with help, 0 without" in said(clinic)[0]


def test_the_page_says_what_the_facts_of_the_same_records_come_to(clinic):
    """The clinic's tables and the station's fold lead to the same numbers."""
    shares = [(one, True) for one in (0.9, 0.8, 0.85, 1.0, 0.7)] + [(one, False) for one in (0.6, 0.9, 0.5, 0.7)]
    records = [SessionStarted("session-same", ANA, 1, NOW - DAY)]
    for number, (share, feedback) in enumerate(shares, 1):
        where = (
            "session-same",
            number,
            "goblet_squat",
            number,
            9,
            1,
            8,
            "3.1.0",
            None,
            10.0 * number,
            10.0 * number + 9,
        )
        doubts = ("gap",) if number == 3 else ()
        what = {"feedback": feedback, "on_tempo": share, "row": "goblet_squat", "doubts": doubts}
        records.append(SetDone(*where, 8, StopReason.TARGET, Origin.SENSED, **what))
    told(clinic.engine, ANA_STATION, records)
    with clinic.engine.connect() as db:
        (shown,) = leaning.of_patient(db, ANA)
    assert shown.known == dependency(fold(records), "goblet_squat")
    assert shown.known.difference is not None


def test_only_the_last_sets_are_looked_at(clinic, monkeypatch):
    judged(clinic, (0.1,) * 8, (0.9,) * 8, at=NOW - 30 * DAY, name="session-long-ago")
    judged(clinic, (0.9, 1.0, 0.9, 0.8), (0.4, 0.5, 0.3, 0.4))
    monkeypatch.setattr("sync.panel.queries.JUDGED_SETS", 8)
    assert "Leans on the screen" in said(clinic)[0]
