"""Polygons: read from GeoJSON, made valid, simplified without gaps, and measured in metres.

Areas are measured and simplified in an equal-scale national projection; tables hold WGS84.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely
from shapely.geometry import shape

from service.errors import SourceError
from service.files.strict import read_text

COORDINATE_DECIMALS = 6  # 0.1 m
AREA_SCHEMA = pa.schema(
    [
        ("code", pa.string()), ("name", pa.string()), ("wkb", pa.binary()),
        ("lat", pa.float64()), ("lon", pa.float64()),
    ]
)  # fmt: skip


def read_features(
    path: Path, required: tuple[str, ...], called: str = ""
) -> list[tuple[dict[str, Any], Any]]:
    """(properties, geometry) of each feature. Raises SourceError for broken JSON or a missing property."""
    file = called or path.name
    try:
        features = json.loads(read_text(path, name=file))["features"]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{file}: rule geojson: not a whole FeatureCollection ({error}); fetch it again."
        ) from error
    read = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        for name in required:
            if properties.get(name) is None:
                raise SourceError(
                    f"{file}: row {number}, column {name!r}: rule expected-columns: the property is missing."
                )
        try:
            read.append((properties, shape(feature["geometry"])))
        except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
            raise SourceError(f"{file}: row {number}: rule geometry: not readable ({error}).") from error
    return read


def make_valid(polygons: np.ndarray) -> tuple[np.ndarray, int]:
    """Valid polygons, and how many were not; lines and points that repair leaves are dropped."""
    broken = ~shapely.is_valid(polygons)
    fixed = polygons.copy()
    fixed[broken] = [_only_polygons(g) for g in shapely.make_valid(polygons[broken])]
    return fixed, int(broken.sum())


def _only_polygons(geometry: Any) -> Any:
    parts = [p for p in shapely.get_parts([geometry]) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()


def project(polygons: np.ndarray, epsg: int, back: bool = False) -> np.ndarray:
    """WGS84 (lon, lat) polygons in metres of `epsg`; `back` the other way."""
    pair = (epsg, 4326) if back else (4326, epsg)
    transformer = pyproj.Transformer.from_crs(*pair, always_xy=True)

    def move(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    moved: np.ndarray = shapely.transform(polygons, move)
    return moved


def simplify_coverage(metres: np.ndarray, tolerance: float) -> np.ndarray:
    """Polygons with fewer points; borders that two share stay shared. `tolerance` in metres."""
    simple, _ = make_valid(shapely.coverage_simplify(metres, tolerance))
    return np.where(shapely.is_empty(simple), metres, simple)


def area_table(level: pd.DataFrame, epsg: int, tolerance: float) -> pd.DataFrame:
    """code, name, wkb, lat, lon of a level, for the release.

    `level`: index code, columns name and geometry (metres). The point lies inside the area.
    """
    simple = project(simplify_coverage(level["geometry"].to_numpy(), tolerance), epsg, back=True)
    rounded, _ = make_valid(shapely.transform(simple, lambda xy: np.round(xy, COORDINATE_DECIMALS)))
    points = shapely.point_on_surface(rounded)
    return pd.DataFrame(
        {
            "code": level.index.to_numpy(),
            "name": level["name"].to_numpy(),
            "wkb": shapely.to_wkb(shapely.normalize(rounded), byte_order=1),
            "lat": np.round(shapely.get_y(points), COORDINATE_DECIMALS),
            "lon": np.round(shapely.get_x(points), COORDINATE_DECIMALS),
        }
    )


def cut_by_density(source: pd.DataFrame, blocks: pd.DataFrame, density: pd.Series) -> pd.DataFrame:
    """Source areas cut along blocks of known population density: columns source, density, geometry.

    `density`: persons per m² by block code. Counts that are spread over the pieces in proportion to
    area × density are dasymetric interpolation (Wright 1936): people live where the blocks say they do.
    """
    left, right, shapes = _intersections(source["geometry"].to_numpy(), blocks["geometry"].to_numpy())
    return pd.DataFrame(
        {
            "source": source.index.to_numpy()[left],
            "density": density.reindex(blocks.index).fillna(0.0).to_numpy()[right],
            "geometry": shapes,
        }
    )


def overlap_weights(source: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    """Long table source, target, share: the part of each source area's people that lives in each target.

    `source`: areas by code, or the pieces of `cut_by_density`. Shares of a source sum to 1; parts outside
    every target, such as sea, are left out. Without densities, or where they are all zero, the shares
    are those of the areas: people spread evenly.
    """
    left, right, shapes = _intersections(source["geometry"].to_numpy(), target["geometry"].to_numpy())
    pieces = "density" in source.columns
    names = source["source"].to_numpy() if pieces else source.index.to_numpy()
    density = source["density"].to_numpy() if pieces else np.ones(len(source))
    area = shapely.area(shapes)
    table = pd.DataFrame(
        {
            "source": names[left],
            "target": target.index.to_numpy()[right],
            "area": area,
            "people": area * density[left],
        }
    )
    table = table.groupby(["source", "target"], as_index=False)[["area", "people"]].sum()
    totals = table.groupby("source")[["area", "people"]].transform("sum")
    with np.errstate(invalid="ignore", divide="ignore"):
        by_people = table["people"] / totals["people"]
        table["share"] = by_people.where(totals["people"] > 0, table["area"] / totals["area"])
    table = table[["source", "target", "share"]]
    return table.sort_values(["source", "target"], ignore_index=True)


def _intersections(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions and shapes of all overlaps; below 1 m² they are drawing noise."""
    tree = shapely.STRtree(right)
    first, second = tree.query(left, predicate="intersects")
    shapes = shapely.intersection(left[first], right[second])
    real = shapely.area(shapes) > 1.0
    return first[real], second[real], shapes[real]
