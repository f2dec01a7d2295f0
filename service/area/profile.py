"""Areas -> open figures: per variable the finest area that has one, with level, vintage and households."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from service.area.figures import LevelFigures, read_figures
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
class Profiles:
    """All profiles of one country. A call is a look-up: the profile of a place is made once and kept."""

    country: str
    variables: tuple[_Variable, ...]
    _levels: tuple[LevelFigures, ...]
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
            read_figures(release, country, level, codes)
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

    def level(self, name: str) -> LevelFigures:
        """The figures of all areas of a level, as they are published. Raises KeyError."""
        return {level.level: level for level in self._levels}[name]

    def own_values(self, level: str, code: str) -> Mapping[str, float]:
        """The values of one area alone, nothing filled in; empty where it has too few households to speak."""
        table = next((table for table in self._levels if table.level == level), None)
        row = _speaking_row(table, code) if table else None
        if table is None or row is None:
            return {}
        return {variable: figure.value for variable, figure in self._area_figures(table, row).items()}

    def _make_profile(self, asked: Mapping[str, str]) -> Profile | None:
        speaking = [
            (level, row)
            for level in self._levels
            if (row := _speaking_row(level, asked.get(level.level, ""))) is not None
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
            level=first.level,
            code=asked[first.level],
            households=float(first.households[row]),
            urbanity=int(first.urbanity[row]),
            figures=figures,
        )

    def _area_figures(self, level: LevelFigures, row: int) -> dict[str, Figure]:
        """The figures of one area, made once: there are fewer areas than places."""
        key = (level.level, row)
        made = self._figures.get(key)
        if made is None:
            made = {}
            for number, variable in enumerate(self.variables):
                figure = _figure(level, row, number, variable)
                if figure:
                    made[variable.code] = figure
            self._figures[key] = made
        return made

    def _fill(self, figures: dict[str, Figure], coarser: list[tuple[LevelFigures, int]]) -> None:
        for number, variable in enumerate(self.variables):
            if variable.code in figures:
                continue
            for level, row in coarser:
                figure = _figure(level, row, number, variable)
                if figure:
                    figures[variable.code] = figure
                    break


def _speaking_row(level: LevelFigures, code: str) -> int | None:
    """The row of an area with enough households to speak."""
    row = level.row.get(code)
    return row if row is not None and level.households[row] >= LEAST_HOUSEHOLDS else None


def _figure(level: LevelFigures, row: int, number: int, variable: _Variable) -> Figure | None:
    value = float(level.values[row, number])
    if math.isnan(value):
        return None
    households = round(float(level.households[row]))
    return Figure(
        value=_rounded(value),
        unit=variable.unit,
        index=_index(value, variable.country_value),
        level=level.level,
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
