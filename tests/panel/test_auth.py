"""Who gets in, who does not, and what every answer carries."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import panel_seed
import pytest
from panel_seed import ANA, ANA_STATION, log_in, token
from sqlalchemy import insert, select, text

from sync.panel import auth
from sync.panel.app import create_app
from sync.panel.config import PanelConfig, PanelError
from sync.signing import SigningError
from sync.store import database, schema

VALUES = {
    "patient_id": ANA,
    "session_id": "session-ana-3",
    "station_id": ANA_STATION,
    "name": "band_row",
    "lock_id": "lock-ana-0001",
    "decision_id": "decision-ana-0001",
    "number": "1",
    "filename": "panel.css",
}


def paths(app) -> list[tuple[str, str]]:
    """Return every address of the panel with the name of its endpoint."""
    return [
        (rule.endpoint, re.sub(r"<(?:\w+:)?(\w+)>", lambda m: VALUES[m[1]], rule.rule))
        for rule in app.url_map.iter_rules()
    ]


def test_the_right_password_opens_the_list(clinic):
    answer = clinic.logged_in().get("/")
    assert answer.status_code == 200
    assert "Dr K. Lind" in answer.text


@pytest.mark.parametrize(
    ("login", "password"),
    [
        (panel_seed.LOGIN, "wrong wrong wrong"),
        ("nobody", panel_seed.PASSWORD),
        ("", ""),
        (panel_seed.LOGIN, ""),
        ("' OR 1=1 --", "' OR 1=1 --"),
        (panel_seed.LOGIN, "\x00" * 5000),
    ],
)
def test_a_wrong_login_is_told_nothing_more(empty, login, password):
    answer = log_in(empty.client(), login, password)
    assert answer.status_code == 401
    assert auth.WRONG in answer.text
    assert "steadyrig=" not in str(answer.headers.getlist("Set-Cookie"))


def test_an_unknown_name_costs_one_hash_like_a_known_one(empty, monkeypatch):
    class Counting:
        calls = 0

        def hash(self, password):
            return real.hash(password)

        def verify(self, held, password):
            Counting.calls += 1
            return real.verify(held, password)

    real = auth.hasher
    monkeypatch.setattr(auth, "hasher", Counting())
    for login in (panel_seed.LOGIN, "nobody"):
        before = Counting.calls
        log_in(empty.client(), login, "wrong wrong wrong")
        assert Counting.calls == before + 1


def test_ten_wrong_tries_are_followed_by_a_wait(empty):
    client = empty.client()
    codes = [log_in(client, password=f"wrong guess {n}").status_code for n in range(12)]
    assert codes == [401] * 10 + [429] * 2
    refused = log_in(client)
    assert refused.status_code == 429, "the right password does not end the wait"
    assert "Wait 15 minutes" in refused.text


def test_right_logins_are_not_throttled(empty):
    assert {log_in(empty.client()).status_code for _ in range(12)} == {303}


def test_logging_out_ends_a_copied_cookie(clinic):
    client = clinic.logged_in()
    copied = client.get_cookie("steadyrig").value
    thief = clinic.client()
    thief.set_cookie("steadyrig", copied)
    assert thief.get("/").status_code == 200
    assert client.post("/logout", data={"csrf_token": token(client.get("/").text)}).status_code == 303
    assert thief.get("/").status_code == 401
    assert client.get("/").status_code == 401


def test_a_login_begins_a_session_of_its_own(empty):
    client = empty.client()
    client.set_cookie("steadyrig", "chosen-by-somebody-else")
    log_in(client)
    first = client.get_cookie("steadyrig").value
    assert first != "chosen-by-somebody-else"
    log_in(client)
    assert client.get_cookie("steadyrig").value != first
    replay = empty.client()
    replay.set_cookie("steadyrig", first)
    assert replay.get("/").status_code == 401, "a new login ends the session it came from"


def test_the_database_holds_no_cookie(empty):
    client = empty.logged_in()
    with empty.engine.connect() as db:
        held = db.execute(select(schema.login_session)).all()
    assert len(held) == 1
    assert client.get_cookie("steadyrig").value not in str(held)


def test_a_session_ends_after_half_an_hour_without_use_and_after_twelve_hours(empty):
    client = empty.logged_in()
    for _ in range(24):
        empty.later(29 * 60)
        assert client.get("/").status_code == 200
    empty.later(29 * 60)
    assert client.get("/").status_code == 401, "12 hours are over, however busy"
    other = empty.logged_in()
    empty.later(31 * 60)
    assert other.get("/").status_code == 401


def test_a_page_does_not_wait_for_another_writer_to_note_that_somebody_was_there(empty, monkeypatch):
    waits = ["busy_timeout=60000" if one == database.WAIT_FOR_WRITER else one for one in database.PRAGMAS]
    monkeypatch.setattr(database, "PRAGMAS", waits)
    empty.app.extensions["engine"].dispose()  # connections from now on would wait for a minute
    client, seen_at = empty.logged_in(), select(schema.login_session.c.seen_at)
    empty.later(10 * 60)
    began_s = time.monotonic()
    with database.writing(empty.engine) as bridge:
        assert client.get("/").status_code == 200
        assert time.monotonic() - began_s < 30
        assert bridge.scalar(seen_at) == panel_seed.NOW
    client.get("/")
    with empty.engine.connect() as db:
        assert db.scalar(seen_at) == empty.time[0], "noted by the next page"


def test_nothing_but_the_listed_pages_is_public(clinic):
    anonymous = clinic.client()
    seen = set()
    for endpoint, path in paths(clinic.app):
        answer = anonymous.get(path)
        seen.add(endpoint)
        expected = {"logout": 401}.get(endpoint, 200 if endpoint in auth.PUBLIC else 401)
        assert answer.status_code == expected, path
        if endpoint not in auth.PUBLIC:
            assert "Ana M." not in answer.text
    plan_pages = {
        "plan", "plan_order", "plan_sign", "plan_discard", "plan_join", "plan_again", "plan_kit", "change", "add_row",
        "start", "limits", "measures",
    }  # fmt: skip
    told = {"outcomes", "correct_score", "activities", "message", "aside", "aside_seen"}
    locks = {"lock", "acknowledge_lock", "clear_lock"}
    shown = {"login", "logout", "static", "patients", "patient", "session", "card", "paper", "proposal"}
    about_stations = {"stations", "station", "make_station", "pairing_code", "revoke_station"}
    put_aside = {"aside", "aside_seen", "message"}
    assert seen == plan_pages | locks | told | shown | about_stations | put_aside
    assert anonymous.get("/no/such/page").status_code == 401


@pytest.mark.parametrize("path", ["/login", "/logout", f"/patients/{ANA}/plan/rows/band_row"])
@pytest.mark.parametrize("form", [{}, {"csrf_token": "made-up"}])
def test_a_form_without_its_token_changes_nothing(clinic, path, form):
    client = clinic.logged_in()
    answer = client.post(path, data=form | {"reps": "9", "reason": "x", "base_version": "2"})
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert client.get("/").status_code == 200
    with clinic.engine.connect() as db:
        assert len(db.execute(select(schema.prescription)).all()) == 3


def test_another_browsers_token_is_refused(clinic):
    stranger, client = clinic.logged_in(), clinic.logged_in()
    assert client.post("/logout", data={"csrf_token": token(stranger.get("/").text)}).status_code == 400


def test_every_answer_carries_the_headers(clinic):
    for client in (clinic.client(), clinic.logged_in()):
        for _, path in [*paths(clinic.app), ("", "/no/such/page")]:
            headers = client.get(path).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "script-src" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] == "same-origin"
            if not path.startswith("/static"):
                assert headers["Cache-Control"] == "no-store"


def test_no_page_needs_a_script_or_a_style_of_its_own(clinic):
    client = clinic.logged_in()
    for endpoint, path in paths(clinic.app):
        if endpoint not in ("static", "card"):  # the card is a PDF
            page = client.get(path).text
            assert not re.search(r"<script|\sstyle=|<style|\son\w+=|javascript:", page), path


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", ""])
def test_an_unknown_host_is_refused(clinic, host):
    for client in (clinic.client(), clinic.logged_in()):
        answer = client.get("/", headers={"Host": host})
        assert answer.status_code == 400
        assert "Ana" not in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_large_body_is_refused(empty):
    client = empty.client()
    form = {"csrf_token": token(client.get("/login").text), "login": "x" * 100_000}
    assert client.post("/login", data=form).status_code in (400, 413)


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/\n/evil", ""])
def test_a_login_leads_to_a_page_of_this_panel(empty, target):
    assert log_in(empty.client(), target=target).headers["Location"] == "/"


def test_a_login_leads_to_the_page_that_was_asked_for(clinic):
    page = clinic.client().get(f"/patients/{ANA}").text
    assert f'name="target" value="/patients/{ANA}"' in page
    assert log_in(clinic.client(), target=f"/patients/{ANA}").headers["Location"] == f"/patients/{ANA}"


def test_cookies_are_kept_from_scripts_and_other_sites(empty):
    cookies = log_in(empty.client()).headers.getlist("Set-Cookie")
    assert cookies
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie for cookie in cookies)


def test_beyond_this_computer_cookies_need_tls(empty):
    app = create_app(replace(empty.config, hosts=("panel.clinic.example",)))
    client = app.test_client()
    page = client.get("/login", base_url="https://panel.clinic.example")
    form = {"csrf_token": token(page.text), "login": panel_seed.LOGIN, "password": panel_seed.PASSWORD}
    answer = client.post(
        "/login",
        data=form,
        base_url="https://panel.clinic.example",
        headers={"Referer": "https://panel.clinic.example/login"},
    )
    app.extensions["engine"].dispose()
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("__Host-steadyrig=") for cookie in cookies)
    assert all("Secure" in cookie and "Path=/" in cookie for cookie in cookies)
    assert answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    "secret", ["", "short", "changeme" * 6, "a" * 64, "please-replace-this-SECRET-key-before-use"]
)
def test_a_panel_refuses_a_secret_others_could_know(tmp_path, secret):
    with pytest.raises(PanelError, match="secret_key"):
        PanelConfig("sqlite://", tmp_path, secret)


def test_a_panel_does_not_start_without_its_signing_key(empty, tmp_path):
    with pytest.raises(SigningError):
        create_app(replace(empty.config, key_folder=tmp_path / "nowhere"))


def test_the_settings_show_no_secret_when_printed(empty):
    assert panel_seed.SECRET not in repr(empty.config)


@pytest.mark.parametrize(
    "password", ["", "short", "password1234", "x" * 20, "changeme-please", "i am lind the first"]
)
def test_a_password_others_could_guess_makes_no_account(empty, password):
    with pytest.raises(PanelError, match="password refused"):
        auth.add_clinician(empty.engine, "lind", "K. L.", password, 0.0)


def test_a_fault_shows_a_sentence_and_no_detail(clinic):
    client = clinic.logged_in()
    with clinic.engine.begin() as db:
        db.execute(text("DROP TABLE answer"))
    answer = client.get(f"/patients/{ANA}")
    assert answer.status_code == 500
    assert "Nothing was changed" in answer.text
    assert "answer" not in answer.text.replace("no answer", "")
    assert answer.headers["Cache-Control"] == "no-store"


def test_old_sessions_are_swept_at_the_next_login(empty):
    with empty.engine.begin() as db:
        old = {"token_hash": "0" * 64, "clinician_id": 1, "created_at": 0.0, "seen_at": 0.0}
        db.execute(insert(schema.login_session).values(old))
    empty.logged_in()
    with empty.engine.connect() as db:
        assert len(db.execute(select(schema.login_session)).all()) == 1
