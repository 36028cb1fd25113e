"""The clinic's tables.

Records of a station keep their own keys, with the station in front, and refer to nothing by foreign key: they may
arrive in any order. ``record`` is the ledger that makes ingest idempotent. Times ``*_at`` are seconds since 1970 UTC.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

metadata = MetaData()


def _signed() -> tuple[Column[Any], ...]:
    """Return the columns of what a clinician signed; the reason never leaves this database."""
    return (
        Column("payload", Text, nullable=False),
        Column("signature", String(120), nullable=False),
        Column("author", String(80), nullable=False),
        Column("reason", Text, nullable=False),
        Column("written_at", Float, nullable=False),
    )


clinician = Table(
    "clinician",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(80), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("created_at", Float, nullable=False),
)

login_session = Table(
    "login_session",
    metadata,
    # Only a hash of the cookie is kept: a copied database opens no session.
    Column("token_hash", String(64), primary_key=True),
    Column("clinician_id", ForeignKey("clinician.id"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)

patient = Table(
    "patient",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("first_name", String(40), nullable=False),
    Column("created_at", Float, nullable=False),
)

station = Table(
    "station",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("patient_id", ForeignKey("patient.id"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("online", Boolean, nullable=False, default=False),
    Column("seen_at", Float),
    # Its password as Mosquitto keeps it; empty until it is paired and after it was revoked.
    Column("credential", String(200)),
    Column("paired_at", Float),
    Column("revoked_at", Float),
    Index("station_by_patient", "patient_id"),
)

# The code that a station may be paired with, one at a time; of its secret only a hash is kept.
pairing = Table(
    "pairing",
    metadata,
    Column("station_id", ForeignKey("station.id"), primary_key=True),
    Column("name", String(8), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("wrong_tries", Integer, nullable=False),
)

# Who did what to a station, when, and why. Rows are only ever added.
station_event = Table(
    "station_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("at", Float, nullable=False),
    Column("author", String(80), nullable=False),
    Column("what", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Index("station_event_by_station", "station_id", "at"),
)

prescription = Table(
    "prescription",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("patient_id", ForeignKey("patient.id"), nullable=False),
    Column("version", Integer, nullable=False),
    *_signed(),
    # The outbox of the way down: empty until the broker has the message.
    Column("published_at", Float),
    UniqueConstraint("station_id", "version"),
)

# What a clinician has changed of a plan and not signed yet: nobody else's, and nothing that any station sees.
plan_draft = Table(
    "plan_draft",
    metadata,
    Column("clinician_id", ForeignKey("clinician.id"), primary_key=True),
    Column("patient_id", ForeignKey("patient.id"), primary_key=True),
    # The version in force that it was begun from, 0 where there was none.
    Column("base_version", Integer, nullable=False),
    # True where it begins a programme anew instead of changing the plan in force.
    Column("anew", Boolean, nullable=False),
    Column("payload", Text, nullable=False),
    # As it was typed when it could not be signed.
    Column("reason", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
)

# Clearances of locks on their way down.
clearance = Table(
    "clearance",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("patient_id", ForeignKey("patient.id"), nullable=False),
    Column("lock_id", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    *_signed(),
    UniqueConstraint("station_id", "number"),
)

# Rule sets and messages on their way down.
item = Table(
    "item",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("patient_id", ForeignKey("patient.id"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("version", Integer, nullable=False),
    *_signed(),
    # As of a prescription: empty until the broker has the message.
    Column("published_at", Float),
    UniqueConstraint("station_id", "kind", "version"),
)

# Who has seen an alert, by the key of its record.
acknowledgement = Table(
    "acknowledgement",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("key", String(120), primary_key=True),
    Column("author", String(80), nullable=False),
    Column("at", Float, nullable=False),
)

receipt = Table(
    "receipt",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("plan_version", Integer, primary_key=True),
    Column("state", String(12), primary_key=True),
    Column("at", Float, nullable=False),
    Column("reason", Text, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("key", String(120), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("received_at", Float, nullable=False),
    # The record as it came, where it held more than this version of the program reads; empty otherwise.
    Column("as_came", Text),
    # When the station was handed it: monotonic seconds of one run of its computer, what its clock said, and whether
    # anybody had set that. Empty in lines of before it was kept, and for what was typed in here.
    Column("boot", String(40)),
    Column("t_s", Float),
    Column("wall", Float),
    Column("sure", Boolean),
)

session = Table(
    "session",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("session_id", String(40), primary_key=True),
    Column("patient_id", String(40), nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("started_at", Float, nullable=False),
    # The patient's own date; empty in records of before it was kept.
    Column("day", String(10), nullable=False, server_default=""),
    Column("clock_trusted", Boolean, nullable=False, server_default=true()),
    Index("session_by_patient", "patient_id", "started_at"),
)

session_end = Table(
    "session_end",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("session_id", String(40), primary_key=True),
    Column("ended_at", Float, nullable=False),
    Column("sets_done", Integer, nullable=False),
    Column("sets_planned", Integer, nullable=False),
    Column("stop_reason", String(12), nullable=False),
)

training_set = Table(
    "training_set",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("session_id", String(40), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("exercise", String(40), nullable=False),
    Column("set_of_exercise", Integer, nullable=False),
    Column("sets_planned", Integer, nullable=False),
    Column("plan_version", Integer, nullable=False),
    # Empty where the plan asks for an effort or a time.
    Column("reps_planned", Integer),
    Column("tempo", String(40), nullable=False),
    Column("load_low_kg", Float),
    Column("load_high_kg", Float),
    Column("started_s", Float, nullable=False),
    Column("ended_s", Float, nullable=False),
    Column("reps_counted", Integer, nullable=False),
    Column("stop_reason", String(12), nullable=False),
    Column("origin", String(20), nullable=False),
    # Names joined by commas; empty where nothing was in doubt.
    Column("doubts", String(400), nullable=False, server_default=""),
    Column("row", String(40), nullable=False, server_default=""),
    Column("side", String(8)),
    Column("load_used_kg", Float),
    Column("load_origin", String(20)),
    Column("warm_up_reps", Integer, nullable=False, server_default="0"),
    Column("feedback", Boolean, nullable=False, server_default=true()),
    Column("on_tempo", Float),
    Column("rpe_low", Integer),
    Column("rpe_high", Integer),
)

PROPOSED_BODY = '%"standing":"proposed"%'
"""How the text of a decision reads that asks for an answer: ingest writes every record in one form."""

_proposed = text(f"body LIKE '{PROPOSED_BODY}'")

# Every kind of record without a table of its own: looked up by kind and session, read as the JSON it came as.
fact = Table(
    "fact",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("key", String(120), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("session_id", String(40)),
    # When it happened, by the station's clock; when it came, where it does not say.
    Column("at", Float, nullable=False),
    Column("body", Text, nullable=False),
    Index("fact_by_kind", "station_id", "kind", "at"),
    # For what is asked of all stations at once, on every page: locks.
    Index("fact_of_kind", "kind", "at"),
    # For the few decisions that ask for an answer, among the many that do not.
    Index("fact_proposed", "station_id", "at", sqlite_where=_proposed, postgresql_where=_proposed),
)

rep = Table(
    "rep",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("session_id", String(40), primary_key=True),
    Column("set_number", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Column("eccentric_s", Float),
    Column("bottom_s", Float),
    Column("concentric_s", Float),
    Column("top_s", Float),
    Column("pause_before_s", Float),
    Column("range_value", Float, nullable=False),
    Column("range_unit", String(8), nullable=False),
    Column("peak_force_n", Float),
    Column("verdict", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("origin", String(20), nullable=False),
    Column("edge_spread_s", Float),
    Column("peak_speed", Float),
    Column("mean_speed", Float),
    Column("smoothness", Float),
    Column("hold_sway", Float),
    Column("mean_force_n", Float),
    Column("impulse_n_s", Float),
)

answer = Table(
    "answer",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("session_id", String(40), primary_key=True),
    Column("set_number", Integer, primary_key=True),
    Column("question", String(16), primary_key=True),
    Column("value", Integer, nullable=False),
)

trace = Table(
    "trace",
    metadata,
    Column("station_id", String(40), primary_key=True),
    Column("session_id", String(40), primary_key=True),
    Column("set_number", Integer, primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("unit", String(8), nullable=False),
    Column("start_s", Float, nullable=False),
    Column("step_s", Float, nullable=False),
    # float32, little endian, one after the other
    Column("values", LargeBinary, nullable=False),
)

# Scores of questionnaires as clinicians type them in. A row is never changed: a correction is another one, which
# names the row that it replaces; without a value it takes that one back.
outcome = Table(
    "outcome",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("patient_id", ForeignKey("patient.id"), nullable=False),
    Column("what", String(40), nullable=False),
    Column("value", Float),
    # The psychological score of STarT Back; empty for every other questionnaire.
    Column("second", Float),
    Column("version", String(16), nullable=False),
    # The clinic's own date of the questionnaire.
    Column("day", String(10), nullable=False),
    Column("author", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("entered_at", Float, nullable=False),
    Column("replaces", ForeignKey("outcome.id"), unique=True),
    Index("outcome_by_patient", "patient_id", "day"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    # A member of sync.store.quarantine.Sort.
    Column("sort", String(16), nullable=False, server_default="poison"),
    # Whose topic it came on; empty where it was nobody's.
    Column("station_id", String(40)),
    Column("topic", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False, server_default="0"),
    # Of topic and payload: the same message is kept once.
    Column("digest", String(64), nullable=False),
    Column("received_at", Float, nullable=False),
    Column("seen_by", String(80)),
    Column("seen_at", Float),
    Index("quarantine_once", "digest", unique=True),
    Index("quarantine_by_sort", "sort", "id"),
)

# How many messages of each sort ever came, and how many of them were thrown away to make room.
quarantine_count = Table(
    "quarantine_count",
    metadata,
    Column("sort", String(16), primary_key=True),
    Column("arrived", Integer, nullable=False),
    Column("discarded", Integer, nullable=False),
)
