"""The few things every screen is made of: text in a slot, panels, symbols, the header, buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pygame

from display.ink import Ink
from display.parts import Button, Header, Icon, Key, SensorState, Tone
from display.theme import BACKGROUND, LINE, SECOND_TEXT, SURFACE, TEXT, TONES, Box, Colour, Role
from edge.session import Action

Align = Literal["left", "centre", "right"]
SENSOR_SYMBOLS: Mapping[SensorState, tuple[Icon, Tone]] = {
    SensorState.OK: (Icon.TICK, Tone.GOOD),
    SensorState.WAITING: (Icon.RING, Tone.CAUTION),
    SensorState.LOST: (Icon.ACT, Tone.STOP),
}
KEY_SYMBOLS: Mapping[Key, tuple[Icon, Tone]] = {
    Key.RED: (Icon.OCTAGON, Tone.STOP),
    Key.WHITE: (Icon.DISC, Tone.PLAIN),
    Key.GREEN: (Icon.GO, Tone.GOOD),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A button and where it can be touched."""

    box: Box
    button: Button


@dataclass(frozen=True, slots=True)
class Placed:
    """A text and where its ink lies; ``role`` keeps its full size when ``fits``."""

    text: str
    role: Role
    box: Box
    fits: bool
    colour: Colour
    under: Colour


