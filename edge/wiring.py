"""The one place where a station is put together: started from the bottom, stopped in reverse."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import tzinfo
from types import TracebackType

from display.app import App
from display.parts import Button, SensorState
from display.shapes import View
from display.station_info import Recording, StationInfo, Sync
from display.view.by_screen import view
from drivers import base
from drivers.bell_watch import BellWatch
from drivers.calibration.rig import Calibrations, still_poses
from drivers.clock import Clock
from drivers.config import Hardware, SensorConfig
from drivers.controls import Beep, Controls, Status
from drivers.dock_config import DockConfig
from drivers.factory import build_watchdog
from drivers.kept_controls import KeptControls
from drivers.load_cell import PHASES_OFF, SNAP_OFF
from drivers.recorder import Recorder
from drivers.shelf import Trouble
from drivers.worn import Worn
from edge.presses import presses
from edge.records import Locked, Record
from edge.session import Action, Pressed, Screen, Sound
from edge.session.opening import Opening, check_in
from edge.station import Station
from sync.keeper import Keeper

FRAME_S = 1 / 30
FASTEST_DRAW_S = 1 / 60
"""Real seconds between two drawn frames: where time is turned faster, not every frame needs to be painted."""


LOCK_SAVED_S = 0.8
"""How long a frame may wait for a lock to be on the disk: patients see it within a second in any case."""
LATE_S = 2.0
"""What is not on the disk by then is told as not saved, whatever the disk says or does not say. Our choice."""
BEEPS = {
    Sound.REP: Beep.REP,
    Sound.LAST_REP: Beep.REP,
    Sound.SET_DONE: Beep.DONE,
    Sound.STOP: Beep.STOP,
    Sound.ALARM: Beep.STOP,
}
"""The sounds that the buzzer repeats (design guide, section 3)."""


class StationRun:
    """A station that runs while it is entered: readers and keeper in their threads, everything else in :meth:`run`.

    ``make_keeper`` is given the engine, which takes plans, and returns the keeper of this station's journal; when
    the run ends, it may go on sending for ``drain_s`` seconds. ``recorder`` keeps the raw sessions, if any shall be;
    ``calibrations`` are those of the rig. ``controls`` press what is shown like any touch, and repeat
    the sounds that matter while it is ``silent``. ``dock`` is where the bells stand, where there is one. ``opening``,
    ``trials``, ``band_checks``, ``sure_of_time`` and ``zone`` are the engine's. The two numbers are those that the
    patient is told to call.
    """

    def __init__(
        self,
        sensors: Sequence[SensorConfig],
        hardware: Hardware,
        clock: Clock,
        app: App,
        play: Callable[[Sound], None],
        make_keeper: Callable[[Station], Keeper],
        drain_s: float = 2.0,
        recorder: Recorder | None = None,
        calibrations: Calibrations | None = None,
        controls: Controls | KeptControls | None = None,
        silent: Callable[[], bool] = lambda: False,
        dock: DockConfig | None = None,
        opening: Opening = check_in,
        trials: bool = True,
        band_checks: bool = True,
        sure_of_time: Callable[[], bool] = lambda: True,
        zone: tzinfo | None = None,
        clinic_number: str = "",
        emergency_number: str = "",
    ) -> None:
        worn = Worn(still_poses(calibrations or {}, clock.wall()))
        self.station = Station(
            places={sensor.name: sensor.place for sensor in sensors},
            save=self._save,
            play=self._play,
            wall=clock.wall,
            new_id=lambda: secrets.token_hex(8),
            recorder=recorder,
            worn=worn,
            bells=None if dock is None else BellWatch(dock),
            opening=opening,
            trials=trials,
            band_checks=band_checks,
            outcome_tests=True,
            sure_of_time=sure_of_time,
            zone=zone,
        )
        self.alike = worn.alike
        """Motion sensors whose still poses are too near to one another: a swap of them cannot be seen."""
        self._recorder = recorder
        self.keeper = make_keeper(self.station)
        self.app = app
        self._controls = controls
        self._speak = play
        self._silent = silent
        self._numbers = clinic_number, emergency_number
        self._clock = clock
        self._drain_s = drain_s
        self._sensors = sensors
        self._watchdog = build_watchdog(sensors, hardware, clock, self.station.take_sample, calibrations)
        self._running = ExitStack()
        self._drawn_at = float("-inf")
        self._seen_live: set[str] = set()

    def __enter__(self) -> StationRun:
        """Start the keeper and the recorder, then the readers."""
        self._running.callback(self.app.close)
        self.keeper.start()
        self._running.callback(self.keeper.stop, self._drain_s)
        if self._recorder is not None:
            self._recorder.start()
            self._running.callback(self._recorder.stop)
        self._running.callback(self._watchdog.stop)
        self._watchdog.start()
        self._running.callback(lambda: self.station.switch_off(self._clock.now()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open, stop the readers, then the keeper with what it still has to write, then the screen."""
        self._running.close()

    def run(self, on_view: Callable[[View], None], stopped: Callable[[], bool]) -> None:
        """Do thirty frames a second until ``stopped`` or the window is closed; show each view to ``on_view``."""
        next_s = self._clock.now()
        while not stopped() and not self.app.closed:
            on_view(self.frame())
            next_s = max(next_s + FRAME_S, self._clock.now())
            self._clock.sleep_until(next_s)

    def frame(self) -> View:
        """Bring the station up to now, let presses take effect, draw, and return what is shown."""
        self._watchdog.look()
        healths = list(self._watchdog.health().values())
        self.station.step(self._clock.now(), healths)
        for button in presses(self.app, self._controls):
            self.press(button)
        info = self._info(healths)
        shown = view(self.station.state, self.station.live(), info)
        if self._controls is not None:
            self._controls.show(status_of(self.station.state.screen, info))
        if time.monotonic() - self._drawn_at >= FASTEST_DRAW_S:
            self._drawn_at = time.monotonic()
            self.app.frame(shown)
        return shown

    def press(self, button: Button) -> None:
        """Let a button that was seen take effect."""
        self.station.press(Pressed(self._clock.now(), Action(button.action), button.value))

    def _play(self, sound: Sound) -> None:
        """Let a sound be heard; without a speaker the buzzer repeats those that matter."""
        self._speak(sound)
        if self._controls is not None and sound in BEEPS and self._silent():
            self._controls.beep(BEEPS[sound])

    def _save(self, records: Sequence[Record]) -> None:
        if any(isinstance(record, Locked) for record in records):
            # On the disk before anything else happens: whoever pulls the plug now finds the lock again.
            self.keeper.save(records, LOCK_SAVED_S)
        else:
            self.keeper.save(records)

    def _info(self, healths: Iterable[base.Health]) -> StationInfo:
        healths = list(healths)
        states = {health.sensor: self._shown(health) for health in healths}
        slow = {health.sensor: PHASES_OFF / health.rate_hz for health in healths if _too_slow(health)}
        return StationInfo(
            sensors=tuple((s.place, states.get(s.name, SensorState.WAITING)) for s in self._sensors),
            sync=sync_state(self.keeper),
            clinic_number=self._numbers[0],
            emergency_number=self._numbers[1],
            recording=recording_state(self._recorder),
            slow=tuple((s.place, slow[s.name]) for s in self._sensors if s.name in slow),
        )

    def _shown(self, health: base.Health) -> SensorState:
        """Return what the patient is told: a sensor that was live before is lost, one that never was is awaited."""
        if health.state is base.SensorState.LIVE:
            self._seen_live.add(health.sensor)
            return SensorState.OK
        return SensorState.LOST if health.sensor in self._seen_live else SensorState.WAITING


