"""Records sessions raw, in a thread of its own: bounded on the disk, and never in the way of a sample.

A session is written in parts of a few seconds, so that a power cut or a kill loses no more than the last of them,
and joined to one file at its end. The oldest recordings make room for new ones. A disk that refuses is told and tried
again with the next part; what could not be written is gone, and the file says how much that is.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drivers.samples import Sample
from drivers.shelf import MB, Shelf, Trouble, trouble
from drivers.traces import Layout, Mark, layout_for, pack

PART_S = 5.0
"""Real seconds of a part: what a kill may cost."""
MOST_WAITING = 60_000
"""Samples that may wait for a slow disk: more than a minute of two motion sensors at 100 Hz and ten load cells."""
STOP_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class _Begin:
    name: str


class _End:
    """The session is over."""


class Recorder:
    """Keeps at most ``max_mb`` of recordings in ``folder``. ``sensors`` are (name, place) of the station's sensors.

    :meth:`begin`, :meth:`take`, :meth:`mark` and :meth:`end` belong to one thread and never wait. ``problem`` says in
    words why nothing is recorded at present and ``trouble`` of what kind that is, both None while all is well.
    """

    def __init__(
        self, folder: Path, max_mb: float, sensors: Sequence[tuple[str, str]], *, part_s: float = PART_S
    ) -> None:
        self.problem: str | None = None
        self.trouble: Trouble | None = None
        self._shelf = Shelf(folder, round(max_mb * MB))
        self._sensors = tuple(sensors)
        self._part_s = part_s
        self._waiting: deque[_Begin | _End | tuple[int, Sample | Mark]] = deque()
        self._recording = False
        self._taken = 0
        self._session: _Session | None = None
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Begin to write what is taken, after joining what an earlier run left in parts."""
        self._thread.start()

    def stop(self) -> bool:
        """Write what is left and end the thread; return whether that took less than 1 s."""
        self._stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_PATIENCE_S)
        return not self._thread.is_alive()

    def begin(self, name: str) -> None:
        """Record from now on, under this name: letters, digits and dashes."""
        self._recording, self._taken = True, 0
        self._waiting.append(_Begin(name))

    def take(self, sample: Sample) -> None:
        """Keep a sample, if a session is being recorded."""
        if not self._recording:
            return
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((self._taken, sample))
        self._taken += 1

    def mark(self, t_s: float, text: str) -> None:
        """Keep what the station did, in its place between the samples."""
        if self._recording:
            self._waiting.append((self._taken, Mark(t_s, text)))

    def end(self) -> None:
        """The session is over: its parts are joined soon."""
        if self._recording:
            self._recording = False
            self._waiting.append(_End())
            self._wake.set()

    # ---- the thread ----

    def _run(self) -> None:
        self._try(self._shelf.tidy)
        while True:
            self._wake.wait(self._part_s)
            self._wake.clear()
            last = self._stopping
            self._write()
            if last:
                return

    def _write(self) -> None:
        """Write all that waits, session by session."""
        for _ in range(len(self._waiting)):
            item = self._waiting.popleft()
            if isinstance(item, _Begin):
                self._close()
                self._session = _Session(item.name)
            elif isinstance(item, _End):
                self._close()
            elif self._session is not None:
                self._session.take(*item)
        if self._session is not None:
            self._flush(self._session)

    def _flush(self, session: _Session) -> None:
        if not session.samples and not session.marks:
            return
        if session.layout is None:
            session.layout = layout_for(self._sensors, [sample for _, sample in session.samples])
        arrays = pack(session.layout, session.samples, session.marks)
        session.samples, session.marks = [], []

        def write() -> None:
            session.folder = session.folder or self._shelf.open(session.name)
            self._shelf.write_part(session.folder, arrays)

        if self._try(write):
            self.problem = self.trouble = None

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._flush(session)
            if session.folder is not None:
                folder = session.folder
                self._try(lambda: self._shelf.join(folder))

    def _try(self, work: Callable[[], None]) -> bool:
        """Do work on the disk and return whether it succeeded; what goes wrong is told and costs this piece alone."""
        try:
            work()
        except Exception as exc:  # a recording is a help, never a reason to end
            reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc) or type(exc).__name__
            self.trouble = trouble(exc)
            self.problem = f"recording is off: {self.trouble} ({reason})"
            return False
        return True


@dataclass(slots=True)
class _Session:
    """A session as far as it waits to be written: samples and marks with their places in the sequence."""

    name: str
    layout: Layout | None = None
    folder: Path | None = None
    samples: list[tuple[int, Sample]] = field(default_factory=list)
    marks: list[tuple[int, Mark]] = field(default_factory=list)

    def take(self, place: int, item: Sample | Mark) -> None:
        """Keep the next of either."""
        if isinstance(item, Mark):
            self.marks.append((place, item))
        else:
            self.samples.append((place, item))
