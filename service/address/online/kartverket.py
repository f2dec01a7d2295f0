"""Kartverket's address search (Norway, open, no key) as a geopy geocoder.

Written after the service's public description of `https://ws.geonorge.no/adresser/v1`:
- `GET /adresser/v1/sok?sok=…&treffPerSide=…&fuzzy=…` and `/punktsok?lat=…&lon=…&radius=…` answer
  `{"metadata": {…}, "adresser": […]}`, each with `adressenavn`, `nummer`, `bokstav`, `adressetekst`,
  `postnummer`, `poststed`, `kommunenummer`, `bruksenhetsnummer` (["H0101", …]) and
  `representasjonspunkt` {epsg, lat, lon};
- points are EPSG:4258, which is WGS84 to within a metre.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from geopy.exc import GeocoderParseError
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point


class Kartverket(Geocoder):  # type: ignore[misc]  # geopy ships no types
    """The Norwegian address register's search."""

    def __init__(
        self,
        *,
        domain: str = "ws.geonorge.no",
        scheme: str | None = None,
        timeout: object = DEFAULT_SENTINEL,
        proxies: object = DEFAULT_SENTINEL,
        user_agent: str | None = None,
        ssl_context: object = DEFAULT_SENTINEL,
        adapter_factory: object = None,
    ) -> None:
        """As geopy's other geocoders. `domain` may name a local mirror."""
        super().__init__(
            scheme=scheme,
            timeout=timeout,
            proxies=proxies,
            user_agent=user_agent,
            ssl_context=ssl_context,
            adapter_factory=adapter_factory,
        )
        self.api = f"{self.scheme}://{domain.strip('/')}/adresser/v1"

    def geocode(
        self,
        query: str,
        *,
        exactly_one: bool = True,
        timeout: object = DEFAULT_SENTINEL,
        fuzzy: bool = True,
        limit: int = 5,
    ) -> Location | list[Location] | None:
        """The address ranked first, or up to `limit` of them; None when there is none.

        `fuzzy` lets the service correct misspellings. `Location.raw` is the service's record.
        """
        parameters = {
            "sok": query,
            "treffPerSide": str(1 if exactly_one else limit),
            "fuzzy": str(fuzzy).lower(),
        }
        return self._ask("sok", parameters, exactly_one, timeout)

    def reverse(
        self,
        query: Point | tuple[float, float] | str,
        *,
        exactly_one: bool = True,
        timeout: object = DEFAULT_SENTINEL,
        radius_m: int = 200,
        limit: int = 5,
    ) -> Location | list[Location] | None:
        """The addresses nearest to a point, within `radius_m` metres; None when there is none."""
        point = query if isinstance(query, Point) else Point(query)
        parameters = {
            "lat": f"{point.latitude:.7f}",
            "lon": f"{point.longitude:.7f}",
            "radius": str(radius_m),
            "treffPerSide": str(1 if exactly_one else limit),
        }
        return self._ask("punktsok", parameters, exactly_one, timeout)

    def _ask(
        self, path: str, parameters: dict[str, str], exactly_one: bool, timeout: object
    ) -> Location | list[Location] | None:
        url = f"{self.api}/{path}?{urlencode(parameters)}"
        places: Location | list[Location] | None = self._call_geocoder(
            url, partial(self._parse, exactly_one=exactly_one), timeout=timeout
        )
        return places

    def _parse(self, answer: Any, exactly_one: bool) -> Location | list[Location] | None:
        records = answer.get("adresser") if isinstance(answer, dict) else None
        if not isinstance(records, list):
            raise GeocoderParseError("Kartverket answered without a list of addresses.")
        places = [self._location(record) for record in records]
        if not places:
            return None
        return places[0] if exactly_one else places

    def _location(self, record: Any) -> Location:
        try:
            point = record["representasjonspunkt"]
            text = f"{record['adressetekst']}, {record['postnummer']} {record['poststed']}"
            return Location(text, (float(point["lat"]), float(point["lon"])), record)
        except (KeyError, TypeError, ValueError):
            raise GeocoderParseError("Kartverket answered a record without text or point.") from None
