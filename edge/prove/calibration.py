"""F15 and F16: a tare on a loaded cell, and a calibration that is not this cell's."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from drivers.calibration.files import write
from drivers.calibration.load_guide import LoadGuide
from drivers.calibration.record import LoadRecord, wiring
from drivers.calibration.rig import bare, load_calibrations
from drivers.clock import LoneClock
from drivers.config import SensorConfig
from drivers.emulation.rig import EmulatedHardware
from drivers.factory import build_sources, parse_sensors
from drivers.patient import VirtualPatient
from drivers.samples import LoadSample, Quality
from edge.prove.bench import CELL_N, SENSORS, WALL_S, Bench, Tables
from edge.prove.row import Figures, Limit, Row, Trials
from edge.records import RepCounted

RIG = "station-0001"
BAND: Tables = {"band": SENSORS["band"]}
DATED = datetime.fromtimestamp(WALL_S - 86_400.0, UTC)
JUST_TOO_MUCH = 0.021
"""A tare is refused beyond 2 % of the rated load; what hangs on trial begins a little above."""
TARE_S = 5.0
SET_S = 9.0


def _config() -> SensorConfig:
    return parse_sensors(BAND, "the rig on the bench")[0]


def _record(config: SensorConfig) -> LoadRecord:
    """Return a good calibration of the emulated cell."""
    zero_count = config.whole("zero_count")
    return LoadRecord(
        sensor=config.name,
        rig=RIG,
        wiring=wiring(config),
        made_at=DATED,
        tared_at=DATED,
        capacity_kg=100.0,
        weight_kg=20.0,
        zero_count=zero_count,
        reference_zero_count=zero_count,
        newton_per_count=config.number("newton_per_count"),
        spread_n=0.02,
        back_kg=0.0,
    )


def _tare(trials: Trials) -> Figures:
    refused = taken = 0
    for _, draw in trials:
        share = draw.uniform(JUST_TOO_MUCH, 1.0) * draw.choice((-1.0, 1.0))
        taken += _takes(draw, share * CELL_N)
        refused += not _takes(draw, 0.0)
    return {"tares taken on a loaded cell": taken, "tares refused on an empty one": refused}


def _takes(draw: random.Random, force_n: float) -> bool:
    """Tell whether the guide takes what hangs on the cell for its zero."""
    config, clock = _config(), LoneClock()
    patient = VirtualPatient(0)
    hardware = EmulatedHardware([config], patient.imu, lambda _p, _t: force_n, clock, seed=draw.randrange(2**32))
    (source,) = build_sources([bare(config)], hardware, clock)
    guide = LoadGuide(config, RIG, _record(config))
    first = guide.step
    source.open()
    guide.begin(clock.now() + 1.0)
    while guide.measuring and clock.now() < TARE_S:
        clock.sleep_until(clock.now() + source.period_s)
        for sample in source.read(clock.now()):
            guide.take(sample)
        guide.tick(clock.now())
    return guide.step is not first


@dataclass(frozen=True, slots=True)
class _Kept:
    """A calibration file in a folder of its own."""

    config: SensorConfig
    path: Path

    def rewrite(self, **changes: object) -> None:
        """Write the record anew with some of it changed, as another station or sensor would have."""
        record = _record(self.config)
        known = {name: getattr(record, name) for name in record.__struct_fields__}
        path = write(self.path.parent, LoadRecord(**{**known, **changes}))
        if path != self.path:
            path.replace(self.path)


def _flip(kept: _Kept, draw: random.Random) -> None:
    text = bytearray(kept.path.read_bytes())
    text[draw.randrange(len(text))] ^= 1 << draw.randrange(8)
    kept.path.write_bytes(text)


def _cut(kept: _Kept, draw: random.Random) -> None:
    text = kept.path.read_bytes()
    kept.path.write_bytes(text[: draw.randrange(len(text))])


def _edit(kept: _Kept, draw: random.Random) -> None:
    """Write another span, one that a cell could have."""
    text = kept.path.read_text()
    kept.path.write_text(text.replace("newton_per_count = 0.0005", f"newton_per_count = 0.000{draw.randrange(6, 9)}"))


WRONGS: Mapping[str, Callable[[_Kept, random.Random], None]] = {
    "a bit flipped": _flip,
    "cut off": _cut,
    "changed by hand": _edit,
    "another rig's": lambda kept, _draw: kept.rewrite(rig="station-0002"),
    "another sensor's": lambda kept, _draw: kept.rewrite(sensor="dock"),
    "of another wiring": lambda kept, _draw: kept.rewrite(wiring={**wiring(kept.config), "bus": "gpio"}),
}


def _wrong_files(trials: Trials) -> Figures:
    believed = recorded = mute = doubted = 0
    for number, draw in trials:
        wrong = list(WRONGS.values())[number % len(WRONGS)]
        bench = _with_file(draw, wrong)
        loads = [sample for sample in bench.samples["band"] if isinstance(sample, LoadSample)]
        believed += sum(not sample.quality & Quality.UNCALIBRATED for sample in loads) + (not loads)
        recorded += sum(rep.peak_force_n is not None for rep in bench.records if isinstance(rep, RepCounted))
        mute += not any("uncalibrated" in words for words in bench.looks[-1].health["band"].limits)
        if number == 0:
            good = _with_file(draw, lambda _kept, _draw: None)
            doubted += sum(bool(sample.quality & Quality.UNCALIBRATED) for sample in good.samples["band"])
    return {
        "samples in newtons all the same": believed,
        "forces recorded all the same": recorded,
        "runs that do not say why": mute,
        "samples of a good file doubted": doubted,
    }


def _with_file(draw: random.Random, wrong: Callable[[_Kept, random.Random], None]) -> Bench:
    """Let a patient pull at a cell whose calibration file something was done to."""
    config = _config()
    with TemporaryDirectory(prefix="steadyrig-prove-") as folder:
        kept = _Kept(config, write(Path(folder), _record(config)))
        wrong(kept, draw)
        calibrations = load_calibrations([config], Path(folder), RIG)
    bench = Bench(draw.randrange(2**32), (), "band_row", BAND, calibrations=calibrations)
    bench.train(SET_S)
    return bench


ROWS = (
    Row(
        "F15",
        "Somebody tares a cell on which more than 2 % of its rated load hangs or pushes",
        (),
        (Limit("tares taken on a loaded cell", most=0), Limit("tares refused on an empty one", most=0)),
        _tare,
        trials=20,
        promised=1000,
        least=5,
    ),
    Row(
        "F16",
        "A cell's calibration file is damaged, changed by hand, or another rig's, sensor's or wiring's",
        (),
        (
            Limit("samples in newtons all the same", most=0),
            Limit("forces recorded all the same", most=0),
            Limit("runs that do not say why", most=0),
            Limit("samples of a good file doubted", most=0),
        ),
        _wrong_files,
        trials=6,
        promised=120,
        least=6,
    ),
)
