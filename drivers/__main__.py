"""``python -m drivers``: what every configured sensor says right now, and how it is doing."""

from __future__ import annotations

import argparse
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from drivers.base import ConfigError, Health
from drivers.calibration.files import FOLDER
from drivers.calibration.rig import Calibrations, load_calibrations, still_poses
from drivers.clock import Clock, SystemClock
from drivers.config import Hardware, SensorConfig
from drivers.emulation.faults import NO_FAULTS, FaultScript, load_faults
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import PiHardware, build_watchdog, load_budgets, load_sensors
from drivers.identity import Finding
from drivers.patient import Pace, VirtualPatient
from drivers.samples import Sample
from drivers.shelf import TRACES, trouble, try_to_write
from drivers.table import plain, rows_of, table
from drivers.worn import Worn

_REFRESH_S = 0.5
_STEADY = Pace(out_s=2.0, hold_s=1.0, back_s=2.0, rest_s=1.0)
_DATA_FOLDER = "/var/lib/steadyrig"
_PAIRING = "pairing.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Show every sensor twice a second until Ctrl-C, or for ``--seconds``; return the exit status.

    In a terminal that is a table, otherwise a line per sensor and look.
    """
    options = _options(arguments)
    clock = SystemClock()
    try:
        if options.budget:
            return _show_budgets(options.config)
        configs = load_sensors(options.config)
        names = [config.name for config in configs]
        faults = load_faults(options.faults, names, clock.now()) if options.faults else NO_FAULTS
    except ConfigError as exc:
        print(exc, file=sys.stderr)
        return 2
    # An emulated cell gives newtons by what stands in the configuration; no calibration file belongs to it.
    hardware = _emulated(configs, clock, faults) if options.emulate else PiHardware()
    calibrations = None if options.emulate else _calibrations(options.config, configs)
    if not options.emulate:
        print(_recording(options.config), flush=True)
    _watch(configs, hardware, clock, options.seconds, faults, calibrations)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drivers", description=__doc__)
    parser.add_argument("--config", default="station.toml", help="the station's configuration (default: %(default)s)")
    parser.add_argument("--emulate", action="store_true", help="emulate every sensor instead of using hardware")
    parser.add_argument("--budget", action="store_true", help="print how busy each I2C bus would be, and end")
    parser.add_argument("--faults", help="with --emulate: a script of what goes wrong, from now on")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this long")
    options = parser.parse_args(arguments)
    if options.faults and not options.emulate:
        parser.error("--faults is for emulated sensors: give --emulate as well")
    return options


def _show_budgets(config: str) -> int:
    """Print the reckoning of every I2C bus; return 1 where one of them has too much to carry."""
    found = load_budgets(config)
    for budget in found:
        print("\n".join(budget.lines()))
    return 0 if all(budget.fits for budget in found) else 1


def _emulated(configs: Sequence[SensorConfig], clock: Clock, faults: FaultScript) -> Hardware:
    patient = VirtualPatient(seed=1)
    patient.begin("sit_to_stand", clock.now() + 2.0, _STEADY)
    return EmulatedHardware(
        configs, patient.imu, lambda _place, t_s: patient.force_n(t_s), clock, seed=1, faults=faults
    )


def _calibrations(path: str, configs: Sequence[SensorConfig]) -> Calibrations:
    """Return the calibrations of the station in a file that is known to be a configuration."""
    tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    data = tables.get("paths", {}).get("data", _DATA_FOLDER)
    station = tables.get("station", {}) | _paired(Path(path))
    rig, patient = (str(station.get(key, "")) for key in ("id", "patient_id"))
    return load_calibrations(configs, Path(data) / FOLDER, rig, patient)


def _paired(path: Path) -> dict[str, object]:
    """Return who the station is, where it was paired by code: that stands in a file of its own."""
    try:
        paired = tomllib.loads(path.with_name(_PAIRING).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}
    return dict(paired.get("station", {}))


def _recording(path: str) -> str:
    """Return whether sessions can be recorded on this station's disk, by writing something there."""
    tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    if not tables.get("recorder", {}).get("on", True):
        return "recording is switched off in the configuration: [recorder] on = false"
    data = Path(tables.get("paths", {}).get("data", _DATA_FOLDER))
    # A folder made here might belong to somebody the station is not.
    folder = data / TRACES if (data / TRACES).is_dir() else data
    try:
        try_to_write(folder)
    except OSError as exc:
        return f"recording is off: {trouble(exc)} ({folder}: {exc.strerror})"
    return f"recording is on, in {data / TRACES}"


def _watch(
    configs: Sequence[SensorConfig],
    hardware: Hardware,
    clock: Clock,
    seconds: float,
    faults: FaultScript,
    calibrations: Calibrations | None,
) -> None:
    newest: dict[str, Sample] = {}
    fresh: SimpleQueue[Sample] = SimpleQueue()

    def keep(sample: Sample) -> None:
        newest[sample.sensor] = sample
        fresh.put(sample)

    watchdog = build_watchdog(configs, hardware, clock, keep, calibrations)
    worn = Worn(still_poses(calibrations or {}, clock.wall()))
    watchdog.start()
    height = 0
    try:
        until_s = clock.now() + seconds
        while (now_s := clock.now()) < until_s:
            clock.sleep_until(min(until_s, now_s + _REFRESH_S))
            watchdog.look()
            acted_out = {config.name: faults.acted_out(config.name, clock.now()) for config in configs}
            for _ in range(fresh.qsize()):
                worn.feed(fresh.get())
            healths = _with_worn(watchdog.health(), worn.look(clock.now(), standing=True) + worn.alike)
            rows = rows_of(healths, newest, watchdog.problems(), acted_out)
            if sys.stdout.isatty():
                height = _redraw(table(rows, shutil.get_terminal_size().columns), height)
            else:
                print(*map(plain, rows), sep="\n", flush=True)
    except KeyboardInterrupt:
        pass
    finally:
        watchdog.stop()


def _with_worn(healths: Mapping[str, Health], findings: Sequence[Finding]) -> dict[str, Health]:
    """Return the healths with what is to be said of how the sensors are worn; for somebody who stands."""
    return {
        name: replace(health, limits=(*health.limits, *(str(one) for one in findings if name in one.sensors)))
        for name, health in healths.items()
    }


def _redraw(lines: Sequence[str], height: int) -> int:
    """Write the table over the one before, which was ``height`` lines high, and return its own height."""
    up = f"\x1b[{height}A" if height else ""
    print(f"{up}\x1b[J" + "\n".join(lines), flush=True)
    return len(lines)


if __name__ == "__main__":
    sys.exit(main())
