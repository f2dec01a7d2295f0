"""OpenStreetMap addresses as CSV: one row per mapped address, WGS84.

Columns `osm_id,lat,lon,street,housenumber,postcode,city`, and where the mapper kept them the Danish
`municipality_no` and `osak_id` (the address register's own id, written without hyphens).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from service.refdata.addresses.house_numbers import split_house_numbers
from service.refdata.addresses.reading import Where, degrees, read_csv
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import AddressRow, CountryAreas, stage_addresses

_REQUIRED = ("osm_id", "lat", "lon", "street", "housenumber", "postcode", "city")
_OPTIONAL = ("municipality_no", "osak_id", "source_file")
# Land and sea of the four Nordic countries: catches swapped and projected coordinates.
_LATITUDES, _LONGITUDES = (54.0, 72.0), (-10.0, 33.0)


def import_osm_csv(
    paths: Sequence[Path], areas: CountryAreas | None = None, progress: bool = False
) -> tuple[pa.Table, ImportReport]:
    """The staging table of one or more OSM address CSV files, and what was dropped and why.

    An address found twice (the same street, number and postcode, also across files) is kept as first
    read: give the newest file first. Raises SourceError naming file, line and column.
    """
    report = ImportReport("osm-csv")
    rows = _rows(paths, report, progress)
    return stage_addresses(rows, report, areas, unique=True), report


def _rows(paths: Sequence[Path], report: ImportReport, progress: bool) -> Iterator[AddressRow]:
    earlier: set[str] = set()
    register_ids: set[str] = set()
    for path in paths:
        here: set[str] = set()
        for where, row in read_csv(path, _REQUIRED, _OPTIONAL, progress=progress):
            report.read += 1
            osm_id = row["osm_id"]
            if osm_id in here:
                where.fail("osm_id", f"{osm_id!r} occurs twice in this file.")
            here.add(osm_id)
            if osm_id in earlier:
                report.drop("same OSM object as in an earlier file")
                continue
            for address in _addresses(where, row, report):
                if address.id in register_ids:
                    report.flag("register id already used by another object: OSM id used instead")
                    address.id = f"osm-{osm_id}"
                register_ids.add(address.id)
                yield address
        earlier |= here


def _addresses(where: Where, row: dict[str, str], report: ImportReport) -> Iterator[AddressRow]:
    lat = degrees(where, "lat", row["lat"], *_LATITUDES)
    lon = degrees(where, "lon", row["lon"], *_LONGITUDES)
    numbers = split_house_numbers(row["housenumber"])
    if not numbers:
        report.drop("house number not readable without guessing")
        return
    if len(numbers) > 1:
        report.flag("several house numbers on one object: one address each")
    register_id = _register_id(row.get("osak_id", ""))
    for place, number in enumerate(numbers):
        yield AddressRow(
            id=register_id or f"osm-{row['osm_id']}" + (f"-{place}" if place else ""),
            street=" ".join(row["street"].split()),
            number=number.number,
            postcode=row["postcode"].strip(),
            city=" ".join(row["city"].split()),
            municipality=row.get("municipality_no", "").zfill(4) if row.get("municipality_no") else None,
            lat=lat,
            lon=lon,
            units=[number.unit] if number.unit else [],
        )
        register_id = ""  # the register's id is of one house number, the first


def _register_id(text: str) -> str:
    """The register's UUID in its usual form; "" when it is absent or not one."""
    digits = text.replace("-", "").lower()
    if len(digits) != 32 or not set(digits) <= set("0123456789abcdef"):
        return ""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
