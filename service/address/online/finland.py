"""Two Finnish Pelias services as geopy geocoders: Digitransit and the National Land Survey (NLS).

Written after their public descriptions:
- Digitransit: `GET https://api.digitransit.fi/geocoding/v1/search?text=…&layers=address`, key in the header
  `digitransit-subscription-key`; Pelias GeoJSON with `street`, `housenumber`, `postalcode`, `localadmin`,
  `label`.
- NLS: `GET https://avoin-paikkatieto.maanmittauslaitos.fi/geocoding/v2/pelias/search` with `text`,
  `sources=addresses` and `api-key`; GeoJSON with `katunimi`, `katunumero`, `postinumero`, `kuntanimiFin`,
  `label`; without `crs` points are WGS84.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from geopy.geocoders import Pelias
from geopy.geocoders.base import DEFAULT_SENTINEL
from geopy.location import Location


class _FinnishPelias(Pelias):  # type: ignore[misc]  # geopy ships no types
    """Pelias whose answers are labelled with the whole address, not its street alone."""

    def _parse_code(self, feature: Any) -> Location:
        lon, lat = feature["geometry"]["coordinates"][:2]
        said = feature["properties"]
        return Location(said.get("label") or said.get("name") or "", (lat, lon), feature)


class Digitransit(_FinnishPelias):
    """Digitransit's geocoder. `subscription_key` is the caller's key."""

    geocode_path = "/geocoding/v1/search"
    reverse_path = "/geocoding/v1/reverse"

    def __init__(
        self, subscription_key: str, *, domain: str = "api.digitransit.fi", **settings: object
    ) -> None:
        """`settings` are those of geopy's Pelias (scheme, timeout, adapter_factory, …)."""
        super().__init__(domain, **settings)
        self._key = subscription_key

    def _call_geocoder(
        self,
        url: str,
        callback: object,
        *,
        timeout: object = DEFAULT_SENTINEL,
        is_json: bool = True,
        headers: dict[str, str] | None = None,
    ) -> Any:
        headers = {**(headers or {}), "digitransit-subscription-key": self._key}
        url = f"{url}&{urlencode({'layers': 'address'})}"
        return super()._call_geocoder(url, callback, timeout=timeout, is_json=is_json, headers=headers)


class NlsFinland(_FinnishPelias):
    """The National Land Survey's geocoder. `key` is the caller's."""

    geocode_path = "/geocoding/v2/pelias/search"
    reverse_path = "/geocoding/v2/pelias/reverse"

    def __init__(
        self, key: str, *, domain: str = "avoin-paikkatieto.maanmittauslaitos.fi", **settings: object
    ) -> None:
        """`settings` are those of geopy's Pelias (scheme, timeout, adapter_factory, …)."""
        super().__init__(domain, **settings)
        self._key = key

    def _call_geocoder(
        self,
        url: str,
        callback: object,
        *,
        timeout: object = DEFAULT_SENTINEL,
        is_json: bool = True,
        headers: dict[str, str] | None = None,
    ) -> Any:
        url = f"{url}&{urlencode({'sources': 'addresses', 'api-key': self._key})}"
        return super()._call_geocoder(url, callback, timeout=timeout, is_json=is_json, headers=headers)
