"""Which areas a point lies in, with borders at round figures: what is near enough, and what is too far."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from service.area.locate import OUTSIDE_POSTCODE, AreaIndex
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction, Place
from tests.area.conftest import EAST_M, NORTH_M, areas, east_m, figures, make_release, square

"""
        10.0        10.2        10.4
   60.1  +-----------+-----------+
         |  west     |  east     |   municipalities; both in region "mainland"
   60.0  +-----------+-----------+   sea south of 60.0
Postcodes 1000 and 2000 are drawn as west and east are. Polling areas "inner" and "outer" share west at
10.1, but for a strip of 0.01° along the coast that nobody drew.
"""
COAST = 60.0


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> AreaIndex:
    west, east = square(10.0, COAST, 10.2, 60.1), square(10.2, COAST, 10.4, 60.1)
    tables = {
        "areas_polling_area": areas(
            inner=square(10.0, 60.01, 10.1, 60.1), outer=square(10.1, 60.01, 10.2, 60.1)
        ),
        "areas_postcode": areas(**{"1000": west, "2000": east, "9000": square(11.0, 61.0, 11.1, 61.1)}),
        "areas_municipality": areas(west=west, east=east),
        "areas_region": areas(mainland=square(9.9, 59.9, 10.5, 60.2)),
        "profiles_municipality": figures([("west", 100.0), ("island", 20.0)]),
        "profiles_country": figures([("DK", 1000.0)]),
        "postcodes": pa.table(
            {
                "postcode": ["1000", "2000", "3000", "4000", "5000", "6000"],
                "city": ["Vesterby", "Østerby", "Midtby", "Småby", "Storby", "Fjernby"],
                "municipalities": [["west"], ["east"], ["west", "east"], ["nowhere"], ["west"], []],
            }
        ),
        "postcode_within": pa.table(
            {
                "code": ["5000", "3000", "3000", "6000"],
                "level": ["polling_area", "polling_area", "municipality", "region"],
                "within": ["inner", "outer", "east", "mainland"],
                "share": [0.95, 0.949, 0.97, 1.0],
            }
        ),
    }
    return AreaIndex.load(make_release(tmp_path_factory.mktemp("squares"), tables), "DK")


def house(lat: float, lon: float, postcode: str | None = None, **known: object) -> AddressMatch:
    return AddressMatch(
        "DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT,
        postcode=postcode, lat=lat, lon=lon, **known,  # type: ignore[arg-type]
    )  # fmt: skip


def coarse(level: MatchLevel, **known: object) -> AddressMatch:
    return AddressMatch("DK", level, MatchCategory.C, NextAction.FIX, **known)  # type: ignore[arg-type]


INSIDE = {"polling_area": "inner", "postcode": "1000", "municipality": "west", "region": "mainland"}


def test_a_point_lies_in_one_area_of_each_level_and_they_are_named(index: AreaIndex) -> None:
    place = index.locate_match(house(60.05, 10.05))
    assert place == Place(
        "DK",
        INSIDE,
        {"polling_area": "Inner", "postcode": "Vesterby", "municipality": "West", "region": "Mainland"},
    )
    assert list(place.codes) == ["polling_area", "postcode", "municipality", "region"]


def test_on_a_border_the_first_drawn_has_it(index: AreaIndex) -> None:
    assert index.locate_match(house(60.05, 10.1)).codes["polling_area"] == "inner"
    assert index.locate_match(house(60.05, 10.2)).codes["municipality"] == "west"


@pytest.mark.parametrize(
    ("off", "codes"),
    [
        (0.0, {"postcode": "1000", "municipality": "west", "region": "mainland"}),
        (49.0, {"postcode": "1000", "municipality": "west", "region": "mainland"}),
        (51.0, {"municipality": "west", "region": "mainland"}),
        (299.0, {"municipality": "west", "region": "mainland"}),
        (301.0, {}),
    ],
)
def test_a_quay_is_the_towns_within_300_metres_and_takes_finer_areas_within_50(
    index: AreaIndex, off: float, codes: dict[str, str]
) -> None:
    for lat, lon in ((COAST - off / NORTH_M, 10.05), (60.005, 10.0 - off / EAST_M)):
        assert index.locate_match(house(lat, lon)).codes == codes


@pytest.mark.parametrize(("off", "same"), [(49.0, True), (51.0, False)])
def test_ashore_the_borders_of_two_levels_are_drawn_within_50_metres_of_each_other(
    index: AreaIndex, off: float, same: bool
) -> None:
    codes = index.locate_match(house(60.01 - off / NORTH_M, 10.05)).codes
    assert codes.get("polling_area") == ("inner" if same else None)
    assert codes["municipality"] == "west"


def test_near_is_by_metres_and_not_by_degrees(index: AreaIndex) -> None:
    """Where 0.0004° is 45 m to the north but 22 m to the east."""
    west_of_it = index.locate_match(house(60.05, 10.0 - 0.0008))  # 45 m
    assert west_of_it.codes == INSIDE
    assert "postcode" not in index.locate_match(house(60.1 + 0.0008, 10.05)).codes  # 89 m


@pytest.mark.parametrize(("off", "trusted"), [(999.996, True), (1000.004, False)])
def test_a_coordinate_may_lie_a_kilometre_outside_its_postcode(
    index: AreaIndex, off: float, trusted: bool
) -> None:
    for lat, lon in ((60.05, 10.2 - off / east_m(60.05)), (60.1 + off / NORTH_M, 10.3)):
        place = index.locate_match(house(lat, lon, "2000"))
        assert place.reason == (None if trusted else OUTSIDE_POSTCODE)
        assert place.codes.get("postcode") == "2000"
        assert index.is_in_postcode("2000", lat, lon) is trusted
    by_point = index.locate_match(house(60.05, 10.2 - off / east_m(60.05), "2000")).codes
    assert by_point.get("polling_area") == ("outer" if trusted else None)


def test_of_a_postcode_that_is_not_drawn_nothing_can_be_said(index: AreaIndex) -> None:
    assert index.is_in_postcode("3000", 60.05, 10.05) is None
    assert index.is_in_postcode("9999", 60.05, 10.05) is None
    assert index.locate_match(house(60.05, 10.05, "3000")).codes == INSIDE | {"postcode": "3000"}


def test_a_release_without_drawn_postcodes_says_nothing_of_them(tmp_path: Path) -> None:
    tables = {"areas_parish": areas(one=square(10.0, 60.0, 10.2, 60.1)), "profiles_country": figures([])}
    index = AreaIndex.load(make_release(tmp_path, tables), "DK")
    assert index.is_in_postcode("1000", 60.05, 10.05) is None
    assert index.locate_match(house(60.05, 10.05, "1000")).codes == {"parish": "one"}
    # no municipality tells sea from land here: what is not drawn there is taken as ashore
    assert index.locate_match(house(60.0 - 49 / NORTH_M, 10.05)).codes == {"parish": "one"}
    assert index.locate_match(house(60.0 - 60 / NORTH_M, 10.05)).codes == {}


def test_the_municipality_of_the_address_register_has_the_last_word(index: AreaIndex) -> None:
    place = index.locate_match(house(60.05, 10.05, municipality_code="east"))
    assert place.codes["municipality"] == "east"
    assert index.locate_match(house(60.05, 10.05, municipality_code="gone")).codes["municipality"] == "west"


def test_points_of_a_street_keep_the_areas_that_they_share(index: AreaIndex) -> None:
    street = coarse(MatchLevel.STREET, points=((60.05, 10.05), (60.05, 10.15), (60.05, 10.06)))
    assert index.locate_match(street).codes == {
        "postcode": "1000",
        "municipality": "west",
        "region": "mainland",
    }
    across = coarse(MatchLevel.STREET, points=((60.05, 10.05), (60.05, 10.25)))
    assert index.locate_match(across).codes == {}  # a region is told of a municipality only


def test_one_far_point_of_a_street_is_enough_to_mistrust_them(index: AreaIndex) -> None:
    street = coarse(MatchLevel.STREET, postcode="1000", points=((60.05, 10.05), (60.05, 10.25)))
    place = index.locate_match(street)
    assert (place.reason, place.codes["municipality"]) == (OUTSIDE_POSTCODE, "west")
    assert "polling_area" not in place.codes


def test_half_a_coordinate_is_none(index: AreaIndex) -> None:
    for known in ({"lat": 60.05}, {"lon": 10.05}, {}):
        assert index.locate_match(coarse(MatchLevel.HOUSE, **known)).codes == {}


def test_a_coordinate_beside_a_coarse_level_is_not_asked(index: AreaIndex) -> None:
    for level in (MatchLevel.POSTCODE, MatchLevel.MUNICIPALITY, MatchLevel.NONE):
        assert index.locate_match(coarse(level, lat=60.05, lon=10.05)).codes == {}


@pytest.mark.parametrize(
    ("postcode", "codes"),
    [
        ("1000", {"postcode": "1000", "municipality": "west", "region": "mainland"}),
        ("3000", {"postcode": "3000", "municipality": "east", "region": "mainland"}),  # 97 % of it
        ("4000", {"postcode": "4000"}),
        ("5000", {"polling_area": "inner", "postcode": "5000", "municipality": "west", "region": "mainland"}),
        ("6000", {"postcode": "6000", "region": "mainland"}),
        ("7000", {}),
    ],
)
def test_a_postcode_lies_where_95_in_a_hundred_of_its_households_live(
    index: AreaIndex, postcode: str, codes: dict[str, str]
) -> None:
    assert index.locate_match(coarse(MatchLevel.POSTCODE, postcode=postcode)).codes == codes


def test_a_point_with_areas_needs_no_other_knowledge_of_its_postcode(index: AreaIndex) -> None:
    """5000 is said to lie in "inner"; the house is where its point is."""
    assert index.locate_match(house(60.05, 10.15, "5000")).codes["polling_area"] == "outer"


def test_an_area_with_figures_needs_no_polygon_to_have_a_name(index: AreaIndex) -> None:
    place = index.locate_match(coarse(MatchLevel.MUNICIPALITY, municipality_code="island"))
    assert (place.codes, place.names) == ({"municipality": "island"}, {"municipality": "island by name"})


def test_a_name_that_only_the_figures_know_is_kept(tmp_path: Path) -> None:
    drawn = areas(west=square(10.0, 60.0, 10.2, 60.1)).set_column(1, "name", pa.array([None], pa.string()))
    tables = {"areas_municipality": drawn, "profiles_municipality": figures([("west", 9.0)])}
    index = AreaIndex.load(make_release(tmp_path, tables), "DK")
    assert index.locate_match(house(60.05, 10.05)).names == {"municipality": "west by name"}


def test_a_code_of_one_level_is_none_of_another(index: AreaIndex) -> None:
    assert index.locate_match(coarse(MatchLevel.MUNICIPALITY, municipality_code="1000")).codes == {}
    assert index.locate_match(coarse(MatchLevel.POSTCODE, postcode="west")).codes == {}


def test_a_drawn_postcode_that_is_not_listed_is_one(index: AreaIndex) -> None:
    place = index.locate_match(coarse(MatchLevel.POSTCODE, postcode="9000"))
    assert (place.codes, place.names) == ({"postcode": "9000"}, {"postcode": "9000"})


def test_the_same_areas_are_the_same_place(index: AreaIndex) -> None:
    assert index.locate_match(house(60.05, 10.05)) is index.locate_match(house(60.051, 10.051))
