"""The three services, from their settings files: ``steadyrig station``, ``bridge`` and ``panel``."""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from drivers.config import SensorConfig
from edge.alone import alone_with_sensors
from edge.belongings import JOURNAL
from edge.config import (
    MqttTable,
    NotPairedError,
    NotYetError,
    PanelSettings,
    RecorderTable,
    SettingsError,
    StationSettings,
    StationTable,
    load_device,
    load_settings,
)
from edge.waiting import LOOK_S, Problems, absent, when_ready
from sync.files import in_the_way
from sync.mqtt import BRIDGE_RETRY_S, LONGEST_RETRY_S, SESSION_S, MqttTransport

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from drivers.controls import ControlsConfig
    from drivers.dock import DockConfig
    from drivers.recorder import Recorder
    from sync.pairing.server import PairingServer
    from sync.panel.config import Door
    from sync.panel.serve import PanelServer

CLOCK_WAS_SET = Path("/run/systemd/timesync/synchronized")
"""Touched by systemd-timesyncd when a network has set the clock since the computer was started."""
REPAIRED = "the journal could not be read: it is kept aside under a dated name, and what was readable is in a new one"

EXPECTED = "sqlite:////var/lib/steadyrig/panel.db or postgresql://steadyrig@127.0.0.1/steadyrig"


def run_station(config: Path, stop: threading.Event) -> None:
    """Run the station until ``stop`` is set or its window is closed."""
    from display.shapes import View
    from display.sound import Speaker
    from drivers.calibration.files import FOLDER
    from drivers.calibration.rig import all_words, load_calibrations
    from drivers.clock import SystemClock, boot_id
    from drivers.factory import PiHardware
    from drivers.kept_controls import KeptControls
    from edge.foyer import open_window
    from edge.station import Station
    from edge.wiring import StationRun
    from sync.journal import open_journal
    from sync.journal.room import MB, Room
    from sync.keeper import Keeper

    device = _device(config)
    _rig(config, device)  # what has to be mended is told before anything is waited for
    clock, problems = SystemClock(), Problems("station")
    with ExitStack() as running:
        settings = _await_start(config, device, problems, stop, running)
        sensors, wanted, dock = _rig(config, settings)
        zone = _home(config, settings.station)
        link = _transport(config, settings.mqtt, settings.station.id, settle_by_hand=False)
        verifier = _clinic_key(config, "clinic_key", settings.paths.clinic_key)
        former = [_clinic_key(config, "former_clinic_keys", one) for one in settings.paths.former_clinic_keys]
        data = Path(settings.paths.data)
        journal = data / JOURNAL
        room = Room(journal, settings.journal.max_mb * MB)
        boot = boot_id()

        def sure_of_time() -> bool:
            return settings.station.rtc or CLOCK_WAS_SET.exists()

        recorder = _recorder(settings.recorder, data, sensors)
        calibrations = load_calibrations(sensors, data / FOLDER, settings.station.id, settings.station.patient_id)

        def make_keeper(station: Station) -> Keeper:
            return Keeper(
                lambda: open_journal(journal, settings.station.patient_id, boot, room),
                link,
                settings.station.id,
                settings.station.patient_id,
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
                sure=sure_of_time,
                zone=zone,
            )

        _refuse_foreign_journal(config, journal, settings.station)
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
            sure_of_time=sure_of_time,
            zone=zone,
            clinic_number=settings.clinic.number,
            emergency_number=settings.clinic.emergency_number,
        )
        running.enter_context(run)

        def look(_view: View) -> None:
            problems.look(
                broker=link.problem,
                journal=run.keeper.problem,
                repaired=REPAIRED if run.keeper.repaired else None,
                refused=run.keeper.last_refusal,
                controls="; ".join(controls.problems()) or None if controls else None,
                worn=" ".join(map(str, (*run.station.state.misworn, *run.alike))) or None,
                calibration=all_words(sensors, calibrations, clock.wall()) or None,
                recorder=recorder.problem if recorder else None,
            )

        run.run(look, stop.is_set)


class Rig(NamedTuple):
    """What is fitted, as the settings describe it."""

    sensors: Sequence[SensorConfig]
    controls: ControlsConfig | None
    dock: DockConfig | None


