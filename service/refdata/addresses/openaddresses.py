"""OpenAddresses downloads: CSV (`LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH`) and
line-delimited GeoJSON (one Feature per line with the same properties in lower case); also as .gz or .zip.

Columns may be in either case. Coordinates are WGS84. A row per unit is folded into its house.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from service.refdata.addresses.house_numbers import split_house_numbers
from service.refdata.addresses.reading import Where, degrees, read_csv, read_lines
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, CountryAreas, stage_addresses
from service.refdata.addresses.units import unit_key, unit_of

_COLUMNS = ("lon", "lat", "number", "street", "unit", "city", "district", "region", "postcode", "id", "hash")
_FURTHER = ("accuracy",)


def import_openaddresses(
    paths: Sequence[Path],
    areas: CountryAreas | None = None,
    progress: bool = False,
    spill: Path | None = None,
) -> tuple[pa.Table, ImportReport]:
    """The staging table of one or more OpenAddresses files, and what was dropped and why.

    Raises SourceError naming file, line and column.
    """
    report = ImportReport("openaddresses")
    rows = _rows(paths, report, progress)
    return stage_addresses(rows, report, areas, unique=True, spill=spill), report


def _rows(paths: Sequence[Path], report: ImportReport, progress: bool) -> Iterator[AddressRow]:
    seen: set[str] = set()
    for path in paths:
        geojson = ".geojson" in path.name or ".json" in path.name
        for where, row in (_features if geojson else _table)(path, progress):
            report.read += 1
            if row["hash"] and row["hash"] in seen:
                report.drop("the same row again (equal hash)")
                continue
            seen.add(row["hash"])
            yield from _addresses(where, row, report)


def _table(path: Path, progress: bool) -> Iterator[tuple[Where, dict[str, str]]]:
    _, header = next(iter(read_lines(path)))
    upper = header.isupper()
    required = [name.upper() if upper else name for name in _COLUMNS]
    further = [name.upper() if upper else name for name in _FURTHER]
    for where, row in read_csv(path, required, further, progress=progress):
        yield where, {name.lower(): value for name, value in row.items()}


def _features(path: Path, progress: bool) -> Iterator[tuple[Where, dict[str, str]]]:
    for where, line in read_lines(path, progress, last_line_ends=False):
        if not line:
            continue
        try:
            feature: Any = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            where.fail(str(error.colno), f"not one whole GeoJSON Feature ({error.msg}).")
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict) or "number" not in properties or "street" not in properties:
            where.fail("properties", "not a Feature with the properties number and street.")
        for name in properties:
            if name not in _COLUMNS and name not in _FURTHER:
                where.fail(name, "unknown property; the publisher's format has changed.")
        row = {name: str(properties.get(name) or "") for name in _COLUMNS}
        geometry = feature.get("geometry") or {}
        if geometry and geometry.get("type") != "Point":
            where.fail("geometry", "not a Point.")
        lon, lat, *_ = geometry.get("coordinates") or ("", "")
        yield where, row | {"lon": str(lon), "lat": str(lat)}


def _addresses(where: Where, row: dict[str, str], report: ImportReport) -> Iterator[AddressRow]:
    lat, lon = degrees(where, "lat", row["lat"], 50.0, 72.0), degrees(where, "lon", row["lon"], -10.0, 33.0)
    numbers = split_house_numbers(row["number"])
    if not numbers:
        report.drop("house number not readable without guessing")
        return
    unit = unit_of(row["unit"]) or unit_key("", row["unit"][:12])
    for at, number in enumerate(numbers):
        yield AddressRow(
            id=f"oa-{row['id'] or row['hash']}" + (f"-{at}" if at else ""),
            street=" ".join(row["street"].split()),
            number=number.number,
            postcode=row["postcode"].replace(" ", ""),
            city=" ".join(row["city"].split()),
            supplementary=row["district"] or None,
            lat=lat,
            lon=lon,
            units=[found for found in (number.unit, unit) if found],
        )
