"""Joint tables of Finland: Paavo's counts as margins of the household cell.

Paavo does not tell row houses from detached ones, nor social from other rent: small houses are counted
as detached, all rented homes as other rent, right of occupancy and the like as cooperative. Income
classes are cut nationally into thirds by even spread within the middle class.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.refdata.countries.fi.areas import COUNTRY
from service.refdata.countries.tables import Given
from service.refdata.joint.build import build_joints, whole_roll
from service.refdata.joint.margins import AreaMargins, income_thirds, shares_of
from service.refdata.joint.seed import build_seed, load_seed_file

Floats = NDArray[np.float64]

SEED = Path(__file__).with_name("seed.toml")
LIFE_STAGE_AGES = (
    ("18_19", "20_24", "25_29"),
    ("30_34", "35_39", "40_44", "45_49"),
    ("50_54", "55_59", "60_64"),
    ("65_69", "70_74", "75_79", "80_84", "85_plus"),
)


def write_joints(given: Given, tables: Mapping[str, pd.DataFrame]) -> None:
    """Writes `joint_<level>.arrow` of every level from the tables of `load_margins`."""
    margins = household_margins(tables)
    per_area = [str(code) for code in tables["areas"]["municipality"].loc[list(margins.codes)]]
    rolls = [
        whole_roll("country", [COUNTRY] * len(per_area), None, None),
        whole_roll("municipality", per_area, "country", dict.fromkeys(per_area, COUNTRY)),
    ]
    seed = build_seed(load_seed_file(SEED), margins)
    joints = build_joints("postcode", margins, seed, rolls, ("municipality", per_area))
    given.tables.joints(joints, (given.source.id, "dst-seed"))


def household_margins(tables: Mapping[str, pd.DataFrame]) -> AreaMargins:
    """Margins per postal area from the tables of `load_margins`."""
    ages = tables["age"]
    life_stage = np.stack([ages[list(stage)].to_numpy().sum(axis=1) for stage in LIFE_STAGE_AGES], axis=1)
    tenures = tables["tenure"]
    households = tenures[["owner", "rented", "other"]].to_numpy().sum(axis=1)
    with_children = tables["household"]["with_children"].to_numpy()
    zero = np.zeros(len(ages))
    dwellings = tables["dwelling"]
    shares = {
        "life_stage": shares_of(life_stage),
        "children": shares_of(np.stack([households - with_children, with_children], axis=1)),
        "dwelling": shares_of(_columns(dwellings["small_house"], zero, dwellings["flat"], zero)),
        "tenure": shares_of(_columns(tenures["owner"], tenures["other"], zero, tenures["rented"])),
        "affluence": income_thirds(
            tables["household_income"][["lowest", "middle", "highest"]].to_numpy(dtype=float)
        ),
    }
    counted = np.nan_to_num(tables["household"]["all"].to_numpy(dtype=float))
    return AreaMargins(tuple(str(code) for code in ages.index), counted, shares, {})


def _columns(*columns: pd.Series | Floats) -> Floats:
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)
