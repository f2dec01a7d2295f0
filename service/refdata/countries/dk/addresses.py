"""The embedded Danish addresses (OpenStreetMap), in a folder of their own because of their licence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.osm_csv import import_osm_csv
from service.refdata.addresses.record import POSTCODES_SCHEMA
from service.refdata.addresses.staging import CountryAreas
from service.refdata.addresses.writer import write_index
from service.refdata.catalogue import Source
from service.refdata.corrections import Ledger
from service.refdata.countries.dk.areas import EPSG
from service.refdata.geometry import project
from service.refdata.writing import TableNote

FOLDER = "addresses"


def write_addresses(
    raw: Path,
    sources: Mapping[str, Source],
    levels: Mapping[str, pd.DataFrame],
    postcodes: pd.DataFrame,
    country_folder: Path,
    ledger: Ledger,
) -> list[TableNote]:
    """Imports the OSM files and writes the address index below `country_folder`. Raises SourceError."""
    source = sources["osm-addresses"]
    files = [raw / source.folder / source.tables[name].file for name in ("bornholm", "extracts")]
    areas = CountryAreas(
        postcodes=_polygons(levels["postcode"]),
        municipalities=_polygons(levels["municipality"]),
        towns=dict(zip(postcodes["postcode"], postcodes["city"], strict=True)),
    )
    staging, report = import_osm_csv(files, areas)
    towns = pa.Table.from_pandas(postcodes, schema=POSTCODES_SCHEMA, preserve_index=False)
    written = write_index(
        staging,
        towns,
        country_folder / FOLDER,
        country="DK",
        source=f"{source.id} {source.vintage}",
        licence=source.licence,
        attribution=source.attribution,
        vintage=source.vintage,
        municipalities=_names(levels["municipality"]),
    )
    dropped = "; ".join(f"{n:,} {why}" for why, n in sorted({**report.dropped, **written.dropped}.items()))
    flagged = "; ".join(f"{n:,} {why}" for why, n in sorted(report.flagged.items()))
    ledger.note(source, "rows_found_twice", f"{report.read:,} rows, {written.houses:,} addresses; {dropped}")
    ledger.note(source, "missing_postcodes", flagged or "none missing")
    path = f"DK/{FOLDER}/{written.path.name}"
    return [TableNote(path, "addresses", written.houses, source.vintage, (source.id,))]


def _polygons(level: pd.DataFrame) -> AreaPolygons:
    degrees = project(level["geometry"].to_numpy(), EPSG, back=True)
    return AreaPolygons(list(level.index), degrees, _names(level))


def _names(level: pd.DataFrame) -> dict[str, str]:
    return {str(code): str(name) for code, name in level["name"].items()}
