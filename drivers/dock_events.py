"""What a bell dock tells: which bell came or left, and when it does not know."""

from __future__ import annotations

from dataclasses import dataclass

Bells = tuple[float, ...]
"""Nominal kg of the bells that stand on the dock, lightest first; empty for an empty dock."""


@dataclass(frozen=True, slots=True)
class Came:
    """A bell stands on the dock since ``t_s``. Not ``witnessed``: it already stood there when the dock first looked.

    ``measured_kg`` is what this bell weighs, give or take ``uncertainty_kg``.
    """

    t_s: float
    bell_kg: float
    measured_kg: float
    uncertainty_kg: float
    witnessed: bool = True


@dataclass(frozen=True, slots=True)
class Left:
    """A bell was taken off the dock at ``t_s``, or while nobody looked (then not ``witnessed``)."""

    t_s: float
    bell_kg: float
    witnessed: bool = True


@dataclass(frozen=True, slots=True)
class Unsure:
    """More than one of ``candidates`` fits what stands on the dock since ``t_s``, all told in kg."""

    t_s: float
    candidates: tuple[Bells, ...]
    measured_kg: float
    uncertainty_kg: float


@dataclass(frozen=True, slots=True)
class Strange:
    """Something stands on the dock since ``t_s`` that is none of the rig's bells, nor two of them."""

    t_s: float
    measured_kg: float
    uncertainty_kg: float


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was unsure, strange or unseen is over: ``bells`` stand on the dock as before; at the start, none."""

    t_s: float
    bells: Bells


@dataclass(frozen=True, slots=True)
class Blind:
    """From ``t_s`` on nobody knows what stands on the dock: the cell is uncalibrated or silent."""

    t_s: float
    reason: str


DockEvent = Came | Left | Unsure | Strange | Cleared | Blind
