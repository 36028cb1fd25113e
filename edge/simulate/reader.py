"""A clinician who opens one page after the other while stations send, and how long each page took.

In a process of its own: the thread that moves the stations has no time for anything else.
"""

from __future__ import annotations

import json
import random
import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from edge.browser import Browser, PanelError
from edge.simulate.child import READY, Child, wanted

EVERY_S = 0.5
"""From opening a page to opening the next, where that one came meanwhile: some clinicians at once. Our choice."""
TOUR = ("list", "patient", "session", "stations", "station")
FIRST = {"list": ["/"], "stations": ["/stations"]}
LINKS = {
    "list": {
        "patient": re.compile(r'href="(/patients/[^/"]+)"'),
        "session": re.compile(r'href="(/patients/[^/"]+/sessions/[^/"]+)"'),
    },
    "stations": {"station": re.compile(r'href="(/stations/[^/"]+)"')},
}
"""Where a page leads to; each time another one of them is opened."""


@dataclass(frozen=True, slots=True)
class View:
    """A page that was opened ``at_s`` (monotonic, one for all processes); ``problem`` says why it did not come."""

    page: str
    at_s: float
    took_s: float
    problem: str = ""


class ReaderProcess(Child):
    """A clinician in front of the panel at ``url``; the same ``seed``, the same patients."""

    def __init__(self, url: str, login: str, password: str, seed: int) -> None:
        super().__init__("edge.simulate.reader", {"url": url, "login": login, "password": password, "seed": seed})

    def stop(self) -> list[View]:
        """Let the clinician go round once more, now that all is there, and return all that was opened."""
        told = super().stop()
        return [View("all", 0.0, 0.0, "the reader did not end")] if told is None else [View(**one) for one in told]


class Tour:
    """From page to page by the links that stand on them; ``load`` returns the text of one, or raises PanelError."""

    def __init__(self, load: Callable[[str], str], seed: int) -> None:
        self._load = load
        self._known = dict(FIRST)
        self._chance = random.Random(seed)

    def once(self) -> Iterator[View]:
        """Open one page of each sort, as far as there are any."""
        for page in TOUR:
            if page in self._known:
                yield self._open(page, self._chance.choice(self._known[page]))

    def _open(self, page: str, path: str) -> View:
        at_s = time.monotonic()
        try:
            text = self._load(path)
        except PanelError as exc:
            return View(page, at_s, time.monotonic() - at_s, str(exc))
        took_s = time.monotonic() - at_s
        for leads_to, link in LINKS.get(page, {}).items():
            if found := link.findall(text):
                self._known[leads_to] = found
        return View(page, at_s, took_s)


def main() -> None:
    """Be a clinician until standard input ends, then tell what was opened."""
    asked = wanted()
    browser = Browser(asked["url"])
    browser.log_in(asked["login"], asked["password"])
    print(READY, flush=True)
    views = list(_until_input_ends(Tour(browser.load, asked["seed"])))
    print(json.dumps([asdict(view) for view in views]))


def _until_input_ends(tour: Tour) -> Iterator[View]:
    ended = False
    while not ended:
        for view in tour.once():
            yield view
            rest_s = max(0.0, view.at_s + EVERY_S - time.monotonic())
            if ended := bool(select.select([sys.stdin], [], [], rest_s)[0]):
                break
    yield from tour.once()


if __name__ == "__main__":
    main()
