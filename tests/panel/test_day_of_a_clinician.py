"""A clinician's day in a real browser: who needs me, a proposal, a dose, a new exercise, a lock, the card.

Without JavaScript on a desk's screen, and in the long trials on a telephone's too. Pictures of every page lie in the
test's folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import panel_seed
import pytest
from panel_seed import ANA, ANA_STATION, DAY, NAME, NOW, PER, PER_STATION, rows, set_row
from sqlalchemy import select

from edge.coach.dose import first_dose
from edge.library import Kit
from edge.prescription.plan import CoachMode
from edge.prescription.row import Span
from edge.programme import parse_prescription
from edge.records import Decided, Locked, Severity, Standing, key
from sync.panel.serve import PanelServer, serve
from sync.signing import SIGNING_KEY, load_signer
from sync.store import schema
from sync.store.database import writing
from sync.store.prescriptions import write_plan

LONG = bool(os.environ.get("STEADYRIG_LONG"))
WAIT_MS = 30_000
sync_api = pytest.importorskip("playwright.sync_api")

PLAN = replace(
    panel_seed.plan(version=3),
    rows=tuple(replace(one, reps=Span(one.reps.low, one.reps.low + 4)) for one in panel_seed.plan().rows),
    coach=CoachMode.PROPOSE,
    kit={Kit.BAND: (), Kit.KETTLEBELL: (8.0, 12.0), Kit.CHAIR: (), Kit.MAT: ()},
)
LOCK = Locked("lock-per-0001", PER, Severity.EMERGENCY, ("saddle_numb",), NOW - 3 * 3600)


def fact(clinic, station_id, record, kind):
    body = msgspec.json.encode(record).decode()
    values = {"station_id": station_id, "key": key(record), "kind": kind, "session_id": None}
    rows(clinic.engine, schema.fact, values | {"at": record.at, "body": body})


@pytest.fixture
def busy(clinic):
    """Ana's coach asks for a repetition more and she leans on the screen; Per said yes to a warning sign."""
    with writing(clinic.engine) as db:
        signer = load_signer(clinic.config.key_folder / SIGNING_KEY)
        write_plan(db, signer, PLAN, NAME, "Now with a coach.", NOW - 900)
    row = PLAN.rows[0]
    before = first_dose(row)
    looked_at = {"plan_version": 3, "good_days": 2, "rose": False, "effort_last": 5, "expected_rise": None}
    asked = Decided(
        "decision-0001", 1, "session-ana-3", row.name, row.exercise, "reps_up", "2026-11-1", looked_at,
        before.written(), replace(before, reps=11).written(),
        "2 good days, all repetitions, effort 5: 10 to 11 repetitions.", Standing.PROPOSED, NOW - 60, "2 good days.",
    )  # fmt: skip
    fact(clinic, ANA_STATION, asked, "decision")
    fact(clinic, PER_STATION, LOCK, "lock")
    started = {"station_id": ANA_STATION, "session_id": "session-ana-0", "patient_id": ANA, "plan_version": 1}
    rows(clinic.engine, schema.session, started | {"started_at": NOW - 5 * DAY})
    for number, (share, help_) in enumerate(
        [(0.9, True), (1.0, True), (0.8, True), (0.9, True)] + [(0.5, False)] * 4
    ):
        one = set_row(ANA_STATION, "session-ana-0", number + 1, "band_row", on_tempo=share, feedback=help_)
        rows(clinic.engine, schema.training_set, one)
    return clinic


@pytest.fixture
def server(busy) -> Iterator[PanelServer]:
    with serve(busy.app, port=0) as running:
        yield running


