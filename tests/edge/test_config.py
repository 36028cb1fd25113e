"""Settings are read whole or refused with one sentence: file, key, value, what was expected."""

import pytest

from edge.config import NotPairedError, PanelSettings, SettingsError, StationSettings, load_device, load_settings

GOOD = """
[station]
id = "station-0001"
patient_id = "p-0001-aaaa"
[sensors.thigh]
chip = "bno08x"
[mqtt]
port = 1883
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="station.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_defaults_fill_what_is_not_said(write):
    settings = load_settings(write(GOOD), StationSettings)
    assert (settings.station.id, settings.mqtt.port, settings.screen.width_px) == ("station-0001", 1883, 1024)
    assert settings.paths.data == "/var/lib/steadyrig"
    assert settings.sensors == {"thigh": {"chip": "bno08x"}}


def test_an_empty_panel_file_is_a_panel_on_loopback(write):
    assert load_settings(write("", "panel.toml"), PanelSettings).panel.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port = 1883", 'port = "x"', r"station\.toml: mqtt\.port is 'x': expected `int`"),
        ("port = 1883", "port = 70000", r"mqtt\.port is 70000: expected `int` <= 65535"),
        ("port = 1883", "prot = 1883", r"unknown field `prot` in \[mqtt\]; expected host, port, username, "),
        ('id = "station-0001"', 'id = "A+B"', r"station\.id is 'A\+B': expected 8 to 40 small letters"),
        ('id = "station-0001"', "", r"missing required field `id`.*\[station\]"),
        ("[mqtt]", "[mqtt", r"station\.toml: not valid TOML"),
        pytest.param("port = 1883", f"port = {'9' * 5000}", r"station\.toml: not valid TOML", id="a huge number"),
        pytest.param("port = 1883", f"port = {'[' * 5000}", r"station\.toml: not valid TOML", id="nested deeply"),
        (
            "[sensors.thigh]",
            "[elsewhere]",
            r"unknown field `elsewhere`; expected station, sensors, |missing required",
        ),
    ],
)
def test_a_broken_file_is_named_with_its_key(write, old, new, said):
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(write(GOOD.replace(old, new)), StationSettings)
    assert "\n" not in str(caught.value)


def test_a_table_that_may_be_left_out_has_its_keys_named_too(write):
    with pytest.raises(SettingsError, match=r"unknown field `hosst` in \[pairing\]; expected host, port"):
        load_settings(write('[pairing]\nhosst = "x"', "panel.toml"), PanelSettings)


def test_a_device_that_nobody_has_paired_is_told_how(write):
    text = GOOD.replace('id = "station-0001"\npatient_id = "p-0001-aaaa"', "rtc = true").replace("port = 1883", "")
    path = write(text)
    with pytest.raises(NotPairedError, match=r"not paired .* sudo steadyrig pair"):
        load_settings(path, StationSettings)
    assert load_device(path).station.rtc
    with pytest.raises(SettingsError, match=r"station\.rtc is 3"):
        load_settings(write(text.replace("true", "3")), StationSettings)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml: No such file"):
        load_settings(tmp_path / "none.toml", StationSettings)


def test_a_missing_password_file_is_named(write):
    settings = load_settings(write(GOOD.replace("port = 1883", 'password_file = "/nowhere/pw"')), StationSettings)
    with pytest.raises(SettingsError, match=r"mqtt\.password_file is '/nowhere/pw'.*expected a file"):
        settings.mqtt.password()
