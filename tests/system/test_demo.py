"""The whole system, end to end; and, link by link, what the demo says when that link is broken."""

import contextlib
import json
import os
import re
import secrets
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from edge import records
from edge.demo.clinic import Clinic
from edge.demo.link import open_link
from edge.demo.run import Demo, DemoOptions
from sync.broker import BrokerError, available
from sync.keeper import Keeper
from sync.messages import decode_up
from sync.panel.app import create_app
from sync.panel.config import PanelConfig
from sync.panel.serve import serve
from sync.signing import load_verifier, new_key_pair

LONG = bool(os.environ.get("STEADYRIG_LONG"))
needs_mosquitto = pytest.mark.skipif(not available(), reason="mosquitto is not installed")


class ShortDemo(Demo):
    """Two sets of three repetitions, as fast as the machine can, in one process."""

    lines = (
        ("goblet_squat", 1, 3, "3.1.0", (8.0, 8.0), 20.0),
        ("band_row", 1, 3, "3.1.0", (8.0, 12.0), 20.0),
    )
    changed_order = 2
    drain_s = receipt_s = 1.0
    give_up_s = 900.0

    def __init__(self, seed=1):
        super().__init__(DemoOptions(headless=True, speed=100.0, seed=seed))

    def make_link(self, folder):
        return open_link(folder, with_broker=False)


class Filtered:
    """A transport that passes on what ``wanted`` lets through; everything else is lost without a word."""

    def __init__(self, inner, wanted):
        self._inner, self._wanted = inner, wanted

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def start(self, on_message, *args, **kwargs):
        self._inner.start(
            lambda m: on_message(m) if self._wanted(m.topic, m.payload) else m.settle(), *args, **kwargs
        )


def lossy(station=lambda _topic, _payload: True, bridge=lambda _topic, _payload: True):
    @contextmanager
    def make_link(self, folder):
        with open_link(folder, with_broker=False) as link:
            yield replace(
                link, station_end=Filtered(link.station_end, station), bridge_end=Filtered(link.bridge_end, bridge)
            )

    return make_link


def is_rep(payload, number):
    record = decode_up(payload).record
    return isinstance(record, records.RepCounted) and record.number == number


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before, files = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))
    yield
    deadline = time.monotonic() + 3
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [t.name for t in threading.enumerate() if t not in before] == []
    assert len(os.listdir("/proc/self/fd")) <= files + 1


def run(demo):
    return demo.run(threading.Event())


@pytest.mark.skipif(not LONG, reason="a long trial; the run without a broker, below, is the same")
@pytest.mark.parametrize("seed", [1, 2])
def test_all_is_well_over_the_loopback_transport(seed):
    report = run(ShortDemo(seed))
    assert report.problems() == []
    assert (report.reps_performed, report.reps_shown, report.reps_counted, report.reps_on_panel) == (13, 4, 9, 9)
    assert (report.plan_version_sent, report.plan_version_in_use, report.transport) == (2, 2, "loopback")


class SensorGoesQuietForARep(ShortDemo):
    """The body moves, but for some seconds the chip on it does not see that."""

    def make_hardware(self, sensors):
        seen, still = self.patient.imu, {}

        def imu(place, t_s):
            moved = self.patient.reps_performed(t_s) == 3
            return still.setdefault("last", seen(place, t_s)) if moved else seen(place, t_s)

        self.patient.imu = imu
        return super().make_hardware(sensors)


class KeeperForgetsARep(ShortDemo):
    def make_keeper(self, folder, link, public_key, station):
        class Forgetful(Keeper):
            def save(self, items, wait_s=0.0):
                kept = [r for r in items if not (isinstance(r, records.RepCounted) and r.number == 2)]
                super().save(kept, wait_s)

        return Forgetful(**keeper_arguments(self, folder, link, public_key, station))


def keeper_arguments(demo, folder, link, public_key, station):
    """What Demo.make_keeper builds its keeper from, for a keeper of another class."""
    whole = Demo.make_keeper(demo, folder, link, public_key, station)
    return {
        "journal_factory": whole._journal_factory,
        "transport": link.station_end,
        "station_id": whole._station_id,
        "patient_id": whole._patient_id,
        "verifier": load_verifier(public_key),
        "now": demo.clock.now,
        "wall": demo.clock.wall,
        "on_plan": station.take_plan,
        "on_past": station.take_past,
    }


class LinkLosesARep(ShortDemo):
    make_link = lossy(bridge=lambda topic, payload: not (topic.endswith("/rep") and is_rep(payload, 2)))


class LinkLosesARestOfTraces(ShortDemo):
    make_link = lossy(bridge=lambda topic, _payload: not topic.endswith("/trace_chunk"))


