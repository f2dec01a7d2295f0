"""Address match -> the areas it lies in: point in polygon per level, with everything prepared at load."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from service.area.cells import CellMemory
from service.model import AddressMatch, MatchLevel, Place
from service.tables import Kept, Release

COUNTRY_LEVEL = "country"
MOSTLY = 0.95  # share of a postcode's households in one area for the postcode to count as inside it
FAR_M = 1000.0  # a coordinate this far outside its own postcode is wrong, not merely on a border
COAST_M = 300.0  # quays and piers that drawn coastlines leave out
DRAWING_M = 50.0  # borders of two levels are simplified apart from each other
_M_PER_DEGREE = 111_320.0
_KEPT_PLACES = 16_384  # combinations of areas, some 700 bytes each
_POINT_LEVELS = frozenset({MatchLevel.UNIT, MatchLevel.HOUSE, MatchLevel.STREET})
OUTSIDE_POSTCODE = "coordinate_outside_postcode"


@dataclass(frozen=True, slots=True)
class _Level:
    """One level's polygons: `tree` over `shapes`, `codes` by position, `row` by code.

    The shapes are not prepared: GEOS prepares on first use, which two threads must not do at once.
    """

    codes: list[str]
    row: Mapping[str, int]
    shapes: Any
    tree: Any

    @classmethod
    def load(cls, release: Release, country: str, level: str) -> _Level:
        table = release.table(country, f"areas_{level}")
        codes = table.column("code").to_pylist()
        shapes = shapely.from_wkb(table.column("wkb").to_numpy(zero_copy_only=False))
        return cls(codes, {code: i for i, code in enumerate(codes)}, shapes, shapely.STRtree(shapes))

    def at(self, point: Any) -> str | None:
        """The code of the area that holds the point; the first drawn where borders meet."""
        hits = self.tree.query(point, predicate="intersects")
        return self.codes[int(hits.min())] if len(hits) else None

    def near(self, point: Any, metres: float) -> str | None:
        """The code of the nearest area within `metres`."""
        reach = metres / (_M_PER_DEGREE * math.cos(math.radians(point.y)))
        hits = self.tree.query_nearest(point, max_distance=reach, all_matches=False)
        if not len(hits) or self.distance(int(hits[0]), point) > metres:
            return None
        return self.codes[int(hits[0])]

    def distance(self, row: int, point: Any) -> float:
        """Metres from the point to area `row`, 0 inside; flat-earth, good to 1 % over a few km."""
        shape = self.shapes[row]
        if shape.intersects(point):
            return 0.0
        nearest = shapely.get_coordinates(shapely.shortest_line(shape, point))[0]
        east = (nearest[0] - point.x) * math.cos(math.radians(point.y))
        return math.hypot(east, nearest[1] - point.y) * _M_PER_DEGREE


@dataclass(frozen=True, slots=True)
class _AllLevels:
    """The polygons of all searched levels in one tree: one query instead of one per level."""

    tree: Any
    areas: list[tuple[str, str]]  # (level, code) by position, in the order of the levels

    @classmethod
    def load(cls, shapes: Mapping[str, _Level], searched: tuple[str, ...]) -> _AllLevels:
        areas = [(level, code) for level in searched for code in shapes[level].codes]
        drawn = [shape for level in searched for shape in shapes[level].shapes]
        return cls(shapely.STRtree(drawn), areas)

    def at(self, point: Any) -> dict[str, str]:
        """Level -> code of the areas that hold the point; the first drawn where borders meet."""
        found: dict[str, str] = {}
        for position in sorted(self.tree.query(point, predicate="intersects").tolist()):
            level, code = self.areas[position]
            found.setdefault(level, code)
        return found


@dataclass(frozen=True, slots=True)
class AreaIndex:
    """All areas of one country. `locate_match` never raises."""

    country: str
    levels: tuple[str, ...]
    names: Mapping[str, Mapping[str, str]]
    _shapes: Mapping[str, _Level]
    _searched: tuple[str, ...]
    _everywhere: _AllLevels
    _above: Mapping[str, Mapping[str, str]]
    _within: Mapping[str, Mapping[str, str]]
    _cells: CellMemory
    _kept: Kept[tuple[str | None, ...], Place]

    @classmethod
    def load(cls, release: Release, country: str) -> AreaIndex:
        """Reads the polygons and containments of a country. Raises ReleaseError."""
        levels = tuple(level for level in release.levels(country) if level != COUNTRY_LEVEL)
        shapes = {
            level: _Level.load(release, country, level)
            for level in levels
            if release.has(country, f"areas_{level}")
        }
        names = {level: _names(release, country, level) for level in levels}
        within = _postcode_containers(release, country, names)
        above = _coarser_than_municipality(levels, shapes)
        searched = _search_order(levels, shapes)
        everywhere = _AllLevels.load(shapes, searched)
        cells, kept = CellMemory(everywhere.tree), Kept[Any, Place](_KEPT_PLACES)
        return cls(country, levels, names, shapes, searched, everywhere, above, within, cells, kept)

    def locate_match(self, match: AddressMatch) -> Place:
        """The areas that a match lies in, finest first.

        House, unit and street: the levels on which all of its points agree. Postcode: itself, and each
        area that holds at least 95 % of its households. Municipality: itself and what is above it.
        """
        codes: Mapping[str, str] = {}
        reason = None
        if match.level in _POINT_LEVELS:
            codes, reason = self._areas_of(match.postcode, _coordinates(match))
        key = (reason, match.postcode, match.municipality_code, *codes, *codes.values())
        return self._kept.get(key) or self._kept.keep(key, self._make_place(match, codes, reason))

    def _make_place(self, match: AddressMatch, areas: Mapping[str, str], reason: str | None) -> Place:
        codes = dict(areas)
        if match.postcode and self._is_code("postcode", match.postcode):
            if not codes:  # no coordinate to go by
                codes = dict(self._within.get(match.postcode, {}))
            codes["postcode"] = match.postcode
        if match.municipality_code and self._is_code("municipality", match.municipality_code):
            codes["municipality"] = match.municipality_code
        if "municipality" in codes:
            codes |= self._above.get(codes["municipality"], {})
        ordered = {level: codes[level] for level in self.levels if level in codes}
        named = {level: self.names[level].get(code, "") for level, code in ordered.items()}
        return Place(self.country, ordered, {level: name for level, name in named.items() if name}, reason)

    def _areas_of(
        self, postcode: str | None, coordinates: Sequence[tuple[float, float]]
    ) -> tuple[Mapping[str, str], str | None]:
        """The areas that hold all these points, and why they are not used if they are not."""
        if len(coordinates) == 1:
            known = self._cells.recall(*coordinates[0])
            # in its own postcode's polygon, so not far from it
            if known is not None and known.get("postcode") == postcode:
                return known, None
        points = [shapely.Point(lon, lat) for lat, lon in coordinates]
        if points and self._far_from_postcode(postcode, points):
            return {}, OUTSIDE_POSTCODE
        return self._agreed(points), None

    def is_in_postcode(self, postcode: str, lat: float, lon: float) -> bool | None:
        """Whether a point lies in or near its postcode's polygon; None when that has none."""
        shapes = self._shapes.get("postcode")
        if shapes is None or postcode not in shapes.row:
            return None
        return not self._far_from_postcode(postcode, [shapely.Point(lon, lat)])

    def _agreed(self, points: list[Any]) -> dict[str, str]:
        """Levels on which all points lie in the same area."""
        agreed: dict[str, str] = {}
        for number, point in enumerate(points):
            here = self._at(point)
            agreed = here if number == 0 else {k: v for k, v in agreed.items() if here.get(k) == v}
        return agreed

    def _at(self, point: Any) -> dict[str, str]:
        found = self._everywhere.at(point)
        if len(found) == len(self._searched):
            self._cells.note(point.y, point.x, found)
            return found
        ashore = "municipality" in found or "municipality" not in self._shapes
        for level in self._searched:
            if level not in found:
                code = self._shapes[level].near(point, DRAWING_M if ashore else COAST_M)
                if code:
                    found[level] = code
                    ashore = ashore or level == "municipality"
        return found

    def _far_from_postcode(self, postcode: str | None, points: list[Any]) -> bool:
        shapes = self._shapes.get("postcode")
        row = shapes.row.get(postcode) if shapes and postcode else None
        return shapes is not None and row is not None and any(shapes.distance(row, p) > FAR_M for p in points)

    def _is_code(self, level: str, code: str) -> bool:
        return code in self.names.get(level, {})


