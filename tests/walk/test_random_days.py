"""Days as they may come, in any order, through the whole station: nothing goes up without a record and good days.

Every session is labelled with what was wrong around it. The oracle knows the labels and the records, not the rules.
The short run takes a sample; STEADYRIG_LONG=1 takes many more.
"""

import os
from dataclasses import replace

import numpy as np
import pytest
from walk_house import DAY_S, PATIENT, STATION, House
from walk_patient import OVER, Patient, main

from edge.coach.decide import again
from edge.coach.dose import raises, read_dose
from edge.coach.rule_file import shipped
from edge.library import Kit
from edge.model import StopReason
from edge.prescription.limits import Limits
from edge.prescription.plan import CoachMode, Prescription
from edge.prescription.row import Row, Span
from edge.records import Decided, SessionStarted, SetDone, Standing

MONTHS = range(300) if os.environ.get("STEADYRIG_LONG") else range(24, 32)
"""The sample has clocks put back after a session that went badly."""
AT_ONCE = 4
SEED = 11
SESSIONS = 14
EASY = (Span(6, 7),) * 3
ROWS = (
    Row("stand", "sit_to_stand", 1, sets=Span.of(2), reps=Span(8, 12), rpe=EASY[:2], rest_s=20),
    Row("row", "band_row", 2, sets=Span(2, 3), reps=Span(8, 10), rpe=EASY, load_kg=(5.0, 7.0), rest_s=20),
)
PLAN = Prescription(
    1, PATIENT, STATION, "Ana", "2026-09-01T08:00:00+00:00", ROWS,
    limits=Limits({"ceiling_kg": 8.0}), kit={Kit.BAND: (), Kit.CHAIR: ()}, coach=CoachMode.APPLY,
)  # fmt: skip
SAID = {
    "hurt": {"worst.back": 6, "worst.leg": 6},
    "not bearable": {"worst.tolerable": 0},
    "high after": {"next_day.back": 6, "second_day.back": 6},
    "silent": {"back": None, "leg": None, "distal": None, "tolerable": None},
    "silent after": {f"{moment}.{part}": None for moment in ("next_day", "second_day") for part in ("back", "leg")},
    "further down": {"start.distal": 1},
    "hard": {"effort": 9, "reserve": 0},
    "no effort": {"effort": None, "reserve": None},
    "worse": {"change": 1},
    "no change told": {"change": None},
}
AROUND = ("no date", "clock back", "power cut", "replayed plan", "new plan", "lower ceiling")
HARMLESS = {"replayed plan", "new plan", "lower ceiling"}
"""What comes before a session and says nothing against it."""


class Days(House):
    """A house in which anything may go wrong around a session, and is remembered."""

    def begin(self, rng):
        self.rng, self.wrong, self.version = rng, {}, 1
        self.ceilings = {1: 8.0}
        self.prescribe(PLAN)

    def one_day(self, day):
        labels = set()
        said = {}
        if self.rng.random() < 0.3:
            label = str(self.rng.choice(list(SAID)))
            labels.add(label)
            said = SAID[label]
        self.at(day, 9)
        if self.rng.random() < 0.2:
            label = str(self.rng.choice(AROUND))
            labels.add(label)
            self.around(label)
        patient = Patient(self, **said)
        self.wait(60.0)  # what is due is looked at every now and then
        if self.due().now:
            self.train(patient, cut="power cut" in labels)
        if (sessions := self.of_kind("session")) and sessions[-1].session_id not in self.wrong:
            after = {label for label in labels if label.endswith("after")}
            self.wrong[sessions[-1].session_id] = labels - after
            trained = [one.session_id for one in sessions[:-1] if one.session_id in self.trained()]
            if trained:  # what was said of the day after belongs to the last session before with a set in it
                self.wrong[trained[-1]] |= after
        self.sure = lambda: True

    def trained(self):
        """Sessions in which a set was done; who does not say how things are is not let train."""
        return {one.session_id for one in self.of_kind("set") if one.stop_reason != "skipped"}

    def train(self, patient, *, cut):
        if not cut:
            patient.train()
            return
        looks = iter(range(int(self.rng.integers(1, 60))))
        self.press(main(self.view()))
        patient.go_on(lambda view: isinstance(view, OVER) or next(looks, None) is None)
        self.power_cut()
        patient.go_on()

    def around(self, label):
        match label:
            case "no date":
                self.sure = lambda: False
            case "clock back":
                self.turn_clock(-DAY_S * (int(self.rng.integers(1, 4)) + 0.5))
            case "replayed plan":
                self.prescribe_nothing_older(PLAN)
            case "new plan" | "lower ceiling":
                self.version += 1
                lower = 6.0 if label == "lower ceiling" else self.ceilings[self.version - 1]
                self.ceilings[self.version] = lower
                rows = (ROWS[0], replace(ROWS[1], load_kg=(5.0, min(7.0, lower))))
                self.prescribe(replace(PLAN, version=self.version, rows=rows, limits=Limits({"ceiling_kg": lower})))


