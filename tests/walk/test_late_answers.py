"""Who trains on Friday and comes back on Monday is asked all the same, and nothing goes up on what was told late."""

from walk_house import DAY_S, PATIENT, STATION, House
from walk_patient import Patient

from edge.coach.dose import raises, read_dose
from edge.prescription.plan import CoachMode, Prescription
from edge.prescription.row import Row, Span
from edge.records import Moment

STAND = Row("stand", "sit_to_stand", 1, sets=Span.of(2), reps=Span(8, 12), rpe=(Span(6, 7),) * 2, rest_s=20)
PLAN = Prescription(1, PATIENT, STATION, "Ana", "2026-09-01T08:00:00+00:00", (STAND,), coach=CoachMode.APPLY)
FRIDAYS = {8: 5, 15: 12}
"""Each Monday, and the Friday before it."""


def test_from_friday_to_monday(tmp_path, clinic_keys):
    house = House(tmp_path, clinic_keys, trials=False)
    house.prescribe(PLAN)
    trained = {}
    for day in (1, 3, 5, 8, 10, 12, 15):
        house.at(day, 9 + day / 12)  # a little later every time: the weekend is more than three days
        assert Patient(house).train(), day
        trained[day] = house.of_kind("session")[-1]
    asked = {(day, session) for day, group, _, session in house.asked if group == Moment.SECOND_DAY}
    late = [one for one in house.of_kind("symptoms") if one.moment is Moment.SECOND_DAY]
    for monday, friday in FRIDAYS.items():
        assert (monday, trained[friday].session_id) in asked
        (told,) = [one for one in late if one.session_id == trained[friday].session_id]
        assert told.at - trained[friday].started_at > 3 * DAY_S, "written down with its true time"
    up = {
        day
        for one in house.of_kind("decision")
        if raises(read_dose(one.before), read_dose(one.after))
        for day in trained
        if house.wall_of(day) <= one.at < house.wall_of(day + 1)
    }
    assert up, "two days that were answered in time are enough"
    assert not up & set(FRIDAYS)
