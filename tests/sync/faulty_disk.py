"""A disk that refuses, fills up, or loses its power: a shim below SQLite, in place of its own way to the files.

Every write, truncation, sync and removal in a folder passes here. It is written down, so that the disk can be made
again as it was at any moment; and any one of them can be made to fail. A sync that fails has lost what was written
since the one before, as Linux does it: it reads well and is nowhere.
"""

import ctypes as c
import ctypes.util
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

OK, FULL, IOERR_WRITE, IOERR_FSYNC = 0, 13, 10 | 3 << 8, 10 | 4 << 8

_NAMES = (
    "close", "read", "write", "truncate", "sync", "file_size", "lock", "unlock", "check_lock", "control",
    "sector_size", "characteristics", "shm_map", "shm_lock", "shm_barrier", "shm_unmap", "fetch", "unfetch",
)  # fmt: skip
_VFS_NAMES = (
    "open", "delete", "access", "full_path", "dl_open", "dl_error", "dl_sym", "dl_close", "randomness", "sleep",
    "time", "last_error", "time64", "set_call", "get_call", "next_call",
)  # fmt: skip


class _Methods(c.Structure):
    _fields_ = [("version", c.c_int), *((name, c.c_void_p) for name in _NAMES)]


class _File(c.Structure):
    _fields_ = [("methods", c.c_void_p)]


class _Vfs(c.Structure):
    _fields_ = [
        ("version", c.c_int), ("size", c.c_int), ("longest", c.c_int), ("next", c.c_void_p), ("name", c.c_char_p),
        ("data", c.c_void_p), *((name, c.c_void_p) for name in _VFS_NAMES),
    ]  # fmt: skip


# Names stay pointers: SQLite keeps them, and reads on behind their end.
_OPEN = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p, c.c_void_p, c.c_int, c.c_void_p)
_DELETE = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p, c.c_int)
_WRITE = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p, c.c_int, c.c_longlong)
_TRUNCATE = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_longlong)
_SYNC = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_int)


@dataclass
class Op:
    """One thing that was done to a file: ``what`` is write, truncate, sync or delete."""

    what: str
    name: str
    at: int = 0
    data: bytes = b""
    failed: bool = False


class Disk:
    """What happens below ``folder`` while it is entered. ``fail`` decides, by number from 1 and kind, what fails."""

    now = None

    def __init__(self, folder):
        self.folder, self.log, self.calls = Path(folder).resolve(), [], 0
        self.before = {one.name: one.read_bytes() for one in self.folder.iterdir() if one.is_file()}
        self.fail = lambda number, what: False
        self.full_at = None
        """Bytes that fit into the folder."""

    def __enter__(self):
        _install()
        Disk.now = self
        return self

    def __exit__(self, *_exc):
        Disk.now = None

    def mine(self, path):
        return Path(path).parent == self.folder

    @property
    def used(self):
        return sum(one.stat().st_size for one in self.folder.iterdir() if one.is_file())

    @property
    def free(self):
        return 10**9 if self.full_at is None else self.full_at - self.used

    def done(self, op):
        """Write an operation down; return what SQLite is told."""
        self.calls += 1
        op.failed = self.fail(self.calls, op.what)
        if op.what == "write" and not op.failed and self._too_much(op):
            op.failed = True
            return FULL
        self.log.append(op)
        return {"sync": IOERR_FSYNC}.get(op.what, IOERR_WRITE) if op.failed else OK

    def _too_much(self, op):
        if self.full_at is None:
            return False
        there = self.folder / op.name
        more = op.at + len(op.data) - (there.stat().st_size if there.exists() else 0)
        return more > max(0, self.free)

    def image(self, folder, until=None, *, unsynced=False, torn=False):
        """Make the files as a power cut after ``until`` operations leaves them.

        Only what was synced is there; with ``unsynced`` all that was written, its last write ``torn`` if so wanted.
        """
        files, pending = {name: bytearray(data) for name, data in self.before.items()}, {}
        log = self.log[:until]
        for number, op in enumerate(log, 1):
            if op.what == "delete":
                files.pop(op.name, None)
                pending.pop(op.name, None)
            elif op.what != "sync":
                last = torn and number == len(log)
                pending.setdefault(op.name, []).append((op, last))
            elif op.failed:
                pending.pop(op.name, None)
            else:
                _apply(files, pending.pop(op.name, ()))
        if unsynced:
            for some in pending.values():
                _apply(files, some)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return folder


