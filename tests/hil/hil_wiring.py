"""The wiring drawings of docs/hardware.md, drawn from the pins that the drivers use.

``python tests/hil/hil_wiring.py`` writes them anew; a test compares.
"""

import re
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path

from drivers.budget import budgets
from drivers.config import bus_number
from drivers.emg import port_pins
from drivers.factory import CHIPS, parse_sensors
from drivers.hx711 import wire_pins

DOCS = Path(__file__).parents[2] / "docs"
INK, SOFT, PAPER, PANEL = "#15212B", "#3D4C59", "#FFFFFF", "#F3F6F9"
BLUE, GREEN, AMBER, RED = "#084B83", "#005A40", "#7A4E00", "#9B1C15"
FONT = "'Atkinson Hyperlegible Next', Verdana, sans-serif"

HEADER = {
    1: "3V3", 2: "5V", 3: "GPIO2", 4: "5V", 5: "GPIO3", 6: "GND", 7: "GPIO4", 8: "GPIO14", 9: "GND", 10: "GPIO15",
    11: "GPIO17", 12: "GPIO18", 13: "GPIO27", 14: "GND", 15: "GPIO22", 16: "GPIO23", 17: "3V3", 18: "GPIO24",
    19: "GPIO10", 20: "GND", 21: "GPIO9", 22: "GPIO25", 23: "GPIO11", 24: "GPIO8", 25: "GND", 26: "GPIO7",
    27: "GPIO0", 28: "GPIO1", 29: "GPIO5", 30: "GND", 31: "GPIO6", 32: "GPIO12", 33: "GPIO13", 34: "GND",
    35: "GPIO19", 36: "GPIO16", 37: "GPIO26", 38: "GPIO20", 39: "GND", 40: "GPIO21",
}  # fmt: skip
"""The Pi's 40 pins, the same on every model with that header."""
SUPPLY, GROUND = 1, 9
I2C_PINS = {1: (2, 3)}
"""GPIO numbers of data and clock of each I2C bus that is on the header without an overlay."""


@dataclass(frozen=True)
class Wire:
    """From a pin of the Pi to a terminal of a part; ``pin`` is the number on the header, None for no wire."""

    terminal: str
    pin: int | None
    note: str = ""


@dataclass(frozen=True)
class Part:
    """A board with its terminals, and what hangs on its far side."""

    title: str
    wires: tuple[Wire, ...]
    far: tuple[str, ...] = ()
    beyond: str = "load cell"


def pin_of(gpio):
    """Return the number on the header of a GPIO."""
    return next(pin for pin, name in HEADER.items() if name == f"GPIO{gpio}")


def parts(text, source):
    """Return the parts of the station.toml in ``text``, wired as the drivers expect them."""
    tables = tomllib.loads(text)
    found = [PARTS[config.chip](config) for config in parse_sensors(tables["sensors"], source)]
    return [*found, _controls(tables["controls"])] if "controls" in tables else found


def _powered(*wires):
    return (Wire("VIN", SUPPLY), Wire("GND", GROUND), *wires)


def _i2c(config):
    data, clock = I2C_PINS[bus_number(config.bus)]
    return (Wire("SDA", pin_of(data)), Wire("SCL", pin_of(clock)))


def _bno08x(config):
    address = config.whole("address")
    jumper = Wire("DI / ADR", SUPPLY, "sets 0x4B") if address == 0x4B else Wire("DI / ADR", None, "open: 0x4A")
    return Part(f"{config.name}: BNO085, 0x{address:02X}", _powered(*_i2c(config), jumper))


CELL = ("E+  red", "E-  black", "A+  green", "A-  white")
"""The usual colours of a cell's four wires; the cell's own sheet decides."""


def _hx711(config):
    clock, data = wire_pins(config)
    wires = _powered(Wire("SCK", pin_of(clock)), Wire("DT", pin_of(data)))
    return Part(f"{config.name}: HX711, {config.whole('sample_rate_hz')} SPS", wires, CELL)


def _nau7802(config):
    return Part(f"{config.name}: NAU7802", _powered(*_i2c(config)), CELL)


def _emg(config):
    pins = port_pins(config.whole("device"))
    wires = (
        Wire("VDD, VREF", SUPPLY),
        Wire("AGND, DGND", GROUND),
        Wire("CLK", pin_of(pins["clock_pin"])),
        Wire("DOUT", pin_of(pins["miso_pin"])),
        Wire("DIN", pin_of(pins["mosi_pin"])),
        Wire("CS", pin_of(pins["select_pin"])),
    )
    return Part(f"{config.name}: MCP3008", wires, ("VREF", "AGND", f"CH{config.whole('channel')}"), "EMG board")


PARTS = {"bno08x": _bno08x, "hx711": _hx711, "nau7802": _nau7802, "emg": _emg}

