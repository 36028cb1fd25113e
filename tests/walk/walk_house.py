"""A whole house in which weeks go by in seconds: station, journal on a disk, clinic, and clocks turned by hand.

The engine, the keeper's work on the journal and the clinic's database are the real ones; threads, chips and broker
are not there. A repetition is told to the session as the counter would tell it, unless a set is said to run at the
sensors.
"""

import itertools
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from display.parts import SensorState as Shown
from display.station_info import StationInfo, Sync
from display.view.by_screen import view
from drivers.base import Health, SensorState
from drivers.patient import VirtualPatient
from drivers.samples import ImuSample, LoadSample
from edge.history.fold import fold
from edge.model import Measures, PhaseSpan, Rep
from edge.prescription.due import due
from edge.prescription.position import Now, position
from edge.programme import write_prescription
from edge.records import key, kind
from edge.session import Counted, Pressed
from edge.session.opening import check_in
from edge.station import Station
from sync.clearances import Clearance, write_clearance
from sync.journal import Journal
from sync.keeper import Keeper
from sync.loopback import LoopbackHub
from sync.messages import VERSION, Signed, Up, encode
from sync.saver import Batch
from sync.signed import Kind
from sync.signing import sign
from sync.store import engine, schema, writing
from sync.store.clearances import clear_lock, locks, unheard
from sync.store.ingest import Arrival, ingest
from sync.store.outgoing import mark_published, unpublished
from sync.store.prescriptions import write_plan
from sync.topics import up

STATION, PATIENT = "station-0001", "patient-0001"
DAY_S, HOUR_S, FRAME_S = 86_400.0, 3600.0, 0.03
FIRST_DAY = date(2026, 9, 7)
PLACES = {"thigh-imu": "thigh", "band-cell": "band"}


def arrived(message):
    """Return a record's message as it reaches the clinic."""
    return Arrival(up(STATION, kind(message.record)), message, encode(message))


class Clinic:
    """The clinic's database in memory: it takes records, and sends plans and clearances."""

    def __init__(self, signer):
        self.signer, self.quarantined = signer, 0
        self.database = engine("sqlite://")
        schema.metadata.create_all(self.database)
        with writing(self.database) as db:
            db.execute(schema.patient.insert().values(id=PATIENT, name="Ana", first_name="Ana", created_at=1.0))
            db.execute(schema.station.insert().values(id=STATION, patient_id=PATIENT, created_at=1.0, online=False))

    def sign_plan(self, plan, now):
        """Return a plan as it is sent."""
        with writing(self.database) as db:
            write_plan(db, self.signer, plan, "Dr K. Lind", "a new plan", now)
            (sent,) = unpublished(db)
            mark_published(db, sent, now)
        return sent.message

    def take(self, waiting, now):
        """Ingest what waits at a station, and return what became of it."""
        ups = [Up(VERSION, one.key, STATION, one.boot, one.t_s, one.wall, one.record) for one in waiting]
        with writing(self.database) as db:
            return ingest(db, [arrived(one) for one in ups], now)

    def clear(self, lock_id, now):
        """Sign the clearance of a lock that came in, and return it as it is sent."""
        with writing(self.database) as db:
            (known,) = [one for one in locks(db, in_force=True) if one.lock.lock_id == lock_id]
            clear_lock(db, self.signer, known, "Dr K. Lind", "seen today", now)
            (sent,) = unheard(db)
        return sent.message

    def numbers(self, table):
        with self.database.connect() as db:
            return len(db.execute(table.select()).all())


