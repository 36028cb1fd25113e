"""The ``steadyrig`` command. Each subcommand imports what it needs when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

# Nothing but the answer belongs on standard output.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import typer

from edge import broker, clinic, coaching, listing
from edge.bench import BENCHES, RECORDINGS
from edge.card import card
from edge.config import DEFAULT_PANEL, DEFAULT_STATION, SettingsError
from edge.pair import pair
from edge.simulate.command import simulate
from edge.stop import stop_on_signal

if TYPE_CHECKING:
    from drivers.traces import Trace
    from edge.calibrate.run import Command

app = typer.Typer(
    name="steadyrig",
    help="A home rehab station: counts repetitions, judges tempo, syncs with a clinician's panel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(clinic.app, name="clinic")
app.add_typer(broker.app, name="broker")
app.command("programme")(listing.show)
app.add_typer(coaching.app, name="coach")

BAD_INPUT = 2

StationConfig = Annotated[Path, typer.Option("--config", help="the station's settings file")]
PanelConfigFile = Annotated[Path, typer.Option("--config", help="the panel's settings file")]


@app.command()
def demo(
    headless: Annotated[bool, typer.Option(help="no window; a virtual patient trains, then a report")] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="times real time, as far as the machine can")] = 1.0,
    sessions: Annotated[int, typer.Option(min=1, max=50, help="how many sessions the patient does")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on standard output at the end")] = False,
    seed: Annotated[int, typer.Option(help="of the virtual patient and the sensors' noise")] = 1,
) -> None:
    """Run the whole system here: emulated sensors, session window, private broker, bridge and panel.

    A virtual patient trains; you are the clinician: log in to the panel at the address that is printed. With
    --headless a virtual clinician does that too, and the command ends with a report; its exit status is 1 when a
    repetition or a plan got lost on the way.
    """
    from edge.demo.run import DemoOptions, run_demo

    options = DemoOptions(headless=headless, speed=speed, sessions=sessions, seed=seed)
    report = run_demo(options, stop_on_signal())
    if as_json:
        print(json.dumps(report.as_dict()))
    else:
        print(report.as_text())
    for problem in report.problems():
        print(f"steadyrig demo: {problem}", file=sys.stderr)
    raise typer.Exit(1 if report.problems() else 0)


@app.command()
def station(config: StationConfig = DEFAULT_STATION) -> None:
    """Run the patient's station: sensors, screen, journal and link. Stops on SIGTERM or Ctrl-C."""
    from edge.services.station import run_station

    run_station(config, stop_on_signal())


@app.command()
def bridge(config: PanelConfigFile = DEFAULT_PANEL) -> None:
    """Carry records from the broker into the clinic's database, and prescriptions out to the stations."""
    from edge.services.bridge import run_bridge

    run_bridge(config, stop_on_signal())


@app.command()
def panel(config: PanelConfigFile = DEFAULT_PANEL) -> None:
    """Serve the clinician's panel."""
    from edge.services.panel import run_panel

    run_panel(config, stop_on_signal())


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="a recorded set (.npz)")],
    exercise: Annotated[
        str | None, typer.Option(help="what was done; decides the counter's profile, a generic one if left out")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="draw signals, phases and repetitions to this file (.svg, .png, .pdf)")
    ] = None,
    real_time: Annotated[bool, typer.Option("--real-time", help="a recorded session at the pace it had")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of a table")] = False,
) -> None:
    """Count a recorded set through the very pipeline the station runs, one sample at a time.

    A session that the station recorded is counted set by set, as it was then; with --exercise it is one long set.
    """
    trace = None
    if plot is None and exercise is None:
        from drivers.replay import load_trace

        trace = load_trace(file)
    if trace is not None:
        _rerun(trace, real_time=real_time, as_json=as_json)
        return
    if plot is None:
        from edge.replay import replay_file

        result = replay_file(file, exercise)
    else:
        from edge.plot import plot_file

        result = plot_file(file, exercise, plot)
    print(json.dumps(result.as_dict()) if as_json else result.as_text())


def _rerun(trace: Trace, *, real_time: bool, as_json: bool) -> None:
    from drivers.clock import SystemClock
    from edge.rerun import Rerun, as_dict, line, summary

    clock, rerun = SystemClock(), Rerun(trace)
    ahead_s = clock.now() - trace.begin_s
    for one, rep in rerun.run((lambda t_s: clock.sleep_until(t_s + ahead_s)) if real_time else lambda _t_s: None):
        if not as_json:
            print(line(one, rep), flush=True)
    print(json.dumps(as_dict(rerun)) if as_json else summary(rerun))


@app.command()
def virtual(
    file: Annotated[Path, typer.Argument(help="where the recorded set goes (.npz)")],
    exercise: Annotated[str, typer.Option(help="one the station offers")] = "goblet_squat",
    tempo: Annotated[str, typer.Option(help="as a plan writes it: eccentric-pause-concentric-pause")] = "3-1-1-1",
    reps: Annotated[int, typer.Option(min=1, max=50, help="how many repetitions")] = 6,
    seed: Annotated[int, typer.Option(help="of the patient and the sensors' noise")] = 1,
) -> None:
    """Let a virtual patient do one set and record what realistic sensors say, for replay and for pictures."""
    from edge.virtual import record_set

    truth = record_set(file, exercise, tempo, reps, seed)
    print(f"{file}: {len(truth)} repetitions of {exercise}, done in {truth[-1].end_s:.1f} s")


