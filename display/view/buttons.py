"""The buttons that many screens have, and how the three physical ones reach them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from display.parts import Button, Key
from display.words import say
from edge.model import StopReason
from edge.session import Action

T = TypeVar("T")

REASONS = ((StopReason.PAIN, Key.RED), (StopReason.TIRED, Key.WHITE), (StopReason.OTHER, Key.GREEN))


def main_button(button_id: str, text: str, *, enabled: bool = True) -> Button:
    """Return the way on; green does the same."""
    return Button(button_id, text, Action.MAIN, main=True, enabled=enabled, key=Key.GREEN)


def stop_button(button_id: str, text: str = "") -> Button:
    """Return what ends whatever goes on, by its usual word if no other is given; red does the same."""
    return Button(button_id, text or say("set.stop"), Action.STOP, key=Key.RED)


def reason_buttons() -> tuple[Button, ...]:
    """Return the reasons to stop, one for each physical button."""
    return tuple(
        Button(f"reason_{reason}", say(f"stopped.{reason}"), Action.REASON, reason.value, key=key)
        for reason, key in REASONS
    )


def next_choice(values: Sequence[T], chosen: T | None) -> T | None:
    """Return the choice after the chosen one, for people who press one button only; the first after the last."""
    at = values.index(chosen) if chosen in values else -1
    return values[(at + 1) % len(values)] if values else None


def choice_buttons(choices: Sequence[tuple[str | int, str, str]], chosen: str | int | None) -> tuple[Button, ...]:
    """Return equal choices of (value, text, note); the white button walks through them."""
    following = next_choice([value for value, _, _ in choices], chosen)
    return tuple(
        Button(
            f"choice_{number}",
            text,
            Action.CHOOSE,
            value,
            chosen=value == chosen,
            note=note,
            key=Key.WHITE if value == following else None,
        )
        for number, (value, text, note) in enumerate(choices)
    )


def step_buttons(sizes: tuple[int, ...], *, known: bool) -> tuple[Button, ...]:
    """Return the buttons that make a number smaller, then those that make it larger; white is the middle one up."""
    white = sorted(sizes)[len(sizes) // 2]
    fewer = (
        Button(f"fewer_{n}", say("test.less", step=n), Action.FEWER, -n, enabled=known) for n in sorted(sizes)[::-1]
    )
    more = (
        Button(f"more_{n}", say("test.more", step=n), Action.MORE, n, key=Key.WHITE if n == white else None)
        for n in sorted(sizes)
    )
    return (*fewer, *more)


def pointing(buttons: tuple[Button, ...], pointed: str) -> tuple[Button, ...]:
    """Return the buttons as the three physical ones reach them all: white points at the next, green does it.

    After the last one white comes back to the main action, which is last among them.
    """
    reached = [one.id for one in buttons if one.enabled]
    at = reached.index(pointed) if pointed in reached else len(reached) - 1
    here, following = reached[at], reached[(at + 1) % len(reached)]
    shown = tuple(
        replace(one, pointed=one.id == here and not one.main, key=Key.GREEN if one.id == here else None)
        for one in buttons
    )
    return (*shown, Button("point", "", Action.POINT, following, key=Key.WHITE))
