"""OSM address CSV files: what is kept, filled, folded, dropped and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from service.errors import SourceError
from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.osm_csv import import_osm_csv
from service.refdata.addresses.record import STAGING_SCHEMA
from service.refdata.addresses.staging import CountryAreas

HEADER = "osm_id,lat,lon,street,housenumber,postcode,city,municipality_no,osak_id,source_file\n"


def write(folder: Path, *rows: str, name: str = "a.csv", header: str = HEADER) -> Path:
    path = folder / name
    path.write_text(header + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def square(lat: float, lon: float, half: float = 0.01) -> shapely.Polygon:
    return shapely.box(lon - half, lat - half, lon + half, lat + half)


@pytest.fixture
def areas() -> CountryAreas:
    postcodes = AreaPolygons(
        ["1720", "3700"],
        [square(55.66, 12.54), square(55.10, 14.70)],
        {"1720": "København V", "3700": "Rønne"},
    )
    municipalities = AreaPolygons(["0101", "0400"], [square(55.66, 12.54, 0.1), square(55.10, 14.70, 0.1)])
    return CountryAreas(postcodes, municipalities, postcodes.names)


def test_a_plain_row_becomes_one_staging_record(tmp_path: Path) -> None:
    path = write(
        tmp_path, "7,55.66,12.54,Ærøgade,052c,0800,Høje Taastrup,101,0A3F507A3D4F32B8E0440003BA298018,x"
    )
    table, report = import_osm_csv([path])
    assert table.schema == STAGING_SCHEMA
    (row,) = table.to_pylist()
    assert row["id"] == "0a3f507a-3d4f-32b8-e044-0003ba298018"
    assert (row["street"], row["number"], row["postcode"]) == ("Ærøgade", "52C", "0800")
    assert (row["municipality"], row["status"], row["units"]) == ("0101", "current", [])
    assert (report.read, report.kept, dict(report.dropped)) == (1, 1, {})


def test_a_missing_postcode_is_taken_from_the_polygon_and_its_town_with_it(
    tmp_path: Path, areas: CountryAreas
) -> None:
    path = write(tmp_path, "1,55.66,12.54,Enghavevej,76,,,,,x", "2,57.0,12.54,Enghavevej,78,,,,,x")
    table, report = import_osm_csv([path], areas)
    (row,) = table.to_pylist()
    assert (row["postcode"], row["city"], row["municipality"]) == ("1720", "København V", "0101")
    assert report.dropped["no postcode, and no coordinate inside a postcode polygon"] == 1


def test_a_coordinate_far_outside_its_postcode_is_left_out_and_the_address_kept(
    tmp_path: Path, areas: CountryAreas
) -> None:
    near = "1,55.674,12.54,Enghavevej,76,1720,København V,,,x"  # 450 m north of the square
    far = "2,55.10,14.70,Enghavevej,78,1720,København V,,,x"  # Rønne
    table, report = import_osm_csv([write(tmp_path, near, far)], areas)
    first, second = table.to_pylist()
    assert first["lat"] == 55.674
    assert (second["lat"], second["lon"]) == (None, None)
    assert report.flagged["coordinate left out: more than 1,000 m outside its postcode"] == 1


def test_the_same_address_twice_is_kept_as_first_read_with_the_units_of_both(tmp_path: Path) -> None:
    first = write(
        tmp_path,
        '1,55.1,14.7,Store Torv,"3, 1. th",3700,Rønne',
        header="osm_id,lat,lon,street,housenumber,postcode,city\n",
    )
    second = write(
        tmp_path,
        "1,55.1,14.7,Store Torv,3,3700,Rønne,,,x",
        '9,55.2,14.8,store torv,"3, 2. tv",3700,Rønne,,,x',
        name="b.csv",
    )
    table, report = import_osm_csv([first, second])
    (row,) = table.to_pylist()
    assert (row["id"], row["lat"], row["units"]) == ("osm-1", 55.1, ["1|th", "2|tv"])
    assert report.dropped == {
        "same OSM object as in an earlier file": 1,
        "same street, number and postcode as an earlier row": 1,
    }


def test_a_range_gives_its_ends_and_an_unreadable_number_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "1,55.1,14.7,Torvet,57-59,3700,Rønne,,,x",
        "2,55.1,14.7,Torvet,72 A-D,3700,Rønne,,,x",
        "3,55.1,14.7,Torvet,18-2,3700,Rønne,,,x",
        "4,55.1,14.7,Torvet,19;15,3700,Rønne,,,x",
    )
    table, report = import_osm_csv([path])
    assert table["number"].to_pylist() == ["57", "59", "72A", "72D", "19", "15"]
    assert len(set(table["id"].to_pylist())) == 6
    assert report.dropped == {"house number not readable without guessing": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEADER.encode() + b"1,55.1,14.7,Torvet,1,3700,R", r"a\.csv, line 2, column 27: .*truncated"),
        (
            HEADER.encode() + "1,55.1,14.7,Ærø,1,3700,R,,,x\n".encode("latin-1"),
            r"line 2, column 13: .*not UTF-8",
        ),
        (b"osm_id,lat\n1,2\n", r"line 1, column lon: .*no such column"),
        (HEADER.replace("source_file", "shoe").encode(), r"line 1, column shoe: unknown column"),
        (HEADER.encode() + b"1,55.1,14.7,T,1,3700,R,,,x,extra\n", r"line 2, column source_file: 11 fields"),
        (
            HEADER.encode() + b"1,6140353.1,588454.5,T,1,3700,R,,,x\n",
            r"line 2, column lat: .*another projection",
        ),
        (HEADER.encode() + b"1,14.7,55.1,T,1,3700,R,,,x\n", r"line 2, column lat: .*swapped"),
        (HEADER.encode() + b"1,north,14.7,T,1,3700,R,,,x\n", r"line 2, column lat: .*not a number"),
        (
            HEADER.encode() + b"1,55,14,T,1,3700,R,,,x\n1,55,14,T,2,3700,R,,,x\n",
            r"line 3, column osm_id: .*twice",
        ),
        (b"", r"a\.csv: the file is empty"),
    ],
)
def test_a_broken_file_is_refused_naming_file_line_and_column(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message):
        import_osm_csv([path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.csv: cannot be read"):
        import_osm_csv([tmp_path / "gone.csv"])


@pytest.mark.raw
def test_the_real_danish_files_give_every_address_once(open_data: Path) -> None:
    postcodes = AreaPolygons.from_geojson(open_data / "dk/dagi_2021/geo_postnumre.geojson")
    municipalities = AreaPolygons.from_geojson(open_data / "dk/dagi_2021/geo_kommuner.geojson", code="kode")
    folder = open_data / "dk/addresses_osm"
    table, report = import_osm_csv(
        [folder / "bornholm_addresses_osm.csv", folder / "addresses_osm_extracts.csv"],
        CountryAreas(postcodes, municipalities, postcodes.names),
    )
    assert report.read == 29_811 + 15_196
    assert report.read == report.kept + sum(report.dropped.values()) - 10  # ten second ends of ranges
    assert 42_450 < report.kept < 42_550
    assert report.flagged["postcode filled from the postcode polygon"] == 64
    for column in ("id", "street", "number", "postcode", "city", "lat", "municipality"):
        assert table[column].null_count == 0
    assert len(set(table["id"].to_pylist())) == table.num_rows
    keys = zip(
        table["street"].to_pylist(), table["number"].to_pylist(), table["postcode"].to_pylist(), strict=True
    )
    assert len(set(keys)) == table.num_rows
