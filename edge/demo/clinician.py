"""A virtual clinician: uses the panel as a browser without JavaScript would, and counts what its pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, build_opener

TIMEOUT_S = 20.0


class PanelError(Exception):
    """The panel did not answer as a clinician would expect; the message names the page."""


@dataclass(slots=True)
class Form:
    """One form of a page: where it posts to, and its fields as they stand."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """A page as the clinician needs it: its forms, its links, and what its data attributes say."""

    def __init__(self, url: str, text: str) -> None:
        super().__init__()
        self.url = url
        self.text = text
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.data: dict[str, list[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what this tag carries."""
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            if name.startswith("data-"):
                self.data.setdefault(name, []).append(value)
        if tag == "a" and "href" in values:
            self.links.append(urljoin(self.url, values["href"]))
        elif tag == "form":
            self.forms.append(Form(urljoin(self.url, values.get("action") or self.url)))
        elif tag in ("input", "textarea") and self.forms and "name" in values:
            self.forms[-1].fields[values["name"]] = values.get("value", "")

    def form_with(self, name: str) -> Form:
        """Return the form that has a field of that name. Raises PanelError when there is none."""
        for form in self.forms:
            if name in form.fields:
                return form
        raise PanelError(f"{self.url} has no form with a field {name!r}")


class Clinician:
    """Somebody with a login, in front of the panel at ``address``."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))

    def open(self, path: str) -> Page:
        """Open a page. Raises PanelError for anything but success."""
        return self._request(urljoin(self._address, path), None)

    def submit(self, form: Form, changes: Mapping[str, str]) -> Page:
        """Send a form with some fields changed, and return the page that follows."""
        return self._request(form.action, urlencode({**form.fields, **changes}).encode())

    def log_in(self, login: str, password: str) -> None:
        """Log in. Raises PanelError when the panel refuses."""
        page = self.submit(self.open("/login").form_with("password"), {"login": login, "password": password})
        if page.url.endswith("/login"):
            raise PanelError("the panel refused the login")

    def change_plan(self, patient_id: str, row: str, changes: Mapping[str, str]) -> None:
        """Change one row of the patient's plan through the form, give the reason, and sign."""
        typed = {name: value for name, value in changes.items() if name != "reason"}
        draft = self.submit(self.open(f"/patients/{patient_id}/plan/rows/{row}").form_with("reps"), typed)
        page = self.submit(draft.form_with("reason"), {"reason": changes["reason"]})
        if "/plan" in urlsplit(page.url).path:
            raise PanelError(f"the panel did not accept the change of {row}")

    def plan_versions(self, patient_id: str) -> tuple[int, int]:
        """Return the newest plan version written and the one in use, as the patient's page shows them."""
        data = self.open(f"/patients/{patient_id}").data
        return int(data.get("data-plan", ["0"])[0]), int(data.get("data-in-use", ["0"])[0])

    def reps(self, patient_id: str) -> list[str]:
        """Return the name of every repetition row on the pages of the patient's sessions, in page order."""
        page = self.open(f"/patients/{patient_id}")
        sessions = sorted({link for link in page.links if "/sessions/" in link})
        return [name for link in sessions for name in self.open(link).data.get("data-rep", [])]

    def _request(self, url: str, body: bytes | None) -> Page:
        try:
            with self._opener.open(url, body, TIMEOUT_S) as answer:
                return Page(answer.url, answer.read().decode("utf-8"))
        except HTTPError as exc:
            with exc:
                raise PanelError(f"{url} answered {exc.code} {exc.reason}") from None
        except OSError as exc:
            raise PanelError(f"{url} cannot be reached: {exc}") from None
