"""A new rule file over past sessions: from a journal or a clinic's database, before it goes live."""

import json
from dataclasses import replace
from datetime import date
from importlib.resources import files

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from typer.testing import CliRunner

from edge.__main__ import app
from edge.coach.decide import decide
from edge.coach.replay import replay
from edge.coach.rule_file import parse_rules, shipped
from edge.coach.terms import terms_of
from edge.history.facts import History
from edge.history.fold import fold
from edge.library import ContentError, Kit
from edge.model import Origin, StopReason, Verdict
from edge.prescription.due import due
from edge.prescription.plan import Block, CoachMode, Prescription
from edge.prescription.position import UNKNOWN, Now
from edge.prescription.row import Span
from edge.programme import parse_prescription, write_prescription
from edge.records import Answered, PlanReceipt, RepCounted, SessionEnded, SessionStarted, SetDone, key
from sync.journal import Journal, StoredItem
from sync.messages import VERSION, Up, encode
from sync.past import PastError, read_past
from sync.signed import Kind, judge
from sync.signing import VERIFY_KEY, load_verifier, new_key_pair
from sync.store import engine, schema, upgrade, writing
from sync.store.ingest import Arrival, ingest
from sync.store.prescriptions import write_plan

TEXT = files("edge.content").joinpath("coach.toml").read_text("utf-8")
SLOWER = TEXT.replace("reps_up = 2", "reps_up = 1").replace(
    'when = ["not at_top", "good_days >= sessions_before_step"]', 'when = ["not at_top", "good_days >= 3"]'
)
STATION, PATIENT = "station-a-0001", "patient-a-0001"


def trained(made, count=5, decide_with=None):
    """Sessions that the coach followed, its decisions applied."""
    history = made.past()
    for number in range(count):
        at = float(made.session(number).started_at)
        step = [one.record(at=at) for one in decide(history, made.TERMS, made.session(number).day, decide_with)]
        history = replace(history, decisions=(*history.decisions, *step))
        reps = 8 + sum(1 for one in history.decisions if one.row == "squat" and one.before != one.after)
        history = replace(history, sessions=(*history.sessions, made.session(number, made.good_sets(reps=reps))))
    return history


def records(history):
    """What a station would have written down for it."""
    for one in history.sessions:
        name = one.session_id
        yield SessionStarted(name, PATIENT, one.plan_version, one.started_at, one.day.isoformat())
        for number, fact in enumerate(one.sets, 1):
            yield SetDone(
                name, number, fact.exercise, fact.set_of_exercise, 3, one.plan_version, fact.reps_target, "3.1.0",
                (8.0, 16.0), 60.0 * number, 60.0 * number + 40, fact.reps_verified, StopReason.TARGET, Origin.SENSED,
                row=fact.row, load_used_kg=fact.load_kg, load_origin=Origin.SENSED, on_tempo=fact.on_tempo,
                rpe_planned=(7, 7),
            )  # fmt: skip
            for rep in range(1, fact.reps_verified + 1):
                yield RepCounted(
                    name, number, rep, rep * 5.0, rep * 5.0 + 4, 3.0, 1.0, 1.0, None, None, 80.0, "deg", None,
                    Verdict.ON_TARGET, 0.95, Origin.SENSED,
                )  # fmt: skip
            yield Answered(name, number, "effort", fact.rpe)
            yield Answered(name, number, "pain_change", fact.symptom_change)
        yield from one.symptoms.values()
        yield SessionEnded(name, one.started_at + 1800, 3, 3, StopReason.TARGET)
    yield from history.decisions


@pytest.fixture
def journal(made, tmp_path):
    path = tmp_path / "journal.db"
    book = Journal(path)
    book.append(list(records(trained(made))), 0.0, 0.0)
    plan = StoredItem(1, write_prescription(plan_of(made)), "c2ln")
    book.store_item("plan", plan, PlanReceipt(1, "delivered", 1.0, ""), 1.0, 1.0)
    book.close()
    return path


@pytest.fixture
def clinic(made, tmp_path):
    path = tmp_path / "clinic.db"
    upgrade(f"sqlite:///{path}")
    database = engine(f"sqlite:///{path}")
    ups = [Up(VERSION, key(one), STATION, "boot", 0.0, 1.0, one) for one in records(trained(made))]
    with writing(database) as db:
        db.execute(schema.patient.insert().values(id=PATIENT, name="A", first_name="A", created_at=0))
        db.execute(schema.station.insert().values(id=STATION, patient_id=PATIENT, created_at=0))
        write_plan(db, Ed25519PrivateKey.generate(), plan_of(made), "Dr. Lima", "first", 1.0)
        ingest(db, [Arrival(f"st/{STATION}/up/rep", one, encode(one)) for one in ups], 1.0)
    database.dispose()
    return path


