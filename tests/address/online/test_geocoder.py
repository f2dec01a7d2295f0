"""Our index as a geopy geocoder, used as anyone who knows geopy would."""

from __future__ import annotations

import math
import random
from pathlib import Path

import geopy.distance
import pytest
from geopy.exc import GeocoderQueryError
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders.base import Geocoder
from geopy.location import Location
from geopy.point import Point

from service.address.geocoder import DoorstepGeocoder
from service.address.matcher import Matcher
from service.errors import ReleaseError
from service.refdata.addresses.record import POSTCODES_SCHEMA
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, stage_addresses
from service.refdata.addresses.writer import write_index


@pytest.fixture
def geocoder(matcher: Matcher) -> DoorstepGeocoder:
    return DoorstepGeocoder(matcher)


def test_it_is_a_geopy_geocoder_and_answers_a_location(geocoder: DoorstepGeocoder) -> None:
    assert isinstance(geocoder, Geocoder)
    place = geocoder.geocode("nørrebrogade 52 c, 2200 København N", timeout=5)
    assert isinstance(place, Location)
    assert place.address == "Nørrebrogade 52C, 2200 København N"
    assert (place.latitude, place.longitude) == (55.6921, 12.5535)
    assert (place.raw["category"], place.raw["level"], place.raw["address_id"]) == ("A", "house", "h3")
    assert (
        RateLimiter(geocoder.geocode, min_delay_seconds=0)("Store Torv 3, 3700 Rønne").raw["house_number"]
        == "3"
    )


def test_parts_give_the_same_as_text_in_geopys_names_too(geocoder: DoorstepGeocoder) -> None:
    ours = geocoder.geocode(
        {"street": "Store Torv", "house_number": "3", "postcode": "3700", "city": "Rønne"}
    )
    geopys = geocoder.geocode({"street": "Store Torv 3", "postalcode": "3700", "country": "Danmark"})
    assert ours == geopys == geocoder.geocode("Store Torv 3, 3700 Rønne")
    with pytest.raises(GeocoderQueryError, match="no part shoe"):
        geocoder.geocode({"street": "Store Torv", "shoe": "44"})


def test_a_street_answers_its_middle_and_a_postcode_or_nothing_answers_none(
    geocoder: DoorstepGeocoder,
) -> None:
    street = geocoder.geocode("Store Torv, 3700 Rønne")
    assert (street.raw["level"], street.raw["category"]) == ("street", "C")
    assert street.address == "Store Torv, 3700 Rønne"
    assert geopy.distance.distance(street.point, (55.1023, 14.6997)).m < 50
    assert geocoder.geocode("3700 Rønne") is None
    assert geocoder.geocode("Opdigtetvej 5, 3700 Rønne") is None
    assert geocoder.geocode("") is None
    assert geocoder.geocode("", exactly_one=False) is None


def test_a_number_that_does_not_exist_is_not_answered_with_a_house(geocoder: DoorstepGeocoder) -> None:
    place = geocoder.geocode("Store Torv 99, 3700 Rønne")
    assert place is None or (place.raw["level"], place.raw["house_number"]) == ("street", None)


def test_reverse_gives_the_nearest_house_in_use_and_its_distance(geocoder: DoorstepGeocoder) -> None:
    place = geocoder.reverse((55.1023, 14.6997))
    assert place.address == "Store Torv 3, 3700 Rønne"  # number 4 is nearer but was abolished
    expected = geopy.distance.distance((55.1023, 14.6997), place.point).m
    assert place.raw["distance_m"] == pytest.approx(expected, abs=0.5)
    assert geocoder.reverse("55.1023, 14.6997").address == geocoder.reverse(Point(55.1023, 14.6997)).address
    several = geocoder.reverse((55.1023, 14.6997), exactly_one=False)
    assert [one.raw["house_number"] for one in several] == ["3", "5"]
    assert geocoder.reverse((56.0, 11.0)) is None
    assert geocoder.reverse((56.0, 11.0), max_distance_m=1e12) is None
    with pytest.raises(ValueError, match="string"):
        geocoder.reverse("nonsense")


def test_reverse_equals_the_answer_of_looking_at_every_house(tmp_path: Path) -> None:
    rng = random.Random(7)
    points = [(rng.uniform(55.0, 55.2), rng.uniform(14.6, 15.2)) for _ in range(3_000)]
    rows = [
        AddressRow(f"n{at}", f"Vej {at % 50}", str(at), "3700", "Rønne", lat=lat, lon=lon)
        for at, (lat, lon) in enumerate(points)
    ]
    staging = stage_addresses(rows, ImportReport("test"))
    written = write_index(
        staging,
        POSTCODES_SCHEMA.empty_table(),
        tmp_path,
        country="DK",
        source="-",
        licence="-",
        attribution="-",
        vintage="-",
    )
    geocoder = DoorstepGeocoder(written.path)
    for _ in range(300):
        lat, lon = rng.uniform(54.98, 55.22), rng.uniform(14.55, 15.25)
        metres = [
            math.hypot((a - lat) * 111_195, (b - lon) * 111_195 * math.cos(math.radians(lat)))
            for a, b in points
        ]
        place = geocoder.reverse((lat, lon), max_distance_m=3_000)
        if min(metres) > 3_000:
            assert place is None
        else:
            assert place.raw["distance_m"] == pytest.approx(min(metres), abs=0.4)


def test_a_missing_index_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="enrich refdata"):
        DoorstepGeocoder(tmp_path / "none")
