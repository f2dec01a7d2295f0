"""`enrich refdata addresses import`: files in, a matching index out; on any error the old index stays."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from service.address.matcher import Matcher
from service.cli.refdata_addresses import addresses
from service.errors import ReleaseError, SourceError
from service.model import AddressQuery

HEADER = "osm_id,lat,lon,street,housenumber,postcode,city\n"
POLYGON = {
    "type": "Polygon",
    "coordinates": [[[12.50, 55.65], [12.60, 55.65], [12.60, 55.72], [12.50, 55.72], [12.50, 55.65]]],
}
AREA = {"type": "Feature", "properties": {"nr": "2200", "navn": "København N"}, "geometry": POLYGON}


@pytest.fixture(autouse=True)
def no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENRICH_REFERENCE_DATA", str(tmp_path / "none"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(addresses, ["import", *map(str, arguments)])


def write(folder: Path, *rows: str) -> Path:
    path = folder / "a.csv"
    path.write_text(HEADER + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def test_an_import_gives_an_index_that_matches_and_says_what_was_dropped(tmp_path: Path) -> None:
    areas = tmp_path / "areas.geojson"
    areas.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": [AREA]}))
    path = write(
        tmp_path,
        "1,55.6921,12.5535,Nørrebrogade,52C,2200,København N",
        "2,55.6922,12.5536,Nørrebrogade,54,,København N",
        "3,55.6923,12.5537,Nørrebrogade,18-2,2200,København N",
    )
    result = run(
        "--format",
        "osm-csv",
        path,
        "--out",
        tmp_path / "DK",
        "--vintage",
        "2026-10",
        "--postcode-areas",
        areas,
    )
    assert result.exit_code == 0, result.output
    assert "3 rows read, 2 addresses kept" in result.output
    assert "house number not readable without guessing" in result.output
    assert "postcode filled from the postcode polygon" in result.output
    match = Matcher.open(tmp_path / "DK").match_address(
        AddressQuery("DK", "nørrebrogade 54, 2200 København N")
    )
    assert (match.category.value, match.house_number, match.source) == ("A", "54", "osm-addresses 2026-10")
    assert sorted(item.name for item in (tmp_path / "DK").iterdir()) == ["addresses.idx"]
    shown = CliRunner().invoke(addresses, ["show", str(tmp_path / "DK")])
    assert "2 house numbers on 1 streets" in shown.output
    assert "OpenStreetMap" in shown.output


def test_a_broken_file_leaves_the_old_index_as_it_was(tmp_path: Path) -> None:
    good = write(tmp_path, "1,55.6921,12.5535,Nørrebrogade,52C,2200,København N")
    assert run("--format", "osm-csv", good, "--out", tmp_path / "DK", "--vintage", "2026-10").exit_code == 0
    before = (tmp_path / "DK" / "addresses.idx").read_bytes()
    bad = tmp_path / "b.csv"
    for content in (HEADER + "1,55.6", HEADER + "1,6175000,724000,T,1,2200,K\n", HEADER):
        bad.write_text(content, encoding="utf-8")
        result = run("--format", "osm-csv", bad, "--out", tmp_path / "DK", "--vintage", "2026-11")
        assert isinstance(result.exception, SourceError)
        assert (tmp_path / "DK" / "addresses.idx").read_bytes() == before
        assert sorted(item.name for item in (tmp_path / "DK").iterdir()) == ["addresses.idx"]


def test_without_polygons_it_says_that_nothing_was_checked(tmp_path: Path) -> None:
    path = write(tmp_path, "1,55.6921,12.5535,Nørrebrogade,52C,2200,København N")
    result = run("--format", "osm-csv", path, "--out", tmp_path / "DK", "--vintage", "2026-10")
    assert "coordinates are not checked" in result.output


def test_openaddresses_needs_licence_and_attribution(tmp_path: Path) -> None:
    result = run(
        "--format", "openaddresses", tmp_path / "x.csv", "--out", tmp_path / "DK", "--vintage", "2026-10"
    )
    assert isinstance(result.exception, SourceError)
    assert "--licence" in str(result.exception)


def test_an_unknown_format_is_wrong_use(tmp_path: Path) -> None:
    result = run("--format", "shp", tmp_path / "x", "--out", tmp_path, "--vintage", "x")
    assert result.exit_code == 2
    assert "'dar'" in result.output


def test_an_index_of_another_schema_version_says_what_to_run(tmp_path: Path) -> None:
    good = write(tmp_path, "1,55.6921,12.5535,Nørrebrogade,52C,2200,København N")
    run("--format", "osm-csv", good, "--out", tmp_path / "DK", "--vintage", "2026-10")
    file = tmp_path / "DK" / "addresses.idx"
    content = bytearray(file.read_bytes())
    content[8] = 99
    file.write_bytes(content)
    with pytest.raises(ReleaseError, match=r"schema version 99.*enrich refdata"):
        Matcher.open(tmp_path / "DK")
