"""`enrich address`: one address washed or completed, for people and as JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner

from service.cli.address import address
from service.refdata.addresses.record import POSTCODES_SCHEMA, STAGING_SCHEMA
from service.refdata.addresses.writer import write_index


@pytest.fixture
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    row = dict.fromkeys(STAGING_SCHEMA.names) | {
        "id": "a1", "street": "Nørrebrogade", "number": "52C", "postcode": "2200", "city": "København N",
        "lat": 55.69, "lon": 12.55, "status": "current", "units": ["2|th"],
    }  # fmt: skip
    town = {"postcode": "2200", "city": "København N", "bulk": False, "municipalities": ["0101"]}
    write_index(
        pa.Table.from_pylist([row], schema=STAGING_SCHEMA),
        pa.Table.from_pylist([town], schema=POSTCODES_SCHEMA),
        tmp_path / "DK",
        country="DK",
        source="test 2026-01",
        licence="CC0 1.0",
        attribution="nobody",
        vintage="2026-01",
        municipalities={"0101": "København"},
    )
    monkeypatch.setenv("ENRICH_ADDRESSES", str(tmp_path))
    return tmp_path


def test_washes_for_people(own_index: Path) -> None:
    result = CliRunner().invoke(address, ["Nørebrogade 52c, 2 th, 2200"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "Nørrebrogade 52C, 2. th, 2200 København N"
    assert "unit · category B (one safe reading) · confirm" in lines[1]
    assert "street: 'Nørebrogade' -> 'Nørrebrogade'" in result.output
    assert "København (0101)" in result.output


def test_washes_as_json(own_index: Path) -> None:
    result = CliRunner().invoke(address, ["nørrebrogade 52c 2200", "--json"])
    answer = json.loads(result.output)
    assert (answer["match_level"], answer["category"]) == ("house", "A")
    assert answer["text"] == "Nørrebrogade 52C, 2200 København N"


def test_completes(own_index: Path) -> None:
    assert CliRunner().invoke(address, ["nørreb", "--suggest"]).output == "Nørrebrogade, 2200 København N …\n"
    answer = json.loads(CliRunner().invoke(address, ["nørreb", "--suggest", "--json"]).output)
    assert [line["street"] for line in answer["suggestions"]] == ["Nørrebrogade"]
    assert CliRunner().invoke(address, ["zzzz", "--suggest"]).output == "Nothing fits.\n"


def test_nothing_recognised(own_index: Path) -> None:
    result = CliRunner().invoke(address, ["hvad som helst"])
    assert result.exit_code == 0
    assert result.output.startswith("No address recognised\n")


def test_missing_release_says_what_to_run(own_index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(own_index / "DK")
    monkeypatch.setenv("ENRICH_REFERENCE_DATA", str(own_index / "none"))
    result = CliRunner().invoke(address, ["Nørrebrogade 52C"])
    assert result.exit_code != 0
    assert type(result.exception).__name__ == "ReleaseError"
