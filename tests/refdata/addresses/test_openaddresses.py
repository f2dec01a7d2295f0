"""OpenAddresses files in their CSV and GeoJSON-lines forms."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from service.errors import SourceError
from service.refdata.addresses.openaddresses import import_openaddresses

HEADER = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n"
ROWS = (
    "12.5535,55.6921,52C,Nørrebrogade,,København N,,,2200,,a1\n"
    "12.5535,55.6921,52C,Nørrebrogade,2. th,København N,,,2200,,a2\n"
    "24.9414,60.1713,7,Kaivokatu,A 12,Helsinki,,,00100,,a3\n"
    "17.6389,59.8586,4,Kungsgatan,,Uppsala,,,753 20,,a4\n"
)


def features(*drop: str) -> str:
    lines = []
    for row in ROWS.splitlines():
        lon, lat, *rest = row.split(",")
        names = ("number", "street", "unit", "city", "district", "region", "postcode", "id", "hash")
        properties = {name: value for name, value in zip(names, rest, strict=True) if name not in drop}
        point = {"type": "Point", "coordinates": [float(lon), float(lat)]}
        lines.append(
            json.dumps({"type": "Feature", "properties": properties, "geometry": point}, ensure_ascii=False)
        )
    return "\n".join(lines)


def test_both_forms_give_the_same_houses_with_their_units(tmp_path: Path) -> None:
    (tmp_path / "dk.csv").write_text(HEADER + ROWS, encoding="utf-8")
    (tmp_path / "low.csv").write_text(HEADER.lower() + ROWS, encoding="utf-8")
    (tmp_path / "dk.geojson.gz").write_bytes(gzip.compress(features().encode()))
    table, report = import_openaddresses([tmp_path / "dk.csv"])
    rows = table.to_pylist()
    assert [(row["street"], row["number"], row["postcode"], row["units"]) for row in rows] == [
        ("Nørrebrogade", "52C", "2200", ["2|th"]),
        ("Kaivokatu", "7", "00100", ["|a 12"]),
        ("Kungsgatan", "4", "75320", []),
    ]
    assert rows[0]["id"] == "oa-a1"
    assert (rows[0]["lat"], rows[0]["lon"]) == (55.6921, 12.5535)
    assert report.dropped == {"same street, number and postcode as an earlier row": 1}
    assert import_openaddresses([tmp_path / "low.csv"])[0] == table
    assert import_openaddresses([tmp_path / "dk.geojson.gz"])[0] == table


def test_the_same_hash_again_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + ROWS, encoding="utf-8")
    (tmp_path / "b.csv").write_text(HEADER + ROWS, encoding="utf-8")
    table, report = import_openaddresses([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert table.num_rows == 3
    assert report.dropped["the same row again (equal hash)"] == 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", HEADER + ROWS[:-9], r"a\.csv, line 5, column \d+: .*truncated"),
        ("a.csv", HEADER.replace("HASH", "SHOE") + ROWS, r"line 1, column HASH: .*no such column"),
        ("a.csv", HEADER + ROWS.replace("55.6921", "6175000.0"), r"line 2, column lat: .*another projection"),
        (
            "a.csv",
            HEADER + ROWS.replace("12.5535,55.6921", "55.6921,12.5535"),
            r"line 2, column lat: .*swapped",
        ),
        ("a.geojson", features()[:-9], r"a\.geojson, line 4, column \d+: not one whole GeoJSON"),
        ("a.geojson", features("number"), r"line 1, column properties: not a Feature"),
        ("a.geojson", features().replace('"unit"', '"shoe"'), r"line 1, column shoe: unknown property"),
        ("a.geojson", features().replace("Point", "Polygon"), r"line 1, column geometry: not a Point"),
        ("a.geojson", "[]", r"line 1, column properties"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        import_openaddresses([path])


def test_a_gz_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dk.geojson.gz"
    path.write_bytes(gzip.compress(features().encode())[:-20])
    with pytest.raises(SourceError, match="damaged or truncated"):
        import_openaddresses([path])
