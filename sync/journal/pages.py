"""Rows out of the bare pages of an SQLite file, whatever has become of its header, its index or its order.

Only leaf pages of tables are read, each by itself, as the file format describes them
(https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.1). A page that makes no sense gives nothing. Old copies
of a row may come too, and come before the newer ones: who asks must be able to tell rows apart by their content.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

Value = int | float | str | bytes | None
PAGE = 4096
"""SQLite's page size, and the journal's, since 2016; used where the header does not say."""
MOST_BYTES = 4_000_000
"""No row of a journal is longer; a length beyond it is noise."""
_HEADER, _FRAME = 32, 24
_LEAF = 0x0D
_FIRST_CELLS = 100
"""The first page begins with the file's header."""


class Pages:
    """The pages of the file at ``path`` and of its write-ahead log, where there are any. Nothing is written."""

    def __init__(self, path: Path) -> None:
        self._file, self._log = _Bytes(path), _Bytes(path.with_name(f"{path.name}-wal"))
        self.size = _size_in(self._file.read(0, 100))
        self._newest: dict[int, int] = {}
        """Where in the log the newest copy of a page is."""

    def rows(self) -> Iterator[tuple[int, list[Value]]]:
        """Yield rowid and values of every row that can be read, older copies of a page first."""
        self._newest = dict(self._logged())
        for number in range(1, self._file.length // self.size + 2):
            yield from self._rows_of(self._in_file(number), number)
        for number, at in self._logged():
            yield from self._rows_of(self._log.read(at, self.size), number)

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()
        self._log.close()

    def _in_file(self, number: int) -> bytes:
        return self._file.read((number - 1) * self.size, self.size)

    def _newest_of(self, number: int) -> bytes:
        at = self._newest.get(number)
        return self._in_file(number) if at is None else self._log.read(at, self.size)

    def _logged(self) -> Iterator[tuple[int, int]]:
        """Yield number and place of the pages in the log in order, as far as its transactions are whole."""
        step = _FRAME + self.size
        starts = range(_HEADER, self._log.length - step + 1, step)
        frames = [(at, self._log.read(at, _FRAME)) for at in starts]
        whole = 0
        for count, (_, frame) in enumerate(frames, 1):
            if frame[8:16] != frames[0][1][8:16]:  # of an earlier round through the log
                break
            if frame[4:8] != bytes(4):  # the last of its transaction
                whole = count
        for at, frame in frames[:whole]:
            yield int.from_bytes(frame[:4], "big"), at + _FRAME

    def _rows_of(self, page: bytes, number: int) -> Iterator[tuple[int, list[Value]]]:
        start = _FIRST_CELLS if number == 1 else 0
        if len(page) < start + 8 or page[start] != _LEAF:
            return
        (cells,) = struct.unpack_from(">H", page, start + 3)
        for at in range(start + 8, min(start + 8 + 2 * cells, len(page) - 1), 2):
            try:
                yield self._row(page, int.from_bytes(page[at : at + 2], "big"))
            except (IndexError, ValueError, struct.error):
                continue

    def _row(self, page: bytes, at: int) -> tuple[int, list[Value]]:
        length, at = _varint(page, at)
        rowid, at = _varint(page, at)
        if not 0 < length <= MOST_BYTES:
            raise ValueError(length)
        return rowid, _values(self._payload(page, at, length))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        """Return the bytes of a row, those on overflow pages too (section 1.6 of the format)."""
        usable = self.size
        most, least = usable - 35, (usable - 12) * 32 // 255 - 23
        if length <= most:
            return page[at : at + length]
        here = least + (length - least) % (usable - 4)
        here = here if here <= most else least
        parts, left = [page[at : at + here]], length - here
        (following,) = struct.unpack_from(">I", page, at + here)
        while left > 0 and following:
            more = self._newest_of(following)
            parts.append(more[4 : 4 + min(left, usable - 4)])
            left -= usable - 4
            (following,) = struct.unpack_from(">I", more)
        return b"".join(parts)


class _Bytes:
    """A file as far as the disk still gives it; one that is not there is empty."""

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor: int | None = os.open(path, os.O_RDONLY)
        except OSError:
            self._descriptor = None
        self.length = 0 if self._descriptor is None else os.fstat(self._descriptor).st_size

    def read(self, at: int, size: int) -> bytes:
        """Return a stretch of it; nothing where the disk refuses."""
        try:
            return b"" if self._descriptor is None else os.pread(self._descriptor, size, at)
        except OSError:
            return b""

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _size_in(file: bytes) -> int:
    size = int.from_bytes(file[16:18], "big")
    size = 65_536 if size == 1 else size
    return size if 512 <= size <= 65_536 and size & (size - 1) == 0 else PAGE


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes and where the next thing begins."""
    value = 0
    for count in range(8):
        byte = data[at + count]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    return value << 8 | data[at + 8], at + 9


_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def _values(payload: bytes) -> list[Value]:
    """Return the columns of a row (section 2.1 of the format). Raises ValueError or IndexError for noise."""
    end, at = _varint(payload, 0)
    body, values = end, list[Value]()
    while at < end:
        # Nearly all kinds take one byte, and a long journal has millions of them.
        kind, at = (payload[at], at + 1) if payload[at] < 0x80 else _varint(payload, at)
        value, body = _value(payload, kind, body)
        values.append(value)
    if body != len(payload):
        raise ValueError("a row that ends elsewhere")
    return values


def _value(payload: bytes, kind: int, at: int) -> tuple[Value, int]:
    if kind >= 12:
        size = (kind - 12) // 2
        raw = payload[at : at + size]
        return (raw.decode() if kind % 2 else raw), at + size
    if kind == 7:
        return float(struct.unpack_from(">d", payload, at)[0]), at + 8
    if kind in _INTEGERS:
        size = _INTEGERS[kind]
        return int.from_bytes(payload[at : at + size], "big", signed=True), at + size
    if kind in (0, 8, 9):
        return (None if kind == 0 else kind - 8), at
    raise ValueError(kind)
