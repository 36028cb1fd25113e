"""Who acts in the demo: the patient in front of the screen, and the clinician at the panel."""

from __future__ import annotations

import math
import time

from display.shapes import ReadyView, SetView, TrialView, View
from drivers.clock import SimulatedClock
from drivers.emulation.bell_rack import BellRack
from drivers.samples import STANDARD_GRAVITY_M_S2
from edge.demo.clinic import PATIENT_ID
from edge.demo.clinician import Clinician
from edge.demo.patient import LOOK_S, WatchingPatient
from edge.demo.rig import DOCK
from edge.prescription.due import Due
from edge.session import BellNotice, Screen, SessionState, bell_notice
from edge.wiring import StationRun

DAY_S = 86_400.0
CHANGE = {"reps": "6", "tempo": "3.1.0", "load_low_kg": "7", "load_high_kg": "13", "reason": "Ready for one more"}
"""What the virtual clinician changes while the patient is in the first set."""
CHANGE_AT_REP = 2
ARRIVAL_S = 3.0
"""So many real seconds the patient waits between sets for a change that is on its way: simulated time may run faster
than the machine can carry a message."""
MISTAKE_S = 10.0
"""Seconds the patient holds the wrong bell at most, once per demo: until the screen says so, and a look longer."""


class Actors:
    """The two people of the demo; the clinician, where one acts, changes the row ``changed_row`` of the plan once."""

    def __init__(
        self,
        patient: WatchingPatient,
        clinician: Clinician | None,
        station_run: StationRun,
        clock: SimulatedClock,
        rack: BellRack,
        changed_row: str,
    ) -> None:
        self._patient = patient
        self._clinician = clinician
        self._run = station_run
        self._clock = clock
        self._rack = rack
        self._changed_row = changed_row
        self.plan_version = 0
        self._changed: tuple[int, float] | None = None
        self._slept: Due | None = None
        self._mistaken_until_s = math.inf

    @property
    def done(self) -> bool:
        """True once the patient has closed the last summary."""
        return self._patient.done

    def see(self, view: View) -> None:
        """Show a view to the patient; the clinician writes a change once the training is under way."""
        state = self._run.station.state
        self.plan_version = state.plan.version if state.plan else 0
        if state.finished:
            exercise, peak_n = "", 0.0
        else:
            low_kg, high_kg = state.planned.load_kg or (0.0, 0.0)
            exercise, peak_n = state.planned.exercise, (low_kg + high_kg) / 2 * STANDARD_GRAVITY_M_S2
        if self._nothing_more_today(state):
            self._slept = state.due
            self._clock.skip_wall(DAY_S)
        waits = self._change_is_coming() or not self._carry(view, state)
        self._patient.look(view, exercise, peak_n, self._clock.now(), waits=waits)
        if self._clinician and isinstance(view, SetView) and len(state.reps) >= CHANGE_AT_REP:
            clinician, self._clinician = self._clinician, None
            clinician.change_plan(PATIENT_ID, self._changed_row, CHANGE)
            self._changed = self.plan_version, time.monotonic() + ARRIVAL_S

    def _nothing_more_today(self, state: SessionState) -> bool:
        """Tell, once, that nothing is due any more: the patient comes back tomorrow."""
        idle = state.screen is Screen.AGENDA and state.plan is not None and not state.may_start
        return idle and not self.done and state.due != self._slept

    def _carry(self, view: View, state: SessionState) -> bool:
        """Let the patient take the bell that is due; once it is the wrong one, until the screen says so."""
        if isinstance(view, SetView | TrialView):
            return True
        rack, now_s, heaviest = self._rack, self._clock.now(), max(DOCK.bells_kg)
        due = state.bells_wanted[0] if isinstance(view, ReadyView) and state.bells_wanted else None
        if due is None or due == heaviest or self._mistaken_until_s < now_s:
            return rack.hold(due, now_s)
        patience_s = LOOK_S if bell_notice(state) is BellNotice.HEAVIER else MISTAKE_S
        self._mistaken_until_s = min(self._mistaken_until_s, now_s + patience_s)
        rack.hold(heaviest, now_s)
        return False

    def _change_is_coming(self) -> bool:
        if self._changed is None:
            return False
        before, until_s = self._changed
        return self.plan_version == before and time.monotonic() < until_s
