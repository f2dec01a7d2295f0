"""What is read from a found place, and the index of one house that it becomes."""

from __future__ import annotations

from typing import Any

import pytest
from geopy.location import Location

from service.address.layout import STATUSES, UNKNOWN_NEAR, written_number
from service.address.matcher import Matcher
from service.address.online.parts import FoundParts, parts_of
from service.address.online.single import index_of_one
from service.model import AddressQuery

POINT = (55.6, 12.5)


def read(text: str = "", raw: Any = None) -> FoundParts | None:
    return parts_of(Location(text, POINT, raw or {}))


TEXTS = [
    ("Nørrebrogade 52C, 2200 København N", ("Nørrebrogade", "52C", "2200", "København N")),
    ("52C, Nørrebrogade, Indre, 2200, Danmark", ("Nørrebrogade", "52C", "2200", "")),
    ("Torvet 3 A, DK-3700 Rønne", ("Torvet", "3 A", "3700", "Rønne")),
    ("Torvet 3, 3700 Rønne, 4000 Roskilde", ("Torvet", "3", "3700", "Rønne")),
    ("Torvet 3, Gaden 5, 3700 Rønne", ("Torvet", "3", "3700", "Rønne")),
    ("Storgatan 1, 112 01 Stockholm", ("Storgatan", "1", "112 01", "Stockholm")),
    ("Storgatan 1, SE-11201 Stockholm", ("Storgatan", "1", "11201", "Stockholm")),
    ("Torvet 3, 2, 3700 Rønne", ("Torvet", "3", "3700", "Rønne")),
    ("Vej 12345, 3700 Rønne", None),
    ("Torvet, 3700 Rønne", None),
    ("Torvet 3, Rønne", None),
    ("3700 Rønne", None),
    ("5", None),
    ("", None),
    ("Torvet 3, 3700 " + "x" * 61, None),
    ("x" * 300 + ", Torvet 3, 3700 Rønne", None),
]


@pytest.mark.parametrize(("text", "parts"), TEXTS, ids=[text[:40] for text, _ in TEXTS])
def test_a_place_without_a_known_record_is_read_from_its_text(
    text: str, parts: tuple[str, str, str, str] | None
) -> None:
    assert read(text) == (FoundParts(*parts) if parts else None)


def test_the_kind_of_a_record_decides_and_its_text_is_not_read_then() -> None:
    text = "Torvet 3, 3700 Rønne"
    assert read(text, {"properties": {"street": "Torvet"}}) is None
    assert read(text, {"address": {"road": "Torvet", "house_number": "3"}}) is None
    assert read(text, {"adressenavn": "Torvet", "nummer": 3}) is None
    assert read(text, {"properties": "x", "address": "x", "husnummer": "x"}) == FoundParts(
        "Torvet", "3", "3700", "Rønne"
    )
    assert parts_of(Location(text, POINT, {"other": 1})) == FoundParts("Torvet", "3", "3700", "Rønne")


def test_fields_are_taken_from_the_first_name_that_says_something() -> None:
    said: dict[str, Any] = {"street": " ", "katunimi": "Torvet", "housenumber": 3, "postcode": "3700"}
    said |= {"city": None, "locality": "Rønne"}
    assert read(raw={"properties": said}) == FoundParts("Torvet", "3", "3700", "Rønne")
    said = {
        "pedestrian": "Torvet",
        "house_number": "3",
        "postcode": "3700",
        "village": "Nylars",
        "hamlet": "By",
    }
    assert read(raw={"address": said}) == FoundParts("Torvet", "3", "3700", "Nylars", supplementary="By")


def test_the_danish_record_tells_the_unit_only_where_there_is_one() -> None:
    house = {"vejnavn": "Torvet", "husnummertekst": "3", "postnummer": {"postnr": "3700", "navn": "Rønne"}}
    for unit, units in (
        ({"etagebetegnelse": "1", "doerbetegnelse": "TV"}, ("1|tv",)),
        ({"etagebetegnelse": "1"}, ("1|",)),
        ({"doerbetegnelse": "7"}, ("|7",)),
        ({}, ()),
    ):
        found = read(raw={"adresse": unit | {"husnummer": house}})
        assert found is not None
        assert (found.street, found.number, found.units) == ("Torvet", "3", units)


