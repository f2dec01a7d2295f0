"""The joint tables of a release as memory-mapped arrays, one set per level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.errors import ReleaseError
from service.segment.cells import CELL_ATTRIBUTES, CELLS, URBANITIES, attribute_of_cells
from service.tables import Release


@dataclass(frozen=True, slots=True)
class LevelTable:
    """One level. `rows` maps code to row; `p` is float32 [areas, 384] over the map; `households` and
    `support` [areas]; `urbanity` [areas, 3] is the share of the area's households in rural, town, city.
    """

    level: str
    vintage: str
    rows: Mapping[str, int]
    p: NDArray[np.float32]
    households: NDArray[np.float64]
    support: NDArray[np.float32]
    urbanity: NDArray[np.float64]


def load_levels(release: Release, country: str) -> tuple[LevelTable, ...]:
    """Every level that has a joint table, finest first. Raises ReleaseError."""
    tables = []
    for level in release.levels(country):
        if release.has(country, f"joint_{level}"):
            tables.append(_load_level(release, country, level))
    if not tables or tables[-1].level != "country":
        raise ReleaseError(
            f"Release {release.id} has no joint tables for {country}; rebuild it with `enrich refdata build`."
        )
    finest, national = tables[0], tables[-1]
    shares = finest.households @ finest.urbanity
    national.urbanity[:] = shares / shares.sum()
    for table in tables[1:-1]:
        _mix_urbanity(release, country, table, finest)
    return tuple(tables)


def _load_level(release: Release, country: str, level: str) -> LevelTable:
    name = f"joint_{level}"
    table = release.table(country, name).combine_chunks()
    lists = table["p"].chunk(0) if table.num_rows else None
    if lists is None or lists.type.list_size != CELLS:
        raise ReleaseError(f"{release.path(country, name)}.arrow does not hold {CELLS} cells; rebuild it.")
    p = lists.flatten().to_numpy(zero_copy_only=True).reshape(-1, CELLS)
    codes = table["code"].to_pylist()
    profiles = release.table(country, f"profiles_{level}")
    classes = dict(zip(profiles["code"].to_pylist(), profiles["urbanity"].to_pylist(), strict=True))
    urbanity = np.zeros((len(codes), len(URBANITIES)))
    for row, code in enumerate(codes):
        urbanity[row, classes.get(code) or 0] = 1.0
    vintage = next(
        (
            str(entry["vintage"])
            for entry in release.manifest["countries"][country]["tables"]
            if entry["path"].endswith(f"{name}.arrow")
        ),
        "",
    )
    households = table["households"].to_numpy(zero_copy_only=False)
    return LevelTable(
        level,
        vintage,
        {code: row for row, code in enumerate(codes)},
        p,
        np.nan_to_num(households),
        table["support"].to_numpy(zero_copy_only=False),
        urbanity,
    )


def _mix_urbanity(release: Release, country: str, table: LevelTable, finest: LevelTable) -> None:
    """Where the release tells which finest areas a unit is made of, its urbanity is their mixture."""
    name = f"{table.level}_within"
    if not release.has(country, name):
        return
    within = release.table(country, name)
    mixed = np.zeros_like(table.urbanity)
    for code, level, part, share in zip(
        *(within[column].to_pylist() for column in ("code", "level", "within", "share")), strict=True
    ):
        if level == finest.level and part in finest.rows and code in table.rows:
            mixed[table.rows[code]] += share * finest.urbanity[finest.rows[part]]
    totals = mixed.sum(axis=1)
    known = totals > 0
    table.urbanity[known] = mixed[known] / totals[known, None]


def attribute_matrix() -> NDArray[np.float64]:
    """0/1 matrix [384, 17]: sums cells to the values of each attribute, attributes side by side."""
    columns = [
        (attribute_of_cells(name)[:, None] == np.arange(len(values)))
        for name, values in CELL_ATTRIBUTES.items()
    ]
    matrix: NDArray[np.float64] = np.concatenate(columns, axis=1).astype(np.float64)
    return matrix


def value_of_cells() -> NDArray[np.intp]:
    """Which of the 17 attribute values each cell has, per attribute: [5, 384] column numbers."""
    starts = np.cumsum([0, *(len(values) for values in CELL_ATTRIBUTES.values())])[:-1]
    numbers: NDArray[np.intp] = np.stack(
        [start + attribute_of_cells(name) for name, start in zip(CELL_ATTRIBUTES, starts, strict=True)]
    )
    return numbers