@pytest.mark.parametrize(("width", "javascript"), [(1280, False), (390, True)] if LONG else [(1280, False)])
def test_a_clinicians_day(browser, server, busy, tmp_path, width, javascript):
    context = browser.new_context(
        java_script_enabled=javascript, base_url=server.url, viewport={"width": width, "height": 900}
    )
    tab = context.new_page()
    tab.set_default_timeout(WAIT_MS)
    pictures = iter(range(1, 99))

    def look(name: str) -> None:
        tab.screenshot(path=tmp_path / f"{next(pictures):02}-{name}.png", full_page=True)
        if javascript:
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than its window"

    def press(name: str) -> None:
        tab.get_by_role("button", name=name, exact=True).click()

    def read(where: str, *said: str) -> None:
        """Wait until a part of the page says all of it: a busy machine may take its time."""
        for one in said:
            sync_api.expect(tab.locator(where)).to_contain_text(one, timeout=WAIT_MS)

    tab.goto("/")
    tab.get_by_label("Name").fill(panel_seed.LOGIN)
    tab.get_by_label("Password").fill(panel_seed.PASSWORD)
    press("Log in")

    # Who needs me: the lock first, the proposal in a group of its own.
    read("h1", "Who needs me today")
    groups = tab.locator("[data-group]").evaluate_all("all => all.map(one => one.dataset.group)")
    assert groups == ["answer", "device", "proposal"]
    look("list")

    # A proposal is answered with its evidence in view.
    tab.get_by_role("link", name="Ana M.").click()
    read("#leaning", "Leans on the screen")
    look("patient")
    tab.get_by_role("link", name="Evidence and answer").click()
    read("main", "Everything the rule looked at", "good days")
    look("proposal")
    press("Accept")
    read("#plan", "Signed: plan 4 is on its way to the station.")
    look("accepted")

    # A dose is changed and an exercise added, looked at in words, and signed once.
    tab.get_by_role("link", name="Change Goblet squat").click()
    tab.get_by_label("Sets", exact=True).fill("three")
    press("Keep in the draft")
    read("main", "Sets is “three”.")
    look("refused")
    tab.get_by_label("Sets", exact=True).fill("3")
    press("Keep in the draft")
    tab.get_by_role("link", name="Add an exercise", exact=True).click()
    read("h1", "Add an exercise")
    assert tab.get_by_role("link", name="Leg press").count() == 0, "there is no machine at home"
    look("choose")
    tab.get_by_role("link", name="Sit to stand", exact=True).click()
    tab.get_by_label("Repetitions in a set").fill("9")
    look("add")
    press("Add to the draft")
    read("#changes", "Added: Sit to stand, every session: 2 × 9")
    press("Up Sit to stand")
    read("#changes", "Order, every session: Band row, Sit to stand, Goblet squat", "Goblet squat: sets 2 → 3")
    look("draft")
    tab.get_by_label("Reason").fill("Stairs are easier now.")
    press("Sign and send")
    read("#plan", "Signed: plan 5 is on its way to the station.")
    with busy.engine.connect() as db:
        p = schema.prescription.c
        newest = select(p.payload).where(p.station_id == ANA_STATION).order_by(p.version.desc()).limit(1)
        made = parse_prescription(db.scalar(newest))
    assert [(row.exercise, row.sets.low) for row in made.rows][:3] == [
        ("band_row", 3), ("sit_to_stand", made.rows[1].sets.low), ("goblet_squat", 3),
    ]  # fmt: skip
    assert made.doses["band_row"]["reps"] == 11, "what was accepted before goes on"

    # The card of the new plan is printed.
    link = tab.get_by_role("link", name="Print the pocket card").get_attribute("href")
    card = context.request.get(link)
    assert (card.status, card.headers["content-type"]) == (200, "application/pdf")
    assert card.body().startswith(b"%PDF")

    # A lock is seen, cleared with a reason, and then waits for the station.
    tab.get_by_role("link", name="Who needs me").click()
    tab.get_by_role("link", name="Locked for 3 h by a red-flag answer").click()
    read("h1", "Training is locked")
    look("lock")
    press("I have seen this")
    read(".way", "Seen by Dr K. Lind")
    press("Sign and clear")
    read("#reason-wrong", "Write the reason")
    tab.get_by_label("Reason").fill("Spoke with him: an old numbness, examined.")
    press("Sign and clear")
    read("main", "Cleared by Dr K. Lind", "waiting for the station")
    look("cleared")

    # A week on paper.
    tab.goto(f"/patients/{ANA}/paper")
    look("paper")
    for name, path in (
        ("kit", "plan/kit"),
        ("limits", "plan/limits"),
        ("start", "plan/start"),
        ("row", "plan/rows/band_row"),
    ):
        tab.goto(f"/patients/{ANA}/{path}")
        look(name)
    context.close()
