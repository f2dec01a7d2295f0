"""Areas -> open figures: per variable the finest area that has one, with level, vintage and households."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.model import Figure, Place, Profile
from service.tables import Kept, Release

_KEPT_PLACES = 2048  # some 20 kB each: at most 40 MB per worker
LEAST_HOUSEHOLDS = 100  # a smaller area does not speak: its figures are few people's
_NOT_VARIABLES = frozenset({"code", "name", "households", "persons", "urbanity"})


@dataclass(frozen=True, slots=True)
class _Variable:
    code: str
    unit: str
    source: str
    vintage: str
    country_value: float


@dataclass(frozen=True, slots=True)
class _LevelTable:
    """One level: code -> row, households and urbanity per row, values [rows, variables] (NaN unknown)."""

    name: str
    row: Mapping[str, int]
    households: Any
    urbanity: Any
    values: Any

    def speaking(self, code: str) -> int | None:
        """The row of an area with enough households to speak."""
        row = self.row.get(code)
        return row if row is not None and self.households[row] >= LEAST_HOUSEHOLDS else None


@dataclass(frozen=True, slots=True)
class Profiles:
    """All profiles of one country. A call is a look-up: the profile of a place is made once and kept."""

    country: str
    variables: tuple[_Variable, ...]
    _levels: tuple[_LevelTable, ...]
    _kept: Kept[tuple[tuple[str, str], ...], Profile | None]
    _figures: dict[tuple[str, int], dict[str, Figure]]

    @classmethod
    def load(cls, release: Release, country: str) -> Profiles:
        """Reads the profile tables of a country. Raises ReleaseError."""
        described = {entry["code"]: entry for entry in release.json(country, "variables")}
        top = release.table(country, "profiles_country")
        codes = [c for c in top.column_names if c not in _NOT_VARIABLES and c in described]
        variables = tuple(
            _Variable(
                code,
                described[code]["unit"],
                described[code]["source"],
                described[code]["vintage"],
                _number(top.column(code)[0].as_py()),
            )
            for code in codes
        )
        levels = tuple(
            _level_table(release, country, level, codes)
            for level in release.levels(country)
            if release.has(country, f"profiles_{level}")
        )
        return cls(country, variables, levels, Kept(_KEPT_PLACES), {})

    def profile_place(self, place: Place) -> Profile | None:
        """The figures of a place, from its finest area with at least 100 households.

        What that area does not have comes from the next coarser one that does. None when the place
        names no area at all.
        """
        if not place.codes:
            return None
        key = tuple(place.codes.items())
        try:
            return self._kept[key]
        except KeyError:
            return self._kept.keep(key, self._make_profile({**place.codes, "country": self.country}))

    def _make_profile(self, asked: Mapping[str, str]) -> Profile | None:
        speaking = [
            (level, row)
            for level in self._levels
            if (row := level.speaking(asked.get(level.name, ""))) is not None
        ]
        if not speaking:
            return None
        first, row = speaking[0]
        figures = self._area_figures(first, row)
        if len(figures) < len(self.variables):
            figures = dict(figures)
            self._fill(figures, speaking[1:])
        return Profile(
            country=self.country,
            level=first.name,
            code=asked[first.name],
            households=float(first.households[row]),
            urbanity=int(first.urbanity[row]),
            figures=figures,
        )

    def _area_figures(self, level: _LevelTable, row: int) -> dict[str, Figure]:
        """The figures of one area, made once: there are fewer areas than places."""
        key = (level.name, row)
        made = self._figures.get(key)
        if made is None:
            made = {}
            for number, variable in enumerate(self.variables):
                figure = _figure(level, row, number, variable)
                if figure:
                    made[variable.code] = figure
            self._figures[key] = made
        return made

    def _fill(self, figures: dict[str, Figure], coarser: list[tuple[_LevelTable, int]]) -> None:
        for number, variable in enumerate(self.variables):
            if variable.code in figures:
                continue
            for level, row in coarser:
                figure = _figure(level, row, number, variable)
                if figure:
                    figures[variable.code] = figure
                    break


def _figure(level: _LevelTable, row: int, number: int, variable: _Variable) -> Figure | None:
    value = float(level.values[row, number])
    if math.isnan(value):
        return None
    households = round(float(level.households[row]))
    return Figure(
        value=_rounded(value),
        unit=variable.unit,
        index=_index(value, variable.country_value),
        level=level.name,
        vintage=variable.vintage,
        source=variable.source,
        households=households,
    )


def _index(value: float, country: float) -> int | None:
    """100 = as in the country; None where a ratio means nothing (no base, or debts)."""
    return round(100 * value / country) if country > 0 and value >= 0 else None


def _rounded(value: float) -> float:
    """As many digits as the figure carries: shares to 0.01 %, money to the unit."""
    size = abs(value)
    return round(value, 4 if size < 10 else 2 if size < 1000 else 0)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _level_table(release: Release, country: str, level: str, codes: list[str]) -> _LevelTable:
    table = release.table(country, f"profiles_{level}")
    values = np.column_stack([table.column(c).to_numpy().astype(np.float32) for c in codes])
    return _LevelTable(
        level,
        {code: row for row, code in enumerate(table.column("code").to_pylist())},
        np.nan_to_num(table.column("households").to_numpy()),
        table.column("urbanity").to_numpy(),
        values,
    )
