"""Work done in a process of its own, which is killed at a step of it: SIGKILL, no word of warning."""

import itertools
import os
import signal
import sqlite3
import traceback
import warnings

from faulty_disk import Disk
from sqlalchemy import Engine, event

LONGEST_S = 120
"""A child that hangs ends by itself."""


def by_statement(die, _folder):
    """Die before a statement of SQLite is begun; COMMIT is one."""
    plain = sqlite3.connect

    def connect(*args, **options):
        db = plain(*args, **options)
        db.set_trace_callback(lambda _statement: die())
        return db

    sqlite3.connect = sqlite3.dbapi2.connect = connect


def by_write(die, folder):
    """Die before anything is written to the disk, synced, cut or removed."""
    disk = Disk(folder).__enter__()
    disk.fail = lambda _number, _what: die()


def by_any_statement(die, _folder):
    """Die before a statement is sent to any database."""
    event.listen(Engine, "before_cursor_execute", lambda *_args: die())
    event.listen(Engine, "commit", lambda *_args: die())


def killed(work, folder, way, step):
    """Let a process of its own do the work, killed at that step; return whether it came so far."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the runner has threads, which the child does not need
        pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LONGEST_S)
            steps = itertools.count(1)
            way(lambda: next(steps) == step and os.kill(os.getpid(), signal.SIGKILL), folder)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert ended in (0, -signal.SIGKILL), ended
    return ended != 0
