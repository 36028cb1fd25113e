"""One sensor on the bench: read without its calibration, its samples given to the guide, the result written down."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from drivers.calibration.files import write
from drivers.calibration.guides import AnyGuide
from drivers.calibration.pose import angle_deg
from drivers.calibration.record import PoseRecord, Record, again, moment
from drivers.calibration.rig import bare
from drivers.clock import Clock, SimulatedClock
from drivers.config import Hardware
from drivers.factory import build_watchdog
from drivers.identity import TOLD_APART_DEG
from drivers.samples import Sample, Vector


class BusHung(Exception):  # noqa: N818 - reads as what happened
    """The sensor's bus did not come back; the message says so, that nothing was written, and the way out."""


class Bench:
    """Reads the guide's sensor while it is entered. ``folder`` takes the record when the guide is done.

    ``poses`` are the still poses of the rig's other motion sensors, each where up is in its own axes.
    """

    def __init__(
        self,
        guide: AnyGuide,
        hardware: Hardware,
        clock: Clock,
        folder: Path,
        poses: Mapping[str, Vector] | None = None,
    ) -> None:
        self.guide = guide
        self.clock = clock
        self.folder = folder
        self._poses = poses or {}
        self._samples: SimpleQueue[Sample] = SimpleQueue()
        self._watchdog = build_watchdog([bare(guide.config)], hardware, clock, self._samples.put)

    def __enter__(self) -> Bench:
        """Start to read."""
        self._watchdog.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to read and let go of the sensor; a bus that hangs is not waited for."""
        if isinstance(self.clock, SimulatedClock):
            self.clock.close()  # it is this bench's own
        self._watchdog.stop()

    @property
    def problem(self) -> str:
        """Why the sensor cannot be read, in words; empty while it can."""
        return self._watchdog.problems().get(self.guide.config.name, "")

    def wait(self, seconds: float) -> None:
        """Let time pass, and what was read meanwhile reach the guide.

        Raises BusHung when the sensor's bus has not come back for 2 s: what is measured around a hang is no ground
        for a calibration.
        """
        until_s = self.clock.now() + seconds
        if isinstance(self.clock, SimulatedClock):
            while self.clock.now() < until_s:
                self.clock.advance(until_s)
        else:
            self.clock.sleep_until(until_s)
        self._watchdog.look()
        self._refuse_hang()
        while not self._samples.empty():
            self.guide.take(self._samples.get())
        self.guide.tick(self.clock.now())

    def save(self) -> Record:
        """Write the finished guide's record and return it. Raises OSError when the disk refuses."""
        record = self.guide.record(moment(self.clock.wall()))
        write(self.folder, record)
        return record

    def lies_like(self, record: Record) -> tuple[str, float] | None:
        """Return the motion sensor whose still pose is nearest to this one's, and how many degrees apart they are.

        None where no pose is so near that a swap of the two could not be seen.
        """
        if not isinstance(record, PoseRecord):
            return None
        others = {name: up for name, up in self._poses.items() if name != record.sensor}
        return nearest_pose(record.up, others)

    def _refuse_hang(self) -> None:
        name = self.guide.config.name
        if self._watchdog.health()[name].errors.get("hang"):
            raise BusHung(
                f"{self.problem or f'{name}: {self.guide.config.bus} did not come back'}. Nothing was written. "
                f"Check the cable, switch the rig off and on, then {again(name)}."
            )


def nearest_pose(up: Vector, others: Mapping[str, Vector]) -> tuple[str, float] | None:
    """Return the nearest of some still poses and the angle to it in degrees, None where a swap would be seen."""
    angles = {name: angle_deg(up, other) for name, other in others.items()}
    name = min(angles, key=lambda one: angles[one], default=None)
    return (name, angles[name]) if name is not None and angles[name] < TOLD_APART_DEG else None