def month(folder, keys, number):
    house = Days(folder, keys, trials=False)
    house.begin(np.random.default_rng([SEED, number]))
    day = 1
    for _ in range(SESSIONS):
        house.one_day(day)
        day += int(house.rng.choice([1, 1, 1, 2]))
    return house


def held_against_the_records(house):
    """Return how many doses went up and down; each of them has its record, and those that went up good days."""
    last, applied, up, down = {}, {}, 0, 0
    sessions = [one for one in house.records() if isinstance(one, SessionStarted)]
    for record in house.records():
        match record:
            case Decided():
                was, now = read_dose(record.before), read_dose(record.after)
                assert again(record, shipped()) == now
                if record.standing in (Standing.APPLIED, Standing.ACCEPTED) and was != now:
                    applied.setdefault(record.row, []).append((was, now))
                    up += raises(was, now)
                    down += not raises(was, now)
                    if raises(was, now):
                        stands_on_good_days(house, record, sessions)
            case SetDone():
                ceiling = house.ceilings[record.plan_version]
                assert record.load_kg is None or record.load_kg[1] <= ceiling, record
                row = next(one for one in ROWS if one.name == record.row)
                assert record.reps_planned <= row.reps.high
                dose = record.reps_planned, record.sets_planned, record.load_kg or (0.0, 0.0)
                before = last.get(record.row)
                more = before is not None and before[0] == record.plan_version and is_more(before[1], dose)
                assert not more or applied.get(record.row), (before, record)
                if record.session_id != (before or (0, 0, ""))[2]:
                    applied[record.row] = []
                last[record.row] = record.plan_version, dose, record.session_id
    return up, down


def is_more(before, after):
    return after[0] > before[0] or after[1] > before[1] or after[2][1] > before[2][1] or after[2][0] > before[2][0]


def stands_on_good_days(house, record, sessions):
    names = [one.session_id for one in sessions]
    trained = house.trained()
    seen = [name for name in names[: names.index(record.session_id) + 1] if name in trained]
    for name in seen[-2:]:
        wrong = house.wrong[name] - HARMLESS
        if wrong == {"power cut"} and is_whole(house, name, record.row):
            continue
        assert not wrong, (record.row, record.rule, name, wrong)
    versions = {one.plan_version for one in sessions if one.session_id in seen[-2:]}
    assert len(versions) == 1, "what was done under another plan proves nothing"


def is_whole(house, name, row):
    """Whether the power went in another line: this one's sets were done to their end, and nothing is in doubt."""
    sets = [one for one in house.of_kind("set") if (one.session_id, one.row) == (name, row)]
    return all(one.stop_reason is StopReason.TARGET and not one.doubts for one in sets)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", MONTHS[::AT_ONCE])
def test_in_any_month_nothing_goes_up_without_a_record_and_good_days(tmp_path_factory, clinic_keys, first):
    print(f"seed {SEED}, months {first} to {first + AT_ONCE - 1}")
    ups = downs = 0
    for number in range(first, first + AT_ONCE):
        house = month(tmp_path_factory.mktemp("month"), clinic_keys, number)
        up, down = held_against_the_records(house)
        ups, downs = ups + up, downs + down
        assert house.send()[1] == 0
    print(f"{ups} up, {downs} down")
    assert min(ups, downs) > 0, "else nothing is shown"
