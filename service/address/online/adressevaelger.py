"""Adressevælger (Klimadatastyrelsen, Denmark) as a geopy geocoder.

Written after the service's public documentation ("Fonetisk søgning" and "Opslag med id"):
- `GET /adresser/soeg?tekst=…&maksimum=…&token=…` answers
  `{"status": "ok", "fund": [{"type", "id", "titel"}]}`; type is adresse, husnummer, vejnavn or
  navngivenvejpostnummer; `tekst` has 1 to 73 characters;
- `GET /adresser/{id}?token=…` and `/husnumre/{id}` answer the record; its point is in EPSG:25832, either as
  `adgangspunkt.geometri.coordinates` [east, north] or `adgangspunkt.koordinater` {x, y}.
A search alone has no coordinates: a result costs two calls, under one timeout.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pyproj
from geopy.exc import GeocoderParseError, GeocoderQueryError, GeocoderTimedOut
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

MAX_TEXT = 73
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RESOURCE = {"adresse": "adresser", "husnummer": "husnumre"}
# Denmark in EPSG:25832; a point elsewhere is another projection or a mistake.
_EAST, _NORTH = (420_000.0, 910_000.0), (6_020_000.0, 6_420_000.0)
_TO_DEGREES = pyproj.Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)


class Adressevaelger(Geocoder):  # type: ignore[misc]  # geopy ships no types
    """The Danish address register's search. `token` is the caller's key."""

    def __init__(
        self,
        token: str,
        *,
        domain: str = "adressevaelger.dk",
        scheme: str | None = None,
        timeout: object = DEFAULT_SENTINEL,
        proxies: object = DEFAULT_SENTINEL,
        user_agent: str | None = None,
        ssl_context: object = DEFAULT_SENTINEL,
        adapter_factory: object = None,
    ) -> None:
        """As geopy's other geocoders; only synchronous adapters. `domain` may name a local mirror."""
        super().__init__(
            scheme=scheme,
            timeout=timeout,
            proxies=proxies,
            user_agent=user_agent,
            ssl_context=ssl_context,
            adapter_factory=adapter_factory,
        )
        self.token = token
        self.api = f"{self.scheme}://{domain.strip('/')}"

    def geocode(
        self, query: str, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL, limit: int = 5
    ) -> Location | list[Location] | None:
        """The address that the service ranks first, or up to `limit` of them; None when it has none.

        `Location.raw` is the service's record. Raises geopy's exceptions.
        """
        seconds = self.timeout if timeout is DEFAULT_SENTINEL else timeout
        deadline = time.monotonic() + seconds
        text = cut_text(query)
        if not text:
            return None
        found = self._get("/adresser/soeg", seconds, tekst=text, maksimum=str(limit))
        if found.get("status") == "fejl":
            raise GeocoderQueryError("Adressevælger refused the search.")
        hits = found.get("fund")
        if not isinstance(hits, list):
            raise GeocoderParseError("Adressevælger answered without a list of hits.")
        places = []
        for hit in hits[: 1 if exactly_one else limit]:
            place = self._look_up(hit, deadline)
            if place is not None:
                places.append(place)
        if not places:
            return None
        return places[0] if exactly_one else places

    def _look_up(self, hit: Any, deadline: float) -> Location | None:
        resource = _RESOURCE.get(hit.get("type", "")) if isinstance(hit, dict) else None
        own_id = str(hit.get("id") or "") if resource else ""
        if not _ID.fullmatch(own_id):
            return None  # a street or a postcode: no point to look up
        left = deadline - time.monotonic()
        if left <= 0:
            raise GeocoderTimedOut("The service timed out.")
        record = self._get(f"/{resource}/{own_id}", left)
        house = house_of(record)
        point = _point(house)
        if point is None:
            return None
        title = (record.get("adresse") or {}).get("adressebetegnelse") or house.get(
            "adgangsadressebetegnelse"
        )
        return Location(str(title or hit.get("titel") or ""), point, record)

    def _get(self, path: str, seconds: float, **parameters: str) -> dict[str, Any]:
        url = f"{self.api}{path}?{urlencode(parameters | {'token': self.token})}"
        answer = self._call_geocoder(url, lambda body: body, timeout=seconds)
        if not isinstance(answer, dict):
            raise GeocoderParseError("Adressevælger answered something else than an object.")
        return answer


def cut_text(text: str) -> str:
    """At most 73 characters, cut between words: what stands last (a remark, a country) goes first."""
    words = " ".join(text.split())
    if len(words) <= MAX_TEXT:
        return words
    return words[: MAX_TEXT + 1].rpartition(" ")[0].rstrip(", ") or words[:MAX_TEXT]


def house_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The house-number part of either record form; empty when there is none."""
    unit = record.get("adresse")
    house = unit.get("husnummer") if isinstance(unit, dict) else record.get("husnummer")
    return house if isinstance(house, dict) else {}


def _point(house: Mapping[str, Any]) -> tuple[float, float] | None:
    """(lat, lon) of the access point; None when there is none. Raises GeocoderParseError."""
    access = house.get("adgangspunkt")
    if not isinstance(access, dict):
        return None
    flat, shape = access.get("koordinater"), access.get("geometri")
    try:
        if isinstance(flat, dict):
            east, north = float(flat["x"]), float(flat["y"])
        elif isinstance(shape, dict):
            east, north = (float(metres) for metres in shape["coordinates"][:2])
        else:
            return None
    except (KeyError, TypeError, ValueError):
        raise GeocoderParseError("Adressevælger answered a point that is not two numbers.") from None
    if not (_EAST[0] <= east <= _EAST[1] and _NORTH[0] <= north <= _NORTH[1]):
        raise GeocoderParseError("Adressevælger answered a point outside Denmark in EPSG:25832.")
    lon, lat = _TO_DEGREES.transform(east, north)
    return round(lat, 7), round(lon, 7)
