"""Band repetitions of a virtual patient through a noisy load cell, whole and with a band that snaps."""

import random
from dataclasses import dataclass

from drivers.noise import Hx711Noise
from drivers.patient import Pace, VirtualPatient
from drivers.realism import REALISTIC, TREMULOUS
from edge.prescription.limits import Limits
from edge.records import Happened
from edge.safety.force import FLOOR_N, FLOOR_SHARE, ForceWatch


@dataclass
class Heard:
    reps: int
    snaps: list
    over: int


def drawn_pace(draw):
    """From controlled to as fast as people let a band go back: 0.4 s."""
    return Pace(draw.uniform(0.5, 2.5), draw.uniform(0.0, 1.5), draw.uniform(0.4, 3.0), draw.uniform(0.2, 1.0))


def performed(seed, seconds, snap_at=None, snap_s=0.02, rate_hz=80):
    """Yield load samples of one set; from ``snap_at`` on the band lets go within ``snap_s``."""
    draw = random.Random(f"{seed}:set")
    body = VirtualPatient(seed, draw.choice((REALISTIC, TREMULOUS)))
    body.begin(draw.choice(("band_row", "band_press")), 0.5, drawn_pace(draw), draw.uniform(40.0, 180.0))
    chip = Hx711Noise(seed, rate_hz)
    for t_s in chip.times(seconds):
        force_n = body.force_n(t_s)
        if snap_at is not None and t_s >= snap_at:
            force_n *= max(0.0, 1.0 - (t_s - snap_at) / snap_s)
        yield body, chip.read("band", t_s, force_n)


def listen(seed, seconds, limits=None, **how):
    watch, snaps, over, reps = ForceWatch(None, limits or Limits()), [], 0, 0
    for body, sample in performed(seed, seconds, **how):
        reps = body.reps_performed(sample.t_s)
        for one in watch.feed(sample):
            snaps += [one.t_s] if one.what is Happened.BAND_SNAP else []
            over += one.what is Happened.OVER_FORCE
    return Heard(reps, snaps, over)


def snap_of(seed, rate_hz=80):
    """Return (heard within 0.2 s, heard before it) for a band that snaps at a random moment under tension."""
    draw = random.Random(f"{seed}:snap")
    forces, whole = [], list(performed(seed, 12.0))
    highest = 0.0
    for _, sample in whole:
        highest = max(highest, sample.force_n)
        if sample.t_s > 4.0 and sample.force_n > max(1.2 * FLOOR_SHARE * highest, FLOOR_N + 3.0):
            forces.append(sample.t_s)
    snap_at = draw.choice(forces)
    heard = listen(seed, snap_at + 0.4, snap_at=snap_at, snap_s=draw.uniform(0.002, 0.04), rate_hz=rate_hz)
    return any(snap_at < t <= snap_at + 0.2 for t in heard.snaps), sum(t <= snap_at for t in heard.snaps)
