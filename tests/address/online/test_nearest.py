"""Backwards from a point: how far is looked, how many are told, and what stands for a place's point."""

from __future__ import annotations

import math

import pytest
from geopy.point import Point

from service.address.geocoder import DoorstepGeocoder, location_of
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction
from service.refdata.addresses.record import POSTCODES_SCHEMA
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, stage_addresses
from service.refdata.addresses.writer import write_index

NORTH_M = 111_195.0
LAT, LON = 60.0, 11.0  # where a degree of longitude is half as long
# metres north and east of (LAT, LON) -> the house that stands there
PLACES = [(0, 40), (300, 0), (0, -700), (-2_000, 0), (0, 9_000), (30_000, 0)]


@pytest.fixture(scope="module")
def geocoder(tmp_path_factory: pytest.TempPathFactory) -> DoorstepGeocoder:
    rows = [
        AddressRow(
            f"h{at}", "Vej", str(at), "3700", "Rønne",
            lat=LAT + north / NORTH_M, lon=LON + east / NORTH_M / math.cos(math.radians(LAT)),
        )
        for at, (north, east) in enumerate(PLACES)
    ]  # fmt: skip
    rows.append(AddressRow("gone", "Vej", "9", "3700", "Rønne", lat=LAT, lon=LON, status="historic"))
    rows.append(AddressRow("new", "Vej", "10", "3700", "Rønne", lat=-LAT, lon=-LON, status="preliminary"))
    rows.append(AddressRow("nowhere", "Vej", "11", "3700", "Rønne"))
    written = write_index(
        stage_addresses(rows, ImportReport("test")), POSTCODES_SCHEMA.empty_table(),
        tmp_path_factory.mktemp("nearest"), country="DK", source="test 2026", licence="-",
        attribution="-", vintage="-",
    )  # fmt: skip
    return DoorstepGeocoder(str(written.path))


def numbers(geocoder: DoorstepGeocoder, **known: object) -> list[str]:
    found = geocoder.reverse((LAT, LON), exactly_one=False, **known)
    return [] if found is None else [place.raw["house_number"] for place in found]


def test_up_to_five_within_a_kilometre_are_told_nearest_first(geocoder: DoorstepGeocoder) -> None:
    assert numbers(geocoder) == ["0", "1", "2"]
    assert numbers(geocoder, max_distance_m=10_000) == ["0", "1", "2", "3", "4"]
    assert numbers(geocoder, max_distance_m=40_000, limit=6) == ["0", "1", "2", "3", "4", "5"]
    assert numbers(geocoder, limit=2) == ["0", "1"]
    assert numbers(geocoder, max_distance_m=39) == []


def test_distances_are_metres_and_the_bound_is_one_of_them(geocoder: DoorstepGeocoder) -> None:
    places = geocoder.reverse((LAT, LON), exactly_one=False, max_distance_m=40_000, limit=9)
    told = [place.raw["distance_m"] for place in places]
    assert told == pytest.approx([math.hypot(*place) for place in PLACES], abs=1)
    assert numbers(geocoder, max_distance_m=295) == ["0"]
    assert numbers(geocoder, max_distance_m=305) == ["0", "1"]


def test_nothing_is_sought_farther_than_fifty_kilometres(geocoder: DoorstepGeocoder) -> None:
    north = LAT + 30_000 / NORTH_M
    assert geocoder.reverse((north + 49_000 / NORTH_M, LON), max_distance_m=1e9).raw["house_number"] == "5"
    assert geocoder.reverse((north + 51_000 / NORTH_M, LON), max_distance_m=1e9) is None


def test_a_preliminary_house_is_in_use_on_any_side_of_the_globe(geocoder: DoorstepGeocoder) -> None:
    place = geocoder.reverse((-LAT, -LON))
    assert (place.address, place.raw["distance_m"]) == ("Vej 10, 3700 Rønne", 0.0)
    assert place.raw["address_id"] == "new"


def test_what_is_told_of_a_house_is_the_registers(geocoder: DoorstepGeocoder) -> None:
    place = geocoder.reverse(Point(LAT, LON))
    assert place.raw == {
        "country": "DK", "level": "house", "address_id": "h0", "street": "Vej", "house_number": "0",
        "postcode": "3700", "city": "Rønne", "distance_m": 40.0, "source": "test 2026",
    }  # fmt: skip


def match(level: MatchLevel, **known: object) -> AddressMatch:
    return AddressMatch("DK", level, MatchCategory.B, NextAction.CONFIRM, **known)  # type: ignore[arg-type]


def test_a_match_is_written_as_one_line_with_its_unit() -> None:
    known = {
        "street": "Torvet",
        "house_number": "3",
        "postcode": "3700",
        "city": "Rønne",
        "lat": 55.0,
        "lon": 14.0,
    }
    lines = {
        "Torvet 3, 3700 Rønne": {},
        "Torvet 3, 2. th, 3700 Rønne": {"floor": "2", "door": "th"},
        "Torvet 3, 2., 3700 Rønne": {"floor": "2"},
        "Torvet 3, 101, 3700 Rønne": {"door": "101"},
    }
    for line, unit in lines.items():
        place = location_of(match(MatchLevel.UNIT, **known, **unit))
        assert place is not None
        assert (place.address, place.latitude, place.longitude) == (line, 55.0, 14.0)
        assert (place.raw["category"], place.raw["next_action"]) == ("B", "confirm")


def test_a_street_stands_at_the_middle_of_its_points() -> None:
    def at(*points: tuple[float, float]) -> tuple[float, float] | None:
        place = location_of(match(MatchLevel.STREET, street="Torvet", points=points))
        return None if place is None else (place.latitude, place.longitude)

    one, two, three = (55.0, 14.0), (55.1, 14.1), (55.2, 14.2)
    assert at(one) == one
    assert at(one, two) == two
    assert at(one, two, three) == two
    assert at() is None


def test_half_a_coordinate_is_no_place() -> None:
    for half in ({"lat": 55.0}, {"lon": 14.0}):
        assert location_of(match(MatchLevel.HOUSE, **half)) is None


def test_an_unsure_text_answers_its_alternatives_too(geocoder: DoorstepGeocoder) -> None:
    several = geocoder.geocode("Vej 1-2, 3700 Rønne", exactly_one=False)
    assert [place.raw["house_number"] for place in several] == ["1", "2"]
    assert geocoder.geocode("Vej 1-2, 3700 Rønne").raw["house_number"] == "1"
    assert geocoder.geocode({"street": "Vej 1", "town": "Rønne", "postcode": 3700, "city": ""}) is not None
