"""Joint tables of Denmark: its counts as margins of the household cell, and the hierarchy of its areas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.refdata.countries.dk.areas import COUNTRY, DanishAreas
from service.refdata.countries.dk.bol204 import load_bol204
from service.refdata.countries.tables import Given
from service.refdata.joint.build import Roll, build_joints, whole_roll
from service.refdata.joint.margins import AreaMargins, households_with_children, income_thirds, shares_of
from service.refdata.joint.seed import SeedFile, build_seed, load_seed_file
from service.refdata.sources.statbank import table_path

Floats = NDArray[np.float64]

SEED = Path(__file__).with_name("seed.toml")
BOL204 = "statbank-bol204"
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


def write_joints(
    given: Given,
    margins: Mapping[str, pd.DataFrame],
    areas: DanishAreas,
    weights: pd.DataFrame,
    parents: Mapping[str, pd.Series],
) -> None:
    """Writes `joint_<level>.arrow` of every level but parish.

    StatBank's BOL204, where it was fetched, is the official joint and becomes the seed. `weights`: the
    zones of postcodes (source zone, target, share); `parents` as `find_parents` gives them.
    """
    seed_file = load_seed_file(SEED)
    counted = household_margins(margins, seed_file)
    codes = list(counted.codes)
    municipality = parents["municipality"].loc[codes].tolist()
    region_of = {str(code): str(region) for code, region in parents["region_of"].items()}
    regions = [region_of[code] for code in municipality]
    rolls = [
        whole_roll("country", [COUNTRY] * len(codes), None, None),
        whole_roll("region", regions, "country", dict.fromkeys(set(region_of.values()), COUNTRY)),
        whole_roll("municipality", municipality, "region", region_of),
        # No parish: segments speak at polling area, postcode and up; it would be a fifth of the release.
        _postcode_roll(codes, areas, weights, parents["postcode"]),
    ]
    bol204 = table_path(given.raw, given.sources[BOL204])
    register = load_bol204(bol204) if bol204.is_file() else None
    sources = (given.source.id, "dst-seed", *((BOL204,) if register is not None else ()))
    seed = build_seed(seed_file, counted, register)
    joints = build_joints("polling_area", counted, seed, rolls, ("municipality", municipality))
    given.tables.joints(joints, sources)


def _postcode_roll(codes: list[str], areas: DanishAreas, weights: pd.DataFrame, parent: pd.Series) -> Roll:
    units = tuple(areas.levels["postcode"].index)
    row = {code: i for i, code in enumerate(units)}
    zone = {code: areas.pooled.get(code, code) for code in codes}
    of_zone = {str(name): group for name, group in weights.groupby("source")}
    source, target, share = [], [], []
    for i, code in enumerate(codes):
        group = of_zone.get(zone[code])
        if group is None:
            continue
        source += [i] * len(group)
        target += [row[unit] for unit in group["target"]]
        share += group["share"].tolist()
    return Roll(
        "postcode",
        units,
        np.array(source, dtype=np.intp),
        np.array(target, dtype=np.intp),
        np.array(share),
        "municipality",
        tuple(parent.loc[list(units)]),
    )


def household_margins(tables: Mapping[str, pd.DataFrame], seed: SeedFile) -> AreaMargins:
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
    persons: pd.DataFrame,
    groups: tuple[tuple[str, ...], ...],
    households: Floats,
    with_children: Floats,
    children: Floats,
) -> Floats:
    """National shares of adults: persons, less the children shared out by households that have any."""
    everyone = np.nansum(_grouped(persons, groups), axis=0)
    families = np.nansum(households, axis=0) * with_children
    minors = np.nansum(children) * families / families.sum()
    adults: Floats = np.maximum(everyone - minors, 1.0)
    adults /= adults.sum()
    return adults
