"""Paavo, the postal-area tables of Statistics Finland: read, corrected, means turned into sums."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.corrections import Ledger, correct_tables
from service.refdata.countries.fi.areas import COUNTRY, POLYGONS
from service.refdata.reading import read_table
from service.refdata.rollup import sum_by_code
from service.refdata.variables import flatten_margins

NATIONAL_SIZE = (1.9, 2.5)  # persons per household; outside, the decimal point has come back or moved


def load_margins(raw: Path, source: Source, ledger: Ledger) -> dict[str, pd.DataFrame]:
    """Count tables per postal area by table name, after corrections. Index: postcode as text, sorted.

    `areas` holds name and municipality (text). NaN: not published. Raises SourceError.
    """
    tables = {
        name: read_table(raw / source.folder / spec.file, spec, source.key, source.file.parent)
        for name, spec in source.tables.items()
        if name != POLYGONS
    }
    tables = {name: table.sort_index() for name, table in correct_tables(source, tables, ledger).items()}
    municipalities = tables["areas"]["municipality"].nunique()
    ledger.note(source, "areas_from_postal_areas", f"{municipalities} municipalities")
    _restore_points(source, tables, ledger)
    _sum_means(tables)
    return tables


def count_levels(
    tables: Mapping[str, pd.DataFrame], levels: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Counts of every level, finest first, with `land.km2` from the polygons; sums of postal areas."""
    postal = flatten_margins({name: table for name, table in tables.items() if name != "areas"})
    counts = {
        "postcode": postal,
        "municipality": sum_by_code(postal, tables["areas"]["municipality"]),
        "country": sum_by_code(postal, pd.Series(COUNTRY, index=postal.index)),
    }
    return {
        level: counts[level]
        .reindex(drawn.index)
        .assign(**{"land.km2": shapely.area(drawn["geometry"].to_numpy()) / 1e6})
        for level, drawn in levels.items()
    }


def _restore_points(source: Source, tables: dict[str, pd.DataFrame], ledger: Ledger) -> None:
    correction = source.correction("lost_decimal_point")
    for name, columns in correction.params["whole_below"].items():
        for column, bound in columns.items():
            written = tables[name][column]
            tables[name][column] = written.where(written < bound, written / 10.0)
    households = tables["household"]
    size = float(np.nansum(households["size_mean"] * households["all"]) / np.nansum(households["all"]))
    if not NATIONAL_SIZE[0] <= size <= NATIONAL_SIZE[1]:
        raise SourceError(
            f"{source.tables['household'].file}: column 'te_takk': rule {correction.name}: {size:.2f} "
            "persons per household after it; the publisher's form has changed, look at the correction again."
        )
    ledger.note(source, correction.name, f"{size:.2f} persons per household after it")


def _sum_means(tables: Mapping[str, pd.DataFrame]) -> None:
    """Means times what they are means of, so that they roll up; only where both are published."""
    age, household, dwelling = tables["age"], tables["household"], tables["dwelling"]
    age["years"] = age["mean_years"] * age["persons"]
    household["persons"] = household["size_mean"] * household["all"]
    household["counted"] = household["all"].where(household["size_mean"].notna())
    household["persons_housed"] = household["persons"].where(household["area_per_person"].notna())
    household["floor_area"] = household["area_per_person"] * household["persons_housed"]
    dwelling["floor_area"] = dwelling["floor_area_mean"] * dwelling["all"]
    dwelling["counted"] = dwelling["all"].where(dwelling["floor_area"].notna())
    for name, count in (("person_income", "adults"), ("household_income", "households")):
        income = tables[name]
        income["sum"] = income["mean"] * income[count]
        income["counted"] = income[count].where(income["sum"].notna())
