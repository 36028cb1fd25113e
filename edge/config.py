"""Settings files, read once at the start: ``station.toml`` and ``panel.toml``.

A file that cannot be used is refused with one sentence naming the file, the key, its value and what was expected.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import fields

from edge.records import ID_PATTERN, Id
from sync.files import in_the_way

DEFAULT_FOLDER = Path("/etc/steadyrig")
DEFAULT_STATION = DEFAULT_FOLDER / "station.toml"
DEFAULT_PANEL = DEFAULT_FOLDER / "panel.toml"
PAIRING = "pairing.toml"
"""What ``steadyrig pair`` writes beside ``station.toml``: who this station is, and where its broker is."""
PASSWORD, CA, CLINIC_KEY = "station.password", "ca.crt", "clinic.pub"
"""And these, for that broker and for what the clinic signs."""
DATA_FOLDER = "/var/lib/steadyrig"

Port = Annotated[int, Meta(ge=1, le=65535)]


class SettingsError(ValueError):
    """A settings file that cannot be used; the message says which file, key and value, and what was expected."""


class NotYetError(SettingsError):
    """Something that is not there now and may come by itself, such as a database: a service waits for it."""


class NotPairedError(NotYetError):
    """A station that no clinic has given a name yet."""


class StationTable(Struct, forbid_unknown_fields=True, frozen=True):
    """Who this station is: its id, and the pseudonymous id of the one patient it serves.

    ``rtc`` says that a battery keeps its clock while it is off; without one, dates are believed only after a network
    has set it. ``zone`` is where the patient lives, as "Europe/Berlin": it says when a day begins. Empty is the
    computer's own.
    """

    id: Id
    patient_id: Id
    rtc: bool = False
    zone: str = ""

    def home(self) -> tzinfo | None:
        """Return the patient's zone, None for the computer's own. Raises SettingsError for one that is not known."""
        if not self.zone:
            return None
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SettingsError(
                f"station.zone is {self.zone!r}; expected a zone as `timedatectl list-timezones` shows them"
            ) from None


class MqttTable(Struct, forbid_unknown_fields=True, frozen=True):
    """Where the broker is. ``password_file`` holds the password alone; ``ca_file`` turns TLS on."""

    host: str = "127.0.0.1"
    port: Port = 8883
    username: str = ""
    password_file: str = ""
    ca_file: str = ""

    def password(self) -> str:
        """Return the password. Raises SettingsError when the file cannot be read."""
        if not self.password_file:
            return ""
        try:
            return Path(self.password_file).read_text("utf-8").strip()
        except OSError as exc:
            kind = NotYetError if isinstance(exc, FileNotFoundError) else SettingsError
            raise kind(
                f"mqtt.password_file is {self.password_file!r}: {in_the_way(exc)}; expected a file with the password"
            ) from None


class StationPaths(Struct, forbid_unknown_fields=True, frozen=True):
    """Where the station keeps its journal, and the clinic's public key.

    ``former_clinic_keys`` are those it had before: what was cleared with them stays so, and nothing new is taken.
    """

    data: str = DATA_FOLDER
    clinic_key: str = str(DEFAULT_FOLDER / CLINIC_KEY)
    former_clinic_keys: tuple[str, ...] = ()


class ScreenTable(Struct, forbid_unknown_fields=True, frozen=True):
    """The screen: its size in pixels, the size of a pixel, and which hand is used."""

    width_px: Annotated[int, Meta(ge=640, le=3840)] = 1024
    height_px: Annotated[int, Meta(ge=400, le=2160)] = 600
    mm_per_px: Annotated[float, Meta(ge=0.05, le=0.5)] = 0.150
    left_handed: bool = False
    fullscreen: bool = True


Phone = Annotated[str, Meta(max_length=20, pattern=r"^[0-9+() /-]*$(?!\n)")]


class ClinicTable(Struct, forbid_unknown_fields=True, frozen=True):
    """The telephone numbers that the screen tells the patient: the clinic's, and the local emergency number.

    112 is the emergency number of Europe, and reaches it from mobile telephones in most other countries.
    """

    number: Phone = ""
    emergency_number: Annotated[Phone, Meta(min_length=1)] = "112"


class RecorderTable(Struct, forbid_unknown_fields=True, frozen=True):
    """Raw recordings of the sessions, kept on the station and sent nowhere; the oldest make room for the newest.

    On by default: a session that was counted wrongly cannot be looked at afterwards unless it was recorded.
    """

    on: bool = True
    max_mb: Annotated[int, Meta(ge=10, le=100_000)] = 200


class JournalTable(Struct, forbid_unknown_fields=True, frozen=True):
    """The journal's share of the disk: beyond it raw traces make room, the oldest first, and nothing else does."""

    max_mb: Annotated[int, Meta(ge=20, le=100_000)] = 200


