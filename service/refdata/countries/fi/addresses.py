"""The embedded Finnish addresses (OpenStreetMap): central Helsinki."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.osm_pbf import import_osm_pbf
from service.refdata.addresses.staging import CountryAreas
from service.refdata.countries.fi.areas import EPSG
from service.refdata.countries.tables import Given

SOURCE = "osm-helsinki"
OFFICIAL_TOWNS = False  # Paavo names postal areas; letters carry the post town


def write_addresses(given: Given, levels: Mapping[str, pd.DataFrame], towns: pa.Table) -> None:
    """Imports the OSM extract and writes the address index. Raises SourceError."""
    source = given.sources[SOURCE]
    areas = CountryAreas(
        AreaPolygons.from_level(levels["postcode"], EPSG),
        AreaPolygons.from_level(levels["municipality"], EPSG),
    )
    staging, _ = import_osm_pbf(given.raw / source.folder / source.tables["centre"].file, areas)
    given.tables.addresses(staging, towns, levels["municipality"], source)
