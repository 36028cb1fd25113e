"""The pairing desk: who may have which station, decided in the clinic's database.

Codes end after ten minutes, after one use and after five wrong tries, whatever address they come from: a stranger's
chance to guess one is 5 in 850 billion. Addresses with many wrong tries wait, so that nobody can end codes by the
dozen either; of IPv6, where a house has more addresses than it could use up, half an address counts.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from sync.pairing.codes import PairingCode, new_code
from sync.pairing.messages import Granted, Redeem, Refused
from sync.store import stations
from sync.store.database import writing

VALID_S = 10 * 60.0
MOST_WRONG_TRIES = 5
WAIT_S = 15 * 60.0
TRIES_PER_ADDRESS = 10
MOST_ADDRESSES = 1000
"""All these numbers are our choice."""

UNKNOWN = Refused("This code is not known here. Look at the panel and type it again.")
TOO_MANY = Refused("Too many wrong codes came from here. Wait 15 minutes, then try again.")
ENDED = Refused("This code has ended: it was typed wrong too often. Make a new one on the panel.")
TOO_LATE = Refused("This code is more than 10 minutes old. Make a new one on the panel.")
USED = Refused("This code was used already. If that was not you, tell the clinic: it must revoke the station.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a station finds its broker, and the key it checks plans with, in PEM."""

    host: str
    port: int
    clinic_key: str


def offer_code(
    connection: Connection, station_id: str, ca: bytes, pepper: str, author: str, now: float
) -> tuple[PairingCode, float]:
    """Open a station to be paired, and return the code, which is kept nowhere, and when it ends.

    ``ca`` is the clinic's CA in DER, ``pepper`` a secret that is not in the database. Raises StationError.
    """
    code = new_code(ca)
    while not stations.name_is_free(connection, code.name):
        code = new_code(ca)
    kept = _hashed(pepper, code.name, code.secret)
    stations.open_offer(connection, station_id, code.name, kept, now + VALID_S, author, now)
    return code, now + VALID_S


def _hashed(pepper: str, name: str, secret: str) -> str:
    return hmac.new(pepper.encode(), f"pairing {name} {secret}".encode(), hashlib.sha256).hexdigest()


def origin(address: str) -> str:
    """Return what stands for all the addresses of one house.

    >>> origin("192.0.2.7"), origin("2001:db8:1:2:3:4:5:6"), origin("::1")
    ('192.0.2.7', '2001:db8:1:2::/64', '::/64')
    """
    known = ipaddress.ip_address(address)
    return address if known.version == 4 else str(ipaddress.IPv6Network((int(known), 64), strict=False))


class Desk:
    """Answers stations that redeem a code; used by one thread."""

    def __init__(self, database: Engine, pepper: str, place: Place, now: Callable[[], float]) -> None:
        self._database = database
        self._pepper = pepper
        self._place = place
        self._now = now
        self._wrong: dict[str, deque[float]] = {}

    def answer(self, ask: Redeem, address: str) -> Granted | Refused:
        """Pair a station, or say why not. Raises SQLAlchemy's errors; asking again later is right."""
        now, house = self._now(), origin(address)
        if self._waits(house, now):
            return TOO_MANY
        with writing(self._database) as connection:
            answer = self._decide(connection, ask, address, now)
        if answer is UNKNOWN or answer is USED:
            self._count(house, now)
        return answer

    def _decide(self, connection: Connection, ask: Redeem, address: str, now: float) -> Granted | Refused:
        offer = stations.find_offer(connection, ask.name)
        typed = _hashed(self._pepper, ask.name, ask.secret)
        right = hmac.compare_digest(offer.secret_hash if offer else "-" * len(typed), typed)
        if offer is None:
            return UNKNOWN
        if offer.wrong_tries >= MOST_WRONG_TRIES:
            return ENDED
        if not right:
            # Of a code that opens nothing any more nobody need be told that somebody guessed at it.
            if offer.credential is None and now <= offer.expires_at:
                last = offer.wrong_tries + 1 >= MOST_WRONG_TRIES
                stations.count_wrong_try(connection, offer.station_id, address, last, now)
            return UNKNOWN
        return self._pair(connection, offer, ask, address, now)

    def _pair(
        self, connection: Connection, offer: stations.Offer, ask: Redeem, address: str, now: float
    ) -> Granted | Refused:
        granted = Granted(
            offer.station_id, offer.patient_id, self._place.host, self._place.port, self._place.clinic_key
        )
        if offer.credential is not None:
            # The same station, whose answer was lost on its way, asks again with the same password.
            if hmac.compare_digest(offer.credential, ask.credential):
                return granted
        elif now > offer.expires_at:
            return TOO_LATE
        elif stations.take(connection, offer, ask.credential, address, now):
            return granted
        stations.note_second_use(connection, offer.station_id, address, now)
        return USED

    def _waits(self, house: str, now: float) -> bool:
        wrong = self._wrong.get(house, deque())
        while wrong and wrong[0] <= now - WAIT_S:
            wrong.popleft()
        return len(wrong) >= TRIES_PER_ADDRESS

    def _count(self, house: str, now: float) -> None:
        if len(self._wrong) >= MOST_ADDRESSES and house not in self._wrong:
            self._wrong.pop(next(iter(self._wrong)))
        self._wrong.setdefault(house, deque(maxlen=TRIES_PER_ADDRESS)).append(now)
