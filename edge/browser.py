"""A browser without JavaScript, for programs that use the panel as people do."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

TIMEOUT_S = 20.0


class PanelError(Exception):
    """The panel did not answer as expected; the message names the page."""


@dataclass(slots=True)
class Form:
    """One form of a page: where it posts to, and its fields as they stand."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """A page as its reader needs it: its forms, its links, and what its data attributes say."""

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


class Browser:
    """In front of the panel at ``address``, with the cookies that it gave. Pages come compressed."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), ProxyHandler({}))
        self._opener.addheaders = [("Accept-Encoding", "gzip")]

    def open(self, path: str) -> Page:
        """Open a page and read it. Raises PanelError for anything but success."""
        return self._page(urljoin(self._address, path), None)

    def load(self, path: str) -> str:
        """Return the text of a page as it came, which costs less than to read it. Raises PanelError likewise."""
        return self._text(urljoin(self._address, path), None)[1]

    def submit(self, form: Form, changes: Mapping[str, str]) -> Page:
        """Send a form with some fields changed, and return the page that follows."""
        return self._page(form.action, urlencode({**form.fields, **changes}).encode())

    def log_in(self, login: str, password: str) -> None:
        """Log in. Raises PanelError when the panel refuses."""
        page = self.submit(self.open("/login").form_with("password"), {"login": login, "password": password})
        if page.url.endswith("/login"):
            raise PanelError("the panel refused the login")

    def _page(self, url: str, body: bytes | None) -> Page:
        return Page(*self._text(url, body))

    def _text(self, url: str, body: bytes | None) -> tuple[str, str]:
        """Return where the answer came from in the end, and its text."""
        try:
            with self._opener.open(url, body, TIMEOUT_S) as answer:
                came = answer.read()
                packed = answer.headers.get("Content-Encoding") == "gzip"
                return answer.url, (gzip.decompress(came) if packed else came).decode("utf-8")
        except HTTPError as exc:
            with exc:
                raise PanelError(f"{url} answered {exc.code} {exc.reason}") from None
        except (OSError, HTTPException) as exc:
            raise PanelError(f"{url} cannot be reached: {exc}") from None