def _too_slow(health: base.Health) -> bool:
    """Tell whether a load cell says that a band could let go without being seen."""
    return SNAP_OFF in health.limits and health.rate_hz > 0


def status_of(screen: Screen, info: StationInfo) -> Status:
    """Return what the light says: a fault before everything, then whether repetitions are listened for."""
    lost = any(state is SensorState.LOST for _, state in info.sensors)
    if lost or info.sync is Sync.NOT_SAVED:
        return Status.FAULT
    return Status.LISTENING if screen is Screen.SET else Status.READY


RECORDING = {
    Trouble.DISK_FULL: Recording.DISK_FULL,
    Trouble.READ_ONLY: Recording.READ_ONLY,
    Trouble.REFUSED: Recording.REFUSED,
}


def recording_state(recorder: Recorder | None) -> Recording:
    """Return what is told of the raw recording, which costs nobody a repetition."""
    trouble = None if recorder is None else recorder.trouble
    return Recording.FINE if trouble is None else RECORDING[trouble]


def sync_state(keeper: Keeper) -> Sync:
    """Return what the patient is told of the records: a disk that refuses comes before everything."""
    if keeper.problem or keeper.behind_s > LATE_S:
        return Sync.NOT_SAVED
    if keeper.repaired:
        return Sync.REPAIRED
    if keeper.backlog is None:
        return Sync.UNKNOWN
    return Sync.SENT if keeper.online and keeper.backlog == 0 else Sync.SAVED_HERE
