"""Sends what the clinic has not confirmed: a few at a time, again where the confirmation does not come.

The outbox is walked once, from the oldest row on. A row that is not confirmed in time is sent again by itself, later
each time, so that rows which are never confirmed cannot stop those behind them; a row stays in the outbox, whatever
the broker says, until the clinic names its key. Alerts wait for nothing: they leave before the next row, also past a
window that is full, and again until they are confirmed. Parts of raw traces leave last, a few at a time, so that on a
slow link a repetition never waits for a curve.

How many rows may be under way follows how soon they are confirmed, as TCP's window does: it begins small, grows while
answers are quick, and is halved when they are slow. A thousand stations that come back at once so share one clinic
that answers each within seconds, instead of sending everything again and again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Protocol

from sync.journal import Waiting
from sync.link import Transport
from sync.messages import MessageError, encode_up
from sync.topics import up

NARROWEST, FIRST_WINDOW, WIDEST = 1, 4, 128
"""Rows under way: at least, after each connection, and at most. Our choice, measured with `steadyrig simulate`: a
thousand stations that come back leave the broker room, and one alone fills the clinic's batches."""
BURST = 16
TRACES_AT_ONCE = 4
"""Of the window, what parts of traces may take up: on a link of 1 kB/s four of them pass in some ten seconds."""
REFUSALS, REFUSED_SHARE = 8, 0.1
"""So many rows in a row that the broker did not take, and none confirmed: nobody listens. What was refused is tried
again after this share of the usual pause, because the broker itself has said so: the clinic may be back sooner."""
QUICK_S, SLOW_S = 1.0, 3.0
"""Confirmed sooner than the one, the window grows; later than the other, it is halved. Our choice, so that ingest
stays below the 5 s that a storm may take at the 99th percentile."""
RESEND_S, LONGEST_RESEND_S = 10.0, 120.0
ALONE = 4
"""So many times the first pause a row waits at most that is not confirmed while others are."""

Refused = Callable[[str], None]


class Outbox(Protocol):
    """What waits to be sent: :class:`sync.journal.Journal` is one."""

    def waiting(self, limit: int, after: int = 0) -> Sequence[Waiting]:
        """Return up to ``limit`` rows, oldest first, from those with ``seq`` above ``after``; no raw traces."""

    def traces(self, limit: int, after: int = 0) -> Sequence[Waiting]:
        """Return up to ``limit`` parts of raw traces, likewise."""

    def alerts(self, limit: int) -> Sequence[Waiting]:
        """Return up to ``limit`` alerts, oldest first."""

    def row(self, seq: int) -> Sequence[Waiting]:
        """Return the row that has this ``seq``, nothing where it does not wait any more."""

    def hold(self, seq: int, reason: str) -> None:
        """Set a row aside that can never be sent."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A row that was sent ``times`` times, the last at ``at_s``; ``taken_s`` is when the broker had it.

    Sendings that the broker refused are ``refusals`` and no ``times``: the clinic never had a chance to answer them.
    """

    seq: int
    at_s: float
    times: int
    refusals: int = 0
    taken_s: float | None = None


