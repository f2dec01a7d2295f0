"""The published figures of the areas of one level: the one reader of them for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.tables import Release


@dataclass(frozen=True, slots=True)
class LevelFigures:
    """`row` maps code to row; per row `households` (0 where unknown), `urbanity` (0 rural to 2 city) and
    `values` float32 [areas, variables], NaN unknown, in the order of `variables`.
    """

    level: str
    variables: tuple[str, ...]
    row: Mapping[str, int]
    households: NDArray[np.float32]
    urbanity: NDArray[np.int8]
    values: NDArray[np.float32]

    def of_areas(self, codes: Iterable[str]) -> NDArray[np.float64]:
        """The figures of these areas in their order, [areas, variables]; NaN for an area without any."""
        order = np.array([self.row.get(code, -1) for code in codes])
        figures: NDArray[np.float64] = self.values[order].astype(np.float64)
        figures[order < 0] = np.nan
        return figures


def read_figures(release: Release, country: str, level: str, variables: Sequence[str]) -> LevelFigures:
    """The figures of one level of a country. Raises ReleaseError, and KeyError for an unknown variable."""
    table = release.table(country, f"profiles_{level}")
    return LevelFigures(
        level,
        tuple(variables),
        {code: row for row, code in enumerate(table.column("code").to_pylist())},
        np.nan_to_num(table.column("households").to_numpy()),
        table.column("urbanity").to_numpy(),
        np.column_stack([table.column(code).to_numpy().astype(np.float32) for code in variables]),
    )


def variable_codes(release: Release, country: str) -> list[str]:
    """The variables that a release describes for a country, in its order. Raises ReleaseError."""
    return [entry["code"] for entry in release.json(country, "variables")]


def area_names(release: Release, country: str, level: str) -> dict[str, str]:
    """Code -> name of the areas of a level, the code itself where there is no name. Raises ReleaseError."""
    table = release.table(country, f"profiles_{level}")
    codes, names = table.column("code").to_pylist(), table.column("name").to_pylist()
    return {code: name or code for code, name in zip(codes, names, strict=True)}
