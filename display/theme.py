"""Colours and sizes: everything that depends on the screen in front of the patient is decided here.

Places are written for the 7-inch 1024x600 screen of the design guide and scale with the window. Letters and
touch targets are physical: they follow ``mm_per_px``, and shrink below their size only where the window has no
room, which ``legible`` then says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from display.parts import Tone

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""

BASE_SIZE_PX = (1024, 600)
BASE_MM_PER_PX = 0.150
LEGIBLE_SHARE = 0.95
"""Letters may be this much of their size before the screen counts as too small for 2 m."""


def _hex(text: str) -> Colour:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


# Design guide, section 5.
BACKGROUND = _hex("0B1720")
SURFACE = _hex("16283A")
LINE = _hex("2C4358")
TEXT = _hex("FFFFFF")
SECOND_TEXT = _hex("C7D3DD")
TONES: dict[Tone, Colour] = {
    Tone.PLAIN: TEXT,
    Tone.REST: SECOND_TEXT,
    Tone.LOWER: _hex("5CB8F2"),
    Tone.HOLD: _hex("F4D35E"),
    Tone.LIFT: _hex("F58F3C"),
    Tone.GOOD: _hex("3ED6A6"),
    Tone.CAUTION: _hex("F4D35E"),
    Tone.STOP: _hex("FF6B5E"),
}


class Role(Enum):
    """A use of letters: weight of the typeface and size in pixels on the 7-inch screen (design guide, section 1)."""

    COUNT = ("ExtraBold", 300)
    LONG_COUNT = ("ExtraBold", 220)
    ROOM_LARGE = ("ExtraBold", 117)
    ROOM = ("ExtraBold", 93)
    CUE = ("Bold", 100)
    TITLE = ("Bold", 56)
    ACTION = ("ExtraBold", 44)
    TEXT = ("Bold", 36)
    PLAIN = ("SemiBold", 36)
    SMALL = ("SemiBold", 28)

    @property
    def weight(self) -> str:
        """Name of the weight, as in the font's file name."""
        return str(self.value[0])

    @property
    def base_px(self) -> int:
        """Size on the 7-inch screen."""
        return int(self.value[1])


@dataclass(frozen=True, slots=True)
class Theme:
    """The sizes for one window. ``left_handed`` swaps the sides of STOP, main action, count and load."""

    size_px: tuple[int, int] = BASE_SIZE_PX
    mm_per_px: float = BASE_MM_PER_PX
    left_handed: bool = False

    @property
    def scale(self) -> float:
        """Pixels of this window per pixel of the base layout, the smaller of both directions."""
        return min(self.size_px[0] / BASE_SIZE_PX[0], self.size_px[1] / BASE_SIZE_PX[1])

    @property
    def legible(self) -> bool:
        """True when letters and touch targets have their full physical size."""
        return self.scale * self.mm_per_px >= LEGIBLE_SHARE * BASE_MM_PER_PX

    def font_px(self, role: Role) -> int:
        """Size of the letters of a role in this window."""
        return round(role.base_px * min(BASE_MM_PER_PX / self.mm_per_px, self.scale))

    def length(self, base_px: float) -> int:
        """A distance of the base layout in this window, at least 1 pixel."""
        return max(1, round(base_px * self.scale))

    def box(self, left: float, top: float, width: float, height: float) -> Box:
        """A rectangle of the base layout in this window; the same on both hands."""
        across, down = self.size_px[0] / BASE_SIZE_PX[0], self.size_px[1] / BASE_SIZE_PX[1]
        return round(left * across), round(top * down), round(width * across), round(height * down)

    def sided(self, left: float, top: float, width: float, height: float) -> Box:
        """A rectangle of the base layout that changes sides for left-handed people."""
        if self.left_handed:
            left = BASE_SIZE_PX[0] - left - width
        return self.box(left, top, width, height)