CONTROLS_TITLE = "buttons, light, buzzer"
CONTROLS = {
    "green_pin": "green button",
    "white_pin": "white button",
    "red_pin": "red button",
    "led_pin": "light (330 ohm)",
    "buzzer_pin": "buzzer +",
}


def _controls(table):
    wires = [Wire(words, pin_of(table[key])) for key, words in CONTROLS.items() if key in table]
    return Part(CONTROLS_TITLE, (*wires, Wire("other ends of buttons, light, buzzer", GROUND)))


# ---- drawing ----------------------------------------------------------------------------------------------

PITCH, TOP = 27, 84
LEFT_X, RIGHT_X = 96, 138
RAIL_X, RAIL_STEP = 262, 22
ROW, GAP = 25, 30
STYLES = {"3V3": (RED, ""), "GND": (INK, ""), "GPIO2": (BLUE, ""), "GPIO3": (GREEN, "")}
OTHERS = (
    (BLUE, "9 4"),
    (GREEN, "9 4"),
    (AMBER, ""),
    (AMBER, "9 4"),
    (RED, "9 4"),
    (AMBER, "2 4"),
    (BLUE, "2 4"),
    (GREEN, "2 4"),
    (INK, "9 4"),
    (RED, "2 4"),
)


def drawing(title, found):
    """Return the SVG of a rig: the Pi's header at the left, a rail for each pin in use, the parts at the right."""
    pins = []
    for part in found:
        pins += [wire.pin for wire in part.wires if wire.pin and wire.pin not in pins]
    pins.sort(key=lambda pin: (HEADER[pin] not in ("3V3", "GND"), _exit_y(pin)))
    rails = {pin: RAIL_X + RAIL_STEP * i for i, pin in enumerate(pins)}
    plain = iter(OTHERS)
    styles = {pin: STYLES[HEADER[pin]] if HEADER[pin] in STYLES else next(plain) for pin in pins}
    box_x = RAIL_X + RAIL_STEP * len(pins) + 78
    out, y, joints = [], TOP, {pin: [_exit_y(pin)] for pin in pins}
    for part in found:
        y = _part(out, part, box_x, _clear_of(pins, part, y), rails, styles, joints) + GAP
    head = [*_rails(rails, styles, joints), *_header(pins, rails, styles)]
    width, height = box_x + 400, max(y, TOP + 20 * PITCH + 24) + 34
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="{FONT}"'
            f' role="img" aria-label="{escape(title)}">',
            f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
            _text(24, 38, title, 21, weight=700),
            _text(24, height - 16, "A dot joins. Lines that cross without a dot do not touch.", 14, fill=SOFT),
            *head,
            *out,
            "</svg>\n",
        ]
    )


def _exit_y(pin):
    """Return the height at which a wire leaves the header: that of an inner pin passes between two outer ones."""
    return _pin_y(pin) + PITCH / 2 if pin % 2 else _pin_y(pin)


def _clear_of(pins, part, y):
    """Return a height from ``y`` on at which a part's wires stay clear of those that leave the header."""

    def nearest(top):
        rows = [_row_y(top, i) for i in range(len(part.wires))]
        return min(abs(row - _exit_y(pin)) for row in rows for pin in pins)

    return max(range(y, y + ROW), key=nearest)


def _row_y(top, i):
    return top + 46 + ROW * i


def _header(pins, rails, styles):
    yield _box(LEFT_X - 22, TOP - 20, 86, 20 * PITCH + 12, PANEL)
    yield _text(LEFT_X - 76, TOP - 28, "Raspberry Pi, pin 1 is next to the card slot", 14, fill=SOFT)
    for pin in pins:
        turn_x = max(_pin_x(pin), (LEFT_X + RIGHT_X) / 2)
        yield _path(f"M{_pin_x(pin)} {_pin_y(pin)} L{turn_x} {_exit_y(pin)} H{rails[pin]}", *styles[pin])
    for pin, name in HEADER.items():
        x, y, used = _pin_x(pin), _pin_y(pin), pin in pins
        fill, ink = (styles[pin][0], PAPER) if used else (PAPER, SOFT)
        yield f'<circle cx="{x}" cy="{y}" r="10.5" fill="{fill}" stroke="{SOFT}"/>'
        yield _text(x, y + 4.5, str(pin), 12, fill=ink, anchor="middle", weight=700 if used else 400)
        if used and pin % 2:
            yield _text(LEFT_X - 28, y + 4.5, name, 13, anchor="end", weight=700)
        elif used:
            yield f'<rect x="{RIGHT_X + 28}" y="{y - 8}" width="52" height="16" fill="{PAPER}"/>'
            yield _text(RIGHT_X + 30, y + 4.5, name, 13, weight=700)