def test_norwegian_units_are_those_that_are_texts() -> None:
    raw = {"adressenavn": "Vei", "nummer": 5, "bokstav": "C", "postnummer": "1415", "poststed": "OPPEGÅRD"}
    for units, told in ((["H0101", 7, None], ("|h0101",)), (None, ()), ([], ())):
        found = read(raw=raw | {"bruksenhetsnummer": units})
        assert found == FoundParts("Vei", "5C", "1415", "Oppegård", units=told)


def one_house(**parts: Any) -> Matcher | None:
    usual = {"street": "Sankt Mortens Gade", "number": "3", "postcode": "3700", "city": "Rønne"}
    index = index_of_one("DK", FoundParts(**usual | parts), 55.1000004, 14.7, "online: test")
    return None if index is None else Matcher(index)


def ask(matcher: Matcher | None, text: str) -> tuple[str, str, str | None]:
    assert matcher is not None
    match = matcher.match_address(AddressQuery("DK", text))
    return match.level, match.category, match.reason


def test_the_found_house_meets_the_matcher_as_one_of_our_own() -> None:
    matcher = one_house(
        number="003 b", municipality="0400", supplementary="Nylars", id="ø-1", units=("2|th", "1|tv")
    )
    assert matcher is not None
    match = matcher.match_address(AddressQuery("DK", "Sankt Mortens Gade 3B, 2. th, 3700 Rønne"))
    assert (match.level, match.category, match.house_number) == ("unit", "A", "3B")
    assert (match.address_id, match.municipality_code, match.supplementary_city) == ("ø-1", "0400", "Nylars")
    assert (match.units_at_number, match.neighbour_distance_m, match.status) == (2, None, "current")
    assert (match.lat, match.lon, match.source) == (55.1, 14.7, "online: test")
    other = matcher.match_address(AddressQuery("DK", "Sankt Mortens Gade 3B, 3. th, 3700 Rønne"))
    assert other.alternatives == (
        "Sankt Mortens Gade 3B, 1. tv, Nylars, 3700 Rønne",
        "Sankt Mortens Gade 3B, 2. th, Nylars, 3700 Rønne",
    )


def test_the_categories_are_those_of_the_matcher() -> None:
    matcher = one_house()
    assert ask(matcher, "Sankt Mortens Gade 3, 3700 Rønne") == ("house", "A", None)
    assert ask(matcher, "Skt. Mortens Gade 3, 3700 Rønne") == ("house", "B", "street_corrected")
    assert ask(matcher, "Snkt Mortens Gade 3, 3700 Rønne") == ("house", "B", "street_corrected")
    assert ask(matcher, "Sankt Mortens Gade 5, 3700 Rønne")[0] == "street"
    assert ask(matcher, "Sankt Mortens Gade 3, 4000 Roskilde")[2] in ("leftover_words", "unknown_street")
    assert matcher is not None
    told = matcher.match_address(AddressQuery("DK", "Sankt Mortens Gade 3, 3700 Rønne"))
    assert (told.municipality_code, told.units_at_number, told.supplementary_city) == (None, None, None)


def test_the_index_of_one_house_is_whole() -> None:
    matcher = one_house(units=("2|th",))
    assert matcher is not None
    index = matcher.index
    assert (index.houses, index.streets, index.names, len(index.posts)) == (1, 1, 1, 1)
    assert list(index.houses_in(0)) == [0]
    assert index.house_near[0] == UNKNOWN_NEAR
    assert STATUSES[index.house_flags[0]] == "current"
    assert written_number(index.house_code[0]) == "3"
    assert index.units(0) == ("2|th",)
    assert (index.posts[0].postcode, index.posts[0].city, index.posts[0].bulk) == ("3700", "Rønne", False)
    rows = range(len(index.key_name))
    assert all(row in index.key_rows(index.key(row)) for row in rows)
    assert [index.key_kind[row] for row in rows if index.key(row) == "sanktmortensgade"] == [0]


def test_a_town_that_is_not_said_is_its_postcode() -> None:
    matcher = one_house(city="", postcode="37 00")
    assert matcher is not None
    assert (matcher.index.posts[0].postcode, matcher.index.posts[0].city) == ("3700", "3700")


@pytest.mark.parametrize("number", ["", "sixty", "3-5", "123456", "3AB", "3é"])
def test_what_is_no_house_number_makes_no_house(number: str) -> None:
    assert one_house(number=number) is None


def test_a_street_without_letters_makes_no_house() -> None:
    assert one_house(street="***") is None
