"""One sensor on the bench: read without its calibration, its samples given to the guide, the result written down."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from drivers.calibration.files import write
from drivers.calibration.guide import LoadGuide, PoseGuide
from drivers.calibration.record import Record, moment
from drivers.calibration.rig import bare
from drivers.clock import Clock, SimulatedClock
from drivers.config import Hardware
from drivers.factory import build_readers, build_sources
from drivers.samples import Sample


class Bench:
    """Reads the guide's sensor while it is entered. ``folder`` takes the record when the guide is done."""

    def __init__(self, guide: LoadGuide | PoseGuide, hardware: Hardware, clock: Clock, folder: Path) -> None:
        self.guide = guide
        self.clock = clock
        self.folder = folder
        self._samples: SimpleQueue[Sample] = SimpleQueue()
        sources = build_sources([bare(guide.config)], hardware, clock)
        (self._reader,) = build_readers(sources, clock, self._samples.put)

    def __enter__(self) -> Bench:
        """Start to read."""
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to read and let go of the sensor."""
        if isinstance(self.clock, SimulatedClock):
            self.clock.close()  # it is this bench's own
        self._reader.stop()

    @property
    def problem(self) -> str:
        """Why the sensor cannot be read, in words; empty while it can."""
        return self._reader.problems().get(self.guide.config.name, "")

    def wait(self, seconds: float) -> None:
        """Let time pass, and what was read meanwhile reach the guide."""
        until_s = self.clock.now() + seconds
        if isinstance(self.clock, SimulatedClock):
            while self.clock.now() < until_s:
                self.clock.advance(until_s)
        else:
            self.clock.sleep_until(until_s)
        while not self._samples.empty():
            self.guide.take(self._samples.get())
        self.guide.tick(self.clock.now())

    def save(self) -> Record:
        """Write the finished guide's record and return it. Raises OSError when the disk refuses."""
        record = self.guide.record(moment(self.clock.wall()))
        write(self.folder, record)
        return record
