"""What an attacker, a broken clinic or a careless one may send down, and a station that is given it."""

import json
import random
import time
from datetime import UTC, date, timedelta
from importlib.resources import files

from edge.coach.rule_file import shipped
from sync.clearances import Clearance, write_clearance
from sync.journal import Journal
from sync.keeper import Keeper
from sync.messages import Signed, encode
from sync.signed import Kind
from sync.signing import sign
from sync.topics import down

STATION, OTHER = "station-a-0001", "station-b-0002"
PATIENT, OTHER_PATIENT = "patient-a-0001", "patient-b-0002"
WALL = 1_780_000_000.0
TODAY = date(2026, 5, 28)
RULES = files("edge.content").joinpath("coach.toml").read_text("utf-8")
GOOD_KG, HEAVY_KG = 8, 80


def plan_text(version, *, patient=PATIENT, station=STATION, kg=GOOD_KG, tempo="3-1-1", **more):
    row = {
        "name": "band_row", "exercise": "band_row", "order": 1, "sets": 3, "reps": 8, "tempo": tempo,
        "load_kg": [5, kg], "rest_s": 60,
    }  # fmt: skip
    plan = {
        "version": version, "patient_id": patient, "station_id": station, "first_name": "Ana",
        "issued_at": "2026-05-01T09:00:00Z", "rows": [row], "limits": {"ceiling_kg": 100},
    }  # fmt: skip
    return json.dumps(plan | more)


def rules_text(version, *, patient=PATIENT, station=STATION, text=RULES, **more):
    told = {"kind": "rules", "station_id": station, "patient_id": patient, "version": version, "text": text}
    return json.dumps(told | more)


def note_text(version, *, patient=PATIENT, station=STATION, text="Well done.", **more):
    told = {"kind": "message", "station_id": station, "patient_id": patient, "version": version, "text": text}
    return json.dumps(told | {"valid_until": "2026-12-31"} | more)


def clearance_text(version, *, patient=PATIENT, station=STATION, lock="lock-0001"):
    return write_clearance(Clearance(station, patient, lock, version, "Dr K. Lind", WALL))


TEXTS = {Kind.PLAN: plan_text, Kind.RULES: rules_text, Kind.MESSAGE: note_text, Kind.CLEARANCE: clearance_text}
HARDER = {
    Kind.PLAN: {"kg": HEAVY_KG},
    Kind.RULES: {"text": RULES.replace(f'version = "{shipped().version}"', 'version = "hostile"')},
    Kind.MESSAGE: {"text": "Train more."},
    Kind.CLEARANCE: {},
}
"""What somebody wants to get in: heavier, other rules, other words."""


def signed(signer, text):
    return encode(Signed(1, text, sign(signer, text)))


def hostile(kind, signer, stranger, newest, seed):
    """Return one message that no station may use, though it may be signed by the clinic itself."""
    chance = random.Random(f"{kind} {seed}")
    text, harder = TEXTS[kind], HARDER[kind]
    newer, older = newest + chance.randint(1, 500), chance.randint(1, newest)
    good = text(newer, **harder)
    over = (TODAY - timedelta(days=chance.randint(1, 400))).isoformat()
    ways = {
        "older": lambda: signed(signer, text(older, **harder)),
        "other patient": lambda: signed(signer, text(newer, patient=OTHER_PATIENT, **harder)),
        "other station": lambda: signed(signer, text(newer, station=OTHER, **harder)),
        "stranger": lambda: signed(stranger, good),
        "altered": lambda: encode(Signed(1, good.replace(STATION, OTHER, 1), sign(signer, good))),
        "someone's signature": lambda: encode(Signed(1, good, sign(signer, text(newer)[:-1]))),
        "no signature": lambda: encode(Signed(1, good, chance.choice(["", "AAAA", "!" * 88, "A" * 88]))),
        "other kind": lambda: signed(signer, TEXTS[chance.choice([k for k in TEXTS if k is not kind])](newer)),
    }
    if kind is not Kind.CLEARANCE:
        ways["expired"] = lambda: signed(signer, text(newer, **harder, valid_until=over))
    return ways[chance.choice(sorted(ways))]()