def test_the_rules_that_decided_find_nothing_to_decide_otherwise(made):
    result = replay(trained(made), lambda _then, _now: made.TERMS, shipped())
    assert result.differences == ()
    assert (result.sessions, result.same) == (4, 8)


def test_slower_rules_say_in_which_session_which_dose_would_have_been_another(made):
    result = replay(trained(made), lambda _then, _now: made.TERMS, parse_rules(SLOWER, "slower.toml"))
    first = result.differences[0]
    assert (first.session_id, first.row, first.old.rule, first.new) == ("session-002", "squat", "reps_up", None)
    assert first.as_dict()["old"]["after"]["reps"] == 9
    assert first.as_dict()["new"]["after"]["reps"] == 8
    assert "was  reps_up: 2 good days" in result.as_text()


def test_a_session_whose_plan_is_not_in_the_file_is_left_out_and_counted(made):
    result = replay(trained(made), lambda _then, _now: None, shipped())
    assert (result.differences, result.sessions, result.without_plan) == ((), 0, 4)


def test_a_replay_sees_no_answer_that_came_later(made):
    """The next day's answer, given after the next session had begun, could not have moved it."""
    history = trained(made, 3)
    early = history.sessions[1]
    late = msgspec.structs.replace(early.symptoms["next_day"], at=history.sessions[2].started_at + 7200)
    early = replace(early, symptoms={**early.symptoms, "next_day": late})
    history = replace(history, sessions=(history.sessions[0], early, history.sessions[2]), decisions=())
    assert replay(history, lambda _then, _now: made.TERMS, shipped()).differences == ()


@pytest.mark.parametrize("kind", ["journal", "clinic"])
def test_both_kinds_of_file_hold_the_same_past_and_are_not_changed(made, kind, request):
    path = request.getfixturevalue(kind)
    before = path.read_bytes()
    past = read_past(path)
    assert path.read_bytes() == before
    assert fold(past.records) == fold(records(trained(made)))
    assert [parse_prescription(one) for one in past.plans] == [plan_of(made)]


def test_a_file_that_is_no_past_is_refused_by_name(tmp_path):
    other = tmp_path / "other.db"
    other.write_text("no database")
    for path in (other, tmp_path / "missing.db", tmp_path):
        with pytest.raises(PastError, match="expected a station's journal or"):
            read_past(path)


def test_a_station_that_is_not_in_the_clinic_is_refused_with_those_that_are(clinic):
    with pytest.raises(PastError, match=r"--station is 'other'; expected one of station-a-0001"):
        read_past(clinic, "other")


@pytest.mark.parametrize("kind", ["journal", "clinic"])
def test_the_command_prints_what_would_have_differed(kind, request, tmp_path):
    rules = tmp_path / "slower.toml"
    rules.write_text(SLOWER)
    run = ["coach", "replay", str(rules), "--history", str(request.getfixturevalue(kind))]
    said = json.loads(CliRunner().invoke(app, [*run, "--json"]).stdout)
    assert said["differences"][0]["old"]["rule"] == "reps_up"
    assert said["differences"][0]["session"] == "session-002"
    text = CliRunner().invoke(app, run).stdout
    assert "doses differ" in text.splitlines()[-1]


def test_the_command_refuses_a_broken_rule_file(tmp_path, journal):
    rules = tmp_path / "broken.toml"
    rules.write_text(TEXT.replace("reps_up = 2", "reps_up = -1"))
    run = CliRunner().invoke(app, ["coach", "replay", str(rules), "--history", str(journal)])
    assert isinstance(run.exception, ContentError)
    assert f"{rules}: [ladder] reps_up is -1; expected a whole number from 1 to 5" in str(run.exception)


def plan_of(made, **other):
    """The plan whose terms the builders have, as a clinic would write it."""
    plan = Prescription(
        1, PATIENT, STATION, "Ana", "2026-03-01T08:00:00Z", (made.SQUAT, made.HINGE), coach=CoachMode.APPLY,
        kit={Kit.KETTLEBELL: made.HALVES[:40], Kit.CHAIR: ()},
    )  # fmt: skip
    return replace(plan, **other)


