"""``steadyrig demo``: chips to page and back, in one process tree, counted at every place."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from display.app import App, DisplayError
from display.mirror import Mirror
from display.sound import Speaker
from drivers.clock import Pacer, SimulatedClock
from drivers.config import Hardware, SensorConfig
from drivers.emulation.bell_rack import BellRack
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import parse_sensors
from drivers.patient import VirtualPatient
from edge.demo.actors import DAY_S, Actors
from edge.demo.clinic import LINES, LOGIN, PATIENT_ID, STATION_ID, Clinic
from edge.demo.clinician import Clinician
from edge.demo.link import Link, open_link
from edge.demo.patient import WatchingPatient
from edge.demo.report import Journaled, Report, journaled
from edge.demo.rig import DOCK, SENSORS
from edge.records import FlagsAnswered, Form
from edge.safety.flags import red_flags
from edge.session import Sound
from edge.station import Station
from edge.wiring import StationRun
from sync.bridge import Bridge
from sync.broker import BrokerError, available
from sync.journal import Journal, open_journal
from sync.keeper import Keeper
from sync.signing import load_verifier
from sync.store.database import engine
from sync.store.schema import record

START_S = 1000.0
SCREEN_PX = (1024, 600)
MM_PER_PX = 0.150


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What was asked for on the command line."""

    headless: bool = False
    speed: float = 1.0
    sessions: int = 1
    seed: int = 1


def run_demo(options: DemoOptions, stop: threading.Event) -> Report:
    """Run the demo until its sessions are done, its window is closed or ``stop`` is set, and report."""
    return Demo(options).run(stop)


