"""Where recordings lie: so many megabytes at most, the oldest go first, and nothing is ever half a file.

Each has a running number in front of its name, because a clock may be wrong and a number is not:
``000012-<name>.npz``, or ``000012-<name>.parts/`` while it is being written.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import IO

import numpy as np

from drivers.traces import UNREADABLE, Arrays, join, part_files

MB = 1_000_000
TRACES = "traces"
"""The folder of the recordings, in the station's data folder."""
KEEP_FREE_BYTES = 100 * MB
"""Recordings never take the last of the disk: the journal needs it."""

TRIAL_BYTES = 200_000
"""What five seconds of four sensors take, and a little more."""

_PARTS, _UNFINISHED = ".parts", ".tmp"
_NUMBERED = re.compile(r"([0-9]{6})-[A-Za-z0-9_-]+\.(npz|parts)")
_ENTRY_BYTES = 512
"""What an array costs in a file beside its numbers, at most."""


class Trouble(StrEnum):
    """Why a disk takes no recording, as far as somebody can do something about it."""

    DISK_FULL = "disk full"
    READ_ONLY = "disk is read-only"
    REFUSED = "the disk refuses"


def trouble(exc: BaseException) -> Trouble:
    """Return what kind of trouble an error of the disk is."""
    match getattr(exc, "errno", None):
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return Trouble.DISK_FULL
        case errno.EROFS:
            return Trouble.READ_ONLY
    return Trouble.REFUSED


def try_to_write(folder: Path) -> None:
    """Write as much as a part takes and remove it again, dropping nothing for it. Raises OSError."""
    if shutil.disk_usage(folder).free < KEEP_FREE_BYTES:
        raise _too_little_free()
    unfinished = folder / f"trial{_UNFINISHED}"
    try:
        with unfinished.open("wb") as file:
            file.write(bytes(TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        unfinished.unlink(missing_ok=True)


class Shelf:
    """The recordings in ``folder``, never more than ``most_bytes`` of them. One thread owns it."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self._most_bytes = most_bytes

    def recordings(self) -> list[Path]:
        """Return every recording, oldest first."""
        found = (path for path in self.folder.glob("*") if _NUMBERED.fullmatch(path.name))
        return sorted(found, key=lambda path: path.name)

    def open(self, name: str) -> Path:
        """Return the new folder for the parts of a recording. Raises OSError."""
        newest = max((int(path.name[:6]) for path in self.recordings()), default=0)
        folder = self.folder / f"{newest + 1:06d}-{name}{_PARTS}"
        folder.mkdir(parents=True)
        return folder

    def write_part(self, folder: Path, arrays: Arrays) -> None:
        """Write the next part of a recording, whole or not at all. Raises OSError."""
        self._make_room(sum(values.nbytes + _ENTRY_BYTES for values in arrays.values()), folder)
        written = part_files(folder)
        number = int(written[-1].stem) + 1 if written else 1
        # Not synced to the disk: that could hold the journal up, and a recording may lose its last seconds.
        _write_whole(
            folder / f"{number:06d}.npz", lambda file: np.savez_compressed(file, allow_pickle=False, **arrays)
        )

    def join(self, folder: Path) -> None:
        """Make one file of a recording's parts, key by key to save memory; no room for both: it stays in parts."""
        parts = part_files(folder)
        size = sum(path.stat().st_size for path in parts)
        if 2 * size > self._most_bytes:
            return
        if not parts:
            folder.rmdir()
            return
        # Compressed in one go the numbers take no more than they did part by part, but for a little.
        self._make_room(size + size // 10, folder)
        _write_whole(folder.with_suffix(".npz"), lambda file: _join_into(file, parts))
        shutil.rmtree(folder)

    def tidy(self) -> None:
        """Join what an earlier run left in parts, and remove what it had not finished. Raises OSError."""
        for unfinished in self.folder.rglob(f"*{_UNFINISHED}"):
            unfinished.unlink()
        for path in self.recordings():
            if path.suffix == _PARTS:
                self.join(path)

    def _make_room(self, need_bytes: int, keep: Path) -> None:
        """Drop the oldest until there is room; last of all the beginning of ``keep`` itself."""
        others = [path for path in self.recordings() if path != keep]
        parts = part_files(keep)
        while self._used_bytes() + need_bytes > self._most_bytes and (others or parts):
            _remove(others.pop(0) if others else parts.pop(0))
        while shutil.disk_usage(self.folder).free - need_bytes < KEEP_FREE_BYTES and others:
            _remove(others.pop(0))
        if shutil.disk_usage(self.folder).free - need_bytes < KEEP_FREE_BYTES:
            raise _too_little_free()

    def _used_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


def _too_little_free() -> OSError:
    return OSError(errno.ENOSPC, f"less than {KEEP_FREE_BYTES // MB} MB are free on its disk")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _write_whole(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file under another name first: whoever finds it finds all of it."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            write(file)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _join_into(file: IO[bytes], paths: list[Path]) -> None:
    with ExitStack() as open_parts:
        parts = []
        for path in paths:
            try:
                parts.append(open_parts.enter_context(np.load(path, allow_pickle=False)))
            except UNREADABLE:
                continue  # its samples are missing from the sequence, which tells
        keys = dict.fromkeys(key for part in parts for key in part.files)
        # The least compression: half the time for 3 % more space, measured on half an hour of four sensors.
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for key in keys:
                with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, join(parts, key), allow_pickle=False)
