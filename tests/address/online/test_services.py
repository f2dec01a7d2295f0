"""The national geocoders over real HTTP, against a local server that speaks their recorded forms."""

from __future__ import annotations

import time
from typing import Any

import pytest
from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderParseError,
    GeocoderQueryError,
    GeocoderServiceError,
    GeocoderTimedOut,
    GeocoderUnavailable,
)
from geopy.geocoders import Nominatim, Pelias, Photon

from service.address.online.adapter import MAX_ANSWER_BYTES, BoundedAdapter
from service.address.online.adressevaelger import Adressevaelger, cut_text
from service.address.online.finland import Digitransit, NlsFinland
from service.address.online.kartverket import Kartverket
from service.address.online.parts import FoundParts, parts_of

HOUSE_ID = "0a3f507b-c905-32b8-e044-0003ba298018"
UNIT_ID = "0a3f50a7-5ab1-32b8-e044-0003ba298018"


def danish_house(point: Any) -> dict[str, Any]:
    return {
        "id_lokalid": HOUSE_ID,
        "husnummertekst": "60",
        "adgangsadressebetegnelse": "Skriverengen 60, 2791 Dragør",
        "vejnavn": "Skriverengen",
        "status": "3",
        "postnummer": {"postnr": "2791", "navn": "Dragør"},
        "navngivenvejkommunedel": {"kommune": "0155", "vejkode": "8730"},
        "supplerendebynavn": None,
        "adgangspunkt": point,
    }


SHAPE = {"geometri": {"type": "Point", "coordinates": [728838.86, 6166977.63]}}
FLAT = {"koordinater": {"x": 728838.86, "y": 6166977.63}}
UNIT = {
    "status": "ok",
    "adresse": {
        "id_lokalid": UNIT_ID,
        "adressebetegnelse": "Skriverengen 60, 1. tv, 2791 Dragør",
        "etagebetegnelse": "1",
        "doerbetegnelse": "tv",
        "status": "3",
        "husnummer": danish_house(SHAPE),
    },
}
HITS = {
    "status": "ok",
    "beskrivelse": "",
    "fund": [{"type": "adresse", "id": UNIT_ID, "titel": "Skriverengen 60, 1. tv, 2791 Dragør"}],
}


def adressevaelger(server: Any, **settings: Any) -> Adressevaelger:
    return Adressevaelger(
        "secret", domain=server.domain, scheme="http", adapter_factory=BoundedAdapter, timeout=2, **settings
    )


def test_adressevaelger_searches_then_looks_up_the_point(server: Any) -> None:
    server.answer = lambda path, query: server.say(HITS if path == "/adresser/soeg" else UNIT)
    place = adressevaelger(server).geocode("skriverengen 60 1 tv dragør")
    assert place.address == "Skriverengen 60, 1. tv, 2791 Dragør"
    assert (place.latitude, place.longitude) == pytest.approx((55.5948574162612, 12.6321654583299), abs=2e-7)
    (search, first, _), (lookup, second, _) = server.requests
    assert (search, first["tekst"], first["token"]) == (
        "/adresser/soeg",
        "skriverengen 60 1 tv dragør",
        "secret",
    )
    assert (lookup, second) == (f"/adresser/{UNIT_ID}", {"token": "secret"})
    assert parts_of(place) == FoundParts(
        "Skriverengen", "60", "2791", "Dragør", municipality="0155", id=HOUSE_ID, units=("1|tv",)
    )


def test_adressevaelger_reads_a_house_number_and_the_other_form_of_point(server: Any) -> None:
    hit = {"type": "husnummer", "id": HOUSE_ID, "titel": "Skriverengen 60, 2791 Dragør"}
    house = {"status": "ok", "husnummer": danish_house(FLAT)}
    server.answer = lambda path, query: server.say({"fund": [hit]} if path.endswith("soeg") else house)
    place = adressevaelger(server).geocode("Skriverengen 60")
    assert place.address == "Skriverengen 60, 2791 Dragør"
    assert server.requests[1][0] == f"/husnumre/{HOUSE_ID}"
    several = adressevaelger(server).geocode("Skriverengen 60", exactly_one=False)
    assert [one.point for one in several] == [place.point]


