"""Our own index as a geopy geocoder: `geocode` and `reverse`, without a network.

    from service.address.geocoder import DoorstepGeocoder
    geocoder = DoorstepGeocoder("reference_data/releases/2026-11-21.1/DK/addresses")
    geocoder.geocode("Nørrebrogade 52C, 2200 København N").raw["category"]

Whoever knows geopy knows this class: the answer is a `geopy.Location` with `raw` (category, level, parts,
changes), `None` when nothing was found. `timeout` is accepted and not needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from geopy.exc import GeocoderQueryError
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point

from service.address import layout
from service.address.index import AddressIndex
from service.address.lines import one_line
from service.address.matcher import Matcher
from service.model import AddressMatch, AddressQuery

METRES_PER_DEGREE = 111_195.0
FARTHEST_M = 50_000.0  # bounds the work of a reverse look-up far out at sea
# Cells of about 550 m × 300-350 m in the Nordic countries: a town block or two, ~10 houses nationally.
_CELL_LAT, _CELL_LON = 0.005, 0.005
_COLUMNS = 100_000  # more than 360 / _CELL_LON, so that a cell is one integer
_PARTS = ("street", "house_number", "floor", "door", "postcode", "city")
# geopy's structured queries (Nominatim) name two parts differently.
_GEOPY_PARTS = {"postalcode": "postcode", "housenumber": "house_number", "town": "city"}


class DoorstepGeocoder(Geocoder):  # type: ignore[misc]  # geopy ships no types
    """geopy's interface to one country's address index."""

    def __init__(
        self,
        index: Path | str | Matcher,
        *,
        timeout: object = DEFAULT_SENTINEL,
        user_agent: str | None = None,
        adapter_factory: object = None,
    ) -> None:
        """`index` is an index file or its folder, or a Matcher that is open already.

        Raises ReleaseError, which says what to run, when the index cannot be opened.
        """
        super().__init__(timeout=timeout, user_agent=user_agent, adapter_factory=adapter_factory)
        self.matcher = index if isinstance(index, Matcher) else Matcher.open(Path(index))
        self._grid: _Grid | None = None

    def geocode(
        self,
        query: str | Mapping[str, str],
        *,
        exactly_one: bool = True,
        timeout: object = DEFAULT_SENTINEL,
    ) -> Location | list[Location] | None:
        """The place of an address, given as text or as a mapping of parts.

        Parts are street, house_number, floor, door, postcode, city (also postalcode, town). A house or unit
        has its own coordinate, a street the middle one of its houses; `raw["category"]` says how sure it is.
        With `exactly_one=False` the list also holds the alternatives of an unsure match. Raises
        GeocoderQueryError for parts that do not exist.
        """
        match = self.matcher.match_address(self._query(query))
        found = [match]
        if not exactly_one:
            others = (self._query(text) for text in match.alternatives)
            found += [self.matcher.match_address(other) for other in others]
        places = [place for place in map(location_of, found) if place is not None]
        if not places:
            return None
        return places[0] if exactly_one else places

    def reverse(
        self,
        query: Point | tuple[float, float] | str,
        *,
        exactly_one: bool = True,
        timeout: object = DEFAULT_SENTINEL,
        limit: int = 5,
        max_distance_m: float = 1_000.0,
    ) -> Location | list[Location] | None:
        """The current address nearest to (latitude, longitude); None when none is near enough.

        `raw["distance_m"]` says how near; nothing farther than 50 km is ever sought. With
        `exactly_one=False` up to `limit`, nearest first.
        """
        point = query if isinstance(query, Point) else Point(query)
        if self._grid is None:
            self._grid = _Grid(self.matcher.index)
        wanted = 1 if exactly_one else limit
        within = min(max_distance_m, FARTHEST_M)
        near = self._grid.nearest(point.latitude, point.longitude, wanted, within)
        places = [self._house(row, metres) for row, metres in near]
        if not places:
            return None
        return places[0] if exactly_one else places

    def _query(self, query: str | Mapping[str, str]) -> AddressQuery:
        country = self.matcher.index.country
        if isinstance(query, str):
            return AddressQuery(country, query)
        parts = {_GEOPY_PARTS.get(name, name): str(value) for name, value in query.items() if value}
        parts.pop("country", None)
        unknown = set(parts) - set(_PARTS)
        if unknown:
            raise GeocoderQueryError(
                f"An address has no part {', '.join(sorted(unknown))}; it has {', '.join(_PARTS)}."
            )
        return AddressQuery(country, **parts)

    def _house(self, row: int, metres: float) -> Location:
        index = self.matcher.index
        segment = index.segment_of_house(row)
        post = index.posts[index.seg_post[segment]]
        street = index.name(index.seg_name[segment])
        number = layout.written_number(index.house_code[row])
        raw = {
            "country": index.country,
            "level": "house",
            "address_id": index.house_id(row),
            "street": street,
            "house_number": number,
            "postcode": post.postcode,
            "city": post.city,
            "distance_m": round(metres, 1),
            "source": index.source,
        }
        return Location(f"{street} {number}, {post.postcode} {post.city}", index.point(row), raw)


def location_of(match: AddressMatch) -> Location | None:
    """A match as a geopy Location; None when it stands for no point (a postcode or coarser)."""
    if match.lat is not None and match.lon is not None:
        point = (match.lat, match.lon)
    elif match.points:
        point = match.points[len(match.points) // 2]
    else:
        return None
    raw: dict[str, Any] = {
        "country": match.country,
        "level": match.level.value,
        "category": match.category.value,
        "next_action": match.next_action.value,
        "address_id": match.address_id,
        "status": match.status,
        "changes": list(match.changes),
        "alternatives": list(match.alternatives),
        "reason": match.reason,
        "source": match.source,
        **{name: getattr(match, name) for name in _PARTS},
    }
    return Location(one_line(match) or "", point, raw)


class _Grid:
    """Houses in use by cell of a latitude-longitude grid; a look-up reads a few cells.

    Takes 12 bytes per house and, for 2.6 million houses, about half a second to make.
    """

    def __init__(self, index: AddressIndex) -> None:
        lat, lon = np.asarray(index.house_lat), np.asarray(index.house_lon)
        rows = np.flatnonzero((lat != layout.UNKNOWN) & (np.asarray(index.house_flags) <= 1))
        self._lat, self._lon = lat, lon
        cells = _cells(lat[rows] / 1e6, lon[rows] / 1e6)
        order = np.argsort(cells, kind="stable")
        self._cells: npt.NDArray[np.int64] = cells[order]
        self._rows: npt.NDArray[np.int32] = rows[order].astype(np.int32)

    def nearest(self, lat: float, lon: float, wanted: int, within_m: float) -> list[tuple[int, float]]:
        """(house row, metres), nearest first, at most `wanted`, none farther than `within_m`."""
        east = METRES_PER_DEGREE * max(np.cos(np.radians(lat)), 0.05)
        cell_m = min(_CELL_LAT * METRES_PER_DEGREE, _CELL_LON * east)
        ring = 0
        while True:
            rows = self._around(lat, lon, ring)
            metres = np.hypot(
                (self._lat[rows] / 1e6 - lat) * METRES_PER_DEGREE, (self._lon[rows] / 1e6 - lon) * east
            )
            # All houses within `ring` whole cells have been seen.
            sure = ring * cell_m
            if np.count_nonzero(metres <= sure) >= wanted or sure >= within_m:
                order = np.argsort(metres, kind="stable")[:wanted]
                return [(int(rows[at]), float(metres[at])) for at in order if metres[at] <= within_m]
            ring = max(1, ring * 2)

    def _around(self, lat: float, lon: float, ring: int) -> npt.NDArray[np.int32]:
        row, column = int(np.floor((lat + 90) / _CELL_LAT)), int(np.floor((lon + 180) / _CELL_LON))
        bands = np.arange(row - ring, row + ring + 1) * _COLUMNS + column
        low = np.searchsorted(self._cells, bands - ring, side="left")
        high = np.searchsorted(self._cells, bands + ring, side="right")
        return np.concatenate([self._rows[a:b] for a, b in zip(low, high, strict=True)])


def _cells(lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    rows = np.floor((lat + 90) / _CELL_LAT).astype(np.int64)
    return rows * _COLUMNS + np.floor((lon + 180) / _CELL_LON).astype(np.int64)
