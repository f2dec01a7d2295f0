"""Paavo's counts as margins of the household cell.

Paavo does not tell row houses from detached ones, nor social from other rent: small houses are counted
as detached, all rented homes as other rent, right of occupancy and the like as cooperative. Income
classes are cut nationally into thirds by even spread within the middle class.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.refdata.joint.margins import AreaMargins, income_thirds, shares_of

Floats = NDArray[np.float64]

LIFE_STAGE_AGES = (
    ("18_19", "20_24", "25_29"),
    ("30_34", "35_39", "40_44", "45_49"),
    ("50_54", "55_59", "60_64"),
    ("65_69", "70_74", "75_79", "80_84", "85_plus"),
)


def finnish_margins(tables: Mapping[str, pd.DataFrame]) -> AreaMargins:
    """Margins per postal area from the tables of `load_paavo`."""
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
