"""From samples to repetitions: a pure streaming core, one sample in, events out."""