def _rig(config: Path, settings: StationSettings) -> Rig:
    """Return what is fitted. Raises SettingsError or ConfigError for what cannot be."""
    from drivers.controls import parse_controls
    from drivers.dock import parse_dock
    from drivers.factory import parse_sensors

    sensors = parse_sensors(settings.sensors, config.name, settings.buses)
    _refuse_shared_places(config, sensors)
    return Rig(
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
    from edge.foyer import Foyer

    def begin() -> StationSettings:
        settings = load_settings(config, StationSettings)
        running.enter_context(alone_with_sensors(_folder(config, "paths.data", settings.paths.data)))
        return settings

    with closing(Foyer(device.screen, device.clinic.number)) as foyer:
        return when_ready(begin, problems, stop, foyer.show)


def _home(config: Path, station: StationTable) -> tzinfo | None:
    try:
        return station.home()
    except SettingsError as exc:
        raise SettingsError(f"{config}: {exc}") from None


def _recorder(table: RecorderTable, data: Path, sensors: Sequence[SensorConfig]) -> Recorder | None:
    """Return what records the sessions raw, None where that is switched off."""
    from drivers.recorder import Recorder
    from drivers.shelf import TRACES

    if not table.on:
        return None
    return Recorder(data / TRACES, table.max_mb, [(sensor.name, sensor.place) for sensor in sensors])


def _clinic_key(config: Path, name: str, path: str) -> Ed25519PublicKey:
    from sync.signing import SigningError, load_verifier

    try:
        return load_verifier(Path(path))
    except SigningError as exc:
        raise SettingsError(f"{config}: paths.{name} is {path!r}: {exc}") from None


def clinic_signer(config: Path) -> Ed25519PrivateKey:
    """Return the clinic's signing key. Raises SettingsError where there is none, or none that can be used."""
    from sync.signing import SIGNING_KEY, SigningError, load_signer

    try:
        return load_signer(Path(load_settings(config, PanelSettings).panel.keys) / SIGNING_KEY)
    except SigningError as exc:
        raise SettingsError(f"{config}: panel.keys: {exc}") from None


def run_bridge(config: Path, stop: threading.Event) -> None:
    """Carry records and plans until ``stop`` is set."""
    from sync.bridge import Bridge, session_s

    settings, problems = load_settings(config, PanelSettings), Problems("bridge")
    when_ready(lambda: prepare_database(config, settings.panel.database), problems, stop)

    def transport() -> MqttTransport:
        return _transport(
            config,
            settings.mqtt,
            settings.mqtt.username or "bridge",
            settle_by_hand=True,
            longest_retry_s=BRIDGE_RETRY_S,
            session_s=session_s(settings.panel.database),
        )

    # The broker's first start makes the bridge's password.
    link = when_ready(transport, problems, stop)
    bridge = Bridge(link, settings.panel.database)
    bridge.start()
    try:
        while not stop.wait(LOOK_S):
            problems.look(broker=link.problem, database=bridge.problem)
    finally:
        bridge.stop()


def run_panel(config: Path, stop: threading.Event) -> None:
    """Serve the panel until ``stop`` is set, and the pairing desk beside it where the settings have one."""
    from sync.panel.app import create_app
    from sync.panel.config import PanelConfig, PanelError
    from sync.panel.serve import serve
    from sync.signing import SigningError

    whole, problems = load_settings(config, PanelSettings), Problems("panel")
    settings = whole.panel
    when_ready(lambda: prepare_database(config, settings.database), problems, stop)
    try:
        prepared = PanelConfig(
            settings.database,
            Path(settings.keys),
            _secret(config, Path(settings.secret_file)),
            hosts=settings.hosts,
            secure_cookies=settings.https,
            clinic_phone=settings.clinic_phone,
            emergency_phone=settings.emergency_phone,
            door=_door(config, whole),
        )
    except PanelError as exc:
        raise SettingsError(f"{config}: panel.secret_file is {settings.secret_file!r}: {exc}") from None
    try:
        app = create_app(prepared)
    except SigningError as exc:
        raise SettingsError(f"{config}: panel.keys: {exc}") from None

    def served() -> PanelServer:
        with _port(config, "panel", settings.host, settings.port):
            return serve(app, settings.host, settings.port)

    with when_ready(served, problems, stop) as server:
        print(f"The panel is at {server.url}", flush=True)
        with _pairing(config, whole, prepared.secret_key, problems, stop) as desk:
            while not stop.wait(LOOK_S):
                problems.look(certificate=desk.problem if desk else None)


@contextmanager
def _port(config: Path, table: str, host: str, port: int) -> Iterator[None]:
    """What the system says of an address to listen at becomes one sentence."""
    try:
        socket.getaddrinfo(host, port)  # waitress would not tell why a name has no address
        yield
    except OSError as exc:
        # asyncio would say the address once more.
        why = os.strerror(exc.errno) if exc.errno and exc.errno > 0 else exc
        raise absent(exc)(
            f"{config}: {table}.host is {host!r}, {table}.port is {port}: {why}; expected an address of this "
            "computer and a free port"
        ) from None


def _door(config: Path, settings: PanelSettings) -> Door | None:
    """Return where stations redeem pairing codes; the first call makes the clinic's certificates."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from sync.certificates import CertificateError, load_certificate, server_files
    from sync.panel.config import Door

    if settings.pairing is None:
        return None
    try:
        files = server_files(Path(settings.panel.keys), settings.broker.names)
        ca = load_certificate(files.ca).public_bytes(Encoding.DER)
    except (CertificateError, OSError) as exc:
        raise SettingsError(f"{config}: panel.keys is {settings.panel.keys!r}: {exc}") from None
    return Door(settings.broker.names[0], settings.pairing.port, ca, files.certificate)


@contextmanager
def _pairing(
    config: Path, settings: PanelSettings, secret: str, problems: Problems, stop: threading.Event
) -> Iterator[PairingServer | None]:
    """Let stations redeem pairing codes within the block, where the settings have a desk for it."""
    from sync.certificates import server_files
    from sync.pairing.desk import Desk, Place
    from sync.pairing.server import PairingServer
    from sync.signing import VERIFY_KEY
    from sync.store.database import engine

    table, keys, broker = settings.pairing, Path(settings.panel.keys), settings.broker
    if table is None:
        yield None
        return
    try:
        place = Place(broker.names[0], broker.port, (keys / VERIFY_KEY).read_text("ascii"))
    except OSError as exc:
        raise SettingsError(f"{config}: panel.keys is {str(keys)!r}: {VERIFY_KEY}: {exc.strerror}") from None
    database = engine(settings.panel.database)
    desk = Desk(database, secret, place, time.time)

    def opened() -> PairingServer:
        with _port(config, "pairing", table.host, table.port):
            return PairingServer(desk, lambda: server_files(keys, broker.names), table.host, table.port)

    try:
        with when_ready(opened, problems, stop) as server:
            print(f"Stations redeem pairing codes at {table.host}:{server.port}", flush=True)
            yield server
    finally:
        database.dispose()


def _refuse_foreign_journal(config: Path, path: Path, station: StationTable) -> None:
    """Refuse another station's or patient's journal: what it holds must not be sent, or gone by, under this name."""
    from sync.journal import JournalError, check_whose

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


def _transport(
    config: Path,
    mqtt: MqttTable,
    client_id: str,
    *,
    settle_by_hand: bool,
    longest_retry_s: float = LONGEST_RETRY_S,
    session_s: int = SESSION_S,
) -> MqttTransport:
    try:
        return MqttTransport(
            mqtt.host,
            mqtt.port,
            client_id,
            mqtt.username or None,
            mqtt.password() or None,
            ca=mqtt.ca_file or None,
            settle_by_hand=settle_by_hand,
            longest_retry_s=longest_retry_s,
            session_s=session_s,
        )
    except SettingsError as exc:
        raise type(exc)(f"{config}: {exc}") from None
    except OSError as exc:
        raise absent(exc)(
            f"{config}: mqtt.ca_file is {mqtt.ca_file!r}: {exc.strerror or exc}; expected a CA certificate"
        ) from None


def prepare_database(config: Path, url: str) -> None:
    """Bring the clinic's database up to date. Raises SettingsError for one that cannot be opened, or not yet."""
    from alembic.util import CommandError
    from sqlalchemy.exc import OperationalError, SQLAlchemyError

    from sync.store.database import upgrade

    try:
        upgrade(url)
    except (SQLAlchemyError, ImportError, CommandError) as exc:
        kind = NotYetError if isinstance(exc, OperationalError) else SettingsError
        why, shown = str(exc).splitlines()[0], re.sub(r":[^:@/]*@", ":***@", url)
        if isinstance(exc, CommandError):
            why = f"a newer program has written it ({why}); update this one"
        raise kind(f"{config}: panel.database is {shown!r}: {why}; expected a database such as {EXPECTED}") from None


def _folder(config: Path, name: str, value: str) -> Path:
    path = Path(value)
    if not path.is_dir() or not os.access(path, os.W_OK):
        raise NotYetError(f"{config}: {name} is {value!r}; expected a folder this user may write to")
    return path


def _secret(config: Path, path: Path) -> str:
    """Return the panel's secret; the first start makes one that only this user can read."""
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text("utf-8").strip()
    except OSError as exc:
        raise SettingsError(f"{config}: panel.secret_file is {str(path)!r}: {in_the_way(exc)}") from None
