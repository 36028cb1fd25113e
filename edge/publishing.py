"""A rule file on its way to the stations: held against each station's past first, then signed for each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType

from edge.coach.replay import replay, terms_then
from edge.coach.rule_file import parse_rules
from edge.config import PanelSettings, SettingsError, load_settings
from edge.history.fold import fold
from edge.services.clinic import clinic_signer, prepare_database
from sync.rule_sets import LONGEST_TEXT, RuleSet, write_rule_set
from sync.signed import Kind
from sync.store.database import engine, writing
from sync.store.items import write_item
from sync.store.past import past_of, stations


class Publisher:
    """Publishes one rule file to the stations of the clinic that ``config`` names; used in ``with``.

    ``only`` names stations, none means all of them. Raises SettingsError for one that the clinic does not have, for a
    file that no message carries, and where key or database cannot be used.
    """

    def __init__(self, config: Path, text: str, author: str, until: date | None, only: Sequence[str] = ()) -> None:
        if len(text) > LONGEST_TEXT:
            raise SettingsError(f"the rule file has {len(text)} characters; expected at most {LONGEST_TEXT}")
        self._text, self._author, self._until = text, author, until
        self._rules = parse_rules(text, "the rule file")
        self._signer = clinic_signer(config)
        url = load_settings(config, PanelSettings).panel.database
        prepare_database(config, url)
        self._database = engine(url)
        with self._database.connect() as connection:
            known = stations(connection)
        missing = sorted(set(only) - {station for station, _ in known})
        if missing:
            raise SettingsError(f"--station is {missing[0]!r}; expected a station of this clinic")
        self._stations = [(station, patient) for station, patient in known if not only or station in only]

    def __enter__(self) -> Publisher:
        """Nothing is read before :meth:`compare`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the database go."""
        self._database.dispose()

    @property
    def stations(self) -> int:
        """How many stations the rules go to."""
        return len(self._stations)

    def compare(self) -> Iterator[str]:
        """Yield for each station which doses of its past would have differed."""
        for number, (station, _) in enumerate(self._stations, 1):
            with self._database.connect() as connection:
                past = past_of(connection, station)
            result = replay(fold(past.records), terms_then(past.plans), self._rules)
            yield f"station {station} ({number} of {self.stations}):\n{result.as_text()}"

    def send(self) -> Iterator[str]:
        """Sign the rules for each station and yield what was written: from there the bridge takes them on."""
        for station, patient in self._stations:
            yield f"station {station}: rule set {self._sign(station, patient)} is on its way"

    def _sign(self, station: str, patient: str) -> int:
        def text(version: int) -> str:
            return write_rule_set(RuleSet(station, patient, version, self._text, valid_until=self._until))

        with writing(self._database) as connection:
            return write_item(
                connection,
                self._signer,
                Kind.RULES,
                station,
                patient,
                text,
                self._author,
                self._rules.version,
                time.time(),
            )
