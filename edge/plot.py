"""A recording as a picture: what the sensor said, what the counter made of it, and when it said so.

The counter runs through the recording exactly as on a station; nothing here looks ahead. matplotlib belongs to the
development tools and is imported by this module alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from drivers.replay import Recording, load_recording
from drivers.samples import Sample
from edge.config import SettingsError
from edge.library import Exercise
from edge.model import Activity, Phase, Rep
from edge.replay import SENSOR, Replayed, exercise_named, replay_file
from edge.signal.events import ActivityChanged, PartialRep, RepFinished
from edge.signal.pipeline import Pipeline

FORMATS = (".svg", ".png", ".pdf")
# Told apart by people who see few colours as well (Okabe and Ito, Color Universal Design, 2008).
PHASE_COLOURS = {
    Phase.CONCENTRIC: "#0072b2",
    Phase.TOP: "#f0e442",
    Phase.ECCENTRIC: "#56b4e9",
    Phase.BOTTOM: "#e69f00",
}
ACTIVITY_COLOURS = {
    Activity.WAITING: "#ffffff",
    Activity.ARMING: "#cccccc",
    Activity.RESTING: "#d9eed9",
    Activity.MOVING: "#009e73",
    Activity.HOLDING: "#f0e442",
    Activity.BLIND: "#d55e00",
}


@dataclass(slots=True)
class Story:
    """What the counter said while a recording ran: its driving signal over time and its events."""

    t_s: list[float] = field(default_factory=list)
    signal: list[float] = field(default_factory=list)
    unit: str = ""
    reps: list[tuple[float, Rep]] = field(default_factory=list)
    partials: list[float] = field(default_factory=list)
    activities: list[tuple[float, Activity]] = field(default_factory=list)


def story_of(samples: Iterable[Sample], exercise: Exercise) -> Story:
    """Return what a station's counter would have said about these samples, and when (``reps`` with report times)."""
    pipeline = Pipeline(exercise)
    story = Story(unit=pipeline.signal_unit, activities=[(0.0, pipeline.activity)])
    for sample in samples:
        for event in pipeline.feed(sample):
            match event:
                case RepFinished(t_s, rep):
                    story.reps.append((t_s, rep))
                case PartialRep(t_s, _):
                    story.partials.append(t_s)
                case ActivityChanged(t_s, activity):
                    story.activities.append((t_s, activity))
        if pipeline.signal is not None:
            story.t_s.append(sample.t_s)
            story.signal.append(pipeline.signal)
    return story


def plot_file(path: Path, exercise_name: str | None, out: Path) -> Replayed:
    """Draw a recording to ``out`` (SVG, PNG or PDF) and return what was counted in it.

    Raises SettingsError where matplotlib is missing or ``out`` cannot be written, RecordingError for a bad file.
    """
    if out.suffix not in FORMATS:
        raise SettingsError(f"--plot {out}: ends in {out.suffix!r}; expected one of {', '.join(FORMATS)}")
    counted = replay_file(path, exercise_name)
    recording = load_recording(path)
    story = story_of(recording.samples(SENSOR, SENSOR), exercise_named(exercise_name))
    figure = _draw(recording, story, counted)
    try:
        # No date inside, so that the same recording gives the same file.
        figure.savefig(out, metadata={"Date": None} if out.suffix != ".png" else None)
    except OSError as exc:
        raise SettingsError(f"--plot {out}: {exc.strerror}; expected a file that can be written") from None
    return counted


def _draw(recording: Recording, story: Story, counted: Replayed) -> Any:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise SettingsError(
            "--plot needs matplotlib, which a station does without: .venv/bin/pip install -e '.[dev]'"
        ) from None
    mpl.rcParams["svg.hashsalt"] = "steadyrig"
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["path.simplify_threshold"] = 0.4  # of a pixel: nobody sees it, and the file is a third as large
    start_s = float(recording.t_s[0])
    raw = [
        (name, unit, values)
        for name, unit, values in (
            ("acceleration", "m/s²", recording.accel_m_s2),
            ("turn rate", "rad/s", recording.gyro_rad_s),
            ("force", "as recorded", recording.force),
        )
        if values is not None and values.size
    ]
    figure = Figure(figsize=(12, 2.2 * len(raw) + 4.0), layout="constrained")
    rows = figure.subplots(len(raw) + 2, 1, sharex=True, height_ratios=[*[1.0] * len(raw), 2.0, 0.18])
    for row, (name, unit, values) in zip(rows, raw, strict=False):
        row.plot(recording.t_s - start_s, values, linewidth=0.7)
        row.set_ylabel(f"{name}\n{unit}")
    _draw_counter(rows[-2], story)
    _draw_activity(rows[-1], story, float(recording.t_s[-1]) - start_s)
    for hole_s, length_s in counted.holes:
        for row in rows:
            row.axvspan(
                hole_s - start_s, hole_s - start_s + length_s, hatch="//", facecolor="none", edgecolor="#d55e00"
            )
    rows[0].set_title(f"{counted.file} as {counted.exercise}: {len(counted.reps)} repetitions", loc="left")
    rows[-1].set_xlabel("seconds")
    rows[-1].set_xlim(0.0, float(recording.t_s[-1]) - start_s)
    return figure


def _draw_counter(row: Any, story: Story) -> None:
    row.plot(story.t_s, story.signal, color="black", linewidth=1.0)
    row.set_ylabel(f"driving signal\n{story.unit}")
    top = max(story.signal, default=1.0)
    row.margins(y=0.12)
    seen: set[Phase] = set()
    for reported_s, rep in story.reps:
        for span in rep.spans:
            label = None if span.phase in seen else span.phase.value
            seen.add(span.phase)
            row.axvspan(
                span.start_s, span.end_s, color=PHASE_COLOURS[span.phase], alpha=0.35, linewidth=0, label=label
            )
        row.text((rep.start_s + rep.end_s) / 2, top, str(rep.number), ha="center", va="bottom")
        row.plot(reported_s, np.interp(reported_s, story.t_s, story.signal), "v", color="black", markersize=5)
    for partial_s in story.partials:
        row.text(partial_s, top, "partial", ha="right", va="bottom", fontsize="small")
    if story.reps:
        row.plot([], [], "v", color="black", markersize=5, label="reported")
        row.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=5, fontsize="small", frameon=False)


def _draw_activity(row: Any, story: Story, end_s: float) -> None:
    starts = [t_s for t_s, _ in story.activities]
    seen: set[Activity] = set()
    for (begin_s, activity), until_s in zip(story.activities, [*starts[1:], end_s], strict=True):
        label = None if activity in seen else activity.value
        seen.add(activity)
        row.axvspan(begin_s, until_s, color=ACTIVITY_COLOURS[activity], linewidth=0, label=label)
    row.set_yticks([])
    row.set_ylabel("state", rotation=0, ha="right", va="center")
    row.legend(loc="upper center", bbox_to_anchor=(0.5, -1.6), ncols=6, fontsize="small", frameon=False)
