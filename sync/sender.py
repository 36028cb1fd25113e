"""Sends what the clinic has not confirmed: a few at a time, again where the confirmation does not come.

The outbox is walked in sweeps. One sweep sends each row once, so rows that are never confirmed cannot stop those
behind them; a row stays in the outbox, whatever the broker says, until the clinic names its key. Alerts wait for no
sweep: they leave before the next row, also past a window that is full, and again until they are confirmed. Parts of
raw traces leave last, a few at a time, so that on a slow link a repetition never waits for a curve.

How many rows may be under way follows how soon they are confirmed, as TCP's window does: it begins small, grows while
answers are quick, and is halved when they are slow. A thousand stations that come back at once so share one clinic
that answers each within seconds, instead of sending everything again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from sync.journal import Waiting
from sync.link import Transport
from sync.messages import MessageError, encode_up
from sync.topics import up

NARROWEST, FIRST_WINDOW, WIDEST = 2, 16, 128
"""Rows under way: at least, after each connection, and at most. Our choice, measured with `steadyrig simulate`: a
thousand stations that come back leave the broker room, and one alone fills the clinic's batches."""
BURST = 16
TRACES_AT_ONCE = 4
"""Of the window, what parts of traces may take up: on a link of 1 kB/s four of them pass in some ten seconds."""
QUICK_S, SLOW_S = 1.0, 3.0
"""Confirmed sooner than the one, the window grows; later than the other, it is halved. Our choice, so that ingest
stays below the 5 s that a storm may take at the 99th percentile."""
RESEND_S, LONGEST_RESEND_S = 10.0, 300.0

Refused = Callable[[str], None]


class Outbox(Protocol):
    """What waits to be sent: :class:`sync.journal.Journal` is one."""

    def waiting(self, limit: int, after: int = 0) -> Sequence[Waiting]:
        """Return up to ``limit`` rows, oldest first, from those with ``seq`` above ``after``; no raw traces."""

    def traces(self, limit: int, after: int = 0) -> Sequence[Waiting]:
        """Return up to ``limit`` parts of raw traces, likewise."""

    def alerts(self, limit: int) -> Sequence[Waiting]:
        """Return up to ``limit`` alerts, oldest first."""

    def hold(self, seq: int, reason: str) -> None:
        """Set a row aside that can never be sent."""


class Sender:
    """Walks the outbox. ``refused(key)`` may be called from any thread when the broker did not take a row.

    Times are seconds of one monotonic clock.
    """

    def __init__(self, transport: Transport, station_id: str, refused: Refused, resend_s: float = RESEND_S) -> None:
        self.sent = 0
        self._transport = transport
        self._station_id = station_id
        self._refused = refused
        self._first_pause_s = resend_s
        self.restart(0.0)

    @property
    def busy(self) -> bool:
        """Whether something sent awaits its confirmation."""
        return bool(self._in_flight) or self._missed

    def restart(self, now_s: float) -> None:
        """Begin again from the oldest row: the connection is new."""
        self._in_flight: dict[str, float] = {}
        self._alerted: dict[str, float] = {}
        self._traces: set[str] = set()
        self._missed = False
        self._after = self._after_trace = 0
        self._pause_s = self._first_pause_s
        self._next_sweep_s = now_s + self._pause_s
        self._window, self._narrowed_s = FIRST_WINDOW, now_s

    def confirmed(self, keys: Iterable[str], now_s: float) -> None:
        """Stop waiting for what the clinic has; somebody answers, so pauses are short again."""
        waited_s = [now_s - sent_s for key in keys if (sent_s := self._answered(key)) is not None]
        if waited_s and max(waited_s) > SLOW_S:
            self._narrow(now_s)
        elif waited_s and max(waited_s) < QUICK_S:
            self._window = min(WIDEST, self._window + len(waited_s))
        self._pause_s = self._first_pause_s

    def _answered(self, key: str) -> float | None:
        """Forget that a row is under way; return since when it was."""
        self._alerted.pop(key, None)
        self._traces.discard(key)
        return self._in_flight.pop(key, None)

    def _narrow(self, now_s: float) -> None:
        """Halve the window, once for all answers that were on their way together."""
        if now_s - self._narrowed_s >= SLOW_S:
            self._window, self._narrowed_s = max(NARROWEST, self._window // 2), now_s

    def missed(self, key: str) -> None:
        """Note that the broker did not take a row: it goes out with the next sweep."""
        self._missed |= self._in_flight.pop(key, None) is not None
        self._traces.discard(key)

    def send(self, outbox: Outbox, now_s: float) -> bool:
        """Send a few rows, and return whether more could go at once: saving comes first, in between."""
        if not self._transport.connected:
            return False
        self._forget_overdue(now_s)
        self._send_alerts(outbox, now_s)
        room = min(BURST, self._window - len(self._in_flight))
        rows = outbox.waiting(room, self._after) if room > 0 else []
        for row in rows:
            self._after = row.seq
            if row.key not in self._in_flight and row.key not in self._alerted:
                self._publish(outbox, row, now_s)
        traces = 0 if len(rows) == room else self._send_traces(outbox, room - len(rows), now_s)
        return bool(rows) or traces > 0 or (room > 0 and self._sweep_again(now_s))

    def _send_traces(self, outbox: Outbox, room: int, now_s: float) -> int:
        """Send the next few parts of traces and return how many were looked at."""
        room = min(room, TRACES_AT_ONCE - len(self._traces))
        rows = outbox.traces(room, self._after_trace) if room > 0 else []
        for row in rows:
            self._after_trace = row.seq
            if row.key not in self._in_flight:
                self._traces.add(row.key)
                self._publish(outbox, row, now_s)
        return len(rows)

    def _send_alerts(self, outbox: Outbox, now_s: float) -> None:
        for row in outbox.alerts(BURST):
            if now_s - self._alerted.get(row.key, float("-inf")) >= self._first_pause_s:
                self._alerted[row.key] = now_s
                self._publish(outbox, row, now_s)

    def _sweep_again(self, now_s: float) -> bool:
        """Go back to the oldest row if something went missing and the pause is over."""
        if not self._missed or now_s < self._next_sweep_s:
            return False
        self._missed, self._after, self._after_trace = False, 0, 0
        self._next_sweep_s = now_s + self._pause_s
        self._pause_s = min(LONGEST_RESEND_S, self._pause_s * 2)
        return True

    def _forget_overdue(self, now_s: float) -> None:
        overdue = [key for key, sent_s in self._in_flight.items() if now_s - sent_s >= self._first_pause_s]
        for key in overdue:
            self.missed(key)
            self._narrow(now_s)

    def _publish(self, outbox: Outbox, row: Waiting, now_s: float) -> None:
        try:
            payload = encode_up(self._station_id, row.boot, row.t_s, row.wall, row.record, sure=row.sure)
        except MessageError as exc:
            outbox.hold(row.seq, str(exc))
            return
        self._in_flight[row.key] = now_s
        self.sent += 1
        self._transport.publish(up(self._station_id, row.kind), payload, done=self._listener(row.key))

    def _listener(self, key: str) -> Callable[[str | None], None]:
        return lambda reason: None if reason is None else self._refused(key)
