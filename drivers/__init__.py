"""Sensors and controls: from bytes and pin edges to samples with a time, a unit and a quality."""