@pytest.mark.parametrize(
    "hits",
    [
        {"status": "ok", "fund": []},
        {"status": "ok", "fund": [{"type": "vejnavn", "titel": "Skriverengen", "vejnavn": "Skriverengen"}]},
        {"status": "ok", "fund": [{"type": "adresse", "id": "../../admin", "titel": "x"}]},
        {"status": "ok", "fund": ["x"]},
    ],
)
def test_adressevaelger_without_a_house_has_nothing_and_looks_nothing_up(server: Any, hits: Any) -> None:
    server.always(hits)
    assert adressevaelger(server).geocode("Skriverengen") is None
    assert len(server.requests) == 1


def test_adressevaelger_gets_at_most_73_characters(server: Any) -> None:
    long = "Borgmester Christiansens Gade 45, st. th, Sydhavnen, 2450 København SV, Danmark, tredje port"
    server.always({"fund": []})
    adressevaelger(server).geocode(long)
    sent = server.requests[0][1]["tekst"]
    assert sent == "Borgmester Christiansens Gade 45, st. th, Sydhavnen, 2450 København SV"
    assert len(cut_text("x" * 500)) == 73
    assert adressevaelger(server).geocode("   ") is None
    assert len(server.requests) == 1


def test_adressevaelger_faults_are_geopys_exceptions(server: Any) -> None:
    geocoder = adressevaelger(server)
    server.always({"status": "fejl", "beskrivelse": "tekst er ugyldig"})
    with pytest.raises(GeocoderQueryError):
        geocoder.geocode("x")
    server.always({"status": "ok"})
    with pytest.raises(GeocoderParseError):
        geocoder.geocode("x")
    server.always(status=401)
    with pytest.raises(GeocoderAuthenticationFailure):
        geocoder.geocode("x")
    far = {"husnummer": danish_house({"koordinater": {"x": 12.6, "y": 55.6}})}
    hit = {"fund": [{"type": "husnummer", "id": HOUSE_ID}]}
    server.answer = lambda path, query: server.say(hit if path.endswith("soeg") else far)
    with pytest.raises(GeocoderParseError, match="EPSG:25832"):
        geocoder.geocode("x")


def test_adressevaelgers_two_calls_share_one_timeout(server: Any) -> None:
    server.answer = lambda path, query: server.say(HITS if path == "/adresser/soeg" else UNIT, wait_s=0.35)
    begun = time.monotonic()
    with pytest.raises(GeocoderTimedOut):
        adressevaelger(server).geocode("Skriverengen 60", timeout=0.5)
    assert time.monotonic() - begun < 0.65


NORWEGIAN = {
    "adressekode": 25440,
    "adressenavn": "Myrvollveien",
    "adressetekst": "Myrvollveien 5C",
    "bokstav": "C",
    "nummer": 5,
    "bruksenhetsnummer": ["H0101"],
    "kommunenummer": "3207",
    "postnummer": "1415",
    "poststed": "OPPEGÅRD",
    "representasjonspunkt": {"epsg": "EPSG:4258", "lat": 59.78502106569645, "lon": 10.799290993113777},
    "objtype": "Vegadresse",
}


def kartverket(server: Any) -> Kartverket:
    return Kartverket(domain=server.domain, scheme="http", adapter_factory=BoundedAdapter, timeout=2)


def test_kartverket_forwards_and_backwards(server: Any) -> None:
    server.always({"metadata": {"totaltAntallTreff": 1}, "adresser": [NORWEGIAN]})
    place = kartverket(server).geocode("myrvollveien 5c")
    assert place.address == "Myrvollveien 5C, 1415 OPPEGÅRD"
    assert (place.latitude, place.longitude) == (59.78502106569645, 10.799290993113777)
    assert parts_of(place) == FoundParts(
        "Myrvollveien", "5C", "1415", "Oppegård", municipality="3207", units=("|h0101",)
    )
    assert kartverket(server).reverse((59.785, 10.799), exactly_one=False)[0].point == place.point
    (search, asked, _), (near, around, _) = server.requests
    assert (search, asked) == (
        "/adresser/v1/sok",
        {"sok": "myrvollveien 5c", "treffPerSide": "1", "fuzzy": "true"},
    )
    assert (near, around["lat"], around["radius"]) == ("/adresser/v1/punktsok", "59.7850000", "200")
    server.always({"adresser": []})
    assert kartverket(server).geocode("x") is None
    server.always({"adresser": [{"adressenavn": "x"}]})
    with pytest.raises(GeocoderParseError):
        kartverket(server).geocode("x")


