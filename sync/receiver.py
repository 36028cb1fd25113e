"""The receiving side of a station: what came down is judged, kept in the journal, and in its time taken into use.

One way for every kind (:mod:`sync.signed`): a text that is refused changes nothing and is answered with the reason,
one that is accepted is on the disk before anybody is told of it. What is in use is looked at again as time goes by,
because days begin and end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.coach.rules import Published
from edge.model import ClinicMessage
from edge.prescription.plan import Prescription
from edge.records import Locked, Record, SessionStarted, Unlocked, key
from sync.clearances import Clearance
from sync.journal import Journal, StoredItem
from sync.messages import MessageError, Signed, decode_signed
from sync.notes import Note
from sync.rule_sets import RuleSet
from sync.signed import (
    Content,
    Days,
    Item,
    Kind,
    Refused,
    Today,
    check_new,
    days_of,
    foreign,
    in_force,
    judge,
    receipt,
    stated_version,
)

LOOK_S = 1.0
"""How often it is looked whether a day has begun or ended for something that is kept."""
KEPT = 2
"""Of what is in use, so many stay: itself and the one before, in case its text is spoilt. What waits stays, too."""
WAITS = "it waits until the date is known"
MOST_FOREIGN = 20
"""So many messages that are not the clinic's are told in one run: whoever can send them must fill no disk. Ours."""
IN_TIME = (Kind.PLAN, Kind.RULES, Kind.MESSAGE)
"""Kinds of which one is in use; a clearance takes effect once."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Who is told: each is called from the keeper's thread and may only enqueue.

    ``on_rules`` and ``on_message`` are told None where nothing of the kind is in use any more; without a rule set of
    the clinic's the coach goes by the shipped one.
    """

    on_plan: Callable[[Prescription], None]
    on_lock: Callable[[Locked], None] = lambda _lock: None
    on_clear: Callable[[Unlocked], None] = lambda _record: None
    on_rules: Callable[[Published | None], None] = lambda _rules: None
    on_message: Callable[[ClinicMessage | None], None] = lambda _message: None


@dataclass(frozen=True, slots=True)
class Clock:
    """The station's time: ``now`` is monotonic, ``wall`` seconds since 1970 UTC, believed where it is ``sure``.

    ``zone`` is the patient's, None for the computer's own.
    """

    now: Callable[[], float]
    wall: Callable[[], float]
    sure: Callable[[], bool] = lambda: True
    zone: tzinfo | None = None


