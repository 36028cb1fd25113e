"""The tones: short, soft at their edges, and never in anyone's way."""

from pathlib import Path

import numpy as np
import pytest

from display.sound import RATE_HZ, SOUNDS, Speaker, samples
from edge.session import Sound


def test_every_sound_has_a_tone() -> None:
    assert set(SOUNDS) == set(Sound)


def test_tones_are_short_within_range_and_begin_and_end_in_silence() -> None:
    for name, notes in SOUNDS.items():
        wave = samples(notes)
        assert wave.size / RATE_HZ <= 0.6, name
        assert np.abs(wave).max() <= 1.0, name
        assert abs(wave[0]) < 0.01, name
        assert abs(wave[-1]) < 0.05, name


def test_the_correction_is_low_and_double_and_the_end_has_three_notes() -> None:
    heard = [pitch_hz for pitch_hz, _ in SOUNDS[Sound.CORRECTION] if pitch_hz]
    assert len(heard) == 2
    assert max(heard) < min(pitch_hz for pitch_hz, _ in SOUNDS[Sound.REP])
    assert len(SOUNDS[Sound.SET_DONE]) == 3


def test_a_tone_has_the_pitch_it_is_said_to_have() -> None:
    wave = samples(((880.0, 0.5),))
    peak_hz = np.abs(np.fft.rfft(wave)).argmax() * RATE_HZ / wave.size
    assert peak_hz == pytest.approx(880.0, abs=2.0)


def test_without_a_sound_card_there_is_silence_and_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    for name in ("SDL_AUDIODRIVER", "PULSE_SERVER", "PIPEWIRE_REMOTE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("display.sound.SOUND_DEVICES", tmp_path / "none")
    speaker = Speaker()
    assert not speaker.ready(5.0)
    speaker.play(Sound.REP)
    speaker.close()
    assert len(caplog.records) == 1


def test_with_a_sound_card_every_sound_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    speaker = Speaker()
    assert speaker.ready(5.0)
    for sound in Sound:
        speaker.play(sound)
    speaker.close()
    speaker.play(Sound.REP)
