"""The limits of each service, met from its own number on."""

from __future__ import annotations

from typing import Any

import pytest
from geopy.exc import GeocoderParseError, GeocoderServiceError
from geopy.location import Location

from service.address.online.adapter import BoundedAdapter
from service.address.online.adressevaelger import Adressevaelger, cut_text
from service.address.online.kartverket import Kartverket


def test_73_characters_go_to_the_danish_service_whole() -> None:
    assert cut_text("a" * 73) == "a" * 73
    assert cut_text("a" * 36 + " " + "b" * 36) == "a" * 36 + " " + "b" * 36
    assert cut_text("a" * 36 + " " + "b" * 37) == "a" * 36
    assert cut_text("a" * 72 + ", b") == "a" * 72
    assert cut_text("  a   b ") == "a b"


HOUSE_ID = "0a3f507b-c905-32b8-e044-0003ba298018"


def danish(server: Any, point: Any) -> Location | None:
    hit = {"fund": [{"type": "husnummer", "id": HOUSE_ID, "titel": "Torvet 3"}]}
    record = {"husnummer": {"husnummertekst": "3", "adgangspunkt": point}}
    server.answer = lambda path, query: server.say(hit if path.endswith("soeg") else record)
    geocoder = Adressevaelger("key", domain=server.domain, scheme="http", adapter_factory=BoundedAdapter)
    return geocoder.geocode("Torvet 3")


def test_of_several_hits_those_with_a_point_are_told_up_to_the_limit(server: Any) -> None:
    hits = [{"type": "vejnavn", "titel": "x"}] + [
        {"type": "husnummer", "id": HOUSE_ID, "titel": f"Torvet {number}"} for number in range(4)
    ]
    record = {"husnummer": {"adgangspunkt": {"koordinater": {"x": 600_000, "y": 6_200_000}}}}
    server.answer = lambda path, query: server.say({"fund": hits} if path.endswith("soeg") else record)
    geocoder = Adressevaelger("key", domain=server.domain, scheme="http", adapter_factory=BoundedAdapter)
    assert geocoder.geocode("Torvet") is None  # the first is a street
    places = geocoder.geocode("Torvet", exactly_one=False, limit=3)
    assert [place.address for place in places] == ["Torvet 0", "Torvet 1"]
    assert server.requests[-3][1]["maksimum"] == "3"
    assert [place.address for place in geocoder.geocode("Torvet", exactly_one=False)] == [
        "Torvet 0", "Torvet 1", "Torvet 2", "Torvet 3",
    ]  # fmt: skip
    assert server.requests[-5][1]["maksimum"] == "5"


def test_an_answer_may_be_half_a_megabyte_long(server: Any) -> None:
    geocoder = Kartverket(domain=server.domain, scheme="http", adapter_factory=BoundedAdapter)
    body = b'{"adresser": []}'
    server.always(body + b" " * (524_288 - len(body)))
    assert geocoder.geocode("x") is None
    server.always(body + b" " * (524_288 - len(body) + 1))
    with pytest.raises(GeocoderServiceError, match="longer"):
        geocoder.geocode("x")


@pytest.mark.parametrize("status", [300, 399, 400, 503])
def test_neither_a_redirect_nor_an_error_is_an_answer(server: Any, status: int) -> None:
    server.always({"adresser": []}, status=status)
    geocoder = Kartverket(domain=server.domain, scheme="http", adapter_factory=BoundedAdapter)
    with pytest.raises(GeocoderServiceError) as raised:
        geocoder.geocode("x")
    assert ("elsewhere" in str(raised.value)) is (status < 400)


def test_several_norwegian_addresses_are_asked_for_and_told(server: Any) -> None:
    record = {
        "adressetekst": "Vei 1", "postnummer": "1415", "poststed": "OPPEGÅRD",
        "representasjonspunkt": {"lat": 59.7, "lon": 10.8},
    }  # fmt: skip
    server.always({"adresser": [record, record | {"adressetekst": "Vei 2"}]})
    geocoder = Kartverket(domain=server.domain, scheme="http", adapter_factory=BoundedAdapter)
    assert geocoder.geocode("Vei").address == "Vei 1, 1415 OPPEGÅRD"
    assert len(geocoder.geocode("Vei", exactly_one=False, fuzzy=False)) == 2
    assert geocoder.reverse("59.7, 10.8").address == "Vei 1, 1415 OPPEGÅRD"
    assert len(geocoder.reverse("59.7, 10.8", exactly_one=False)) == 2
    (_, one, _), (_, several, _), (_, near, _), (_, nearby, _) = server.requests
    assert (nearby["treffPerSide"], nearby["radius"]) == ("5", "200")
    assert (one["treffPerSide"], one["fuzzy"]) == ("1", "true")
    assert (several["treffPerSide"], several["fuzzy"]) == ("5", "false")
    assert (near["treffPerSide"], near["lat"], near["lon"]) == ("1", "59.7000000", "10.8000000")


def test_a_danish_point_lies_within_the_bounds_of_the_projection(server: Any) -> None:
    for east, north in (
        (420_000, 6_200_000),
        (910_000, 6_200_000),
        (600_000, 6_020_000),
        (600_000, 6_420_000),
    ):
        place = danish(server, {"koordinater": {"x": east, "y": north}})
        assert place is not None
        assert place.address == "Torvet 3"
        assert (place.latitude, place.longitude) == (round(place.latitude, 7), round(place.longitude, 7))
    for east, north in (
        (419_999, 6_200_000),
        (910_001, 6_200_000),
        (600_000, 6_019_999),
        (600_000, 6_420_001),
    ):
        with pytest.raises(GeocoderParseError, match="outside Denmark"):
            danish(server, {"geometri": {"coordinates": [east, north, 0]}})
    for point in (None, {}, {"koordinater": None}):
        assert danish(server, point) is None
    for point in ({"koordinater": {"x": 1}}, {"geometri": {"coordinates": [1]}}, {"geometri": {}}):
        with pytest.raises(GeocoderParseError, match="not two numbers"):
            danish(server, point)
