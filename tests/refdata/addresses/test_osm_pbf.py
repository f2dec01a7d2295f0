"""OpenStreetMap extracts: nodes, outlines, two street names, units, and the real centre of Helsinki."""

from __future__ import annotations

from pathlib import Path

import osmium
import pytest

from service.errors import SourceError
from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.osm_pbf import import_osm_pbf
from service.refdata.addresses.staging import CountryAreas


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """A street with two names, three doors on it, one outline, one relation."""
    path = tmp_path / "small.osm.pbf"
    base = {"addr:street": "Kaivokatu", "addr:city": "Helsinki", "addr:postcode": "00100"}
    corners = [(24.940, 60.170), (24.942, 60.170), (24.942, 60.172), (24.940, 60.172)]
    with osmium.SimpleWriter(path) as out:
        node = osmium.osm.mutable.Node
        out.add_node(
            node(id=1, location=(24.9, 60.1), tags=base | {"addr:housenumber": "1", "addr:unit": "A"})
        )
        out.add_node(
            node(id=2, location=(24.9, 60.1), tags=base | {"addr:housenumber": "1", "addr:flats": "1-3"})
        )
        swedish = base | {"addr:street": "Brunnsgatan", "addr:housenumber": "3", "addr:city": "Helsingfors"}
        out.add_node(node(id=3, location=(24.91, 60.11), tags=swedish))
        out.add_node(node(id=4, location=(24.91, 60.11), tags=base | {"addr:housenumber": "5-7"}))
        for at, corner in enumerate(corners):
            out.add_node(node(id=10 + at, location=corner))
        way = osmium.osm.mutable.Way
        out.add_way(way(id=1, nodes=[10, 11, 12, 13, 10], tags=base | {"addr:housenumber": "9b"}))
        names = {
            "highway": "residential",
            "name": "Kaivokatu",
            "name:fi": "Kaivokatu",
            "name:sv": "Brunnsgatan",
        }
        out.add_way(way(id=2, nodes=[10, 11], tags=names))
        relation = osmium.osm.mutable.Relation
        out.add_relation(relation(id=1, members=[("w", 1, "outer")], tags=base | {"addr:housenumber": "11"}))
    return path


def test_doors_outlines_and_names_become_houses(extract: Path) -> None:
    table, report = import_osm_pbf(extract)
    rows = {row["number"]: row for row in table.to_pylist()}
    assert sorted(rows) == ["1", "3", "5", "7", "9B"]
    assert {row["street"] for row in rows.values()} == {"Kaivokatu"}
    assert {row["street_short"] for row in rows.values()} == {"Brunnsgatan"}
    assert {row["city"] for row in rows.values()} == {"Helsinki"}
    assert rows["1"]["units"] == ["|a", "|1", "|2", "|3"]
    assert rows["9B"]["id"] == "osm-w1"
    assert (rows["9B"]["lat"], rows["9B"]["lon"]) == (60.171, 24.941)
    assert report.dropped["mapped as a relation, which has no single place"] == 1
    assert report.dropped["same street, number and postcode as an earlier row"] == 1


def test_a_truncated_or_other_file_is_refused(extract: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.osm.pbf"
    short.write_bytes(extract.read_bytes()[:-40])
    other = tmp_path / "other.osm.pbf"
    other.write_text("id,street\n1,Algade\n")
    for path in (short, other):
        with pytest.raises(SourceError, match=rf"{path.name}: not a whole OpenStreetMap file"):
            import_osm_pbf(path)
    with pytest.raises(SourceError, match="no such file"):
        import_osm_pbf(tmp_path / "gone.osm.pbf")


@pytest.mark.raw
def test_the_centre_of_helsinki_has_its_swedish_names_and_postcodes(open_data: Path) -> None:
    postcodes = AreaPolygons.from_geojson(
        open_data / "fi/paavo_2018/postal_areas_2018_wgs84.geojson", code="pono", name="nimi"
    )
    table, report = import_osm_pbf(open_data / "fi/osm/helsinki_centre.osm.pbf", CountryAreas(postcodes))
    assert report.read == 3_622
    assert 1_600 < report.kept < 1_700
    swedish = dict(zip(table["street"].to_pylist(), table["street_short"].to_pylist(), strict=True))
    assert swedish["Aleksanterinkatu"] == "Alexandersgatan"
    assert swedish["Mannerheimintie"] == "Mannerheimvägen"
    assert table["street_short"].null_count / table.num_rows < 0.05
    # One office writes its own postcode 00099 and its own name as the town.
    assert table["city"].to_pylist().count("Helsinki") >= table.num_rows - 1
    assert report.flagged["postcode filled from the postcode polygon"] > 1_000
    assert all(len(code) == 5 for code in table["postcode"].to_pylist())
