"""A release of a few squares at 60° north, where a degree of longitude is half as long as one of latitude."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import shapely

from service.tables import Release

NORTH_M = 111_320.0  # metres of one degree of latitude
EAST_M = NORTH_M / 2  # and of one of longitude, at 60° north


def east_m(lat: float) -> float:
    """Metres of one degree of longitude at a latitude."""
    return NORTH_M * math.cos(math.radians(lat))


LEVELS = ["polling_area", "parish", "postcode", "municipality", "region", "country"]


def square(west: float, south: float, east: float, north: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(west, south, east, north)))


def areas(**drawn: bytes) -> pa.Table:
    """Polygons by code; the name is the code with a capital."""
    return pa.table(
        {"code": list(drawn), "name": [code.capitalize() for code in drawn], "wkb": list(drawn.values())}
    )


def figures(rows: Sequence[tuple[str, float | None]], **values: Sequence[float | None]) -> pa.Table:
    """Profiles: (code, households) per row, and the values of each variable."""
    columns: dict[str, object] = {
        "code": [code for code, _ in rows],
        "name": [f"{code} by name" for code, _ in rows],
        "households": pa.array([households for _, households in rows], pa.float64()),
        "urbanity": pa.array([number % 3 for number in range(len(rows))], pa.int8()),
    }
    return pa.table(columns | {name: pa.array(column, pa.float64()) for name, column in values.items()})


def make_release(reference_data: Path, tables: dict[str, pa.Table], variables: Sequence[str] = ()) -> Release:
    """A release of one country, DK, that holds these tables and describes these variables."""
    folder = reference_data / "releases" / "2026-01-01.1"
    (folder / "DK").mkdir(parents=True)
    for name, table in tables.items():
        path = folder / "DK" / f"{name}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    described = [
        {"code": code, "unit": "share", "source": f"source of {code}", "vintage": "2025-01-01"}
        for code in variables
    ]
    (folder / "DK" / "variables.json").write_text(json.dumps(described), encoding="utf-8")
    entries = [
        {
            "path": f"DK/{name}.arrow",
            "vintage": f"vintage of {name}",
            "sources": [f"source of {name}"],
            "bytes": 0,
            "sha256": "",
        }
        for name in tables
    ]
    levels = [level for level in LEVELS if any(name.endswith(f"_{level}") for name in tables)]
    manifest = {
        "schema_version": 1,
        "release": "2026-01-01.1",
        "countries": {"DK": {"levels": levels, "finest": levels[0] if levels else "", "tables": entries}},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Release.open(reference_data, "2026-01-01.1", verify=False)
