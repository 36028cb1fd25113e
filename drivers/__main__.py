"""``python -m drivers``: what every configured sensor says right now, and how it is doing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from drivers.base import ConfigError, Health
from drivers.clock import Clock, SystemClock
from drivers.config import Hardware, SensorConfig
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import PiHardware, build_readers, build_sources, load_sensors
from drivers.patient import Pace, VirtualPatient
from drivers.reader import Reader
from drivers.samples import LoadSample, MuscleSample, Sample

_REFRESH_S = 0.5
_STEADY = Pace(out_s=2.0, hold_s=1.0, back_s=2.0, rest_s=1.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line per sensor twice a second until Ctrl-C, or for ``--seconds``; return the exit status."""
    options = _options(arguments)
    try:
        configs = load_sensors(options.config)
    except ConfigError as exc:
        print(exc, file=sys.stderr)
        return 2
    clock = SystemClock()
    hardware = _emulated(configs, clock) if options.emulate else PiHardware()
    _watch(configs, hardware, clock, options.seconds)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drivers", description=__doc__)
    parser.add_argument("--config", default="station.toml", help="the station's configuration (default: %(default)s)")
    parser.add_argument("--emulate", action="store_true", help="emulate every sensor instead of using hardware")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this long")
    return parser.parse_args(arguments)


def _emulated(configs: Sequence[SensorConfig], clock: Clock) -> Hardware:
    patient = VirtualPatient(seed=1)
    patient.begin("sit_to_stand", clock.now() + 2.0, _STEADY)
    return EmulatedHardware(configs, patient.imu, lambda _place, t_s: patient.force_n(t_s), clock)


def _watch(configs: Sequence[SensorConfig], hardware: Hardware, clock: Clock, seconds: float) -> None:
    newest: dict[str, Sample] = {}

    def keep(sample: Sample) -> None:
        newest[sample.sensor] = sample

    readers = build_readers(build_sources(configs, hardware, clock), clock, keep)
    for reader in readers:
        reader.start()
    try:
        until_s = clock.now() + seconds
        while clock.now() < until_s:
            clock.sleep_until(min(until_s, clock.now() + _REFRESH_S))
            _show(readers, newest)
    except KeyboardInterrupt:
        pass
    finally:
        for reader in readers:
            reader.stop()


def _show(readers: Sequence[Reader], newest: dict[str, Sample]) -> None:
    for reader in readers:
        problems = reader.problems()
        for name, health in reader.health().items():
            print(_line(health, newest.get(name), problems.get(name, "")), flush=True)


def _line(health: Health, sample: Sample | None, problem: str) -> str:
    errors = " ".join(f"{kind}={count}" for kind, count in sorted(health.errors.items()))
    value = problem or (_words(sample) if sample else "")
    return f"{health.sensor:10} {health.state:8} {health.rate_hz:6.1f} Hz  {value}  {errors}".rstrip()


def _words(sample: Sample) -> str:
    flags = f"  [{sample.quality.name}]" if sample.quality else ""
    if isinstance(sample, MuscleSample):
        return f"{sample.level:10.3f} of range{flags}"
    if isinstance(sample, LoadSample):
        return f"{sample.force_n:10.2f} N{flags}"
    x, y, z = sample.accel_m_s2 or (0.0, 0.0, 0.0)
    return f"{x:7.2f} {y:7.2f} {z:7.2f} m/s2{flags}"


if __name__ == "__main__":
    sys.exit(main())
