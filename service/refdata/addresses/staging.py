"""From an importer's rows to the staging table: areas filled and checked, duplicates folded.

Rows are taken in batches, so that a national register needs the memory of one batch and of the
finished columns; with `spill` the columns lie in a file and are memory-mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from service.refdata.addresses.areas import AreaPolygons, Floats
from service.refdata.addresses.record import STAGING_SCHEMA
from service.refdata.addresses.report import ImportReport

# A coordinate farther than this outside its postcode is a data error. Of 42,500 real Danish addresses
# 0.05 % lie more than 200 m outside the (simplified) polygon of their postcode, and none 1,000 m.
FAR_OUTSIDE_M = 1_000.0
_BATCH = 50_000


@dataclass(slots=True)
class AddressRow:
    """One address as an importer read it; unknown is None or "". Same columns as the staging schema."""

    id: str
    street: str
    number: str
    postcode: str = ""
    city: str = ""
    street_short: str | None = None
    supplementary: str | None = None
    municipality: str | None = None
    lat: float | None = None
    lon: float | None = None
    status: str = "current"
    replaced_by: str | None = None
    units: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CountryAreas:
    """What the importer may fill and check with; every part may be absent.

    `towns` (postcode -> post town) is authoritative: where it knows a postcode its name is used.
    """

    postcodes: AreaPolygons | None = None
    municipalities: AreaPolygons | None = None
    towns: Mapping[str, str] = field(default_factory=dict)


def stage_addresses(
    rows: Iterable[AddressRow],
    report: ImportReport,
    areas: CountryAreas | None = None,
    unique: bool = False,
    spill: Path | None = None,
) -> pa.Table:
    """The staging table of `rows` (schema STAGING_SCHEMA), and `report` filled with what happened.

    `unique` folds rows with the same street, number and postcode into the first (units united), for
    sources that map one house several times. `spill` is a file for the columns of a large country.
    """
    areas = areas or CountryAreas()
    batches = (_to_batch(batch) for batch in _checked(rows, areas, report))
    if spill is None:
        table = pa.Table.from_batches(batches, STAGING_SCHEMA)
    else:
        with pa.OSFile(str(spill), "wb") as sink, pa.ipc.new_file(sink, STAGING_SCHEMA) as writer:
            for batch in batches:
                writer.write_batch(batch)
        table = pa.ipc.open_file(pa.memory_map(str(spill))).read_all()
    if unique:
        table = _fold_duplicates(table, report)
    report.kept = table.num_rows
    return table


def _checked(
    rows: Iterable[AddressRow], areas: CountryAreas, report: ImportReport
) -> Iterator[list[AddressRow]]:
    stream = iter(rows)
    while batch := list(islice(stream, _BATCH)):
        lats = np.array([np.nan if row.lat is None else row.lat for row in batch])
        lons = np.array([np.nan if row.lon is None else row.lon for row in batch])
        if areas.postcodes is not None:
            _check_postcodes(batch, lats, lons, areas.postcodes, report)
        if areas.municipalities is not None:
            _fill_municipalities(batch, lats, lons, areas.municipalities, report)
        yield [row for row in batch if _named(row, areas.towns, report)]


def _check_postcodes(
    batch: list[AddressRow], lats: Floats, lons: Floats, polygons: AreaPolygons, report: ImportReport
) -> None:
    digits = {len(code) for code in polygons.codes}
    for row in batch:
        if row.postcode and not (row.postcode.isdigit() and len(row.postcode) in digits):
            row.postcode = ""
            report.flag("postcode left out: not of the country's form")
    missing = np.array([not row.postcode for row in batch])
    if missing.any():
        at = np.flatnonzero(missing)
        for row_number, code in zip(at.tolist(), polygons.codes_at(lats[at], lons[at]), strict=True):
            if code is not None:
                batch[row_number].postcode = code
                report.flag("postcode filled from the postcode polygon")
    metres = polygons.distances_m([row.postcode for row in batch], lats, lons)
    with np.errstate(invalid="ignore"):
        far = np.flatnonzero(metres > FAR_OUTSIDE_M)
    for row_number in far.tolist():
        batch[row_number].lat = batch[row_number].lon = None
    report.flag(f"coordinate left out: more than {FAR_OUTSIDE_M:,.0f} m outside its postcode", far.size)


def _fill_municipalities(
    batch: list[AddressRow], lats: Floats, lons: Floats, polygons: AreaPolygons, report: ImportReport
) -> None:
    at = np.array([row for row, address in enumerate(batch) if not address.municipality], dtype=np.int64)
    if at.size == 0:
        return
    codes = polygons.codes_near(lats[at], lons[at], FAR_OUTSIDE_M)
    for row_number, code in zip(at.tolist(), codes, strict=True):
        if code is not None and batch[row_number].lat is not None:
            batch[row_number].municipality = code
            report.flag("municipality filled from its polygon")


def _named(row: AddressRow, towns: Mapping[str, str], report: ImportReport) -> bool:
    """Gives the row its official town; False (and counted) when it cannot be an address."""
    if not row.street:
        report.drop("no street name")
        return False
    if not row.postcode:
        report.drop("no postcode, and no coordinate inside a postcode polygon")
        return False
    town = towns.get(row.postcode)
    if town and town != row.city:
        report.flag("post town given or corrected from the postcode" if row.city else "post town filled")
        row.city = town
    if not row.city:
        report.drop("no post town")
        return False
    return True


def _to_batch(rows: list[AddressRow]) -> pa.RecordBatch:
    columns = [
        pa.array([getattr(row, column.name) for row in rows], column.type) for column in STAGING_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=STAGING_SCHEMA)


def drop_superseded(table: pa.Table, report: ImportReport) -> pa.Table:
    """Without abolished and historic rows whose text is that of a present address, which wins anyway."""
    if table.num_rows == 0:
        return table
    codes = _house_codes(table)
    present = pc.is_in(table["status"], pa.array(["current", "preliminary"])).to_numpy()
    keep = present | ~np.isin(codes, np.unique(codes[present]))
    report.drop("earlier or abolished texts that are now a present address", int((~keep).sum()))
    report.kept = int(keep.sum())
    return table.filter(pa.array(keep))


def _house_codes(table: pa.Table) -> npt.NDArray[np.int32]:
    """One number per street, house number and postcode; rows of the same address have the same."""
    keys = pc.binary_join_element_wise(
        pc.utf8_lower(table["street"]), table["number"], table["postcode"], "\x1f"
    )
    codes: npt.NDArray[np.int32] = pc.dictionary_encode(keys.combine_chunks()).indices.to_numpy()
    return codes


def _fold_duplicates(table: pa.Table, report: ImportReport) -> pa.Table:
    if table.num_rows == 0:
        return table
    _, first, house = np.unique(_house_codes(table), return_index=True, return_inverse=True)
    if first.size == table.num_rows:
        return table
    report.drop("same street, number and postcode as an earlier row", table.num_rows - first.size)
    keeper = first[house]
    repeats = np.flatnonzero(keeper != np.arange(table.num_rows))
    units: dict[int, list[str]] = {}
    for row in repeats.tolist():
        extra = table["units"][row].as_py()
        if extra:
            into = units.setdefault(int(keeper[row]), table["units"][int(keeper[row])].as_py())
            into.extend(unit for unit in extra if unit not in into)
    if units:
        merged = table["units"].to_pylist()
        for row, values in units.items():
            merged[row] = values
        place = table.schema.get_field_index("units")
        table = table.set_column(
            place, STAGING_SCHEMA.field("units"), pa.array(merged, pa.list_(pa.string()))
        )
    return table.take(np.sort(first))