class Receiver:
    """Takes what comes down for one patient on one station. Used by one thread, with the journal that it is given.

    ``former_verifiers`` are keys that the clinic had.
    """

    def __init__(
        self,
        verifier: Ed25519PublicKey,
        station_id: str,
        patient_id: str,
        clock: Clock,
        hands: Hands,
        former_verifiers: Sequence[Ed25519PublicKey] = (),
    ) -> None:
        self.last_refusal: str | None = None
        """Why what came down last and was not used was refused; None where nothing was."""
        self._verifier = verifier
        self._former_verifiers = tuple(former_verifiers)
        self._whose = station_id, patient_id
        self._clock = clock
        self._hands = hands
        self._items: dict[Kind, list[Item]] = {}
        self._newest: dict[Kind, int] = {}
        self._given: dict[Kind, tuple[int, bool] | None] = dict.fromkeys(IN_TIME)
        self._locks_given = False
        self._foreign_told = 0
        self._surely: tuple[float, date] | None = None
        self._next_look_s = 0.0

    # ---- what is there already ------------------------------------------------------------------------------

    def begin(self, journal: Journal) -> None:
        """Read what is kept, as often as the journal is opened anew; locks are handed over before any plan."""
        for kind in Kind:
            stored = journal.items(kind)
            self._items[kind] = [item for one in stored if (item := self._still_good(kind, one)) is not None]
            newest = max((one.version for one in stored), default=0)
            # A text that was spoilt on the disk may come once more, and nothing older.
            good = newest in {one.version for one in self._items[kind]}
            self._newest[kind] = newest if good else max(newest - 1, 0)
        if not self._locks_given:  # before the plan: no training screen may be shown in between
            for lock in self._locked(journal):
                self._hands.on_lock(lock)
            self._locks_given = True
        self.look(journal, at_once=True)

    def _still_good(self, kind: Kind, stored: StoredItem) -> Item | None:
        """Judge what is kept once more: the file may have been tampered with.

        A clearance that came under a key the clinic had before still clears.
        """
        former = self._former_verifiers if kind is Kind.CLEARANCE else ()
        for verifier in (self._verifier, *former):
            with suppress(Refused):
                return judge(kind, stored.payload, stored.signature, verifier, *self._whose)
        return None

    def _locked(self, journal: Journal) -> list[Locked]:
        """Return the locks without a clearance that stands every check."""
        cleared = {one.content.lock_id for one in self._items[Kind.CLEARANCE] if isinstance(one.content, Clearance)}
        return [lock for lock in journal.locks() if lock.lock_id not in cleared]

    def noticed(self, records: Iterable[Record]) -> None:
        """Learn from records what time it surely is: no clock is believed that is behind a session of before."""
        for one in records:
            if isinstance(one, SessionStarted) and one.clock_trusted:
                day = date.fromisoformat(one.day) if one.day else self._day(one.started_at)
                if self._surely is None or one.started_at > self._surely[0]:
                    self._surely = one.started_at, day

    def _day(self, at: float) -> date:
        return datetime.fromtimestamp(at, self._clock.zone).date()

    def today(self) -> Today:
        """Return what is known of the date."""
        wall, surely = self.believed_wall(), self._surely
        return Today(None if wall is None else self._day(wall), None if surely is None else surely[1])

    def believed_wall(self) -> float | None:
        """Return what the clock says; None where nobody has set it, or it is behind what is known."""
        # In this order: a clock that is set between the two is not believed at what it said before.
        sure, wall = self._clock.sure(), self._clock.wall()
        return wall if sure and (self._surely is None or wall >= self._surely[0]) else None

    # ---- what comes -----------------------------------------------------------------------------------------

    def receive(self, journal: Journal, kind: Kind, payload: bytes) -> None:
        """Take something newer and say so, or leave all as it is and say why.

        Raises MessageError for bytes that are no message; the clinic is told of that, too.
        """
        try:
            signed = decode_signed(payload)
        except MessageError as exc:
            self._refuse_foreign(journal, kind, payload, str(exc))
            raise
        if any(one.payload == signed.payload for one in journal.items(kind)):
            return  # the broker keeps it, or the bridge has not heard yet: no news
        try:
            item = judge(kind, signed.payload, signed.signature, self._verifier, *self._whose)
            check_new(item, self._newest[kind], self.today())
            if kind is Kind.CLEARANCE:
                self._end_lock(journal, item, signed)
            else:
                self._keep(journal, item, signed)
        except Refused as exc:
            version = stated_version(kind, signed.payload, signed.signature, self._verifier, *self._whose)
            if version:
                self._tell(journal, receipt(kind, version, "rejected", self._clock.wall(), str(exc)), str(exc))
            else:
                self._refuse_foreign(journal, kind, payload, str(exc))

    def _refuse_foreign(self, journal: Journal, kind: Kind, payload: bytes, reason: str) -> None:
        if self._foreign_told < MOST_FOREIGN:
            self._foreign_told += self._tell(journal, foreign(kind, payload, self._clock.wall(), reason), reason)

    def _tell(self, journal: Journal, told: Record, reason: str) -> bool:
        """Tell the clinic of a refusal once, and return whether it was new: a thousand replays are one record."""
        self.last_refusal = reason
        if journal.holds(key(told)):
            return False
        journal.append([told], self._clock.now(), self._clock.wall(), sure=self._clock.sure())
        return True

    def _end_lock(self, journal: Journal, item: Item, signed: Signed) -> None:
        clearance = item.content
        if not isinstance(clearance, Clearance) or clearance.lock_id not in {
            lock.lock_id for lock in self._locked(journal)
        }:
            raise Refused(f"clearance refused: lock {getattr(clearance, 'lock_id', '')} is not in force here")
        ended = Unlocked(clearance.lock_id, self._clock.wall(), clearance.cleared_by)
        self._store(journal, item, signed, ended, keep_from=0)
        self._hands.on_clear(ended)

    def _keep(self, journal: Journal, item: Item, signed: Signed) -> None:
        days = days_of(item, self.today())
        waits = "" if days is Days.NOW else f"it begins on {item.valid_from}" if days is Days.EARLY else WAITS
        told = receipt(item.kind, item.version, "delivered", self._clock.wall(), waits)
        self._store(journal, item, signed, told, self._keep_from(item.kind))
        self.look(journal, at_once=True)

    def _store(self, journal: Journal, item: Item, signed: Signed, told: Record, keep_from: int) -> None:
        stored = StoredItem(item.version, signed.payload, signed.signature)
        journal.store_item(
            item.kind,
            stored,
            told,
            self._clock.now(),
            self._clock.wall(),
            keep_from=keep_from,
            sure=self._clock.sure(),
        )
        self._items[item.kind] = [item, *(one for one in self._items[item.kind] if one.version >= keep_from)]
        self._newest[item.kind] = item.version

    def _keep_from(self, kind: Kind) -> int:
        """Return the oldest version that may still be needed: of what is in use and before, the newest few."""
        given = self._given[kind]
        if given is None and kind is not Kind.MESSAGE:
            return 0
        before = [one.version for one in self._items[kind] if given is None or one.version <= given[0]]
        return before[min(KEPT, len(before)) - 1] if before else 0

    # ---- what is in use -------------------------------------------------------------------------------------

    def look(self, journal: Journal, *, at_once: bool = False) -> None:
        """Hand over what is to be used from now on, where that is something else than before."""
        if not at_once and time.monotonic() < self._next_look_s:
            return
        self._next_look_s = time.monotonic() + LOOK_S
        today = self.today()
        for kind in IN_TIME:
            chosen = in_force(self._items[kind], today, lambda one: _holds(journal, one, "in_use"))
            if chosen is not None and kind is Kind.MESSAGE and _holds(journal, chosen, "read"):
                chosen = None
            over = kind is Kind.RULES and chosen is not None and days_of(chosen, today) is Days.OVER
            given = None if chosen is None else (chosen.version, over)
            if given != self._given[kind]:
                self._given[kind] = given
                self._hand_over(kind, None if chosen is None else chosen.content, over=over)

    def _hand_over(self, kind: Kind, content: Content | None, *, over: bool) -> None:
        match kind, content:
            case Kind.PLAN, Prescription():
                self._hands.on_plan(content)
            case Kind.RULES, RuleSet():
                self._hands.on_rules(Published(content.version, content.rules.easing() if over else content.rules))
            case Kind.RULES, None:
                self._hands.on_rules(None)
            case Kind.MESSAGE, Note():
                self._hands.on_message(ClinicMessage(content.version, content.text))
            case Kind.MESSAGE, None:
                self._hands.on_message(None)


def _holds(journal: Journal, item: Item, state: str) -> bool:
    return journal.holds(key(receipt(item.kind, item.version, state, 0.0)))
