"""Danish counts (service.refdata.countries.dk.margins) as margins of the household cell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.refdata.joint.margins import (
    AreaMargins,
    households_with_children,
    income_thirds,
    shares_of,
)
from service.refdata.joint.seed import SeedFile

Floats = NDArray[np.float64]

LIFE_STAGE_AGES = (
    ("18_19", "20_24", "25_29"),
    ("30_34", "35_39", "40_44", "45_49"),
    ("50_54", "55_59", "60_64"),
    ("65_69", "70_plus"),
)
CHILD_AGES = ("0_4", "5_9", "10_14", "15_17")
DWELLINGS = (("detached",), ("row",), ("flat",), ("dormitory", "holiday", "other"))
# "other" among the tenures is rented from companies and the like (335,461 homes); it is not unknown.
TENURES = (("owner",), ("cooperative",), ("social_rent",), ("public_rent", "private_rent", "other"))
BRACKETS = ("under_100", "100_149", "150_199", "200_299", "300_399", "400_499", "500_749", "750_plus")


def danish_margins(tables: Mapping[str, pd.DataFrame], seed: SeedFile) -> AreaMargins:
    """Margins per polling area from the tables of `load_margins`.

    The life stage counts adults: the lead is one adult of the area (there is no published table of
    households by the age of their members). Dwelling, tenure and income count households. Households
    with children are persons under 18 divided by the seed's children per household.
    """
    ages = tables["age_sex"]
    persons = {
        age: _column(ages, f"f|{age}") + _column(ages, f"m|{age}")
        for age in (*CHILD_AGES, *(age for stage in LIFE_STAGE_AGES for age in stage))
    }
    life_stage = np.stack([sum_columns(persons, stage) for stage in LIFE_STAGE_AGES], axis=1)
    children = sum_columns(persons, CHILD_AGES)
    dwelling = _grouped(tables["dwelling_households"], DWELLINGS)
    tenure = _grouped(tables["tenure_households"], TENURES)
    brackets = tables["income_households"][list(BRACKETS)].to_numpy(np.float64)
    with_children = seed.rows("dwelling", "children")[:, 1]
    shares = {
        "life_stage": shares_of(life_stage),
        "children": households_with_children(children, dwelling, with_children, seed.children_per_household),
        "dwelling": shares_of(dwelling),
        "tenure": shares_of(tenure),
        "affluence": income_thirds(brackets),
    }
    by_tenure = seed.rows("tenure", "children")[:, 1]
    adults = {
        "life_stage": _national(life_stage),
        "dwelling": _adults(tables["dwelling_persons"], DWELLINGS, dwelling, with_children, children),
        "tenure": _adults(tables["tenure_persons"], TENURES, tenure, by_tenure, children),
    }
    codes = tuple(str(code) for code in ages.index)
    return AreaMargins(codes, np.nan_to_num(dwelling.sum(axis=1)), shares, adults)


def sum_columns(columns: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    """Sum of the named columns, [areas]."""
    total: Floats = np.sum([columns[name] for name in names], axis=0)
    return total


def _column(table: pd.DataFrame, name: str) -> Floats:
    return table[name].to_numpy(np.float64)


def _grouped(table: pd.DataFrame, groups: tuple[tuple[str, ...], ...]) -> Floats:
    return np.stack([table[list(group)].to_numpy(np.float64).sum(axis=1) for group in groups], axis=1)


def _national(counts: Floats) -> Floats:
    totals: Floats = np.nansum(counts, axis=0)
    totals /= totals.sum()
    return totals


def _adults(
    persons: pd.DataFrame, groups: tuple[tuple[str, ...], ...], households: Floats,
    with_children: Floats, children: Floats,
) -> Floats:  # fmt: skip
    """National shares of adults: persons, less the children shared out by households that have any."""
    everyone = np.nansum(_grouped(persons, groups), axis=0)
    families = np.nansum(households, axis=0) * with_children
    minors = np.nansum(children) * families / families.sum()
    adults: Floats = np.maximum(everyone - minors, 1.0)
    adults /= adults.sum()
    return adults
