"""The settings of online geocoders: refused with what is wrong, secrets from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.address.online.settings import load_settings
from service.errors import ConfigError

GOOD = '[[geocoder]]\nname = "kartverket"\ncountries = ["NO"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "cannot be read as TOML"),
        ("", r"names no \[\[geocoder\]\]"),
        ("speed = 3\n" + GOOD, "unknown setting speed"),
        ("deadline_ms = 5\n" + GOOD, "deadline_ms is 5; it must be a whole number from 50 to 10000"),
        ("deadline_ms = true\n" + GOOD, "deadline_ms is True"),
        ('[[geocoder]]\ncountries = ["NO"]\n', "geocoder 1: has no name"),
        ('[[geocoder]]\nname = "kartverket"\ncountries = "NO"\n', "countries must be a list"),
        ('[[geocoder]]\nname = "shoe"\ncountries = ["NO"]\n', r"geocoder 1 \(shoe\): Unknown geocoder"),
        (GOOD + "[geocoder.settings]\nshoe = 44\n", r"geocoder 1 \(kartverket\): .*shoe"),
        (GOOD + "shoe = 44\n", "unknown setting shoe"),
        (
            '[[geocoder]]\nname = "adressevaelger"\ncountries = ["DK"]\n'
            '[geocoder.settings]\ntoken = "${NONE_SUCH}"\n',
            "the environment has no NONE_SUCH",
        ),
    ],
)
def test_a_bad_settings_file_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "online.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_settings(path, {})


def test_secrets_come_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "online.toml"
    path.write_text(
        '[[geocoder]]\nname = "adressevaelger"\ncountries = ["DK"]\n[geocoder.settings]\ntoken = "${TOKEN}"\n'
        '[[geocoder]]\nname = "nominatim"\ncountries = ["DK", "NO"]\n'
        '[geocoder.settings]\nuser_agent = "test"\n'
        "[geocoder.query]\naddressdetails = true\n",
        encoding="utf-8",
    )
    ours, geopys = load_settings(path, {"TOKEN": "s3cret"}).geocoders
    assert ours.geocoder.token == "s3cret"
    assert geopys.query == {"addressdetails": True}
    assert geopys.countries == {"DK", "NO"}
