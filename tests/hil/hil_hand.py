"""The hand that a guided step needs: a person who is asked on the terminal, or the emulator."""

import select
import sys
from dataclasses import dataclass, field

import pytest

from drivers.emulation.faults import Fault, FaultScript, Kind
from drivers.samples import STANDARD_GRAVITY_M_S2

PRESS_N = 40.0


class Person:
    """Asks for each step and waits for Enter; what lies still already is not asked for again.

    ``manager`` is pytest's capture manager: while it holds the terminal nobody sees a question. A person who is not
    there, or not within ``patience_s``, skips the test.
    """

    def __init__(self, manager, patience_s):
        self._manager = manager
        self._patience_s = patience_s
        self._still = False

    def lay_down(self, _sensor):
        if not self._still:
            self._ask("Lay every motion sensor on the table, take every load off, and leave them alone.")
            self._still = True

    def turn_over(self, sensor):
        self._ask(f"Turn the {sensor} sensor over, so that the other side is up, and let go.")

    def press(self, sensor):
        self._ask(f"Pull at the {sensor} load cell as in training, with some 5 kg, and keep pulling.")

    def let_go(self, sensor):
        self._ask(f"Let go of the {sensor} load cell.")

    def unplug(self, sensor):
        self._ask(f"Take the plug of the {sensor} sensor in your hand, press Enter, then pull it out.")

    def plug_in(self, sensor):
        self._ask(f"Put the plug of the {sensor} sensor in again, and press Enter in the same moment.")

    def _ask(self, sentence):
        self._still = False
        self._manager.suspend_global_capture(in_=True)
        try:
            print(f"\n>>> {sentence} Enter. ", end="", file=sys.stderr, flush=True)
            heard, _, _ = select.select([sys.stdin], [], [], self._patience_s)
            answer = sys.stdin.readline() if heard else None
        finally:
            self._manager.resume_global_capture()
        if answer is None:
            pytest.skip(f"nobody pressed Enter within {self._patience_s:g} s: {sentence}")
        if not answer:
            pytest.skip(f"nobody is at the terminal: {sentence}")


@dataclass(frozen=True)
class Still:
    """What an ideal motion sensor at rest reads."""

    accel_m_s2: tuple
    quaternion_wxyz: tuple
    gyro_rad_s: tuple = (0.0, 0.0, 0.0)


FACE_UP = Still((0.0, 0.0, STANDARD_GRAVITY_M_S2), (1.0, 0.0, 0.0, 0.0))
FACE_DOWN = Still((0.0, 0.0, -STANDARD_GRAVITY_M_S2), (0.0, 1.0, 0.0, 0.0))


@dataclass
class World:
    """What the emulated chips are exposed to; it changes when the hand does something."""

    turned: set = field(default_factory=set)
    pulled: set = field(default_factory=set)
    unplugged: set = field(default_factory=set)

    def motion(self, place, _t_s):
        return FACE_DOWN if place in self.turned else FACE_UP

    def force(self, place, _t_s):
        return PRESS_N if place in self.pulled else 0.0


class Plugs(FaultScript):
    """A script that is written while it runs: whatever the hand has unplugged is unplugged."""

    def __init__(self, world):
        super().__init__()
        object.__setattr__(self, "_world", world)

    def active(self, sensor, kind, now_s):
        return Fault(Kind.UNPLUG, sensor, 0.0) if kind is Kind.UNPLUG and sensor in self._world.unplugged else None


class EmulatorsHand:
    """Does at once what a person would be asked for. In the emulated rig a sensor is called as its place."""

    def __init__(self, world, hardware):
        self._world = world
        self._hardware = hardware

    def lay_down(self, sensor):
        self._world.turned.discard(sensor)
        self._world.pulled.discard(sensor)

    def turn_over(self, sensor):
        self._world.turned.add(sensor)

    def press(self, sensor):
        self._world.pulled.add(sensor)

    def let_go(self, sensor):
        self._world.pulled.discard(sensor)

    def unplug(self, sensor):
        self._world.unplugged.add(sensor)

    def plug_in(self, sensor):
        self._world.unplugged.discard(sensor)
        part = self._hardware.chips.get(sensor) or self._hardware.cells[sensor]
        # A converter on pins notices by itself that it has power again.
        for power_up in (getattr(part, name, None) for name in ("reset", "power_up")):
            if power_up:
                power_up()