class StationSettings(Struct, forbid_unknown_fields=True, frozen=True):
    """``station.toml``. What concerns hardware is checked in ``drivers``: chips, buses, controls, dock."""

    station: StationTable
    sensors: dict[str, Any]
    buses: dict[str, Any] | None = None
    controls: dict[str, Any] | None = None
    dock: dict[str, Any] | None = None
    mqtt: MqttTable = msgspec.field(default_factory=MqttTable)
    paths: StationPaths = msgspec.field(default_factory=StationPaths)
    clinic: ClinicTable = msgspec.field(default_factory=ClinicTable)
    screen: ScreenTable = msgspec.field(default_factory=ScreenTable)
    recorder: RecorderTable = msgspec.field(default_factory=RecorderTable)
    journal: JournalTable = msgspec.field(default_factory=JournalTable)


class PanelTable(Struct, forbid_unknown_fields=True, frozen=True):
    """The panel's own address, database and keys; ``keys`` is the folder with the
    clinic's signing key; ``hosts`` the names it answers to; ``https`` that browsers reach it over TLS only. The
    telephone numbers are printed on pocket cards; left empty there is a line to write on."""

    host: str = "127.0.0.1"
    port: Port = 8080
    database: str = f"sqlite:///{DATA_FOLDER}/panel.db"
    keys: str = f"{DATA_FOLDER}/keys"
    secret_file: str = f"{DATA_FOLDER}/panel.secret"
    https: bool = True
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    clinic_phone: Annotated[str, Meta(max_length=40)] = ""
    emergency_phone: Annotated[str, Meta(max_length=40)] = ""


BridgeName = Annotated[str, Meta(pattern=r"^bridge(\.[a-z0-9]{1,30})?$(?!\n)")]
HostName = Annotated[str, Meta(min_length=1, max_length=253)]


class BrokerTable(Struct, forbid_unknown_fields=True, frozen=True):
    """The broker that ``steadyrig broker`` runs: where it listens, and by which names stations reach it.

    The first of ``names`` is what a station is told when it is paired; the certificate is for all of them. Each
    bridge has a name of its own in ``bridges``: bridge, bridge.2, bridge.east; ``folder`` holds their passwords.
    """

    host: HostName = "127.0.0.1"
    port: Port = 8883
    names: Annotated[tuple[HostName, ...], Meta(min_length=1)] = ("127.0.0.1", "localhost")
    bridges: Annotated[tuple[BridgeName, ...], Meta(min_length=1)] = ("bridge",)
    folder: str = f"{DATA_FOLDER}/broker"


class PairingTable(Struct, forbid_unknown_fields=True, frozen=True):
    """Where stations redeem pairing codes, while the panel runs. Without the table nobody can be paired by code."""

    host: HostName = "127.0.0.1"
    port: Port = 8884


class PanelSettings(Struct, forbid_unknown_fields=True, frozen=True):
    """``panel.toml``, for the panel, the bridge and the broker."""

    panel: PanelTable = msgspec.field(default_factory=PanelTable)
    mqtt: MqttTable = msgspec.field(default_factory=MqttTable)
    broker: BrokerTable = msgspec.field(default_factory=BrokerTable)
    pairing: PairingTable | None = None


T = TypeVar("T", StationSettings, PanelSettings)


def load_settings(path: Path, kind: type[T]) -> T:
    """Read a settings file, a station's together with its pairing.

    Raises SettingsError with one sentence, and NotPairedError for a station that nobody has paired.
    """
    tables = read_tables(path)
    if kind is StationSettings:
        tables = _with_pairing(path, tables)
    return checked(path, tables, kind)