class Sender:
    """Walks the outbox. ``refused(key)`` may be called from any thread when the broker did not take a row.

    Times are seconds of one monotonic clock.
    """

    def __init__(self, transport: Transport, station_id: str, refused: Refused, resend_s: float = RESEND_S) -> None:
        self.sent = 0
        self._transport = transport
        self._station_id = station_id
        self._refused = refused
        self._resend_s = resend_s
        self.restart(0.0)

    @property
    def busy(self) -> bool:
        """Whether something sent awaits its confirmation."""
        return bool(self._in_flight or self._late)

    def restart(self, now_s: float) -> None:
        """Begin again from the oldest row: the connection is new."""
        self._in_flight: dict[str, _Sent] = {}
        self._taken: deque[str] = deque()
        self._late: dict[str, _Sent] = {}
        self._due: list[tuple[float, str]] = []
        self._alerted: dict[str, float] = {}
        self._traces: set[str] = set()
        self._after = self._after_trace = 0
        self._window, self._narrowed_s = FIRST_WINDOW, now_s
        self._answered_s = now_s
        self._hear()

    def confirmed(self, keys: Iterable[str], now_s: float) -> None:
        """Stop waiting for what the clinic has; somebody answers, so pauses are short again."""
        waited_s = [now_s - sent.at_s for key in keys if (sent := self._settle(key)) is not None]
        if waited_s and max(waited_s) > SLOW_S:
            self._narrow(now_s)
        elif waited_s and max(waited_s) < QUICK_S:
            self._window = min(WIDEST, self._window + len(waited_s))
        if now_s - self._answered_s > 2 * self._resend_s:
            self._all_due(now_s)
        self._answered_s = now_s
        self._hear()

    def missed(self, key: str, now_s: float) -> None:
        """Note that the broker did not take a row: it is sent again later."""
        sent = self._in_flight.get(key)
        if sent is not None:
            self._unheard += 1
            self._in_flight[key] = replace(sent, times=sent.times - 1, refusals=sent.refusals + 1)
            pause_s = min(LONGEST_RESEND_S, REFUSED_SHARE * self._resend_s * 2.0 ** min(sent.refusals, 16))
            self._later(key, now_s, now_s + pause_s)

    def send(self, outbox: Outbox, now_s: float) -> bool:
        """Send a few rows, and return whether more could go at once: saving comes first, in between."""
        if not self._transport.connected:
            return False
        self._note_taken(now_s)
        self._note_overdue(now_s)
        self._send_alerts(outbox, now_s)
        if self._nobody_listens(now_s):
            return False
        # Traces under way take no room from what matters more, however narrow the window is.
        room = min(BURST, self._window - len(self._in_flight) + len(self._traces))
        # At most half of it, so that rows which are never confirmed do not hold up those never sent.
        again = self._again(outbox, (room + 1) // 2, now_s)
        rows = outbox.waiting(room - len(again), self._after) if room > len(again) else []
        for row in (*again, *rows):
            if row.key not in self._in_flight and row.key not in self._alerted:
                self._publish(outbox, row, now_s)
        self._after = rows[-1].seq if rows else self._after
        traces = len(rows) + len(again) < room and self._send_traces(outbox, now_s)
        return bool(again or rows or traces)

    def _send_traces(self, outbox: Outbox, now_s: float) -> bool:
        """Send the next few parts of traces, where nothing else takes the room; return whether there were any."""
        room = min(self._window - len(self._in_flight), TRACES_AT_ONCE - len(self._traces))
        rows = outbox.traces(room, self._after_trace) if room > 0 else []
        for row in rows:
            self._after_trace = row.seq
            if row.key not in self._in_flight and row.key not in self._late:
                self._traces.add(row.key)
                self._publish(outbox, row, now_s)
        return bool(rows)

    def _settle(self, key: str) -> _Sent | None:
        """Forget that a row is under way; return when it was sent last."""
        self._alerted.pop(key, None)
        self._late.pop(key, None)
        self._traces.discard(key)
        return self._in_flight.pop(key, None)

    def _narrow(self, now_s: float, least: int = NARROWEST) -> None:
        """Halve the window, but not below ``least``, once for all answers that were on their way together."""
        if now_s - self._narrowed_s >= SLOW_S and self._window > least:
            self._window, self._narrowed_s = max(least, self._window // 2), now_s

    def _later(self, key: str, now_s: float, due_s: float) -> None:
        self._late[key] = self._in_flight.pop(key)
        self._traces.discard(key)
        heappush(self._due, (max(now_s, due_s), key))

    def _pause_s(self, sent: _Sent) -> float:
        """Return how long a row waits before it is sent again."""
        # Where others are answered this row was lost, or cannot be stored; where none is, the clinic is away.
        longest_s = ALONE * self._resend_s if sent.at_s < self._answered_s else LONGEST_RESEND_S
        return min(longest_s, self._resend_s * 2.0 ** min(sent.times - 1, 16))

    def _hear(self) -> None:
        """Somebody is there: stop being quiet."""
        self._unheard, self._quiet_until_s, self._quiet_s = 0, 0.0, REFUSED_SHARE * self._resend_s

    def _all_due(self, now_s: float) -> None:
        """Let everything go again at once: it was the clinic that was away, not the rows that cannot be stored."""
        self._late = {key: _Sent(sent.seq, sent.at_s, 1) for key, sent in self._late.items()}
        self._due = [(now_s, key) for key in self._late]

    def _again(self, outbox: Outbox, room: int, now_s: float) -> list[Waiting]:
        """Return up to ``room`` rows that are to be sent again by now."""
        rows: list[Waiting] = []
        while self._due and self._due[0][0] <= now_s and len(rows) < room:
            sent = self._late.get(heappop(self._due)[1])
            if sent is not None:
                rows += outbox.row(sent.seq)
        return rows

    def _note_taken(self, now_s: float) -> None:
        while self._taken:
            key = self._taken.popleft()
            if key in self._in_flight:
                self._in_flight[key] = replace(self._in_flight[key], taken_s=now_s)

    def _overdue(self, sent: _Sent, now_s: float) -> bool:
        """Whether a row should have been confirmed by now.

        The clinic's time begins when the broker has the row: on a slow line it is still under way, and sending it
        again would make the line slower. A line that is dead is noticed by the link.
        """
        if sent.taken_s is None:
            return now_s - sent.at_s >= LONGEST_RESEND_S
        return now_s - sent.taken_s >= self._resend_s

    def _note_overdue(self, now_s: float) -> None:
        overdue = [(key, sent) for key, sent in self._in_flight.items() if self._overdue(sent, now_s)]
        for key, sent in overdue:
            self._later(key, now_s, (sent.taken_s or sent.at_s) + self._pause_s(sent))
            if sent.at_s >= self._answered_s:  # nothing is answered, not this row alone
                self._narrow(now_s, FIRST_WINDOW)

    def _nobody_listens(self, now_s: float) -> bool:
        """Whether to be quiet for a while: one row after the other was refused, and none was confirmed."""
        if self._unheard >= REFUSALS:
            self._unheard = 0
            self._quiet_until_s = now_s + self._quiet_s
            self._quiet_s = min(LONGEST_RESEND_S, 2 * self._quiet_s)
        return now_s < self._quiet_until_s

    def _send_alerts(self, outbox: Outbox, now_s: float) -> None:
        for row in outbox.alerts(BURST):
            if now_s - self._alerted.get(row.key, float("-inf")) >= self._resend_s:
                self._alerted[row.key] = now_s
                self._publish(outbox, row, now_s)

    def _publish(self, outbox: Outbox, row: Waiting, now_s: float) -> None:
        before = self._late.pop(row.key, None)
        try:
            payload = encode_up(self._station_id, row.boot, row.t_s, row.wall, row.record, sure=row.sure)
        except MessageError as exc:
            outbox.hold(row.seq, str(exc))
            return
        before = before or _Sent(row.seq, now_s, 0)
        self._in_flight[row.key] = replace(before, at_s=now_s, times=before.times + 1, taken_s=None)
        self.sent += 1
        self._transport.publish(up(self._station_id, row.kind), payload, done=self._listener(row.key))

    def _listener(self, key: str) -> Callable[[str | None], None]:
        return lambda reason: self._taken.append(key) if reason is None else self._refused(key)