POISONS = {
    "huge": b'{"v":1,"payload":"' + b"a" * 70_000 + b'","signature":""}',
    "no JSON": b"\xff\xfe{",
    "nested": b"[" * 30_000,
    "cut off": b'{"v":1,"payload":"{}","sig',
    "twice": b'{"v":1,"v":1,"payload":"{}","signature":""}',
    "another version": b'{"v":9,"payload":"{}","signature":""}',
    "nothing": b"",
}
"""Bytes that are no message at all; nobody can have signed them."""

SIGNED_POISONS = {
    Kind.PLAN: {
        "tempo": plan_text(900, tempo="999.9.9", kg=HEAVY_KG),
        "NaN load": plan_text(901).replace(f"[5, {GOOD_KG}]", "[5, NaN]"),
        "infinite load": plan_text(902).replace(f"[5, {GOOD_KG}]", "[5, 1e999]"),
        "negative sets": plan_text(903).replace('"sets": 3', '"sets": -3'),
        "nested": '{"version": 904, "rows": ' + "[" * 20_000 + "]" * 20_000 + "}",
        "huge number": plan_text(905).replace('"reps": 8', '"reps": ' + "9" * 5000),
        "unknown field": plan_text(906, kg=HEAVY_KG, surprise=True),
        "no rows": plan_text(907).replace('"rows"', '"rowz"'),
        "a note of nothing": plan_text(908).replace('"sets": 3', '"sets": 3, "note": "\\u202e"'),
        "a name with a line break": plan_text(909).replace('"Ana"', '"Ana\\nTraining is locked"'),
    },
    Kind.RULES: {
        "no TOML": rules_text(900, text="version = "),
        "nested": rules_text(901, text="a = " + "[" * 5000),
        "huge number": rules_text(902, text=f"version = {'9' * 6000}"),
        "wrong kinds": rules_text(903, text=RULES.replace('scope = "session"', 'scope = ["session"]', 1)),
        "opens the gate": rules_text(904, text=RULES.replace('do = "less"', 'do = "most"', 1)),
        "a width that fills the memory": rules_text(
            905, text=RULES.replace("{days_away} days away (asks", "{days_away:>999999999} days away (asks", 1)
        ),
        "control signs": rules_text(906, text=RULES.replace("Same dose today.", "\\u001b[2J", 1)),
        "NaN step": rules_text(907, text=RULES.replace("load_back_pct = 10", "load_back_pct = nan", 1)),
    },
    Kind.MESSAGE: {
        "turned round": note_text(900, text="\u202enuR"),
        "escape": note_text(901, text="\x1b[2Jgone"),
        "lines": note_text(902, text="one\ntwo"),
        "too long": note_text(903, text="word " * 40),
        "one endless word": note_text(904, text="w" * 100),
        "empty boxes": note_text(905, text="שלום 🎉"),
        "for ever": note_text(906).replace("2026-12-31", "never"),
    },
}
"""Texts that the clinic signed and no station may use, by what is wrong with them."""


class Station:
    """A real keeper on a link, and everything it told."""

    def __init__(self, link, folder, verifier, **options):
        self.path, self.link = folder / "journal.db", link
        self.plans, self.rules, self.messages, self.locks, self.cleared = [], [], [], [], []
        self.wall, self.sure = options.pop("wall", WALL), options.pop("sure", True)
        self.keeper = Keeper(
            lambda: Journal(self.path), link, options.pop("station", STATION), options.pop("patient", PATIENT),
            verifier, now=time.monotonic, wall=lambda: self.wall, sure=lambda: self.sure, zone=UTC,
            on_plan=self.plans.append, on_rules=self.rules.append, on_message=self.messages.append,
            on_lock=self.locks.append, on_clear=self.cleared.append, resend_s=0.2, **options,
        )  # fmt: skip
        self.keeper.start()

    def records(self):
        journal = Journal(self.path)
        try:
            return list(journal.records())
        finally:
            journal.close()

    def heaviest_kg(self):
        return max(row.load_kg[1] for plan in self.plans for row in plan.rows)


class Sender:
    """Somebody who may write to everything that goes down."""

    def __init__(self, link):
        self.link = link
        self.link.start(lambda _message: None, [])

    def send(self, kind, payload, *, station=STATION):
        self.link.publish(down(station, kind), payload)
