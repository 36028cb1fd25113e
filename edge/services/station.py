"""``steadyrig station``: everything from the settings file put together, and waited for where it is not there yet."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from display.sound import Speaker
from drivers.calibration.files import FOLDER
from drivers.calibration.rig import all_words, load_calibrations
from drivers.clock import Clock, SystemClock, boot_id
from drivers.config import SensorConfig
from drivers.controls import ControlsConfig, parse_controls
from drivers.dock_config import DockConfig, parse_dock
from drivers.factory import PiHardware, parse_sensors
from drivers.kept_controls import KeptControls
from drivers.recorder import Recorder
from drivers.shelf import TRACES
from edge.alone import alone_with_sensors
from edge.belongings import JOURNAL
from edge.config import (
    NotPairedError,
    NotYetError,
    RecorderTable,
    SettingsError,
    StationSettings,
    StationTable,
    load_device,
    load_settings,
)
from edge.foyer import Foyer, open_window
from edge.services.link import open_link
from edge.station import Station
from edge.waiting import Problems, when_ready
from edge.wiring import StationRun
from sync.journal import JournalError, check_whose, open_journal
from sync.journal.room import MB, Room
from sync.keeper import Keeper
from sync.mqtt import MqttTransport
from sync.signing import SigningError, load_verifier

CLOCK_WAS_SET = Path("/run/systemd/timesync/synchronized")
"""Touched by systemd-timesyncd when a network has set the clock since the computer was started."""
REPAIRED = "the journal could not be read: it is kept aside under a dated name, and what was readable is in a new one"


def run_station(config: Path, stop: threading.Event) -> None:
    """Run the station until ``stop`` is set or its window is closed."""
    device = _device(config)
    _fitted(config, device)  # what has to be mended is told before anything is waited for
    problems = Problems("station")
    with ExitStack() as running:
        settings = _await_start(config, device, problems, stop, running)
        service = _open(config, settings, running)
        service.run.run(lambda _view: problems.look(**service.problems()), stop.is_set)


class _Service(NamedTuple):
    """The station that runs, and those of its parts that may have a problem."""

    run: StationRun
    link: MqttTransport
    controls: KeptControls | None
    recorder: Recorder | None
    uncalibrated: Callable[[], str]

    def problems(self) -> dict[str, str | None]:
        """Return what is wrong now, by what it concerns."""
        station, keeper = self.run.station, self.run.keeper
        return {
            "broker": self.link.problem,
            "journal": keeper.problem,
            "repaired": REPAIRED if keeper.repaired else None,
            "refused": keeper.last_refusal,
            "controls": "; ".join(self.controls.problems()) or None if self.controls else None,
            "worn": " ".join(map(str, (*station.state.misworn, *self.run.alike))) or None,
            "calibration": self.uncalibrated() or None,
            "recorder": self.recorder.problem if self.recorder else None,
        }


def _open(config: Path, settings: StationSettings, running: ExitStack) -> _Service:
    """Put the station together and start it; all that it opens is closed when ``running`` ends."""
    sensors, wanted, dock = _fitted(config, settings)
    clock, zone = SystemClock(), _home(config, settings.station)
    link = open_link(config, settings.mqtt, settings.station.id, settle_by_hand=False)
    make_keeper = _keeper(config, settings, link, clock, zone)
    data = Path(settings.paths.data)
    recorder = make_recorder(settings.recorder, data, sensors)
    calibrations = load_calibrations(sensors, data / FOLDER, settings.station.id, settings.station.patient_id)
    _refuse_foreign_journal(config, data / JOURNAL, settings.station)
    app = running.enter_context(closing(open_window(settings.screen)))
    speaker, hardware = running.enter_context(closing(Speaker())), PiHardware()
    controls = None
    if wanted is not None:
        controls = running.enter_context(closing(KeptControls(wanted, hardware, clock)))
    run = StationRun(
        sensors,
        hardware,
        clock,
        app,
        speaker.play,
        make_keeper,
        recorder=recorder,
        calibrations=calibrations,
        controls=controls,
        silent=lambda: not speaker.ready(0.0),
        dock=dock,
        sure_of_time=lambda: _sure_of_time(settings.station),
        zone=zone,
        clinic_number=settings.clinic.number,
        emergency_number=settings.clinic.emergency_number,
    )
    running.enter_context(run)
    return _Service(run, link, controls, recorder, lambda: all_words(sensors, calibrations, clock.wall()))


def _keeper(
    config: Path, settings: StationSettings, link: MqttTransport, clock: Clock, zone: tzinfo | None
) -> Callable[[Station], Keeper]:
    """Return what makes the keeper of this station's journal; the clinic's keys are read first."""
    ours = settings.station
    verifier = _clinic_key(config, "clinic_key", settings.paths.clinic_key)
    former = [_clinic_key(config, "former_clinic_keys", one) for one in settings.paths.former_clinic_keys]
    journal = Path(settings.paths.data) / JOURNAL
    room, boot = Room(journal, settings.journal.max_mb * MB), boot_id()

    def make(station: Station) -> Keeper:
        return Keeper(
            lambda: open_journal(journal, ours.patient_id, boot, room),
            link,
            ours.id,
            ours.patient_id,
            verifier,
            now=clock.now,
            wall=clock.wall,
            on_plan=station.take_plan,
            on_past=station.take_past,
            on_lock=station.take_lock,
            on_clear=station.clear_lock,
            former_verifiers=former,
            on_rules=station.take_rules,
            on_message=station.take_message,
            on_dated=station.take_dated,
            sure=lambda: _sure_of_time(ours),
            zone=zone,
        )

    return make


def _sure_of_time(station: StationTable) -> bool:
    """Tell whether a battery keeps the time, or a network has set it."""
    return station.rtc or CLOCK_WAS_SET.exists()


class _Fitted(NamedTuple):
    """What is fitted, as the settings describe it."""

    sensors: Sequence[SensorConfig]
    controls: ControlsConfig | None
    dock: DockConfig | None


def _fitted(config: Path, settings: StationSettings) -> _Fitted:
    """Return what is fitted. Raises SettingsError or ConfigError for what cannot be."""
    sensors = parse_sensors(settings.sensors, config.name, settings.buses)
    _refuse_shared_places(config, sensors)
    return _Fitted(
        sensors,
        None if settings.controls is None else parse_controls(settings.controls, sensors, config.name),
        None if settings.dock is None else parse_dock(settings.dock, sensors, config.name),
    )


def _device(config: Path) -> StationSettings:
    """Return the settings of a station that may still be nobody's."""
    try:
        return load_settings(config, StationSettings)
    except NotPairedError:
        return load_device(config)


