"""Area polygons of one level: which area a coordinate lies in, and how far it is from a given one.

Distances are metres in EPSG:3035 (Lambert azimuthal equal-area for Europe); its scale is within 2 % of
true everywhere in the Nordic countries, which is enough to tell a data error from a simplified border.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from service.refdata.geometry import project, read_features

Floats = npt.NDArray[np.float64]
Shapes = Sequence[shapely.Geometry] | npt.NDArray[np.object_]

_METRES = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3035", always_xy=True)


class AreaPolygons:
    """Polygons with a code, and a name where the source has one (`names`: code -> name)."""

    def __init__(
        self, codes: Sequence[str], geometries: Shapes, names: Mapping[str, str] | None = None
    ) -> None:
        """`geometries` are shapely polygons in WGS84 degrees (x = longitude), one per code."""
        self.codes = list(codes)
        self.names: Mapping[str, str] = names or {}
        in_metres = shapely.transform(np.asarray(geometries, dtype=object), _to_metres)
        self._shapes = shapely.make_valid(in_metres)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._row = {code: row for row, code in enumerate(self.codes)}

    @classmethod
    def from_geojson(cls, path: Path, code: str = "nr", name: str = "navn") -> AreaPolygons:
        """Reads a GeoJSON FeatureCollection; `code` and `name` are the properties that hold them.

        Raises SourceError when the file is not that.
        """
        features = read_features(path, (code,))
        codes = [str(properties[code]) for properties, _ in features]
        names = {
            c: str(properties.get(name) or "") for c, (properties, _) in zip(codes, features, strict=True)
        }
        return cls(codes, [shape for _, shape in features], names)

    @classmethod
    def from_level(cls, level: pd.DataFrame, epsg: int) -> AreaPolygons:
        """A level of a country's build: index code, columns name and geometry in metres of `epsg`."""
        names = {str(code): str(name) for code, name in level["name"].items()}
        return cls(list(level.index), project(level["geometry"].to_numpy(), epsg, back=True), names)

    def codes_at(self, lats: Floats, lons: Floats) -> list[str | None]:
        """The code of the area that each coordinate lies in; None outside all (or unknown: NaN)."""
        points = _points(lats, lons)
        found: list[str | None] = [None] * len(points)
        point_rows, shape_rows = self._tree.query(points, predicate="intersects")
        for point, shape in zip(point_rows.tolist(), shape_rows.tolist(), strict=True):
            if found[point] is None:
                found[point] = self.codes[shape]
        return found

    def codes_near(self, lats: Floats, lons: Floats, within_m: float) -> list[str | None]:
        """As `codes_at`, and for a coordinate outside all areas the nearest one within `within_m`.

        For levels whose simplified borders miss a quay or a headland; not for areas the size of a street.
        """
        found = self.codes_at(lats, lons)
        missing = np.array([row for row, code in enumerate(found) if code is None], dtype=np.int64)
        if missing.size:
            points = _points(lats[missing], lons[missing])
            rows, shapes = self._tree.query_nearest(points, max_distance=within_m, all_matches=False)
            for row, shape in zip(missing[rows].tolist(), shapes.tolist(), strict=True):
                found[row] = self.codes[shape]
        return found

    def distances_m(self, codes: Sequence[str | None], lats: Floats, lons: Floats) -> Floats:
        """Metres from each coordinate to the area of its code; 0 inside, NaN when either is unknown."""
        rows = np.array([self._row.get(code, -1) if code else -1 for code in codes], dtype=np.int64)
        metres = np.full(len(rows), np.nan)
        known = np.flatnonzero((rows >= 0) & np.isfinite(lats) & np.isfinite(lons))
        if known.size == 0:
            return metres
        points = _points(lats[known], lons[known])
        metres[known] = 0.0
        outside = ~shapely.intersects(self._shapes[rows[known]], points)
        metres[known[outside]] = shapely.distance(self._shapes[rows[known[outside]]], points[outside])
        return metres


def _points(lats: Floats, lons: Floats) -> npt.NDArray[np.object_]:
    x, y = _METRES.transform(lons, lats)
    # An unknown coordinate is an empty point: in no area.
    x, y = np.where(np.isfinite(x), x, np.nan), np.where(np.isfinite(y), y, np.nan)
    points = np.asarray(shapely.points(np.atleast_1d(x), np.atleast_1d(y)), dtype=object)
    points[~np.isfinite(x)] = shapely.Point()
    return points


def _to_metres(degrees: Floats) -> Floats:
    return np.column_stack(_METRES.transform(degrees[:, 0], degrees[:, 1]))
