"""Calibrations on disk: one TOML file per sensor, written whole or not at all, believed whole or not at all.

A file names its rig, its sensor and its wiring, and ends with a checksum over everything before it. Whatever does not
fit makes the cell uncalibrated, with the reason in words; reading never raises. A muscle's reference is of one
person: its file lies in a folder of that person's pseudonymous id, and is named by the muscle's place.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from drivers.base import ConfigError
from drivers.calibration.record import LoadRecord, MuscleRecord, PoseRecord, Record, again, wiring
from drivers.config import SensorConfig

FOLDER = "calibration"
"""The folder beside the journal, in the one that ``paths.data`` of ``station.toml`` names."""
SCHEMA = 1
LARGEST_BYTES = 16 * 1024
_CHECKSUM = "checksum = "
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_KINDS: Mapping[str, type[Record]] = {"load": LoadRecord, "pose": PoseRecord, "muscle": MuscleRecord}


@dataclass(frozen=True, slots=True)
class Found:
    """What the folder holds for a sensor: a record to believe or a problem in words; neither without a file."""

    record: Record | None = None
    problem: str = ""


NOTHING = Found()


class _Void(Exception):  # noqa: N818 - reads as what happened
    """A file that must not be believed; the message says why."""


def path_of(folder: Path, sensor: str) -> Path:
    """Return the file of a sensor. Raises ConfigError for a name that cannot be a file's."""
    return folder / f"{_file_name(f'sensors.{sensor!r}', sensor)}.toml"


def muscle_path(folder: Path, patient: str, place: str) -> Path:
    """Return the file of a person's muscle. Raises ConfigError for a name that cannot be a file's."""
    return (
        folder
        / _file_name(f"station.patient_id {patient!r}", patient)
        / f"{_file_name(f'place {place!r}', place)}.toml"
    )


def path_for(folder: Path, config: SensorConfig, patient: str = "") -> Path:
    """Return the file that holds a sensor's calibration. Raises ConfigError for a name that cannot be a file's."""
    if config.calibrates == "muscle":
        return muscle_path(folder, patient, config.place)
    return path_of(folder, config.name)


def _file_name(what: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{what} cannot name a file, expected letters, digits, _ and -, 40 at most.")
    return name


def write(folder: Path, record: Record) -> Path:
    """Put a record in its file, replacing an older one in one step, and return the file.

    After a power cut there is either the old file or the new one. Raises OSError when the disk refuses.
    """
    path = path_of(folder, record.sensor)
    if isinstance(record, MuscleRecord):
        path = muscle_path(folder, record.patient, record.place)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{record.sensor}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            # The station reads what a technician wrote under another name.
            os.fchmod(file.fileno(), 0o644)
            file.write(to_toml(record))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)
    if path.parent != folder:
        _sync_folder(folder)
    return path


def read(folder: Path, config: SensorConfig, rig: str, patient: str = "") -> Found:
    """Return what is kept for a sensor of the rig with that id, of this patient where it is of a person.

    ``patient`` is the pseudonymous id. Never raises.
    """
    if config.calibrates == "muscle" and not patient:
        return NOTHING
    try:
        path = path_for(folder, config, patient)
        with path.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return NOTHING
    except ConfigError as exc:
        return Found(problem=str(exc))
    except OSError as exc:
        return Found(problem=f"calibration file {path.name} cannot be read ({exc.strerror})")
    try:
        return Found(_believed(from_toml(text), config, rig, patient))
    except _Void as exc:
        return Found(problem=f"calibration file {path.name} {exc}: {again(config.name)}")


def to_toml(record: Record) -> bytes:
    """Return a record as the bytes of its file."""
    known = {"schema": SCHEMA, **msgspec.to_builtins(record, builtin_types=(datetime,))}
    lines = [f"# Written by `steadyrig calibrate {record.sensor}`. Changed by hand it is not believed any more."]
    lines += [f"{key} = {_value(value)}" for key, value in known.items() if value is not None]
    body = "\n".join(lines).encode() + b"\n"
    return body + f'{_CHECKSUM}"{hashlib.sha256(body).hexdigest()}"\n'.encode()


def from_toml(text: bytes) -> Record:
    """Return the record in the bytes of a file. Raises an error that says in words why not."""
    body, mark, checksum = text.rpartition(_CHECKSUM.encode())
    if not mark or checksum != f'"{hashlib.sha256(body).hexdigest()}"\n'.encode():
        raise _Void("is damaged or was changed by hand")
    try:
        known = tomllib.loads(body.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise _Void("is not valid TOML") from None
    schema, kind = known.pop("schema", None), str(known.get("kind"))
    if schema != SCHEMA or kind not in _KINDS:
        raise _Void("was written by another version of the station")
    try:
        return msgspec.convert(known, _KINDS[kind])
    except msgspec.ValidationError as exc:
        raise _Void(f"cannot be ({exc})") from None


def _believed(record: Record, config: SensorConfig, rig: str, patient: str) -> Record:
    """Return the record if it is of this rig, sensor and wiring, and of this person's muscle where it is of one."""
    if record.rig != rig:
        raise _Void(f"is of another rig ({record.rig})")
    if record.sensor != config.name:
        raise _Void(f"is of another sensor ({record.sensor})")
    expected = wiring(config)
    for key in sorted({*record.wiring, *expected}):
        if record.wiring.get(key) != expected.get(key):
            found, now = record.wiring.get(key), expected.get(key)
            raise _Void(f"is of another wiring ({key} was {found!r}, station.toml has {now!r})")
    if not isinstance(record, _KINDS.get(config.calibrates, ())):
        raise _Void("is of another kind of sensor")
    if isinstance(record, MuscleRecord) and (record.patient, record.place) != (patient, config.place):
        raise _Void(f"is of another person or muscle ({record.place} of {record.patient})")
    return record


def _value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Mapping():
            return "{ " + ", ".join(f"{key} = {_value(part)}" for key, part in value.items()) + " }"
        case tuple() | list():
            return "[" + ", ".join(map(_value, value)) + "]"
        case _:
            return repr(value)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