def _await_start(
    config: Path, device: StationSettings, problems: Problems, stop: threading.Event, running: ExitStack
) -> StationSettings:
    """Wait, with a screen that says so, until the station is paired, its data is there and its sensors are free.

    They are held from then on, until ``running`` ends; not before, because pairing needs them free.
    """

    def begin() -> StationSettings:
        settings = load_settings(config, StationSettings)
        running.enter_context(alone_with_sensors(data_folder(config, "paths.data", settings.paths.data)))
        return settings

    with closing(Foyer(device.screen, device.clinic.number)) as foyer:
        return when_ready(begin, problems, stop, foyer.show)


def _home(config: Path, station: StationTable) -> tzinfo | None:
    try:
        return station.home()
    except SettingsError as exc:
        raise SettingsError(f"{config}: {exc}") from None


def make_recorder(table: RecorderTable, data: Path, sensors: Sequence[SensorConfig]) -> Recorder | None:
    """Return what records the sessions raw, None where that is switched off."""
    if not table.on:
        return None
    return Recorder(data / TRACES, table.max_mb, [(sensor.name, sensor.place) for sensor in sensors])


def _clinic_key(config: Path, name: str, path: str) -> Ed25519PublicKey:
    try:
        return load_verifier(Path(path))
    except SigningError as exc:
        raise SettingsError(f"{config}: paths.{name} is {path!r}: {exc}") from None


def _refuse_foreign_journal(config: Path, path: Path, station: StationTable) -> None:
    """Refuse another station's or patient's journal: what it holds must not be sent, or gone by, under this name."""
    try:
        check_whose(path, station.id, station.patient_id)
    except JournalError as exc:
        raise SettingsError(f"{config}: {exc}") from None


def _refuse_shared_places(config: Path, sensors: Sequence[SensorConfig]) -> None:
    """Refuse two sensors at one place: the counter could not tell whose sample it is given."""
    at: dict[str, str] = {}
    for sensor in sensors:
        if other := at.get(sensor.place):
            raise SettingsError(
                f"{config}: sensors.{other} and sensors.{sensor.name} both have place {sensor.place!r}; "
                "expected one sensor at each place"
            )
        at[sensor.place] = sensor.name


def data_folder(config: Path, name: str, value: str) -> Path:
    path = Path(value)
    if not path.is_dir() or not os.access(path, os.W_OK):
        raise NotYetError(f"{config}: {name} is {value!r}; expected a folder this user may write to")
    return path
