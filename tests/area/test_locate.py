"""A match to its areas, over the committed release."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from service.area.locate import OUTSIDE_POSTCODE, AreaIndex
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction
from service.tables import Release

REFERENCE = Path(__file__).resolve().parents[2] / "reference_data"


@pytest.fixture(scope="module")
def index() -> AreaIndex:
    return AreaIndex.load(Release.open(REFERENCE), "DK")


def match(level: MatchLevel, **parts: object) -> AddressMatch:
    return AddressMatch("DK", level, MatchCategory.A, NextAction.ACCEPT, **parts)  # type: ignore[arg-type]


GOLDEN = [
    # what, postcode, lat, lon, polling area, parish, municipality, region
    ("Sankt Mortens Gade 3, Rønne", "3700", 55.10262, 14.700979, "400008", "7552", "0400", "1084"),
    ("Rådhuspladsen, København", "1550", 55.675922, 12.569361, None, None, "0101", "1084"),
    ("Skive, renumbered", "7800", 56.5668, 9.0270, None, None, "0779", "1082"),
]


@pytest.mark.parametrize(("what", "postcode", "lat", "lon", "polling", "parish", "town", "region"), GOLDEN)
def test_golden_points(
    index: AreaIndex, what: str, postcode: str, lat: float, lon: float,
    polling: str | None, parish: str | None, town: str, region: str,
) -> None:  # fmt: skip
    place = index.locate_match(match(MatchLevel.HOUSE, postcode=postcode, lat=lat, lon=lon))
    assert place.reason is None
    assert place.codes["postcode"] == postcode
    assert (place.codes["municipality"], place.codes["region"]) == (town, region)
    if polling:
        assert (place.codes["polling_area"], place.codes["parish"]) == (polling, parish)
        assert place.names["municipality"] == "Bornholm"
    if town == "0779":  # no polygon has these statistics: no area is better than a wrong one
        assert "polling_area" not in place.codes
        assert "parish" in place.codes


def test_levels_come_finest_first(index: AreaIndex) -> None:
    place = index.locate_match(match(MatchLevel.HOUSE, postcode="3700", lat=55.10262, lon=14.700979))
    assert list(place.codes) == ["polling_area", "parish", "postcode", "municipality", "region"]


def test_a_coordinate_far_outside_its_postcode_is_not_trusted(index: AreaIndex) -> None:
    place = index.locate_match(match(MatchLevel.HOUSE, postcode="3700", lat=55.6759, lon=12.5694))
    assert place.reason == OUTSIDE_POSTCODE
    assert place.codes == {"postcode": "3700", "municipality": "0400", "region": "1084"}


def test_just_over_the_border_is_trusted(index: AreaIndex) -> None:
    """Postcodes are drawn: a house on the line keeps the postcode of its address and its own point."""
    table = Release.open(REFERENCE).table("DK", "areas_postcode").to_pylist()
    drawn = {r["code"]: shapely.from_wkb(r["wkb"]) for r in table if r["code"] in ("3700", "3720")}
    over = drawn["3700"].difference(drawn["3720"]).intersection(drawn["3720"].buffer(0.003))  # ~200 m
    point = over.representative_point()
    by_point = index.locate_match(match(MatchLevel.HOUSE, lat=point.y, lon=point.x))
    assert by_point.codes["postcode"] == "3700"
    place = index.locate_match(match(MatchLevel.HOUSE, postcode="3720", lat=point.y, lon=point.x))
    assert place.reason is None
    assert place.codes == by_point.codes | {"postcode": "3720"}


def test_a_street_takes_the_levels_on_which_its_points_agree(index: AreaIndex) -> None:
    apart = ((55.10262, 14.700979), (55.0606, 15.1306))  # Rønne and Nexø
    place = index.locate_match(match(MatchLevel.STREET, points=apart))
    assert "polling_area" not in place.codes
    assert place.codes["municipality"] == "0400"
    together = index.locate_match(match(MatchLevel.STREET, postcode="3700", points=(apart[0], apart[0])))
    assert together.codes["polling_area"] == "400008"


def test_a_postcode_in_several_municipalities_names_none(index: AreaIndex) -> None:
    lists = Release.open(REFERENCE).table("DK", "postcodes").to_pylist()
    spread = {r["postcode"] for r in lists if len(r["municipalities"]) > 1}
    named = {
        c
        for c in spread
        if "municipality" in index.locate_match(match(MatchLevel.POSTCODE, postcode=c)).codes
    }
    assert len(spread) > 100
    assert len(spread - named) > 0  # some really straddle


def test_a_street_postcode_takes_the_polling_area_around_it(index: AreaIndex) -> None:
    codes = index.locate_match(match(MatchLevel.POSTCODE, postcode="1055")).codes
    assert codes == {"polling_area": "101014", "postcode": "1055", "municipality": "0101", "region": "1084"}


def test_a_bulk_postcode_without_polygon_has_its_municipality(index: AreaIndex) -> None:
    codes = index.locate_match(match(MatchLevel.POSTCODE, postcode="0800")).codes
    assert codes == {"postcode": "0800", "municipality": "0169", "region": "1084"}


def test_municipality_by_code(index: AreaIndex) -> None:
    codes = index.locate_match(match(MatchLevel.MUNICIPALITY, municipality_code="0851")).codes
    assert codes == {"municipality": "0851", "region": "1081"}


@pytest.mark.parametrize("level", list(MatchLevel))
def test_nothing_known_is_no_area_and_no_error(index: AreaIndex, level: MatchLevel) -> None:
    odd = match(level, postcode="9999", municipality_code="ØØØØ", lat=0.0, lon=0.0, points=((89.9, 179.9),))
    assert index.locate_match(odd).codes == {}


def test_a_pier_takes_the_area_it_belongs_to(index: AreaIndex) -> None:
    place = index.locate_match(match(MatchLevel.HOUSE, postcode="3700", lat=55.0985, lon=14.6870))
    assert place.codes["municipality"] == "0400"


def test_every_area_lies_where_its_point_says(index: AreaIndex) -> None:
    release = Release.open(REFERENCE)
    for level in ("polling_area", "parish", "municipality"):
        rows = release.table("DK", f"areas_{level}").to_pylist()
        found = [index.locate_match(match(MatchLevel.HOUSE, lat=r["lat"], lon=r["lon"])).codes for r in rows]
        wrong = [r["code"] for r, codes in zip(rows, found, strict=True) if codes.get(level) != r["code"]]
        assert wrong == []
