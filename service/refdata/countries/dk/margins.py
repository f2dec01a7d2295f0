"""Danish counts per polling area: the margins that profiles, roll-ups and the joint tables stand on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import shapely

from service.errors import SourceError
from service.refdata.catalogue import DEFAULT_SOURCES, Source, load_source
from service.refdata.corrections import Ledger, correct_tables
from service.refdata.countries.dk.areas import COUNTRY, DanishAreas
from service.refdata.reading import read_table
from service.refdata.rollup import sum_by_code, sum_by_overlap, zone_counts
from service.refdata.variables import flatten_margins

SOURCE = "dst-valgdatabase"


def load_margins(
    raw: Path, sources: Path = DEFAULT_SOURCES, ledger: Ledger | None = None
) -> dict[str, pd.DataFrame]:
    """Count tables per polling area, after the named corrections of `dst-valgdatabase.toml`.

    Index: area code as text, sorted, the same 1,298 in every table. Columns: codes of the catalogue.
    NaN: not published (the empty areas). Unit: households (inhabited dwellings) or persons, as the
    name ends; `income_sums` holds households, and DKK per year for the two sums. `areas` is text
    (municipality 4 digits, region 4 digits). Raises SourceError.
    """
    source = load_source(sources / f"{SOURCE}.toml")
    tables = {
        name: read_table(raw / source.folder / spec.file, spec, source.key, sources)
        for name, spec in source.tables.items()
    }
    _check_same_areas(source, tables)
    tables = correct_tables(source, tables, Ledger() if ledger is None else ledger)
    areas = tables["areas"].sort_index()
    areas["municipality"] = areas["municipality"].str.zfill(4)
    areas["region"] = areas["region"].str.replace(r"\.0$", "", regex=True)
    tables["areas"] = areas
    return tables


def count_levels(
    margins: Mapping[str, pd.DataFrame],
    areas: DanishAreas,
    weights: Mapping[str, pd.DataFrame],
    hierarchy: Mapping[str, pd.Series],
) -> dict[str, pd.DataFrame]:
    """Counts of every level, finest first (index all its codes), with `land.km2` from the polygons."""
    counts = flatten_margins(margins)
    zones = zone_counts(counts, areas.pooled)
    municipal = sum_by_code(counts, hierarchy["municipality"])
    own_region = margins["areas"]["region"].where(margins["areas"]["region"] != "")
    table = {
        "polling_area": counts,
        **{level: sum_by_overlap(zones, weights[level]) for level in weights},
        "municipality": municipal,
        "region": sum_by_code(counts, own_region),
        "country": sum_by_code(counts, pd.Series(COUNTRY, index=counts.index)),
    }
    for level, frame in table.items():
        known = areas.levels[level]
        index = known.index.union(frame.index) if level == "polling_area" else known.index
        km2 = pd.Series(shapely.area(known["geometry"].to_numpy()) / 1e6, index=known.index)
        table[level] = frame.reindex(index).assign(**{"land.km2": km2.reindex(index)})
    return table


def _check_same_areas(source: Source, tables: dict[str, pd.DataFrame]) -> None:
    expected = set(tables["areas"].index)
    for name, table in tables.items():
        odd = sorted(expected.symmetric_difference(table.index))
        if odd:
            side = "missing" if odd[0] in expected else "not in the list of areas"
            raise SourceError(
                f"{source.tables[name].file}: column {source.key!r}: rule matched-keys: "
                f"{len(odd)} areas differ, such as {odd[0]} ({side})."
            )