def finnish(**properties: str) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [24.9414, 60.1713, 12.0]}  # the last is the height
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": point, "properties": properties}],
    }


def test_digitransit_sends_its_key_as_a_header_and_labels_the_whole_address(server: Any) -> None:
    server.always(
        finnish(
            name="Kaivokatu",
            street="Kaivokatu",
            housenumber="1",
            postalcode="00100",
            localadmin="Helsinki",
            label="Kaivokatu 1, Helsinki",
            gid="oa:address:1",
        )
    )
    place = Digitransit("key", domain=server.domain, scheme="http", adapter_factory=BoundedAdapter).geocode(
        "Kaivokatu 1"
    )
    path, query, headers = server.requests[0]
    assert (path, query) == ("/geocoding/v1/search", {"text": "Kaivokatu 1", "layers": "address"})
    assert headers["digitransit-subscription-key"] == "key"
    assert (place.address, place.latitude) == ("Kaivokatu 1, Helsinki", 60.1713)
    assert parts_of(place) == FoundParts("Kaivokatu", "1", "00100", "Helsinki", id="oa:address:1")


def test_the_land_surveys_pelias_asks_for_addresses(server: Any) -> None:
    server.always(
        finnish(katunimi="Kaivokatu", katunumero="1", postinumero="00100", kuntanimiFin="Helsinki", label="x")
    )
    place = NlsFinland("key", domain=server.domain, scheme="http", adapter_factory=BoundedAdapter).geocode(
        "Kaivokatu 1"
    )
    path, query, _ = server.requests[0]
    assert path == "/geocoding/v2/pelias/search"
    assert (query["sources"], query["api-key"]) == ("addresses", "key")
    assert parts_of(place) == FoundParts("Kaivokatu", "1", "00100", "Helsinki")


def test_geopys_own_geocoders_are_read_too(server: Any) -> None:
    common = {"domain": server.domain, "scheme": "http", "adapter_factory": BoundedAdapter}
    server.always(
        [
            {
                "lat": "55.6921",
                "lon": "12.5535",
                "display_name": "52C, Nørrebrogade, 2200, Danmark",
                "address": {
                    "house_number": "52C",
                    "road": "Nørrebrogade",
                    "city": "København",
                    "postcode": "2200",
                },
            }
        ]
    )
    place = Nominatim(user_agent="test", **common).geocode("x", addressdetails=True)
    expected = FoundParts("Nørrebrogade", "52C", "2200", "København")
    assert parts_of(place) == expected
    server.always(
        [{"lat": "55.6921", "lon": "12.5535", "display_name": "52C, Nørrebrogade, Indre, 2200, Danmark"}]
    )
    assert parts_of(Nominatim(user_agent="test", **common).geocode("x")) == FoundParts(
        "Nørrebrogade", "52C", "2200", ""
    )
    server.always(finnish(street="Nørrebrogade", housenumber="52C", postcode="2200", city="København"))
    assert parts_of(Photon(**common).geocode("x")) == expected
    server.always(finnish(name="Nørrebrogade"))
    assert parts_of(Pelias(**common).geocode("x")) is None  # a street is no house


def test_a_bounded_answer(server: Any) -> None:
    geocoder = kartverket(server)
    server.always(b'{"adresser": [' + b" " * MAX_ANSWER_BYTES + b"]}")
    with pytest.raises(GeocoderServiceError, match="longer"):
        geocoder.geocode("x")
    server.always({"adresser": []}, trickle_s=0.1)
    begun = time.monotonic()
    with pytest.raises(GeocoderTimedOut):
        geocoder.geocode("x", timeout=0.3)
    assert time.monotonic() - begun < 1.5
    server.always(status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"})
    with pytest.raises(GeocoderServiceError, match="elsewhere"):
        geocoder.geocode("x")
    server.always(b"<html>")
    with pytest.raises(GeocoderParseError):
        geocoder.geocode("x")
    with pytest.raises(GeocoderUnavailable):
        Kartverket(domain="127.0.0.1:9", scheme="http", adapter_factory=BoundedAdapter).geocode("x")