class Demo:
    """One demo. The ``make_*`` methods are its joints: a test puts a broken part in one and sees the report fail."""

    lines = LINES
    changed_row = "band_row"
    drain_s = 30.0
    """Real seconds the last records may take to reach the clinic."""
    receipt_s = 10.0
    """Real seconds the last receipt may take to reach the patient's page after that."""
    give_up_s = 900.0
    """Simulated seconds a session may take: four times what it does."""

    def __init__(self, options: DemoOptions) -> None:
        self.options = options
        # So many days ago that the last session is today's.
        self.clock = SimulatedClock(START_S, wall_at_start=time.time() - (options.sessions - 1) * DAY_S)
        self.sensors = parse_sensors(SENSORS, "the demo's rig")
        self.patient = self.make_patient()
        self.rack = BellRack(DOCK.bells_kg)
        self.started_s = time.monotonic()

    # ---- the joints ------------------------------------------------------------------------------------

    def make_patient(self) -> VirtualPatient:
        """Return the body that trains."""
        return VirtualPatient(self.options.seed)

    def make_hardware(self, sensors: Sequence[SensorConfig]) -> Hardware:
        """Return the emulated buses with every sensor on them, moved and pulled by the patient."""
        return EmulatedHardware(
            sensors,
            motion=self.patient.imu,
            force=lambda place, t_s: (self.rack if place == DOCK.sensor else self.patient).force_n(t_s),
            clock=self.clock,
            seed=self.options.seed,
        )

    def make_clinic(self, folder: Path) -> Clinic:
        """Return the clinic whose files are in ``folder``."""
        return Clinic(folder, self.lines)

    def make_link(self, folder: Path) -> AbstractContextManager[Link]:
        """Return the link between station and bridge; its broker, if any, lives in ``folder``."""
        return open_link(folder, with_broker=available())

    def make_keeper(self, folder: Path, link: Link, public_key: Path, station: Station) -> Keeper:
        """Return the keeper of the station's journal in ``folder``."""
        return Keeper(
            lambda: open_journal(folder / "journal.db", PATIENT_ID),
            link.station_end,
            STATION_ID,
            PATIENT_ID,
            load_verifier(public_key),
            now=self.clock.now,
            wall=self.clock.wall,
            on_plan=station.take_plan,
            on_past=station.take_past,
            on_lock=station.take_lock,
            on_clear=station.clear_lock,
            on_rules=station.take_rules,
            on_message=station.take_message,
            on_dated=station.take_dated,
        )

    def make_bridge(self, link: Link, database: str) -> Bridge:
        """Return the bridge between the link and the clinic's database."""
        return Bridge(link.bridge_end, database)

    # ---- the run ---------------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> Report:
        """Run everything, then count at every place."""
        with ExitStack() as running:
            folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="steadyrig-demo-")))
            clinic = self.make_clinic(folder)
            public_key = clinic.open()
            link = self._open_link(folder / "broker", running)
            bridge = self.make_bridge(link, clinic.database)
            bridge.start()
            running.callback(bridge.stop)
            panel = running.enter_context(clinic.serve_panel())
            if not self.options.headless:
                _tell(f"Panel: {panel.url}  login: {LOGIN}  password: {clinic.password}")
            clinician = Clinician(panel.url)
            clinician.log_in(LOGIN, clinic.password)
            finished = self._train(folder, link, public_key, clinician, stop)
            return self._count(folder, clinic, clinician, link.name, finished)

    def _open_link(self, folder: Path, running: ExitStack) -> Link:
        """Return the link; where no broker can be had, say so and use the one inside this process."""
        try:
            link = running.enter_context(self.make_link(folder))
            why = "Mosquitto is not installed"
        except BrokerError as exc:
            link = running.enter_context(open_link(folder, with_broker=False))
            why = str(exc)
        if link.name == "loopback":
            _tell(f"{why}: the same outbox runs over an in-process transport instead.")
        return link

    def _answer_intake(self, folder: Path) -> None:
        """The long form was answered with the clinic yesterday: only the short one is left for every day."""
        asked = tuple(one.name for one in red_flags().form(Form.INTAKE))
        at = self.clock.wall() - DAY_S
        with closing(Journal(folder / "journal.db")) as journal:
            journal.append([FlagsAnswered("demo-intake", PATIENT_ID, Form.INTAKE, at, (), asked)], START_S, at)

    def _train(self, folder: Path, link: Link, public_key: Path, clinician: Clinician, stop: threading.Event) -> bool:
        """Let the patient train; return whether all the sessions were finished."""
        self._answer_intake(folder)
        with ExitStack() as running:
            app = self._open_screen(running)
            station_run = StationRun(
                self.sensors,
                self.make_hardware(self.sensors),
                self.clock,
                app,
                self._open_sound(running),
                lambda station: self.make_keeper(folder, link, public_key, station),
                drain_s=self.drain_s,
                dock=DOCK,
            )
            running.enter_context(station_run)
            actors = self._actors(station_run, clinician)
            self.clock.join()
            pacer = Pacer(self.clock, self.options.speed)
            running.callback(pacer.stop)
            pacer.start()
            station_run.run(actors.see, lambda: stop.is_set() or pacer.error is not None or self._over(actors))
            if pacer.error is not None:
                _tell(f"The demo hung: {pacer.error}")
            self.plan_version_in_use = actors.plan_version
            return actors.done

    def _actors(self, station_run: StationRun, clinician: Clinician) -> Actors:
        """Return who acts: headless, the patient does not rest between sets, and the clinician changes the plan."""
        rest_s = 0.0 if self.options.headless else 10.0
        patient = WatchingPatient(self.patient, station_run.press, self.options.sessions, rest_s)
        acting = clinician if self.options.headless else None
        return Actors(patient, acting, station_run, self.clock, self.rack, self.changed_row)

    def _over(self, actors: Actors) -> bool:
        """Return whether a headless demo has nothing more to do, or took too long; a window stays open."""
        too_late = self.clock.now() - START_S > self.give_up_s * self.options.sessions
        return self.options.headless and (actors.done or too_late)

    def _open_screen(self, running: ExitStack) -> App:
        if self.options.headless:
            return App(SCREEN_PX, MM_PER_PX, headless=True)
        try:
            app = App(SCREEN_PX, MM_PER_PX, headless=False)
        except DisplayError as exc:
            _tell(f"The screen is on a loopback page instead of a window: {exc}.")
            app = App(SCREEN_PX, MM_PER_PX, headless=True)
        mirror = Mirror(app)
        mirror.start()
        running.callback(mirror.stop)
        _tell(f"Screen: {mirror.url}  (Ctrl-C ends the demo)")
        return app

    def _open_sound(self, running: ExitStack) -> Callable[[Sound], None]:
        """Return what plays a sound; headless, nobody listens."""
        if self.options.headless:
            return lambda _sound: None
        return running.enter_context(closing(Speaker())).play

    # ---- the report ------------------------------------------------------------------------------------

    def _count(self, folder: Path, clinic: Clinic, clinician: Clinician, transport: str, finished: bool) -> Report:
        journal = Journal(folder / "journal.db")
        held = journaled(journal.records())
        journal.close()
        shown = clinician.reps(PATIENT_ID)
        written, receipt = _settled_versions(clinician, self.receipt_s)
        return Report(
            reps_performed=self.patient.reps_performed(self.clock.now()),
            reps_shown=held.warm_ups,
            reps_counted=len(held.reps),
            reps_on_panel=len(shown),
            sets=held.sets,
            sessions=held.sessions,
            sessions_wanted=self.options.sessions,
            plan_version_sent=written,
            plan_version_in_use=self.plan_version_in_use,
            plan_version_receipt=receipt,
            transport=transport,
            lost=_lost(clinic.database, held, shown),
            duplicated=len(shown) - len(set(shown)),
            attended=not self.options.headless,
            interrupted=self.options.headless and not finished,
            simulated_s=round(self.clock.now() - START_S, 1),
            took_s=round(time.monotonic() - self.started_s, 1),
        )


def _settled_versions(clinician: Clinician, patience_s: float) -> tuple[int, int]:
    """Return the plan versions written and in use on the patient's page, waiting a little for the last receipt."""
    give_up_s = time.monotonic() + patience_s
    while True:
        written, in_use = clinician.plan_versions(PATIENT_ID)
        if written == in_use or time.monotonic() >= give_up_s:
            return written, in_use
        threading.Event().wait(0.2)


def _lost(database: str, held: Journaled, shown: Sequence[str]) -> int:
    """Return how many records of the journal the clinic does not hold, and repetitions no page shows."""
    clinic = engine(database)
    try:
        with clinic.connect() as connection:
            stored = set(connection.scalars(select(record.c.key)))
    finally:
        clinic.dispose()
    return len(held.keys - stored) + len(held.reps - set(shown))


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
