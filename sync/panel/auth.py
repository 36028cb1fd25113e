"""Who is asking: accounts, login, server-side sessions, and the rule that nothing is public unless listed.

The cookie holds a random token; the database holds its hash and decides. Logging out, 30 idle minutes or 12 hours
end a session there, whatever copies of the cookie exist.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from flask import Flask, Response, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from sqlalchemy import Connection, Engine, delete, insert, update
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response as BaseResponse

from sync.panel import queries
from sync.panel.config import PanelError, at, config, strong
from sync.panel.db import connection, writing
from sync.store import database
from sync.store.schema import clinician, login_session

IDLE_S = 30 * 60.0
LONGEST_S = 12 * 3600.0
SEEN_EVERY_S = 60.0
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
PUBLIC = frozenset({"login", "static"})
"""Endpoints anybody may reach. Everything else, also what does not exist, asks for a login first."""

TRIES_PER_NAME_AND_ADDRESS = "10 per 15 minutes"
TRIES_PER_ADDRESS = "30 per 15 minutes"
TRIES_PER_NAME = "100 per hour"

WRONG = "Name or password is wrong."
ENDED = "Please log in. A session ends after 30 minutes without use."

hasher = PasswordHasher()


def init_app(app: Flask) -> None:
    """Every route of ``app`` but the public ones now needs a login; wrong passwords are throttled."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    view = login
    for limit, key in (
        (TRIES_PER_NAME_AND_ADDRESS, lambda: f"{get_remote_address()} {_login_name()}"),
        (TRIES_PER_ADDRESS, get_remote_address),
        (TRIES_PER_NAME, _login_name),
    ):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_was_wrong)(view)
    app.add_url_rule("/login", "login", view, methods=["GET", "POST"])
    app.add_url_rule("/logout", "logout", logout, methods=["POST"])
    app.before_request(require_login)


def _login_name() -> str:
    # PostgreSQL takes no NUL in a text, and no login has one.
    return request.form.get("login", "").replace("\0", "").strip().lower()[:80]


def _was_wrong(response: Response) -> bool:
    return response.status_code == 401


def require_login() -> ResponseReturnValue | None:
    """Let the request pass when its endpoint is public or its cookie names a living session."""
    if request.endpoint in PUBLIC or _refused_host():
        return None
    g.clinician = _who()
    if g.clinician is None:
        return login_page(ENDED if _token() else "", request.path), 401
    return None


def _refused_host() -> bool:
    """A request for a host that is not ours was not routed at all; Flask answers 400 by itself."""
    return request.routing_exception is not None and request.routing_exception.code == 400


def _cookie_name() -> str:
    return "__Host-steadyrig" if config().secure else "steadyrig"


def _token() -> str:
    return request.cookies.get(_cookie_name(), "")


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _who() -> queries.Found | None:
    if not _token():
        return None
    now, token_hash = config().now(), _hashed(_token())
    found = queries.logged_in(connection(), token_hash, now - IDLE_S, now - LONGEST_S)
    # Not at every request, and only where nobody else writes: while many records come in somebody nearly always does,
    # and no page should wait for that. The next one tries again.
    if found is not None and now - found.seen_at > SEEN_EVERY_S:
        with suppress(OperationalError), writing(wait=False) as db:
            db.execute(update(login_session).where(login_session.c.token_hash == token_hash).values(seen_at=now))
    return found


def login_page(error: str, target: str) -> str:
    """Return the login form, which leads to ``target`` afterwards."""
    return render_template("login.html", error=error, target=target, login=_login_name())


def login() -> ResponseReturnValue:
    """Show the form, or check it and begin a session of its own."""
    if request.method == "GET":
        return login_page("", "/")
    target = _own_path(request.form.get("target", "/"))
    who = check_password(connection(), _login_name(), request.form.get("password", ""))
    if who is None:
        return login_page(WRONG, target), 401
    response = redirect(target, 303)
    _begin(response, who)
    return response


def _own_path(target: str) -> str:
    """Return ``target`` if it is a plain path of this panel, else the first page."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if plain else "/"


def check_password(db: Connection, login_name: str, password: str) -> int | None:
    """Return the clinician's id, or None; an unknown name takes as long as a wrong password."""
    found = queries.account(db, login_name)
    try:
        hasher.verify(found.password_hash if found else _nobody(), password[:LONGEST_PASSWORD])
    except VerifyMismatchError:
        return None
    return int(found.id) if found else None


@cache
def _nobody() -> str:
    return hasher.hash(secrets.token_urlsafe(32))


def _begin(response: BaseResponse, clinician_id: int) -> None:
    token, now = secrets.token_urlsafe(32), config().now()
    over = (login_session.c.seen_at < now - IDLE_S) | (login_session.c.created_at < now - LONGEST_S)
    fresh = {"token_hash": _hashed(token), "clinician_id": clinician_id, "created_at": now, "seen_at": now}
    with writing() as db:
        db.execute(delete(login_session).where(over | (login_session.c.token_hash == _hashed(_token()))))
        db.execute(insert(login_session).values(fresh))
    session.clear()  # a form token from before the login ends here
    response.set_cookie(
        _cookie_name(), token, httponly=True, samesite="Lax", secure=config().secure, max_age=int(LONGEST_S)
    )


def logout() -> ResponseReturnValue:
    """End the session in the database, so that a copied cookie opens nothing."""
    with writing() as db:
        db.execute(delete(login_session).where(login_session.c.token_hash == _hashed(_token())))
    session.clear()
    response = redirect(url_for("login"), 303)
    response.delete_cookie(_cookie_name(), httponly=True, samesite="Lax", secure=config().secure)
    return response


def add_clinician(engine: Engine, login: str, name: str, password: str, now: float | None = None) -> int:
    """A clinician can log in; returns the account's id. Raises PanelError for a password others could guess."""
    login = login.strip().lower()
    if not login or len(login) > 80 or not 1 <= len(name) <= 80:
        raise PanelError("login and name need 1 to 80 characters each")
    if not strong(password, SHORTEST_PASSWORD) or len(password) > LONGEST_PASSWORD or login in password.lower():
        raise PanelError(
            f"password refused: write {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters that are no placeholder "
            "and do not contain the login"
        )
    row = insert(clinician).values(login=login, name=name, password_hash=hasher.hash(password), created_at=at(now))
    with database.writing(engine) as db:
        return int(db.execute(row.returning(clinician.c.id)).scalar_one())
