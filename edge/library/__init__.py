"""The exercise library: content files turned into checked, immutable records.

``content/exercises/`` holds one file per family of exercises; ``content/exercises/README.md`` explains the keys.
"""

from edge.library.read import STARTS, ContentError, parse_exercises
from edge.library.record import STANDING, Exercise, Family, Hook, Kit, Measured, Purpose, Sides
from edge.library.shelf import UnknownExercise, exercise, exercises, read_exercises

__all__ = [
    "STANDING",
    "STARTS",
    "ContentError",
    "Exercise",
    "Family",
    "Hook",
    "Kit",
    "Measured",
    "Purpose",
    "Sides",
    "UnknownExercise",
    "exercise",
    "exercises",
    "parse_exercises",
    "read_exercises",
]
