"""A clinician's way through the panel in a real browser with JavaScript off, against a real server."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator

import panel_seed
import pytest
from panel_seed import ANA, ANA_STATION, NOW

from sync.panel.serve import PanelServer, serve


@pytest.fixture
def server(clinic) -> Iterator[PanelServer]:
    with serve(clinic.app, port=0) as running:
        yield running


@pytest.fixture
def tab(browser, server):
    context = browser.new_context(
        java_script_enabled=False, base_url=server.url, viewport={"width": 1200, "height": 900}
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Name").fill(panel_seed.LOGIN)
    page.get_by_label("Password").fill(panel_seed.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    yield page
    context.close()


def test_a_session_is_read_and_a_plan_is_changed_without_javascript(tab, clinic, tmp_path):
    tab.locator("details.group > summary").click()  # whoever is on track is folded away
    tab.get_by_role("link", name="Ana M.").click()
    tab.get_by_role("link", name="today 07:11").click()
    assert tab.locator("[data-set]").count() == 5
    assert tab.locator("[data-rep]").count() == 46
    tab.locator("#set-1 summary", has_text="Show numbers").click()
    assert tab.locator("#set-1 details td").first.is_visible()
    tab.locator("#set-1 summary", has_text="how each repetition").click()
    tab.screenshot(path=tmp_path / "session.png", full_page=True)

    tab.get_by_role("link", name="Ana M.").click()
    tab.get_by_role("link", name="Change Band row").click()
    tab.get_by_label("Tempo").fill("999.9.9")
    tab.get_by_label("Sets", exact=True).fill("2")
    tab.get_by_role("button", name="Keep in the draft").click()
    assert "at most 20 s" in tab.locator("#tempo-wrong").inner_text()
    assert tab.get_by_label("Sets", exact=True).input_value() == "2"
    tab.get_by_label("Tempo").fill("4.1.1.0")
    tab.get_by_role("button", name="Keep in the draft").click()
    assert "Band row: sets 3 → 2, tempo 3.1.1.0 → 4.1.1.0" in tab.locator("#changes").inner_text()
    tab.get_by_label("Reason").fill("Lowering was too fast.")
    tab.get_by_role("button", name="Sign and send").click()
    tab.locator('[data-plan="3"]').wait_for()
    assert "not yet, waiting for the station" in tab.locator("[data-plan]").inner_text()
    panel_seed.receipt(clinic.engine, ANA_STATION, 3, "delivered", NOW)
    panel_seed.receipt(clinic.engine, ANA_STATION, 3, "in_use", NOW)
    tab.reload()
    assert "In use today 08:05" in tab.locator("[data-plan]").inner_text()
    tab.screenshot(path=tmp_path / "patient.png", full_page=True)

    tab.get_by_role("button", name="Log out").click()
    tab.get_by_label("Password").wait_for()  # going back needs a page to go back from, not one on its way
    tab.go_back()
    assert tab.locator("text=Ana M.").count() == 0, "no page of a patient comes back after logging out"


@pytest.mark.parametrize("width", [400, 1200])
def test_no_page_is_wider_than_its_window_and_all_lettering_is_large_enough(browser, server, width):
    context = browser.new_context(base_url=server.url, viewport={"width": width, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if "Security Policy" in message.text else None)
    page.goto("/login")
    page.fill("#login", panel_seed.LOGIN)
    page.fill("#password", panel_seed.PASSWORD)
    page.click("main button")
    paths = (
        "/",
        f"/patients/{ANA}",
        f"/patients/{ANA}/sessions/session-ana-3",
        f"/patients/{ANA}/plan/rows/band_row",
        f"/patients/{ANA}/paper",
        f"/patients/{ANA}/plan/start",
        f"/patients/{ANA}/plan/limits",
        f"/patients/{ANA}/plan/measures",
        f"/patients/{ANA}/outcomes",
        f"/patients/{ANA}/activities",
        f"/patients/{ANA}/plan",
        f"/patients/{ANA}/plan/add",
        f"/patients/{ANA}/plan/add?exercise=goblet_squat",
        f"/patients/{ANA}/plan/kit",
        "/stations",
        f"/stations/{ANA_STATION}",
    )
    for path in paths:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        sizes = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.textContent.trim() && !e.closest('.unseen'))"
            ".map(e => [e.closest('svg') ? 'chart' : 'text', parseFloat(getComputedStyle(e).fontSize)])"
        )
        assert min(size for kind, size in sizes if kind == "text") >= 14, path
        assert min([size for kind, size in sizes if kind == "chart"], default=12) >= 12, path
        assert page.evaluate(
            "document.fonts.ready.then(() => document.fonts.check('16px \"Atkinson Hyperlegible Next\"'))"
        )
    context.close()
    assert not faults, "the browser refused something on a page"


def test_a_closed_server_leaves_nothing_open(clinic):
    server = serve(clinic.app, port=0)
    with urllib.request.urlopen(f"{server.url}/login") as answer:
        assert answer.status == 200
    server.close()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 1)


def test_a_message_is_written_without_javascript(tab, tmp_path):
    tab.goto(f"/patients/{ANA}")
    tab.get_by_role("link", name="Write to the patient").click()
    assert "No names" in tab.locator("#text-hint").inner_text()
    tab.get_by_label("Message").fill("Leave out the squat until Friday. Walk instead.")
    tab.screenshot(path=tmp_path / "message.png")
    tab.get_by_role("button", name="Sign and send").click()
    sent = tab.locator("#messages")
    assert "Leave out the squat until Friday." in sent.inner_text()
    assert sent.locator("[data-message]").count() == 1
    tab.screenshot(path=tmp_path / "messages.png", full_page=True)
