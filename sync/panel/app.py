"""The panel as a Flask application; nothing happens before :func:`create_app` is called."""

from __future__ import annotations

import gzip

from flask import Flask, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from edge.records import ID_SHAPE
from sync.panel import (
    activities,
    aside,
    auth,
    cards,
    db,
    locks,
    messages,
    outcomes,
    patients,
    plan_draft,
    plan_kit,
    plan_limits,
    plan_measures,
    plan_rows,
    plan_start,
    proposals,
    stations,
    words,
)
from sync.panel.config import PanelConfig
from sync.panel.config import config as running
from sync.signing import SIGNING_KEY, load_signer
from sync.store import database

BODY_LIMIT = 64 * 1024
FORM_PARTS = 200

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

SENTENCES = {
    400: "This request could not be read. Go back, reload the page and try again.",
    404: "There is no such page. It may have been typed wrong, or the record is not here yet.",
    405: "This page cannot be used in that way.",
    413: "That was more text than a form takes. Shorten it and try again.",
    429: "Too many wrong tries. Wait 15 minutes, then try again.",
    500: "Something went wrong in the panel. Nothing was changed. Try again, or call whoever looks after the panel.",
}


def create_app(config: PanelConfig) -> Flask:
    """Return the panel, ready to serve. Its tables and signing key must exist; raises SigningError without a key."""
    app = Flask(__name__)
    app.config.update(_settings(config))
    app.extensions["signer"] = load_signer(config.key_folder / SIGNING_KEY)
    app.url_map.converters["id"] = IdConverter
    db.init_app(app, database.engine(config.db_url))
    CSRFProtect(app)
    auth.init_app(app)
    patients.init_app(app)
    plan_draft.init_app(app)
    plan_rows.init_app(app)
    plan_kit.init_app(app)
    locks.init_app(app)
    aside.init_app(app)
    proposals.init_app(app)
    plan_start.init_app(app)
    plan_limits.init_app(app)
    plan_measures.init_app(app)
    cards.init_app(app)
    messages.init_app(app)
    stations.init_app(app)
    outcomes.init_app(app)
    activities.init_app(app)
    words.init_app(app)
    app.context_processor(_on_every_page)
    app.register_error_handler(CSRFError, _form_refused)
    app.register_error_handler(HTTPException, _error)
    app.after_request(_guard)
    return app


class IdConverter(BaseConverter):
    """An id as records carry it; an address with anything else in its place does not exist."""

    regex = ID_SHAPE


def _settings(settings: PanelConfig) -> dict[str, object]:
    return {
        "PANEL": settings,
        "SECRET_KEY": settings.secret_key,
        "TRUSTED_HOSTS": list(settings.hosts),
        "MAX_CONTENT_LENGTH": BODY_LIMIT,
        "MAX_FORM_MEMORY_SIZE": BODY_LIMIT,
        "MAX_FORM_PARTS": FORM_PARTS,
        # Flask's own signed cookie carries nothing but the form token; who is logged in stands in the database.
        "SESSION_COOKIE_NAME": "__Host-steadyrig-form" if settings.secure else "steadyrig-form",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": int(auth.LONGEST_S),
        "WTF_CSRF_SSL_STRICT": True,
    }


def _on_every_page() -> dict[str, object]:
    return {"clinician": g.get("clinician"), "now": running().now()}


def _form_refused(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, "This form was too old or did not come from this panel. Nothing was changed. Open it again.")


def _error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if error.response is not None or code < 400:
        return error
    if request.routing_exception is error and code == 400:
        # An unknown host: no page can be built for it, because no address of ours would be right.
        return "This address is not served here.", 400, {"Content-Type": "text/plain; charset=utf-8"}
    return _page(code, SENTENCES.get(code, SENTENCES[400]))


def _page(code: int, sentence: str) -> ResponseReturnValue:
    return render_template("error.html", code=code, sentence=sentence), code


def _guard(response: Response) -> Response:
    """Every answer carries the headers; only files that are the same for everybody may be kept by a browser."""
    response.headers.update(HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure or running().secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return _packed(response)


def _packed(response: Response) -> Response:
    """Compress pages. Nothing typed by a stranger is ever on a page beside a form token, so lengths tell nothing."""
    wanted = request.accept_encodings.quality("gzip") > 0 and response.mimetype == "text/html"
    if wanted and not response.direct_passthrough and "Content-Encoding" not in response.headers:
        response.set_data(gzip.compress(response.get_data(), 6))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response
