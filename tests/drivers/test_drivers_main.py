"""``python -m drivers``: a look at the sensors from the terminal."""

from pathlib import Path

from drivers.__main__ import main

EXAMPLE = Path(__file__).parents[2] / "docs" / "station.example.toml"


def test_emulated_sensors_are_shown_with_value_and_rate(capsys):
    assert main(["--config", str(EXAMPLE), "--emulate", "--seconds", "1.2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("thigh") and "live" in line and "m/s2" in line for line in lines)
    assert any(line.startswith("band") and "live" in line and " N  [" in line for line in lines)


def test_a_configuration_that_cannot_be_is_one_sentence(tmp_path, capsys):
    bad = tmp_path / "station.toml"
    bad.write_text("[sensors.thigh]\nchip = 3\n")
    assert main(["--config", str(bad)]) == 2
    assert capsys.readouterr().err == (
        "station.toml: sensors.thigh.chip is 3, expected one of bno08x, hx711, nau7802, emg.\n"
    )  # fmt: skip