class PageShowsARepTwice(ShortDemo):
    def make_clinic(self, folder):
        class Stuttering(Clinic):
            def serve_panel(self):
                app = create_app(PanelConfig(self.database, self.keys, secrets.token_urlsafe(48)))

                @app.after_request
                def twice(response):
                    html = response.get_data(as_text=True) if response.mimetype == "text/html" else ""
                    start = html.rfind("<tr", 0, html.find("data-rep="))
                    if "data-rep=" in html:
                        end = html.find("</tr>", start) + 5
                        response.set_data(html[:end] + html[start:end] + html[end:])
                    return response

                return serve(app, port=0)

        return Stuttering(folder, self.lines)


class PlanIsLostOnTheWay(ShortDemo):
    make_link = lossy(station=lambda topic, payload: not (topic.endswith("/plan") and b'version\\":2' in payload))


class ReceiptIsLostOnTheWay(ShortDemo):
    make_link = lossy(
        bridge=lambda topic, payload: not (topic.endswith("/receipt") and decode_up(payload).record.plan_version == 2)
    )


class StationTrustsAnotherClinic(ShortDemo):
    give_up_s = 90.0

    def make_keeper(self, folder, link, public_key, station):
        other = folder / "other"
        other.mkdir()
        return super().make_keeper(folder, link, new_key_pair(other)[1], station)


BROKEN = [
    (KeeperForgetsARep, r"13 repetitions performed, 4 on trial, but 7 counted"),
    (LinkLosesARep, r"9 repetitions counted but 7 on the panel.* records lost on the way to the panel"),
    (PageShowsARepTwice, r"1 repetitions shown twice"),
    (ReceiptIsLostOnTheWay, r"plan version 2 in use but the panel shows 1"),
    (SensorGoesQuietForARep, r"on trial, but \d+ counted"),
    (LinkLosesARestOfTraces, r"2 records lost"),
    (PlanIsLostOnTheWay, r"plan version 2 sent but 1 in use"),
    (StationTrustsAnotherClinic, r"0 of 1 sessions were over"),
]


@pytest.mark.parametrize(
    ("broken", "said"),
    BROKEN if LONG else BROKEN[:2],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_a_broken_link_is_named(broken, said):
    problems = "; ".join(run(broken()).problems())
    assert re.search(said, problems), problems


def command(*args, **kwargs):
    return subprocess.Popen(
        [sys.executable, "-m", "edge", "demo", "--headless", *args],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs,
    )  # fmt: skip


@needs_mosquitto
def test_the_command_prints_one_json_object_over_a_real_broker():
    process = command("--speed", "100", "--json")
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert report["reps_counted"] == report["reps_on_panel"] == 29
    assert report["reps_performed"] == 29 + report["reps_shown"]
    assert report["reps_shown"] == 10
    assert report["plan_version_sent"] == report["plan_version_in_use"] == 2
    assert (report["lost"], report["duplicated"], report["transport"]) == (0, 0, "mosquitto")
    assert (report["sets"], report["sessions"]) == (6, 1)


class BrokerDoesNotStart(ShortDemo):
    def make_link(self, folder):
        raise BrokerError("mosquitto did not start: out of order")


def test_a_broker_that_does_not_start_is_said_and_done_without(capsys):
    report = run(BrokerDoesNotStart())
    assert (report.problems(), report.transport) == ([], "loopback")
    assert (report.reps_performed, report.reps_shown, report.reps_counted, report.reps_on_panel) == (13, 4, 9, 9)
    assert "out of order: the same outbox" in capsys.readouterr().err


def has_a_rep(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        try:
            return database.execute("SELECT count(*) FROM record WHERE key LIKE '%/rep/%'").fetchone()[0] > 0
        except sqlite3.OperationalError:  # the file is there, its tables are not yet
            return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] if LONG else [signal.SIGINT])
def test_an_interrupted_demo_ends_soon_and_leaves_nothing(number, tmp_path):
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    process = command("--speed", "5", "--json", env=env, start_new_session=True)
    deadline = time.monotonic() + 60
    while not any(map(has_a_rep, tmp_path.glob("*/journal.db"))) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, number)  # as a terminal does: everything in the foreground is told
    out, err = process.communicate(timeout=40)
    report = json.loads(out)
    assert process.returncode == 1
    assert "0 of 1 sessions were over" in err
    assert "Traceback" not in err
    assert (report["lost"], report["duplicated"], report["sets"]) == (0, 0, 1)
    assert report["reps_on_panel"] == report["reps_counted"] >= 1
    assert list(tmp_path.iterdir()) == []
    listed = subprocess.run(["ps", "-eo", "sid="], capture_output=True, text=True, check=True).stdout.split()
    assert str(process.pid) not in listed