class Painter:
    """Draws one frame. ``targets`` and ``placed`` say afterwards what can be touched and read, and where."""

    def __init__(self, surface: pygame.Surface, ink: Ink) -> None:
        """Begin a frame on an empty background."""
        self.surface = surface
        self.ink = ink
        self.theme = ink.theme
        self.targets: list[Target] = []
        self.placed: list[Placed] = []
        surface.fill(BACKGROUND, ((0, 0), self.theme.size_px))

    def write(
        self,
        text: str,
        role: Role,
        slot: Box,
        colour: Colour = TEXT,
        align: Align = "left",
        under: Colour = BACKGROUND,
    ) -> Box:
        """Put a text in its slot, its capitals centred between top and bottom; return where its ink lies."""
        left, top, width, height = slot
        full = self.ink.lettering(text, role, colour)
        fits = full.width <= width
        lettering = full if fits else self.ink.lettering(text, role, colour, width)
        free = width - lettering.width
        x = left + {"left": 0, "centre": free // 2, "right": free}[align]
        baseline = top + (height + lettering.cap) // 2
        self.surface.blit(lettering.surface, (x - lettering.left, baseline - lettering.baseline))
        box = (x, baseline - lettering.cap, lettering.width, lettering.cap)
        self.placed.append(Placed(text, role, box, fits and lettering.cap <= height, colour, under))
        return box

    def paragraph(self, text: str, role: Role, slot: Box, colour: Colour = TEXT, lines: int = 2) -> None:
        """Put a text on up to ``lines`` lines of equal height; what is left over is made to fit on the last."""
        left, top, width, height = slot
        for k, line in enumerate(self._broken(text, role, width, lines)):
            self.write(line, role, (left, top + k * height // lines, width, height // lines), colour)

    def _broken(self, text: str, role: Role, width: int, lines: int) -> list[str]:
        broken = [""]
        for word in text.split():
            longer = f"{broken[-1]} {word}".strip()
            if len(broken) < lines and broken[-1] and self.ink.lettering(longer, role, TEXT).width > width:
                broken.append(word)
            else:
                broken[-1] = longer
        return broken

    def panel(self, box: Box, fill: Colour = SURFACE, outline: Colour | None = None, line: float = 4) -> None:
        """Draw a rounded rectangle."""
        panel = self.ink.panel(box[2:], fill, outline, self.theme.length(line) if outline else 0)
        self.surface.blit(panel, box[:2])

    def segment(self, box: Box, fill: Colour, outline: Colour | None = None) -> None:
        """Draw a small bar: filled, or hollow with an outline. Its corners are round enough without smoothing."""
        radius = min(self.theme.length(7), min(box[2:]) // 2)
        pygame.draw.rect(self.surface, outline or fill, box, border_radius=radius)
        if outline:
            line_px = self.theme.length(4) if min(box[2:]) > self.theme.length(14) else 2
            inner = pygame.Rect(box).inflate(-2 * line_px, -2 * line_px)
            pygame.draw.rect(self.surface, fill, inner, border_radius=max(radius - line_px, 0))

    def bracket(self, box: Box, colour: Colour) -> None:
        """Draw an open frame around what lies inside it."""
        pygame.draw.rect(self.surface, colour, box, self.theme.length(4), border_radius=self.theme.length(8))

    def symbol(self, kind: Icon, left: int, centre_y: int, size_px: int, colour: Colour) -> None:
        """Draw a symbol with its left edge at ``left``, centred on ``centre_y``."""
        self.surface.blit(self.ink.icon(kind, size_px, colour), (left, centre_y - size_px // 2))

    def header(self, header: Header) -> None:
        """Draw the top line: title at the left, one fact at the right."""
        self.header_line(header.title)
        self.write(header.note, Role.SMALL, self.theme.box(500, 6, 500, 54), SECOND_TEXT, "right")

    def header_line(self, title: str) -> None:
        """Draw the title and the rule beneath the header."""
        self.write(title, Role.TEXT, self.theme.box(24, 6, 466, 54))
        rule = self.theme.box(0, 63, 1024, 2)
        self.surface.fill(LINE, (rule[0], rule[1], self.theme.size_px[0], self.theme.length(2)))

    def button(self, box: Box, button: Button) -> None:
        """Draw a button so that it shows what it is, and make it a target."""
        self.targets.append(Target(box, button))
        fill, colour, role = _button_style(button)
        self.panel(box, fill, TEXT if button.chosen else None)
        left, top, width, height = box
        pad = self.theme.length(12)
        slot = (left + pad, top, width - 2 * pad, height)
        if button.action is Action.STOP:
            self._beside_symbol(button.text, slot, fill, colour)
            return
        if button.note:
            note = (slot[0], top + height * 54 // 100, slot[2], height * 34 // 100)
            beside = colour if button.chosen or button.pointed else SECOND_TEXT
            self.write(button.note, Role.SMALL, note, beside, "centre", fill)
            slot = (slot[0], top + height * 12 // 100, slot[2], height * 42 // 100)
        self.write(button.text, role, slot, colour, "centre", fill)

    def button_with_key(self, box: Box, button: Button) -> None:
        """Draw a tall button with the symbol of the physical button that does the same above its text."""
        self.targets.append(Target(box, button))
        self.panel(box)
        left, top, width, height = box
        kind, tone = KEY_SYMBOLS[button.key or Key.WHITE]
        size = self.theme.length(72)
        self.symbol(kind, left + (width - size) // 2, top + height * 36 // 100, size, TONES[tone])
        pad = self.theme.length(12)
        slot = (left + pad, top + height * 56 // 100, width - 2 * pad, height * 34 // 100)
        self.write(button.text, Role.TEXT, slot, TEXT, "centre", SURFACE)

    def _beside_symbol(self, text: str, slot: Box, fill: Colour, colour: Colour) -> None:
        """Centre an octagon and a text together."""
        size, gap = self.theme.length(46), self.theme.length(10)
        width = self.ink.lettering(text, Role.ACTION, colour).width
        left = slot[0] + max(slot[2] - width - size - gap, 0) // 2
        self.symbol(Icon.OCTAGON, left, slot[1] + slot[3] // 2, size, colour)
        text_left = left + size + gap
        self.write(
            text, Role.ACTION, (text_left, slot[1], slot[0] + slot[2] - text_left, slot[3]), colour, under=fill
        )


def _button_style(button: Button) -> tuple[Colour, Colour, Role]:
    """Return fill, letters and role."""
    if button.pointed:
        return TONES[Tone.GOOD], BACKGROUND, Role.TEXT
    if button.chosen:
        return TONES[Tone.LOWER], BACKGROUND, Role.TEXT
    if button.action is Action.STOP:
        return TONES[Tone.STOP], BACKGROUND, Role.ACTION
    if button.main and button.enabled and button.key is None:
        return SURFACE, TEXT, Role.ACTION
    if button.main and button.enabled:
        return TONES[Tone.GOOD], BACKGROUND, Role.ACTION
    if button.main:
        return LINE, SECOND_TEXT, Role.PLAIN
    return SURFACE, TEXT if button.enabled else SECOND_TEXT, Role.TEXT