def _pin_x(pin):
    return LEFT_X if pin % 2 else RIGHT_X


def _pin_y(pin):
    return TOP + PITCH * ((pin - 1) // 2)


def _rails(rails, styles, joints):
    for pin, x in rails.items():
        yield _path(f"M{x} {min(joints[pin])} V{max(joints[pin])}", *styles[pin])
        for y in joints[pin]:
            yield f'<circle cx="{x}" cy="{y}" r="4.2" fill="{styles[pin][0]}"/>'


def _part(out, part, x, y, rails, styles, joints):
    """Draw a part with its top at ``y``; return where it ends."""
    rows = max(len(part.wires), len(part.far))
    height = 34 + rows * ROW + 8
    out.append(_box(x, y, 250, height, PANEL))
    out.append(_text(x + 14, y + 23, part.title, 15, weight=700))
    for i, wire in enumerate(part.wires):
        row = _row_y(y, i)
        words = wire.terminal + (f"   ({wire.note})" if wire.note else "")
        out.append(_text(x + 14, row + 5, words, 14))
        if wire.pin:
            joints[wire.pin].append(row)
            out.append(_path(f"M{rails[wire.pin]} {row} H{x}", *styles[wire.pin]))
            out.append(_text(x - 6, row - 4, f"pin {wire.pin}", 12, fill=SOFT, anchor="end"))
    for i, words in enumerate(part.far):
        row = _row_y(y, i)
        out.append(_text(x + 236, row + 5, words, 14, anchor="end"))
        out.append(_path(f"M{x + 250} {row} H{x + 290}", INK, ""))
    if part.far:
        middle = y + 34 + len(part.far) * ROW / 2
        out.append(_box(x + 290, y + 34, 92, len(part.far) * ROW, PAPER))
        out.append(_text(x + 336, middle + 5, part.beyond, 14, anchor="middle"))
    return y + height


def _box(x, y, width, height, fill):
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{fill}" stroke="{INK}"'
        ' stroke-width="1.6"/>'
    )


def _path(path, colour, dash):
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.6"{dashed}/>'


def _text(x, y, words, size, fill=INK, anchor="start", weight=400):
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
        f' fill="{fill}" xml:space="preserve">{escape(words)}</text>'
    )


# ---- the page ---------------------------------------------------------------------------------------------

PAGE = DOCS / "hardware.md"


@dataclass(frozen=True)
class Rig:
    """One of the two rigs: its name, and the station.toml that it is drawn from."""

    name: str
    text: str

    @property
    def picture(self):
        """The file of its drawing."""
        return DOCS / "pictures" / f"wiring-{self.name}.svg"

    @property
    def drawing(self):
        """The drawing as it should be."""
        return drawing(f"{self.name.capitalize()} rig", parts(self.text, self.name))

    @property
    def table(self):
        """The table of its pins as it should be, between its two marks."""
        rows = [f"| {pin} | {HEADER[pin]} | {ends} |" for pin, ends in sorted(self._ends().items())]
        mark = f"<!-- pins of the {self.name} rig -->"
        return "\n".join([mark, "| pin | is | goes to |", "|---|---|---|", *rows, "", self._traffic(), mark])

    def _traffic(self):
        configs = parse_sensors(tomllib.loads(self.text)["sensors"], self.name)
        (fast,), (slow,) = (budgets(configs, CHIPS, {"i2c-1": hz}) for hz in (400_000, 100_000))
        verdict = "fits as well" if slow.fits else "is refused"
        return (
            f"Bus i2c-1 is {fast.busy:.0%} busy at 400 kHz; at 100 kHz it would be {slow.busy:.0%}, which {verdict}."
        )

    def _ends(self):
        ends = {}
        for part in parts(self.text, self.name):
            of = f" of {part.title.split(',')[0]}" if part.title != CONTROLS_TITLE else ""
            for wire in part.wires:
                if wire.pin:
                    ends.setdefault(wire.pin, []).append(wire.terminal + of)
        return {pin: "; ".join(all_of_it) for pin, all_of_it in ends.items()}


def rigs(page):
    """Return both rigs; the second one's station.toml stands in the page itself."""
    kettlebell = re.search(r"## Kettlebell rig.*?```toml\n(.*?)```", page, re.DOTALL).group(1)
    return [Rig("band", (DOCS / "station.example.toml").read_text()), Rig("kettlebell", kettlebell)]


def table_in(page, rig):
    """Return the table of a rig as it stands in the page."""
    mark = f"<!-- pins of the {rig.name} rig -->"
    return re.search(f"{mark}.*{mark}", page, re.DOTALL).group(0)


def main():
    """Write drawings and tables anew."""
    page = PAGE.read_text()
    for rig in rigs(page):
        rig.picture.write_text(rig.drawing)
        page = page.replace(table_in(page, rig), rig.table)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
