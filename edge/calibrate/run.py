"""The command itself: which sensors, which hardware, which folder, terminal or screen; and the list."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from display.app import App
from drivers.base import DriverError
from drivers.calibration.files import FOLDER, NOTHING, Found, path_for, read
from drivers.calibration.guides import guide_for
from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.record import PoseRecord, Record, doubts, expires_at
from drivers.calibration.rig import load_calibrations, still_poses, words
from drivers.clock import Clock, SimulatedClock, SystemClock
from drivers.config import Hardware, SensorConfig
from drivers.controls import Controls, open_controls, parse_controls
from drivers.factory import PiHardware, parse_sensors
from drivers.samples import Vector
from edge.alone import alone_with_sensors
from edge.calibrate.bench import Bench, BusHung, nearest_pose
from edge.calibrate.screen import Leading
from edge.calibrate.terminal import Console, Left, Terminal, figures, lead
from edge.calibrate.virtual import Technician, emulated
from edge.config import SettingsError, StationSettings, load_settings

EMULATED = "emulated-"
"""Before the folder and the rig's id of emulated calibrations, so that no station ever believes one."""
NOT_FINISHED = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    config: Path
    sensor: str | None = None
    emulate: bool = False
    new: bool = False


class Command:
    """The rig of a settings file, ready to be calibrated. Raises SettingsError or ConfigError where it is none.

    ``hardware`` makes what the sensors and the three buttons are read from.
    """

    def __init__(
        self,
        options: Options,
        wall: Callable[[], float] = time.time,
        hardware: Callable[[], Hardware] = PiHardware,
    ) -> None:
        settings = load_settings(options.config, StationSettings)
        sensors = parse_sensors(settings.sensors, options.config.name, settings.buses)
        emulate = options.emulate
        self.options = options
        self.settings = settings
        self.data = Path(settings.paths.data)
        self.folder = self.data / (f"{EMULATED}{FOLDER}" if emulate else FOLDER)
        self.rig = f"{EMULATED}{settings.station.id}" if emulate else settings.station.id
        self.patient = settings.station.patient_id
        self.sensors = _chosen(options, [sensor for sensor in sensors if sensor.calibrates])
        self._moving = [sensor for sensor in sensors if sensor.calibrates == "pose"]
        table = settings.controls
        self._buttons = None if table is None else parse_controls(table, sensors, options.config.name)
        self._wall = wall
        self._hardware = hardware

    def table(self) -> list[str]:
        """Return a line for each sensor: since when and until when it is calibrated, how well, or why not."""
        return [self._row(config, self._found(config)) for config in self.sensors]

    def in_terminal(self, console: Terminal | Console) -> int:
        """Lead through every chosen sensor in the terminal; return the exit status."""
        watched = getattr(console, "interactive", False)
        try:
            with self._sensors_held():
                hardware = self._hardware()
                for config in self.sensors:
                    console.tell(self._title(config))
                    with self._bench(config, hardware, in_real_time=watched, tell=console.tell) as bench:
                        lead(bench, console)
        except Left:
            console.tell("Left before the end: this sensor's calibration is as it was.")
            return NOT_FINISHED
        except BusHung as exc:
            console.tell(f"  {exc}")
            return NOT_FINISHED
        except OSError:
            return NOT_FINISHED
        return 0

    def on_screen(self, stopped: Callable[[], bool]) -> int:
        """Lead through every chosen sensor on the screen; return the exit status. Raises DisplayError.

        The three buttons of the settings count as in a session; without them there are touch and keys.
        """
        screen = self.settings.screen
        with ExitStack() as running:
            running.enter_context(self._sensors_held())
            hardware = self._hardware()
            controls = self._controls(hardware, running)
            app = App(
                (screen.width_px, screen.height_px),
                screen.mm_per_px,
                left_handed=screen.left_handed,
                fullscreen=screen.fullscreen,
            )
            running.enter_context(closing(app))
            try:
                for config in self.sensors:
                    with self._bench(config, hardware, in_real_time=True) as bench:
                        Leading(bench, app, stopped, controls).run()
            except Left:
                return NOT_FINISHED
            except BusHung as exc:
                print(f"steadyrig calibrate: {exc}", file=sys.stderr)
                return NOT_FINISHED
        return 0

    def _controls(self, hardware: Hardware, running: ExitStack) -> Controls | None:
        """Return the three buttons; where they cannot be had, say why and go on without them."""
        if self._buttons is None or self.options.emulate:
            return None
        try:
            return running.enter_context(closing(open_controls(self._buttons, hardware, SystemClock())))
        except DriverError as exc:
            print(f"steadyrig calibrate: {exc}", file=sys.stderr)
            return None

    def _found(self, config: SensorConfig) -> Found:
        return read(self.folder, config, self.rig, self.patient)

    def _poses(self) -> dict[str, Vector]:
        """Return the still poses of the whole rig that hold."""
        return still_poses(load_calibrations(self._moving, self.folder, self.rig), self._wall())

    def _bench(
        self,
        config: SensorConfig,
        hardware: Hardware,
        *,
        in_real_time: bool,
        tell: Callable[[str], None] = lambda _line: None,
    ) -> Bench:
        path_for(self.folder, config, self.patient)  # what cannot be written is refused before anything is measured
        found = NOTHING if self.options.new else self._found(config)
        guide = guide_for(config, self.rig, found.record, self.patient)
        if not self.options.emulate:
            return Bench(guide, hardware, SystemClock(), self.folder, self._poses())
        clock: Clock = SystemClock() if in_real_time else SimulatedClock(1000.0, wall_at_start=self._wall())
        technician = Technician(guide)
        if isinstance(guide, LoadGuide):
            tell(
                f"  A virtual technician hangs what is asked for: first {technician.weight_kg:g} kg, "
                f"then {technician.second_kg:g} kg."
            )
        return Bench(guide, emulated(config, technician, clock), clock, self.folder, self._poses())

    def _sensors_held(self) -> AbstractContextManager[None]:
        return nullcontext() if self.options.emulate else alone_with_sensors(self.data)

    def _title(self, config: SensorConfig) -> str:
        return f"{config.name}: {config.chip} on {config.bus}, place {config.place}"

    def _row(self, config: SensorConfig, found: Found) -> str:
        record = found.record
        if record is None:
            said = words(config, found, self._wall()) or (f"run steadyrig calibrate {config.name}",)
            return f"{config.name:10} {config.calibrates:6} {'; '.join(said)}"
        dates = f"calibrated {record.made_at:%Y-%m-%d}, until {expires_at(record):%Y-%m-%d}"
        said = tuple(filter(None, (dates, figures(record), self._near(record), *doubts(record, self._wall()))))
        return f"{config.name:10} {config.calibrates:6} {'; '.join(said)}"

    def _near(self, record: Record) -> str:
        """Return that a swap with another motion sensor could not be seen; empty where it could."""
        if not isinstance(record, PoseRecord):
            return ""
        others = {name: up for name, up in self._poses().items() if name != record.sensor}
        near = nearest_pose(record.up, others)
        return f"lies like {near[0]}, {near[1]:.0f} degrees apart: a swap of the two cannot be seen" if near else ""


def _chosen(options: Options, sensors: Sequence[SensorConfig]) -> list[SensorConfig]:
    names = ", ".join(sensor.name for sensor in sensors)
    if not sensors:
        raise SettingsError(
            f"{options.config}: no sensor that can be calibrated; expected a load cell, a bno08x or an emg"
        )
    if options.sensor is None:
        return list(sensors)
    chosen = [sensor for sensor in sensors if sensor.name == options.sensor]
    if not chosen:
        raise SettingsError(f"SENSOR is {options.sensor!r}; expected one of {names}, from {options.config}")
    return chosen
