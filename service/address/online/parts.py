"""What an online geocoder found, as address parts, whichever service's record it is.

Each reader looks at the fields of one kind of record; a record of no known kind is read from its text
("Nørrebrogade 52C, 2200 København N" or "52C, Nørrebrogade, …, 2200, Danmark"). A record without
street, house number and postcode names no house and is of no use here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geopy.location import Location

from service.address.online.adressevaelger import house_of

_MAX_TEXT = 300
_POSTCODE = re.compile(r"(?:[A-Z]{2}-?)?(\d{3} ?\d{2}|\d{4}) ?([^\d,]{0,60})")
_STREET_NUMBER = re.compile(r"([^\d,][^,]{0,80}?) (\d{1,4} ?[A-Za-zÆØÅæøåÄÖäö]?)")
_NUMBER = re.compile(r"\d{1,4} ?[A-Za-zÆØÅæøåÄÖäö]?")


@dataclass(frozen=True, slots=True)
class FoundParts:
    """One found house. `units` are "floor|door" as the index writes them; empty when not stated."""

    street: str
    number: str
    postcode: str
    city: str
    supplementary: str = ""
    municipality: str = ""
    id: str = ""
    units: tuple[str, ...] = ()


def parts_of(location: Location) -> FoundParts | None:
    """The parts of a found place; None when it is no house."""
    raw = location.raw if isinstance(location.raw, dict) else {}
    for read in _READERS:
        found = read(raw)
        if found is not None:
            return found if found.street and found.number and found.postcode else None
    return _of_text(str(location.address or "")[:_MAX_TEXT])


def _of_adressevaelger(raw: Mapping[str, Any]) -> FoundParts | None:
    house = house_of(raw)
    if "husnummertekst" not in house:
        return None
    town, unit = _inner(house, "postnummer"), _inner(raw, "adresse")
    floor, door = _text(unit, "etagebetegnelse"), _text(unit, "doerbetegnelse")
    return FoundParts(
        street=_text(house, "vejnavn"),
        number=_text(house, "husnummertekst"),
        postcode=_text(town, "postnr"),
        city=_text(town, "navn"),
        supplementary=_text(_inner(house, "supplerendebynavn"), "navn"),
        municipality=_text(_inner(house, "navngivenvejkommunedel"), "kommune"),
        id=_text(house, "id_lokalid"),
        units=(f"{floor}|{door}".lower(),) if floor or door else (),
    )


def _of_kartverket(raw: Mapping[str, Any]) -> FoundParts | None:
    if "adressenavn" not in raw:
        return None
    return FoundParts(
        street=_text(raw, "adressenavn"),
        number=_text(raw, "nummer") + _text(raw, "bokstav"),
        postcode=_text(raw, "postnummer"),
        city=_text(raw, "poststed").title(),
        municipality=_text(raw, "kommunenummer"),
        units=tuple(
            f"|{unit}".lower() for unit in raw.get("bruksenhetsnummer") or () if isinstance(unit, str)
        ),
    )


def _of_geojson(raw: Mapping[str, Any]) -> FoundParts | None:
    """Pelias, Photon, Digitransit and NLS: GeoJSON features."""
    if not isinstance(raw.get("properties"), dict):
        return None
    said: Mapping[str, Any] = raw["properties"]
    return FoundParts(
        street=_text(said, "street", "katunimi"),
        number=_text(said, "housenumber", "katunumero"),
        postcode=_text(said, "postalcode", "postcode", "postinumero"),
        city=_text(said, "city", "localadmin", "locality", "kuntanimiFin"),
        id=_text(said, "gid"),
    )


def _of_nominatim(raw: Mapping[str, Any]) -> FoundParts | None:
    said = raw.get("address")
    if not isinstance(said, dict):
        return None
    return FoundParts(
        street=_text(said, "road", "pedestrian", "place"),
        number=_text(said, "house_number"),
        postcode=_text(said, "postcode"),
        city=_text(said, "city", "town", "village", "municipality"),
        supplementary=_text(said, "hamlet"),
    )


_READERS: tuple[Callable[[Mapping[str, Any]], FoundParts | None], ...] = (
    _of_adressevaelger,
    _of_kartverket,
    _of_geojson,
    _of_nominatim,
)


def _of_text(text: str) -> FoundParts | None:
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    street = number = postcode = city = ""
    for at, piece in enumerate(pieces):
        town = _POSTCODE.fullmatch(piece)
        house = _STREET_NUMBER.fullmatch(piece)
        if house and not street:
            street, number = house[1], house[2]
        elif _NUMBER.fullmatch(piece) and not number and at + 1 < len(pieces):
            number, street = piece, pieces[at + 1]
        elif town and not postcode:
            postcode, city = town[1], town[2].strip()
    if not (street and number and postcode):
        return None
    return FoundParts(street, number, postcode, city)


def _inner(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = record.get(name)
    return inner if isinstance(inner, dict) else {}


def _text(record: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = record.get(name)
        if isinstance(value, str | int) and str(value).strip():
            return str(value).strip()
    return ""
