"""The embedded Danish addresses (OpenStreetMap)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.osm_csv import import_osm_csv
from service.refdata.addresses.staging import CountryAreas
from service.refdata.countries.dk.areas import EPSG
from service.refdata.countries.tables import Given

SOURCE = "osm-addresses"
OFFICIAL_TOWNS = True


def write_addresses(given: Given, levels: Mapping[str, pd.DataFrame], towns: pa.Table) -> None:
    """Imports the OSM files and writes the address index. Raises SourceError."""
    source = given.sources[SOURCE]
    files = [given.raw / source.folder / source.tables[name].file for name in ("bornholm", "extracts")]
    areas = CountryAreas(
        AreaPolygons.from_level(levels["postcode"], EPSG),
        AreaPolygons.from_level(levels["municipality"], EPSG),
        dict(zip(towns["postcode"].to_pylist(), towns["city"].to_pylist(), strict=True)),
    )
    staging, report = import_osm_csv(files, areas)
    written = given.tables.addresses(staging, towns, levels["municipality"], source)
    dropped = "; ".join(f"{n:,} {why}" for why, n in sorted({**report.dropped, **written.dropped}.items()))
    flagged = "; ".join(f"{n:,} {why}" for why, n in sorted(report.flagged.items()))
    found = f"{report.read:,} rows, {written.houses:,} addresses; {dropped}"
    given.ledger.note(source, "rows_found_twice", found)
    given.ledger.note(source, "missing_postcodes", flagged or "none missing")