def terms_at_first(plan):
    return terms_of(plan, due(plan, History(), UNKNOWN), clock_trusted=True)


def test_a_prescription_tells_the_coach_its_terms(made):
    plan = plan_of(made, version=4, coach=CoachMode.PROPOSE, over_pusher=True, kit=None)
    terms = terms_at_first(plan)
    assert (terms.version, terms.rows, terms.mode, terms.over_pusher) == (4, plan.rows, CoachMode.PROPOSE, True)
    assert terms.kit.next_above("goblet_squat", 8) is None, "without a word on kit no load goes up"
    assert terms.plan_good


def test_the_coach_is_told_of_the_rows_of_the_week_and_of_what_is_owned(made):
    later = replace(made.HINGE, name="later", weeks=Span(3, 4))
    plan = plan_of(made, rows=(made.SQUAT, later), blocks=(Block("all", Span(1, 4)),))
    terms = terms_at_first(plan)
    assert [row.name for row in terms.rows] == ["squat"]
    assert terms.kit.next_above("goblet_squat", 8) == 8.5


def test_a_plan_whose_time_is_over_is_told_as_no_good_plan(made):
    plan = plan_of(made, valid_until=date(2026, 3, 31))
    late = due(plan, History(), Now(1.8e9, date(2026, 4, 2), clock_trusted=True))
    assert not terms_of(plan, late, clock_trusted=True).plan_good


# ---- to the stations ----------------------------------------------------------------------------------------


@pytest.fixture
def panel(clinic, tmp_path):
    """The settings of that clinic's panel, with its key."""
    new_key_pair(tmp_path / "keys")
    path = tmp_path / "panel.toml"
    path.write_text(f'[panel]\ndatabase = "sqlite:///{clinic}"\nkeys = "{tmp_path / "keys"}"\n')
    return path


def publish(panel, tmp_path, text, *more):
    rules = tmp_path / "mine.toml"
    rules.write_text(text)
    asked = ["coach", "publish", str(rules), "--author", "Dr K. Lind", "--config", str(panel), *more]
    return CliRunner().invoke(app, asked)


def sent(clinic):
    database = engine(f"sqlite:///{clinic}")
    try:
        with database.connect() as db:
            return db.execute(select(schema.item)).all()
    finally:
        database.dispose()


def test_publishing_shows_first_what_would_have_differed_and_needs_a_yes(panel, clinic, tmp_path):
    answer = publish(panel, tmp_path, SLOWER)
    assert answer.exit_code == 1
    assert f"station {STATION} (1 of 1):" in answer.stdout
    assert "was  reps_up: 2 good days" in answer.stdout
    assert "Nothing was sent. With --yes the rules go to 1 station(s)." in answer.stdout
    assert sent(clinic) == []


def test_with_a_yes_each_station_gets_its_own_signed_copy(panel, clinic, tmp_path):
    mine = SLOWER.replace(f'version = "{shipped().version}"', 'version = "slower"')
    for version in (1, 2):
        answer = publish(panel, tmp_path, mine, "--yes", "--until", "2030-01-31")
        assert answer.exit_code == 0, answer.output
        assert f"rule set {version} is on its way" in answer.stdout
    verifier = load_verifier(tmp_path / "keys" / VERIFY_KEY)
    first, second = sent(clinic)
    assert (first.author, first.reason, first.version, second.version) == ("Dr K. Lind", "slower", 1, 2)
    item = judge(Kind.RULES, second.payload, second.signature, verifier, STATION, PATIENT)
    assert (item.content.rules.version, str(item.valid_until)) == ("slower", "2030-01-31")
    assert item.content.text == mine, "the very file"


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("version = 3", (), "expected exactly version, ladder, words, rule"),
        (SLOWER, ("--station", "station-x-0009"), "--station is 'station-x-0009'; expected a station of this clinic"),
        (SLOWER + "#" * 60_000, ("--yes",), "characters; expected at most 40000"),
    ],
)
def test_what_cannot_be_published_is_one_sentence_and_nothing_is_sent(panel, clinic, tmp_path, text, more, said):
    answer = publish(panel, tmp_path, text, *more)
    assert answer.exit_code != 0
    assert said in str(answer.exception)
    assert sent(clinic) == []
