"""Short tones made in code. Without a sound card the station is silent, and says so once in the log."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pygame

from edge.session import Sound

log = logging.getLogger(__name__)

RATE_HZ = 44_100
EDGE_S = 0.008
"""Each tone swells and fades this long: an abrupt edge clicks."""
LOUDNESS = 0.5

Note = tuple[float, float]
"""Frequency in hertz (0 is silence) and length in seconds."""
SOUNDS: Mapping[Sound, tuple[Note, ...]] = {
    Sound.REP: ((880.0, 0.12),),
    Sound.LAST_REP: ((880.0, 0.10), (1175.0, 0.16)),
    Sound.CORRECTION: ((262.0, 0.12), (0.0, 0.06), (262.0, 0.12)),
    Sound.SET_DONE: ((659.0, 0.14), (784.0, 0.14), (1047.0, 0.26)),
    Sound.STOP: ((330.0, 0.35),),
    Sound.OVER_LOAD: ((196.0, 0.25),),
    Sound.ALARM: ((988.0, 0.10), (0.0, 0.05), (988.0, 0.10), (0.0, 0.05), (988.0, 0.10)),
}
CLOSING_S = 3.0
"""A sound card that still has not opened by then is left alone."""
SOUND_DEVICES = Path("/dev/snd")
SOUND_SETTINGS = ("SDL_AUDIODRIVER", "PULSE_SERVER", "PIPEWIRE_REMOTE")


class Speaker:
    """Plays the tones once its sound card has opened, which happens in a thread: some cards take seconds."""

    def __init__(self) -> None:
        """Begin to open the sound card; nothing waits for it."""
        self._tones: Mapping[Sound, pygame.mixer.Sound] = {}
        self._opening = threading.Thread(target=self._open, name="speaker", daemon=True)
        self._opening.start()

    def play(self, sound: Sound) -> None:
        """Let a sound be heard now, or nothing while there is no sound card."""
        tone = self._tones.get(sound)
        if tone:
            tone.play()

    def ready(self, timeout_s: float) -> bool:
        """Wait until the sound card has opened or failed; True when there is sound."""
        self._opening.join(timeout_s)
        return bool(self._tones)

    def close(self) -> None:
        """Be silent from now on."""
        self._opening.join(CLOSING_S)
        self._tones = {}
        pygame.mixer.quit()

    def _open(self) -> None:
        if not SOUND_DEVICES.exists() and not any(name in os.environ for name in SOUND_SETTINGS):
            # ALSA would print ten lines of its own before it says the same.
            log.warning("no sound: there is no %s; the screen shows every cue as well", SOUND_DEVICES)
            return
        try:
            pygame.mixer.init(RATE_HZ, -16, 1, 512)
            self._tones = {name: self._tone(notes) for name, notes in SOUNDS.items()}
        except pygame.error as exc:
            log.warning("no sound: %s; the screen shows every cue as well", exc)

    def _tone(self, notes: tuple[Note, ...]) -> pygame.mixer.Sound:
        channels = pygame.mixer.get_init()[2]
        wave = (samples(notes) * LOUDNESS * 32767).astype(np.int16)
        return pygame.mixer.Sound(buffer=np.repeat(wave, channels).tobytes())


def samples(notes: tuple[Note, ...]) -> npt.NDArray[np.float64]:
    """Return the notes one after the other as samples from -1 to 1; shape (samples,)."""
    return np.concatenate([_sine(pitch_hz, length_s) for pitch_hz, length_s in notes])


def _sine(pitch_hz: float, length_s: float) -> npt.NDArray[np.float64]:
    t_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    swell = np.minimum(1.0, np.minimum(t_s, length_s - t_s) / EDGE_S)
    return np.sin(2 * np.pi * pitch_hz * t_s) * swell
