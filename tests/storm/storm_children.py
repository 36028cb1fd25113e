"""Stations and bridges that are to be killed at an exact step: a parent that has imported everything, and forks.

One JSON object on standard input is one child; one on standard output tells how it ended. The steps are hooked in
here, around the product's own parts: the product knows nothing of them. A child ends by itself after ``life_s``.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from edge.records import SessionStarted
from edge.simulate.traffic import patient_of
from sync.bridge import Bridge
from sync.intake import Intake
from sync.journal import Journal
from sync.keeper import Keeper
from sync.mqtt import MqttTransport
from sync.signing import load_verifier

STATION_STEPS = ("send", "sent", "puback", "acknowledged", "mark", "marked")
"""Before and after a message is handed to the link; at the broker's word; at the clinic's word; before and after the
outbox is rid of the row."""
BRIDGE_STEPS = ("receive", "commit", "committed", "confirmed", "settled")
"""A message came; before and after the transaction; after the clinic's word left; after the broker was told."""


class Death:
    """Kills this process the ``nth`` time it comes to ``step``."""

    def __init__(self, step, nth):
        self._step, self._left = step, nth

    def at(self, step):
        if step == self._step:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class DeadlyLink(MqttTransport):
    """The real link, with the steps in it that are its own."""

    def __init__(self, death, *where, **options):
        super().__init__(*where, **options)
        self._death = death

    def start(self, on_message, subscriptions, *rest, **options):
        def heard(message):
            if message.topic.endswith("/down/ack"):
                self._death.at("acknowledged")
            on_message(message)

        super().start(heard, subscriptions, *rest, **options)

    def publish(self, topic, payload, *, retain=False, done=None):
        def told(reason):
            self._death.at("puback")
            done(reason)

        if retain:
            super().publish(topic, payload, retain=retain, done=done)
            return
        self._death.at("send")
        super().publish(topic, payload, done=told)
        self._death.at("sent")


class DeadlyJournal(Journal):
    """The real journal, with a step on either side of forgetting what was confirmed."""

    death = None

    def acknowledge(self, keys):
        self.death.at("mark")
        super().acknowledge(keys)
        self.death.at("marked")


def station(asked):
    """Save what is to be saved, tell what is on the disk, and send until nothing is left."""
    death, told = Death(asked["step"], asked["nth"]), os.open(asked["told"], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    DeadlyJournal.death = death
    link = DeadlyLink(death, asked["host"], asked["port"], asked["user"], asked["user"], asked["password"])
    keeper = Keeper(
        lambda: DeadlyJournal(Path(asked["journal"])),
        link,
        asked["user"],
        patient_of(asked["user"]),
        load_verifier(Path(asked["key"])),
        now=time.monotonic,
        wall=time.time,
        on_plan=lambda _plan: None,
        on_saved=lambda keys: os.write(told, "".join(f"{name}\n" for name in keys).encode()),
        resend_s=0.5,
    )
    keeper.start()
    for first in range(asked["first"], asked["first"] + asked["records"], asked["together"]):
        names = (f"storm-{number:06}" for number in range(first, first + asked["together"]))
        keeper.save([SessionStarted(name, patient_of(asked["user"]), 1, 1_780_000_000.0) for name in names], 5.0)
    until_s = time.monotonic() + asked["life_s"]
    while keeper.backlog != 0 and time.monotonic() < until_s:
        time.sleep(0.01)
    keeper.stop()
    os._exit(0 if keeper.backlog == 0 else 3)


def bridge(asked):
    """Be a bridge until killed."""
    death = Death(asked["step"], asked["nth"])

    def before(owner, name, step):
        real = getattr(owner, name)

        def hooked(*args, **named):
            death.at(step)
            return real(*args, **named)

        setattr(owner, name, hooked)

    def after(owner, name, step):
        real = getattr(owner, name)

        def hooked(*args, **named):
            found = real(*args, **named)
            death.at(step)
            return found

        setattr(owner, name, hooked)

    before(Bridge, "_enqueue", "receive")
    after(sys.modules["sync.intake"], "ingest", "commit")
    before(Intake, "_acknowledge", "committed")
    after(Intake, "_acknowledge", "confirmed")
    after(Bridge, "_take_in", "settled")
    link = MqttTransport(
        asked["host"], asked["port"], asked["user"], asked["user"], asked["password"],
        settle_by_hand=True, first_retry_s=0.1, longest_retry_s=0.5,
    )  # fmt: skip
    Bridge(link, asked["database"], poll_s=0.05).start()
    time.sleep(asked["life_s"])
    os._exit(3)


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os.close(0)
            try:
                {"station": station, "bridge": bridge}[asked["who"]](asked)
            finally:
                os._exit(4)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"status": status}), flush=True)