class House:
    """A station at somebody's home. ``at`` turns its clocks to an hour of a day, counted from 1."""

    def __init__(self, folder, clinic_keys, places=PLACES, *, sure=lambda: True, trials=True):
        self.clinic = Clinic(clinic_keys[0])
        self._verifier = clinic_keys[1]
        self._path, self._places, self.sure, self._trials = folder / "journal.db", places, sure, trials
        self.t_s, self._wall_at_0 = 100.0, self.wall_of(1) - 100.0
        self._ids = itertools.count(1)
        self.asked, self.shown = [], []
        self.boot()

    # ---- power and clocks ---------------------------------------------------------------------------------

    def boot(self):
        """Switch the station on: what is in the journal comes first, as the keeper hands it over."""
        self.station = Station(
            self._places, self._save, lambda _sound: None, lambda: self.wall,
            lambda: f"session-{next(self._ids):04d}", opening=check_in, trials=self._trials,
            sure_of_time=self._is_sure, zone=UTC,
        )  # fmt: skip
        station = self.station
        self.keeper = Keeper(
            lambda: Journal(self._path), LoopbackHub().transport(), STATION, PATIENT, self._verifier,
            now=lambda: self.t_s, wall=lambda: self.wall, on_plan=station.take_plan,
            on_past=station.take_past, on_lock=station.take_lock, on_clear=station.clear_lock,
            sure=self._is_sure, zone=UTC, on_dated=station.take_dated,
        )  # fmt: skip
        self.unsaved = []
        self.keeper._work()
        self.step()

    def _is_sure(self):
        return self.sure()

    def power_cut(self, off_s=120.0):
        """Take the power away in the middle of whatever it is, and give it back."""
        self.keeper._close()
        self.t_s += off_s
        self.boot()

    @property
    def wall(self):
        return self._wall_at_0 + self.t_s

    @property
    def today(self):
        return datetime.fromtimestamp(self.wall, UTC).date()

    @property
    def day(self):
        """Which day it is, from 1."""
        return (self.today - FIRST_DAY).days + 1

    def at(self, day, hour):
        """Let time pass until then."""
        self.t_s = max(self.t_s, self.wall_of(day) + hour * HOUR_S - self._wall_at_0)
        self.step()

    @staticmethod
    def wall_of(day):
        """When a day begins, in seconds since 1970 UTC."""
        first = datetime(*FIRST_DAY.timetuple()[:3], tzinfo=UTC)
        return (first + timedelta(days=day - 1)).timestamp()

    def turn_clock(self, seconds):
        """Turn the wall clock; time itself goes on as it does."""
        self._wall_at_0 += seconds

    def wait(self, seconds):
        self.t_s += seconds
        self.step()

    def step(self):
        self.station.step(self.t_s, [Health(name, SensorState.LIVE, 0.0, 100.0) for name in self._places])
        self._flush()

    # ---- what the patient does ----------------------------------------------------------------------------

    @property
    def state(self):
        return self.station.state

    def view(self):
        info = StationInfo(tuple((place, Shown.OK) for place in self._places.values()), Sync.SAVED_HERE)
        return view(self.station.state, self.station.live(), info)

    def press(self, button):
        """Press what is shown; each press takes its time."""
        self.t_s += 1.0
        self.station.press(Pressed(self.t_s, button.action, button.value))
        self._flush()

    def count(self, reps=None):
        """Do the set that is on the screen, or so many repetitions of it, as the counter tells them."""
        done = 0
        while self.state.screen == "set" and done != reps and done < 40:
            done += 1
            start_s, self.t_s = self.t_s + 0.5, self.t_s + 4.5
            self.station._advance(Counted(self.t_s, rep(self.state, done, start_s)))
        self._flush()

    def move(self, pace):
        """Do the set that is due at the sensors, its trial repetitions too; None are told by hand."""
        exercise = self.state.exercise.key
        body = VirtualPatient(self.day)
        body.prepare(exercise, self.t_s)
        self._feel(body, 1.5)
        self.press(next(one for one in self.view().buttons if one.main))
        self._feel(body, 2.0)
        body.begin(exercise, self.t_s, pace)
        end_s = self.t_s + 120.0
        while self.state.screen in ("trial", "set") and self.t_s < end_s:
            self._feel(body, 0.3)
        return body.truth()

    def _feel(self, body, seconds):
        for _ in range(round(seconds / FRAME_S)):
            for _ in range(3):
                self.t_s = round(self.t_s + FRAME_S / 3, 3)
                felt = body.imu("thigh", self.t_s)
                self.station.take_sample(ImuSample("thigh-imu", self.t_s, felt.accel_m_s2, felt.gyro_rad_s))
                self.station.take_sample(LoadSample("band-cell", self.t_s, body.force_n(self.t_s)))
            self.step()

    # ---- records, plans, locks ----------------------------------------------------------------------------

    def _save(self, records):
        self.unsaved += records

    def _flush(self):
        if self.unsaved:
            self.keeper._sort(Batch(self.unsaved, self.keeper._stamp(), threading.Event()))
            self.unsaved = []
            self.keeper._work()
        assert (self.keeper.problem, self.keeper.refused) == (None, 0), self.keeper.last_refusal

    def journal(self):
        return self.keeper._journal

    def _receive(self, kind, message):
        self.keeper._receiver.receive(self.journal(), kind, message)

    def records(self):
        """Everything in the journal, decoded."""
        return list(self.journal().records())

    def of_kind(self, *names):
        return [one for one in self.records() if kind(one) in names]

    def history(self):
        return fold(self.records(), UTC)

    def prescribe(self, plan):
        """Let the clinic sign a plan and the station have it."""
        self._receive(Kind.PLAN, self.clinic.sign_plan(plan, self.wall))
        self.step()

    def send(self):
        """Let the clinic have what waits; what it confirms waits no more."""
        journal, outcomes = self.journal(), []
        while waiting := journal.waiting(500) or journal.traces(500):
            outcomes.append(self.clinic.take(waiting, self.wall))
            journal.acknowledge(outcomes[-1].acknowledge[STATION])
        return sum(one.stored for one in outcomes), sum(one.quarantined for one in outcomes)

    def clear(self, lock_id):
        """Let the clinic clear a lock, and the station hear of it."""
        self._receive(Kind.CLEARANCE, self.clinic.clear(lock_id, self.wall))
        self.step()

    def send_all_again(self):
        """Let the clinic have every record once more, as after a restart of everything between."""
        ups = [Up(VERSION, key(one), STATION, "boot", self.t_s, self.wall, one) for one in self.records()]
        with writing(self.clinic.database) as db:
            return ingest(db, [arrived(one) for one in ups], self.wall)

    def prescribe_nothing_older(self, plan):
        """Somebody replays a plan that was good once, and sends another one without the clinic's signature."""
        before, payload = self.state.plan, write_prescription(plan)
        self._receive(Kind.PLAN, encode(Signed(VERSION, payload, sign(self.clinic.signer, payload))))
        newer = write_prescription(replace(plan, version=before.version + 50))
        self._receive(Kind.PLAN, encode(Signed(VERSION, newer, sign(Ed25519PrivateKey.generate(), newer))))
        self.step()
        assert self.state.plan == before

    def forge_clearance(self):
        """Somebody signs the end of every lock with a key that is not the clinic's."""
        for lock in self.journal().locks():
            payload = write_clearance(Clearance(STATION, PATIENT, lock.lock_id, 900, "Dr K. Lind", self.wall))
            forged = Signed(VERSION, payload, sign(Ed25519PrivateKey.generate(), payload))
            self._receive(Kind.CLEARANCE, encode(forged))
        self.step()

    def due(self):
        """What the station says is due."""
        return self.state.due

    def position(self):
        """Where in the programme the journal's own facts say that the patient is."""
        sessions = self.history().sessions
        return position(self.state.plan, sessions, Now(self.wall, self.today, self.sure()))

    def due_by_journal(self):
        return due(self.state.plan, self.history(), Now(self.wall, self.today, self.sure()))