def load_device(path: Path) -> StationSettings:
    """Read what ``station.toml`` says of the device alone, whoever it is or was. Raises SettingsError."""
    nobody = pairing_tables("station-unknown", "patient-unknown", "clinic", 8883, path.parent)
    return checked(path, joined(path, read_tables(path), nobody), StationSettings)


def pairing_tables(station_id: str, patient_id: str, host: str, port: int, folder: Path) -> dict[str, dict[str, Any]]:
    """Return what pairing says: who the station is, where its broker is, and its files in ``folder``."""
    return {
        "station": {"id": station_id, "patient_id": patient_id},
        "mqtt": {
            "host": host,
            "port": port,
            "username": station_id,
            "password_file": str(folder / PASSWORD),
            "ca_file": str(folder / CA),
        },
        "paths": {"clinic_key": str(folder / CLINIC_KEY)},
    }


def _with_pairing(path: Path, tables: dict[str, Any]) -> dict[str, Any]:
    pairing = path.with_name(PAIRING)
    if pairing.exists():
        return joined(path, tables, read_tables(pairing))
    said = tables.get("station", {})
    if not isinstance(said, dict) or "id" in said or "patient_id" in said:
        return tables  # set up by hand
    load_device(path)  # what has to be mended is told first
    raise NotPairedError(
        f"{path}: this device is not paired with a clinic, there is no {pairing.name} beside it; make a code on the "
        "panel, under Stations, and type here: sudo steadyrig pair"
    )


def read_tables(path: Path) -> dict[str, Any]:
    """Return what a TOML file says, not checked yet. Raises SettingsError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror}; expected a settings file there") from None
    # Not only TOMLDecodeError: a number of thousands of digits, and brackets in brackets, end its reader otherwise.
    except (ValueError, RecursionError) as exc:
        raise SettingsError(f"{path}: not valid TOML: {exc}") from None


def joined(path: Path, tables: Mapping[str, Any], paired: Mapping[str, Any]) -> dict[str, Any]:
    """Return a station's settings with what pairing says. Raises SettingsError for what both of them say."""
    whole = dict(tables)
    for name, keys in paired.items():
        held = whole.get(name, {})
        if not isinstance(held, dict):
            continue  # told by the check that follows
        for key in held.keys() & keys.keys():
            raise SettingsError(
                f"{path}: {name}.{key} is {held[key]!r}; pairing by code says it in {PAIRING}, leave it out here"
            )
        whole[name] = held | keys
    return whole


def checked(path: Path, tables: Mapping[str, Any], kind: type[T]) -> T:
    """Return settings of that kind. Raises SettingsError for the first thing that does not fit."""
    try:
        return msgspec.convert(tables, kind)
    except msgspec.ValidationError as exc:
        raise SettingsError(f"{path}: {_explain(str(exc), tables, kind)}") from None


def _explain(message: str, tables: Mapping[str, Any], kind: type[Struct]) -> str:
    """Return msgspec's message with the value it speaks of in front, and the keys there are for one that is none."""
    what, _, where = message.partition(" - at `$")
    keys = re.findall(r"\w+", where)
    value: Any = tables
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    named = f"{'.'.join(keys)} is {value!r}: " if keys and not isinstance(value, dict) else ""
    inside = f" in [{'.'.join(keys)}]" if isinstance(value, dict) and keys else ""
    what = what.replace(f"`str` matching regex {ID_PATTERN!r}", "8 to 40 small letters, digits and -")
    known = f"; expected {', '.join(_known(kind, keys))}" if "unknown field" in what else ""
    return f"{named}{what[0].lower()}{what[1:]}{inside}{known}"


def _known(kind: type[Struct], keys: Sequence[str]) -> Iterator[str]:
    """Return the keys that there are below ``keys``."""
    for key in keys:
        held = next(one.type for one in fields(kind) if one.name == key)
        kind = next(one for one in (held, *get_args(held)) if isinstance(one, type) and issubclass(one, Struct))
    return (one.name for one in fields(kind))
