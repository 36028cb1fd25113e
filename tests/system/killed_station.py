"""A station that trains in a process of its own, again and again, until it is killed.

``python killed_station.py`` reads the name of a folder from each line of its input, and lets a child train there: the
station's real engine, screen, keeper and journal over emulated chips, and a patient who reads the screen. The child
prints ``<pid> <word> <monotonic>``: ``begun``, then ``shown`` for each repetition that its screen shows, and
``saved`` for each that the keeper says is on the disk. An empty line is answered with ``over``.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from display.app import App
from display.shapes import SetView
from drivers.clock import Pacer, SimulatedClock
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import parse_sensors
from drivers.patient import VirtualPatient
from drivers.samples import STANDARD_GRAVITY_M_S2
from edge.demo.patient import WatchingPatient
from edge.prescription.plan import Prescription
from edge.prescription.row import one_dose
from edge.programme import write_prescription
from edge.records import PlanReceipt
from edge.session.opening import no_questions
from edge.tempo import parse_tempo
from edge.wiring import StationRun
from sync.journal import StoredItem, open_journal
from sync.keeper import Keeper
from sync.loopback import LoopbackHub
from sync.signing import load_signer, load_verifier, new_key_pair, sign

STATION, PATIENT = "station-0001", "patient-0001"
SPEED, START_S, WALL = 20.0, 1000.0, 1_790_000_000.0
SENSORS = parse_sensors(
    {
        "band": {
            "chip": "hx711", "place": "band", "bus": "spi-0", "zero_count": 84_000, "newton_per_count": 0.0005,
        },
        "thigh": {"chip": "bno08x", "place": "thigh", "bus": "i2c-1", "address": 0x4A},
    },
    "the killed station's rig",
)  # fmt: skip
PLACES = {sensor.name: sensor.place for sensor in SENSORS}
PLAN = Prescription(
    1, PATIENT, STATION, "Ana", "2026-09-01T09:00:00Z",
    (
        one_dose(1, "goblet_squat", 3, 6, parse_tempo("2.1.0"), None, 20.0),
        one_dose(2, "band_row", 2, 6, parse_tempo("2.1.0"), (5.0, 8.0), 20.0),
    ),
)  # fmt: skip


def prepare(folder):
    """Make a station's files, a signed plan among them."""
    private, public = new_key_pair(folder / "keys")
    text = write_prescription(PLAN)
    journal = open_journal(folder / "journal.db", PATIENT)
    item = StoredItem(1, text, sign(load_signer(private), text))
    journal.store_item("plan", item, PlanReceipt(1, "delivered", WALL, ""), 0.0, WALL)
    journal.close()
    return public


def keeper_of(station, folder, clock):
    return Keeper(
        lambda: open_journal(folder / "journal.db", PATIENT), LoopbackHub().transport(), STATION, PATIENT,
        load_verifier(folder / "keys" / "verify.pub"), now=clock.now, wall=clock.wall, on_plan=station.take_plan,
        on_past=station.take_past, on_lock=station.take_lock, on_clear=station.clear_lock,
        on_dated=station.take_dated, on_saved=on_disk,
    )  # fmt: skip


def tell(word):
    # One write for one line: two threads speak here.
    sys.stdout.write(f"{os.getpid()} {word} {time.monotonic()}\n")
    sys.stdout.flush()


def on_disk(keys):
    for name in keys:
        if "/rep/" in name:
            tell("saved")


class Watched:
    """The screen, and whether it shows one more repetition."""

    def __init__(self):
        self.count = 0

    def look(self, view):
        count = int(view.count) if isinstance(view, SetView) and view.count.isdecimal() else 0
        for _ in range(self.count, count):
            tell("shown")
        self.count = count


def train(folder):
    clock = SimulatedClock(START_S, WALL + time.monotonic())
    body, watched = VirtualPatient(3), Watched()
    hardware = EmulatedHardware(
        SENSORS, motion=body.imu, force=lambda _place, t_s: body.force_n(t_s), clock=clock, seed=3
    )
    run = StationRun(
        SENSORS, hardware, clock, App(headless=True), lambda _sound: None,
        lambda station: keeper_of(station, folder, clock), drain_s=0.0, opening=no_questions, trials=False,
        band_checks=False,
    )  # fmt: skip
    with run:
        patient = WatchingPatient(body, run.press, sessions=1, rest_s=5.0)
        clock.join()
        pacer = Pacer(clock, SPEED)
        pacer.start()
        tell("begun")

        def see(view):
            watched.look(view)
            state = run.station.state
            low, high = (0.0, 0.0) if state.finished or state.plan is None else state.planned.load_kg or (0.0, 0.0)
            exercise = "" if state.finished or state.plan is None else state.planned.exercise
            patient.look(view, exercise, (low + high) / 2 * STANDARD_GRAVITY_M_S2, clock.now())

        run.run(see, lambda: patient.done)
        pacer.stop()


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if not line.strip():
            print("\nover", flush=True)
        elif os.fork() == 0:
            sys.stdin.close()
            threading.Timer(60.0, lambda: os._exit(1)).start()
            train(Path(line.strip()))
            os._exit(0)


if __name__ == "__main__":
    main()