@app.command()
def screens(folder: Annotated[Path, typer.Argument(help="where the pictures go")]) -> None:
    """Draw every screen of the station to PNG files."""
    from display.figure_sheet import render_figures
    from display.gallery.pictures import render_gallery

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise SettingsError(f"{folder}: {exc.strerror}; expected a folder, or a name for a new one") from None
    for path in (*render_gallery(folder), *render_figures(folder)):
        print(path)


@app.command()
def calibrate(
    sensor: Annotated[
        str | None, typer.Argument(help="its name in station.toml; all, one by one, if left out")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="what is calibrated, how well and until when")] = False,
    config: StationConfig = DEFAULT_STATION,
    emulate: Annotated[
        bool, typer.Option(help="emulated chips and a virtual technician; no station believes it")
    ] = False,
    screen: Annotated[bool, typer.Option(help="on the station's screen instead of in the terminal")] = False,
    new: Annotated[bool, typer.Option(help="another cell is fitted: forget the zero of the one before")] = False,
) -> None:
    """Lead through a sensor's calibration: zero and known weights on a load cell, a still pose of a motion sensor.

    Each step passes or says what to do, and can be done again. The exit status is 1 when it was left before the end.
    """
    from edge.calibrate.run import Command, Options
    from edge.calibrate.terminal import Terminal

    command = Command(Options(config, sensor, emulate, new))
    if listed:
        print("\n".join(command.table()))
        return
    raise typer.Exit(_on_screen(command) if screen else command.in_terminal(Terminal()))


def _on_screen(command: Command) -> int:
    from display.app import DisplayError

    try:
        return command.on_screen(stop_on_signal().is_set)
    except DisplayError as exc:
        print(f"steadyrig calibrate: {exc}", file=sys.stderr)
        return 1


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(BENCHES)}; none means all")] = None,
    folder: Annotated[Path, typer.Option(help="where recordings and their manifest.csv lie")] = RECORDINGS,
    by: Annotated[str, typer.Option(help="recordings grouped by source, person, session or exercise")] = "source",
    unknown: Annotated[bool, typer.Option(help="hide what was done and where the sensor sat")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON list at the end instead of lines")] = False,
) -> None:
    """Measure what must be fast or exact here, each number beside a yardstick from the same run."""
    from edge.bench import run

    figures = []
    for figure in run(names or [], folder, by, unknown=unknown):
        figures.append(figure.as_dict())
        if not as_json:
            print(figure.as_text(), flush=True)
    if as_json:
        print(json.dumps(figures))


@app.command()
def prove(
    faults: Annotated[
        str, typer.Option(metavar="all|KIND[,KIND...]", help="which rows: all, kinds of faults, or ids such as F06")
    ] = "all",
    seed: Annotated[int, typer.Option(help="of patients, chips and faults; the same seed, the same run")] = 1,
    runs: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="trials per row; left out, a few of each: under a minute")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="write the table to this file as well")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of the table")] = False,
) -> None:
    """Try what the station does when a sensor fails, and print a table with a verdict for each kind of failure.

    Emulated chips act the faults out, byte by byte and edge by edge; the real drivers read them, and a virtual
    patient trains meanwhile. Each row says what was done, what was measured, how far it may go, and whether it did.

    \b
    steadyrig prove                               every row, a few trials of each
    steadyrig prove --faults nack,unplug          two kinds of fault
    steadyrig prove --faults F06 --runs 1000      one row, with as many trials as its limit is meant for
    steadyrig prove --json --out proof.json       for programs

    Progress goes to standard error. Exit status: 0 when every row passed, 1 when one failed or could not be run.
    No real chip takes part: `pytest --hil` tries the drivers on those of a station.
    """
    from edge.prove.run import run_prove

    report = run_prove(faults, seed, runs, lambda words: print(words, file=sys.stderr, flush=True))
    text = report.as_json() if as_json else report.as_text()
    print(text)
    if out is not None:
        _write(out, text)
    raise typer.Exit(0 if report.passed else 1)


app.command()(simulate)
app.command()(card)
app.command()(pair)


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as exc:
        raise SettingsError(f"--out is {str(out)!r}: {exc.strerror}; expected a file that can be written") from None


def _bad_inputs() -> tuple[type[Exception], ...]:
    from drivers.base import ConfigError
    from drivers.replay import RecordingError
    from edge.library import ContentError

    return ConfigError, RecordingError, SettingsError, ContentError


def main() -> None:
    """Run the command line; input that cannot be used is one sentence and exit status 2."""
    try:
        app()
    except ValueError as exc:
        if not isinstance(exc, _bad_inputs()):
            raise
        print(f"steadyrig: {exc}", file=sys.stderr)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
