"""Joint tables of every level of a country, from margins, seed and the hierarchy of its areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from service.refdata.joint.margins import AreaMargins
from service.refdata.joint.mixing import JointTable, mix_with_parent, sum_areas
from service.segment.cells import AXIS, CELLS, SHAPE
from service.segment.fitting import Margin, fit_tables

Floats = NDArray[np.float64]

# Margins are fitted in this order; the last is met exactly. Children is derived, so it comes first.
FITTED = ("children", "affluence", "life_stage", "tenure", "dwelling")


@dataclass(frozen=True, slots=True)
class Roll:
    """One coarser level: which share of which finest area lies in which unit of it.

    `codes` are the units. Row i says that the share `weight[i]` (0 to 1) of the households of finest
    area `source[i]` (its position in the margins) lies in unit `target[i]`. `parent` names the level that
    this one backs off to, `parent_codes` its unit for each of `codes`; both None for the country.
    """

    level: str
    codes: tuple[str, ...]
    source: NDArray[np.intp]
    target: NDArray[np.intp]
    weight: Floats
    parent: str | None
    parent_codes: tuple[str, ...] | None


def build_joints(
    finest: str, margins: AreaMargins, seed: Floats, rolls: Sequence[Roll], parents: tuple[str, Sequence[str]]
) -> dict[str, JointTable]:
    """The joint of the finest level and of every roll, mixed from the country downwards.

    `rolls` come coarsest first (country, region, municipality, then postcode, parish, …), so that each
    one's parent is built before it. `parents` is the level that the finest areas back off to and its
    code per area.
    """
    own = fit_areas(margins, seed)
    built: dict[str, JointTable] = {}
    for roll in rolls:
        households, tables = sum_areas(
            own, margins.households, roll.source, roll.target, roll.weight, len(roll.codes)
        )
        if roll.parent is None or roll.parent_codes is None:
            built[roll.level] = JointTable(roll.codes, households, np.ones(len(roll.codes)), tables)
        else:
            parent = built[roll.parent]
            rows = _rows_of(parent, roll.parent_codes)
            built[roll.level] = mix_with_parent(roll.codes, households, tables, parent, rows)
    parent = built[parents[0]]
    built[finest] = mix_with_parent(
        margins.codes, margins.households, own, parent, _rows_of(parent, parents[1])
    )
    return built


def fit_areas(margins: AreaMargins, seed: Floats) -> Floats:
    """The seed fitted to the one-way margins of every area, [areas, 384]; NaN where nothing is published."""
    known = margins.published
    own = np.full((len(margins.codes), CELLS), np.nan)
    constraints = [Margin((AXIS[name],), margins.shares[name][known]) for name in FITTED]
    own[known] = fit_tables(seed.reshape(SHAPE), constraints).reshape(-1, CELLS)
    return own


def whole_roll(
    level: str, unit_of_area: Sequence[str], parent: str | None, parent_of_unit: Mapping[str, str] | None
) -> Roll:
    """A level whose units are made of whole finest areas: region, municipality, country."""
    codes = tuple(sorted(set(unit_of_area)))
    number = {code: n for n, code in enumerate(codes)}
    parent_codes = None if parent_of_unit is None else tuple(parent_of_unit[code] for code in codes)
    areas = len(unit_of_area)
    return Roll(
        level,
        codes,
        np.arange(areas),
        np.array([number[code] for code in unit_of_area]),
        np.ones(areas),
        parent,
        parent_codes,
    )


def joint_arrow(table: JointTable) -> pa.Table:
    """`joint_<level>.arrow` as the release holds it: code, households, support, p (384 float32)."""
    cells = table.cells.astype(np.float32)
    p = pa.FixedSizeListArray.from_arrays(pa.array(cells.ravel()), CELLS)
    return pa.table(
        {
            "code": pa.array(table.codes, pa.string()),
            "households": pa.array(table.households, pa.float64()),
            "support": pa.array(table.support.astype(np.float32)),
            "p": p,
        }
    )


def _rows_of(table: JointTable, codes: Sequence[str]) -> NDArray[np.intp]:
    number = {code: n for n, code in enumerate(table.codes)}
    return np.array([number[code] for code in codes], dtype=np.intp)
