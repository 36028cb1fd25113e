"""A repetition shown for 250 ms survives: the process is killed without warning, and the journal is read."""

import os
import random
import subprocess
import sys
import textwrap
import time
from collections import Counter

import pytest

from edge.history.cut_off import set_cut_off, unfinished
from edge.records import RepCounted
from sync.journal import Journal

SHOWN_S = 0.25
TRAINING = textwrap.dedent(
    """
    import threading
    from display.app import App
    from display.view import SetView
    from edge.demo.link import open_link
    from edge.demo.run import Demo, DemoOptions

    shown, draw, total = "0", App.frame, 0

    def frame(app, view):
        global shown, total
        draw(app, view)
        count = view.count if isinstance(view, SetView) else "0"
        if count not in (shown, "0"):
            total += 1
            print(total, flush=True)
        shown = count

    App.frame = frame
    Demo.make_link = lambda self, folder: open_link(folder, with_broker=False)
    Demo(DemoOptions(headless=True, speed=12.0)).run(threading.Event())
    """
)


@pytest.mark.parametrize("seed", range(40 if os.environ.get("STEADYRIG_LONG") else 3))
def test_a_shown_repetition_outlives_a_kill(tmp_path, seed):
    chance = random.Random(seed)
    kill_at, later_s = chance.randint(2, 8), SHOWN_S + chance.random() * 0.3
    child = subprocess.Popen(
        [sys.executable, "-c", TRAINING],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    try:
        shown = next(int(line) for line in child.stdout if int(line) >= kill_at)
        time.sleep(later_s)
    finally:
        child.kill()
        child.communicate()
    (path,) = tmp_path.glob("*/journal.db")
    start_s = time.monotonic()
    journal = Journal(path)
    kept = list(journal.records())
    journal.close()
    assert time.monotonic() - start_s < 10
    held = [record for record in kept if isinstance(record, RepCounted)]
    assert len(held) >= shown, f"seed {seed}: {shown} repetitions shown, {len(held)} in the journal"
    (cut,) = unfinished(kept)
    sets = {done.number: done.reps_counted for done in (*cut.sets, *set_cut_off(cut))}
    assert sets == dict(Counter(rep.set_number for rep in held)), f"seed {seed}: a set lost what was counted"