def rep(state, number, start_s, confidence=0.95):
    """Return a repetition as a counter would tell it: at an easy pace, and inside every tempo that is judged."""
    exercise, tempo = state.exercise, state.planned.tempo
    ways = tuple(seconds_of(tempo, phase) for phase in exercise.phases)
    edges = list(itertools.accumulate(ways, initial=start_s))
    spans = tuple(
        PhaseSpan(phase, one, other)
        for phase, (one, other) in zip(exercise.phases, itertools.pairwise(edges), strict=True)
    )
    force = exercise.driver == "force"
    return Rep(
        number, start_s, edges[-1], spans, 60.0 if force else 80.0, "N" if force else "deg", 60.0 if force else None,
        0.5, confidence, measures=Measures(mean_speed=40.0),
    )  # fmt: skip


def seconds_of(tempo, phase):
    asked = {
        "eccentric": tempo.eccentric_s,
        "concentric": tempo.concentric_s,
        "bottom": tempo.bottom_s,
        "top": tempo.top_s,
    }
    seconds = asked[str(phase)]
    usual = 0.3 if str(phase) in ("bottom", "top") else 1.5
    return usual if seconds is None else max(seconds, 0.0)


__all__ = ["DAY_S", "FIRST_DAY", "HOUR_S", "PATIENT", "PLACES", "STATION", "Clinic", "House", "key"]
