"""Leads somebody through a guide in the terminal: what to do, a live value, an answer, what came of it."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from typing import Protocol

from drivers.calibration.guide import Step
from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.record import LoadRecord, MuscleRecord, Record
from edge.calibrate.bench import Bench
from edge.calibrate.words import alike, finished, hints, instruction, not_written, reading, reason, sensed, step_of

LOOK_S = 0.1
ENTER, BACK, SKIP, KEEP, LEAVE, UNKNOWN = "", "b", "s", "k", "q", "?"


class Console(Protocol):
    """Where the words go and the answers come from."""

    def tell(self, line: str) -> None:
        """Show a line that stays."""

    def live(self, text: str) -> None:
        """Show a value that the next one replaces."""

    def answer(self, timeout_s: float) -> str | None:
        """Return the next answer, or None when none came in time. Raises EOFError when there are no more."""


class Terminal:
    """Standard input and output. Input is read in a thread, so that the live value goes on while somebody thinks."""

    def __init__(self) -> None:
        self._source = sys.stdin
        self._out = sys.stdout
        self._answers: queue.Queue[str | None] = queue.Queue()
        self.interactive = self._source.isatty() and self._out.isatty()
        threading.Thread(target=self._listen, name="answers", daemon=True).start()

    def tell(self, line: str) -> None:
        """Print a line."""
        print(f"\r\033[K{line}" if self.interactive else line, file=self._out, flush=True)

    def live(self, text: str) -> None:
        """Print over the line before; where nobody watches, print nothing."""
        if self.interactive:
            print(f"\r\033[K{text}  ", end="", file=self._out, flush=True)

    def answer(self, timeout_s: float) -> str | None:
        """Return the next line."""
        try:
            line = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if line is None:
            raise EOFError
        return line.strip()

    def _listen(self) -> None:
        for line in self._source:
            self._answers.put(line)
        self._answers.put(None)


class Left(Exception):  # noqa: N818 - reads as what happened
    """Somebody ended the calibration before it was finished."""


def lead(bench: Bench, console: Console) -> Record:
    """Lead through the bench's guide to its end and return the record that was written.

    Raises Left when somebody leaves or there are no more answers, OSError when the disk refuses, and BusHung when the
    sensor's bus hangs.
    """
    guide = bench.guide
    while guide.step is not Step.DONE:
        _show(bench, console)
        before = guide.step
        _act(bench, _ask(bench, console), console)
        looked, step = guide.measuring, before
        while guide.measuring:
            bench.wait(LOOK_S)
            if guide.step is not step:  # what follows by itself is told as well
                step = guide.step
                if guide.measuring:
                    console.tell(f"  {instruction(guide)}")
            console.live(f"  {round(100 * guide.progress(bench.clock.now())):3d} %  {_reading(bench)}")
        if guide.refusal:
            console.tell(f"  Not passed. {reason(guide.refusal)}")
        elif looked and (guide.step not in (before, Step.CONFIRM) or step is not before):
            console.tell(f"  Passed ({_reading(bench)}).")
    try:
        record = bench.save()
    except OSError as exc:
        console.tell(not_written(exc))
        raise
    console.tell(finished(record))
    if told := figures(record):
        console.tell(told)
    if near := bench.lies_like(record):
        console.tell(f"{alike(near)} They are {near[1]:.0f} degrees apart.")
    return record


def figures(record: Record) -> str:
    """Return how good a calibration is, in one line; empty for a still pose."""
    match record:
        case LoadRecord():
            return _of_cell(record)
        case MuscleRecord():
            return (
                f"rest {100 * record.rest_level:.1f} % of range, reference {100 * record.full_level:.1f} %, "
                f"{record.efforts} efforts within {100 * record.spread_share:.0f} %, of {record.patient}"
            )
        case _:
            return ""


def _of_cell(record: LoadRecord) -> str:
    said = [
        f"{record.newton_per_count:.6g} N/count",
        f"zero {record.zero_count}",
        f"spread {record.spread_n:.3f} N",
        f"weight {record.weight_kg:g} kg",
        f"repeats {_percent(record.repeated_share)}",
        f"linear {_percent(record.linear_share)}",
    ]
    return ", ".join(said)


def _percent(share: float | None) -> str:
    return "not checked" if share is None else f"to {100 * share:.2f} %"


def _show(bench: Bench, console: Console) -> None:
    guide = bench.guide
    console.tell("")
    console.tell(f"{step_of(guide)}: {instruction(guide)}")
    for hint in hints(guide):
        console.tell(f"  {hint}")
    console.tell(f"  {_choices(bench)}")


def _choices(bench: Bench) -> str:
    """Return what may be typed."""
    guide = bench.guide
    typed = {Step.CONFIRM: "yes: it is empty", Step.WEIGHT: "the kg", Step.SECOND: f"the kg, or {UNKNOWN}"}
    said = [typed.get(guide.step, "Enter: measure")]
    if isinstance(guide, LoadGuide) and guide.step is Step.WEIGHT and guide.weight_kg:
        said.append(f"Enter: {guide.weight_kg:g} kg as before")
    if isinstance(guide, LoadGuide) and guide.can_keep:
        said.append(f"{KEEP}: keep the old span")
    if guide.step in (Step.SECOND, Step.BOTH):
        said.append(f"{SKIP}: skip")
    if guide.can_go_back:
        said.append(f"{BACK}: back")
    return "   ".join([*said, f"{LEAVE}: leave"])


def _ask(bench: Bench, console: Console) -> str:
    """Wait for an answer; meanwhile the live value goes on, and a problem with the sensor is told once."""
    told = ""
    while True:
        bench.wait(LOOK_S)
        if bench.problem != told:
            told = bench.problem
            console.tell(f"  {told or 'The sensor answers again.'}")
        console.live(f"  {_reading(bench)}")
        try:
            answer = console.answer(LOOK_S)
        except EOFError:
            raise Left from None
        if answer is not None:
            return answer.lower()


def _act(bench: Bench, answer: str, console: Console) -> None:
    guide, now_s = bench.guide, bench.clock.now()
    simple: dict[str, Callable[[], None]] = {BACK: guide.back}
    if isinstance(guide, LoadGuide):
        simple |= {SKIP: guide.skip, KEEP: guide.keep}
    if answer == LEAVE:
        raise Left
    if answer in simple:
        simple[answer]()
    elif isinstance(guide, LoadGuide) and guide.asks_kg:
        _weigh(guide, answer, now_s, console)
    elif isinstance(guide, LoadGuide) and guide.step is Step.CONFIRM:
        if answer == "yes":
            guide.confirm()
    elif answer == ENTER:
        guide.begin(now_s)
    else:
        console.tell(f"  {answer!r} is none of these.")


def _weigh(guide: LoadGuide, answer: str, now_s: float, console: Console) -> None:
    if answer == UNKNOWN and guide.step is Step.SECOND:
        guide.weigh(None, now_s)
        return
    if answer == ENTER and guide.step is Step.WEIGHT and guide.weight_kg:
        guide.weigh(guide.weight_kg, now_s)
        return
    try:
        guide.weigh(float(answer.removesuffix("kg").strip().replace(",", ".")), now_s)
    except ValueError:
        console.tell(f"  {answer!r} is no weight: type the number alone, such as 10 or 12.5.")


def _reading(bench: Bench) -> str:
    value = " ".join(reading(bench.guide)).strip()
    return ", ".join(filter(None, (value, sensed(bench.guide).rstrip(".").lower())))