def _coordinates(match: AddressMatch) -> tuple[tuple[float, float], ...]:
    if match.points:
        return match.points
    return ((match.lat, match.lon),) if match.lat is not None and match.lon is not None else ()


def _names(release: Release, country: str, level: str) -> dict[str, str]:
    """Code -> name of every area of a level, whether or not it has a polygon or figures."""
    names: dict[str, str] = {}
    for table in (f"profiles_{level}", f"areas_{level}"):
        if release.has(country, table):
            columns = release.table(country, table)
            rows = zip(columns.column("code").to_pylist(), columns.column("name").to_pylist(), strict=True)
            names |= {code: name or names.get(code, "") for code, name in rows}
    if level == "postcode" and release.has(country, "postcodes"):
        listed = release.table(country, "postcodes")
        names |= dict(
            zip(listed.column("postcode").to_pylist(), listed.column("city").to_pylist(), strict=True)
        )
    return names


def _search_order(levels: tuple[str, ...], shapes: Mapping[str, _Level]) -> tuple[str, ...]:
    """Municipality first (it tells whether a point is ashore), then the finer levels."""
    finer = levels[: levels.index("municipality") + 1] if "municipality" in levels else levels
    return tuple(level for level in reversed(finer) if level in shapes)


def _coarser_than_municipality(
    levels: tuple[str, ...], shapes: Mapping[str, _Level]
) -> dict[str, dict[str, str]]:
    """Municipality -> level -> code of what it lies in (its inner point decides)."""
    if "municipality" not in shapes:
        return {}
    towns = shapes["municipality"]
    coarser = [c for c in levels[levels.index("municipality") + 1 :] if c in shapes]
    above: dict[str, dict[str, str]] = {}
    for code, shape in zip(towns.codes, towns.shapes, strict=True):
        inner = shapely.point_on_surface(shape)
        held = {level: shapes[level].at(inner) for level in coarser}
        above[code] = {level: region for level, region in held.items() if region}
    return above


def _postcode_containers(
    release: Release, country: str, names: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Postcode -> level -> the area that holds at least MOSTLY of its households."""
    within: dict[str, dict[str, str]] = {}
    if release.has(country, "postcodes"):
        listed = release.table(country, "postcodes")
        lists = listed.column("municipalities").to_pylist()
        for postcode, codes in zip(listed.column("postcode").to_pylist(), lists, strict=True):
            if codes and len(codes) == 1 and codes[0] in names.get("municipality", {}):
                within[postcode] = {"municipality": codes[0]}
    if release.has(country, "postcode_within"):
        for row in release.table(country, "postcode_within").to_pylist():
            if row["share"] >= MOSTLY:
                within.setdefault(row["code"], {})[row["level"]] = row["within"]
    return within
