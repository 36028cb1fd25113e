"""The motion chip's own calibration: switched on or off after every start, and kept when asked for."""

from __future__ import annotations

from collections import Counter

from drivers.base import DriverError
from drivers.samples import ImuSample
from drivers.sensor_hub import SensorHub
from drivers.shtp import CALIBRATE, SAVE_CALIBRATION

HIGH_ACCURACY = 3
STILL_RAD_S = 0.05
"""Slower than this in every axis is rest: ten times the gyroscope's noise and offset, and slower than any limb."""
STILL_FOR_S = 1.0
LAID_DOWN_S = 120.0
"""At rest for so long, the sensor lies on a shelf: nobody holds a pose that still. What the chip learned while worn
is kept then, because nobody knows how long it stays silent while it writes its memory. Ours."""
KEEP_EVERY_S = 86_400.0
"""Once a day is enough, and spares the chip's memory. Ours."""
ANSWER_WITHIN_S = 0.5
"""A command without an answer for this long is sent again; the chip answers within a few milliseconds."""
TRIES = 4
_CONFIGURE = 0


class ChipCalibration:
    """Carries out one wish at a time through the thread that reads the chip; nothing here waits.

    With ``dynamic`` the chip goes on calibrating accelerometer and gyroscope while it is worn. The magnetometer is
    always left alone: no report that is used here looks at it.
    """

    def __init__(self, name: str, errors: Counter[str], *, dynamic: bool) -> None:
        self._name = name
        self._errors = errors
        self._dynamic = int(dynamic)
        self._still_since_s: float | None = None
        self._kept_s = float("-inf")
        self._wanted: list[int] = []
        self._sent: tuple[int, int, float] | None = None
        self._tries = 0
        self.saved: bool | None = None
        """Whether the last wish to save was granted; None while it is not known."""

    def restart(self) -> None:
        """Begin anew with a chip that has just started."""
        if SAVE_CALIBRATION in self._wanted:
            self.saved = False
        self._wanted, self._sent, self._tries = [CALIBRATE], None, 0
        self._still_since_s = None

    def saw(self, sample: ImuSample) -> None:
        """Watch for rest."""
        gyro = sample.gyro_rad_s
        if gyro is None or max(map(abs, gyro)) > STILL_RAD_S:
            self._still_since_s = None
        elif self._still_since_s is None:
            self._still_since_s = sample.t_s

    def save(self, accuracy: int | None, now_s: float) -> None:
        """Have the calibration kept over power cycles; ``saved`` tells the outcome.

        Raises DriverError, in words for the person who asked, where there is nothing good to keep.
        """
        if accuracy != HIGH_ACCURACY:
            shown = "not known yet" if accuracy is None else f"{accuracy} of {HIGH_ACCURACY}"
            raise DriverError(
                f"{self._name}: its accuracy is {shown}; turn it slowly onto each of its sides, then lay it down."
            )
        if self._still_since_s is None or now_s - self._still_since_s < STILL_FOR_S:
            raise DriverError(f"{self._name}: it moves; lay it down for {STILL_FOR_S:g} s before saving.")
        self.saved = None
        self._wanted.append(SAVE_CALIBRATION)

    def keep(self, accuracy: int | None, now_s: float) -> None:
        """Have what the chip learned kept by itself, when the accuracy is the best and the sensor was laid down."""
        laid_down = self._still_since_s is not None and now_s - self._still_since_s >= LAID_DOWN_S
        if self._dynamic and laid_down and accuracy == HIGH_ACCURACY and now_s - self._kept_s >= KEEP_EVERY_S:
            self._kept_s = now_s
            self.save(accuracy, now_s)

    def step(self, hub: SensorHub, now_s: float) -> None:
        """Send what is due and take the answers. Raises OSError where the chip does not acknowledge."""
        if self._sent:
            command, number, sent_s = self._sent
            answer = hub.answers.get(command)
            if answer and answer.sequence == number:
                self._finish(command, done=answer.status == 0)
            elif now_s - sent_s < ANSWER_WITHIN_S:
                return
            elif self._tries >= TRIES:
                self._finish(command, done=False)
        if self._wanted:
            self._tries += 1
            self._sent = (self._wanted[0], self._send(hub, self._wanted[0]), now_s)

    def _send(self, hub: SensorHub, command: int) -> int:
        if command == CALIBRATE:
            return hub.command(CALIBRATE, self._dynamic, self._dynamic, 0, _CONFIGURE)
        return hub.command(SAVE_CALIBRATION)

    def _finish(self, command: int, *, done: bool) -> None:
        self._sent, self._tries = None, 0
        self._wanted.remove(command)
        if command == SAVE_CALIBRATION:
            self.saved = done
        if not done:
            self._errors["calibration"] += 1