def _apply(files, some):
    for op, torn in some:
        if op.failed:
            continue
        data = files.setdefault(op.name, bytearray())
        if op.what == "truncate":
            del data[op.at :]
            continue
        new = op.data[: len(op.data) // 2] if torn else op.data
        data.extend(bytes(max(0, op.at - len(data))))
        data[op.at : op.at + len(new)] = new


_lib = c.CDLL(ctypes.util.find_library("sqlite3") or "libsqlite3.so.0")
_lib.sqlite3_vfs_find.restype = c.POINTER(_Vfs)
_lib.sqlite3_vfs_find.argtypes = [c.c_char_p]
_lib.sqlite3_vfs_register.argtypes = [c.c_void_p, c.c_int]
_kept, _tables, _paths = [], {}, {}


def _path(name):
    return Path(c.string_at(name).decode())


def _install():
    """Put the shim in SQLite's place, once; skip the test where Python has an SQLite of its own inside."""
    if _kept:
        return
    plain = _lib.sqlite3_vfs_find(None)
    if not plain:
        pytest.skip("no SQLite to put a shim under")
    shim = _Vfs()
    c.memmove(c.byref(shim), plain, c.sizeof(_Vfs))
    shim.name = b"faulty"
    plain_open, plain_delete = _OPEN(plain.contents.open), _DELETE(plain.contents.delete)

    def opening(_vfs, name, file, flags, out):
        told = plain_open(c.cast(plain, c.c_void_p), name, file, flags, out)
        if told == OK and name and Disk.now is not None and Disk.now.mine(_path(name)):
            opened = _File.from_address(file)
            opened.methods = _table(opened.methods)
            _paths[file] = _path(name).name
        return told

    def deleting(_vfs, name, sync):
        disk, path = Disk.now, _path(name)
        if disk is not None and disk.mine(path) and path.exists() and (told := disk.done(Op("delete", path.name))):
            return told
        return plain_delete(c.cast(plain, c.c_void_p), name, sync)

    callbacks = _OPEN(opening), _DELETE(deleting)
    shim.open, shim.delete = (c.cast(one, c.c_void_p).value for one in callbacks)
    _kept.extend([shim, *callbacks, plain_open, plain_delete])
    _lib.sqlite3_vfs_register(c.byref(shim), 1)
    try:
        sqlite3.connect("file::memory:?vfs=faulty", uri=True).close()
    except sqlite3.OperationalError:
        pytest.skip("Python has an SQLite of its own, which no shim reaches")


def _table(plain):
    """Return the address of the methods that pass by here, made from those of a plain file."""
    if plain in _tables:
        return c.addressof(_tables[plain][0])
    table = _Methods()
    c.memmove(c.byref(table), plain, c.sizeof(_Methods) if _Methods.from_address(plain).version >= 3 else 17 * 8)
    write, truncate, sync = _WRITE(table.write), _TRUNCATE(table.truncate), _SYNC(table.sync)

    def told(op):
        return OK if Disk.now is None else Disk.now.done(op)

    def writing(file, data, size, at):
        return told(Op("write", _paths.get(file, ""), at, c.string_at(data, size))) or write(file, data, size, at)

    def truncating(file, size):
        return told(Op("truncate", _paths.get(file, ""), size)) or truncate(file, size)

    def syncing(file, flags):
        return told(Op("sync", _paths.get(file, ""))) or sync(file, flags)

    callbacks = _WRITE(writing), _TRUNCATE(truncating), _SYNC(syncing)
    table.write, table.truncate, table.sync = (c.cast(one, c.c_void_p).value for one in callbacks)
    _tables[plain] = table, callbacks, write, truncate, sync
    return c.addressof(table)
