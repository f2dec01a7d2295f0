"""Harmonised variables: sums of counts over sums of counts, so that every level rolls up exactly.

Definitions are data (`reference_data/variables/<CC>.toml`); this computes them from count margins.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from service.errors import SourceError
from service.refdata.catalogue import line_of
from service.refdata.denied import load_denied

_LANGUAGES = ("en", "da", "sv", "nb", "fi")
_KEYS = frozenset({*_LANGUAGES, "of", "per", "unit", "topic", "weight", "source", "vintage", "level", "cells",
                   "out_of"})  # fmt: skip
Cells = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `of`/`per`: `table.column` patterns; a published one has `level` and no `of`.

    `cells` are the cells of the publisher's table that are summed (column -> codes; all without it), and
    `out_of` those that the sum is divided by. `where` is file and line of its definition.
    """

    code: str
    of: tuple[str, ...]
    per: tuple[str, ...]
    unit: str
    topic: str
    weight: str
    label: Mapping[str, str]
    source: str
    vintage: str
    level: str = ""
    cells: Cells = field(default_factory=dict)
    out_of: Cells = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """Figures of one variable per area code; `vintage` where the publisher's file says how old they are."""

    values: pd.Series
    vintage: str = ""


@dataclass(frozen=True, slots=True)
class VariableSet:
    """All variables of a country, and the cuts of `urbanity` (name -> lowest value of each condition).

    `source` is the main one, of the counts; `households` and `persons` are the counts that are everybody.
    """

    country: str
    source: str
    households: tuple[str, ...]
    persons: tuple[str, ...]
    variables: tuple[Variable, ...]
    urbanity: Mapping[str, Mapping[str, float]]

    def ratios(self) -> list[Variable]:
        """Variables computed from counts."""
        return [v for v in self.variables if v.of]

    def with_vintages(self, vintages: Mapping[str, str]) -> VariableSet:
        """The same, with the vintages of some variables as their files say."""
        changed = (replace(v, vintage=vintages.get(v.code, v.vintage)) for v in self.variables)
        return replace(self, variables=tuple(changed))

    def published(self) -> list[Variable]:
        """Variables that a publisher gives per area of one level."""
        return [v for v in self.variables if not v.of]

    def described(self, levels: Sequence[str]) -> list[dict[str, Any]]:
        """`variables.json` of a release; `levels` are those of the country, finest first."""
        return [
            {
                "code": v.code,
                "unit": v.unit,
                "topic": v.topic,
                "label": dict(v.label),
                "weight": v.weight,
                "source": v.source,
                "vintage": v.vintage,
                "levels": [v.level, "country"] if v.level else list(levels),
            }
            for v in self.variables
        ]


def load_variables(path: Path, vintages: Mapping[str, str]) -> VariableSet:
    """Reads a definition file; `vintages`: source id -> vintage. Raises SourceError with file and line."""
    try:
        text = path.read_text(encoding="utf-8")
        body = tomllib.loads(text)
        main = body["source"]
        variables = tuple(
            _variable(code, entry, main, vintages, f"{path.name}:{line_of(text, code, section)}")
            for section in ("ratios", "published")
            for code, entry in body.get(section, {}).items()
        )
        everybody = tuple(body["households"]), tuple(body["persons"])
        load_denied().refuse(path.name, [v.code for v in variables])
        return VariableSet(body["country"], main, *everybody, variables, body["urbanity"])
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SourceError(f"{path.name}: variables cannot be read ({error!r}).") from error


def _variable(
    code: str, entry: Mapping[str, Any], main: str, vintages: Mapping[str, str], where: str
) -> Variable:
    odd = [key for key in entry if key not in _KEYS]
    missing = [key for key in ("per", "unit", "topic", "weight", "en") if key not in entry]
    source = entry.get("source", main)
    if odd or missing or source not in vintages:
        wrong = (
            f"key {odd[0]!r} is not known; known are {', '.join(sorted(_KEYS))}"
            if odd
            else f"key {missing[0]!r} is missing; every variable states it"
            if missing
            else f"source {source!r} is not in the catalogue; add sources/{source}.toml"
        )
        raise SourceError(f"{where}: variable {code!r}: {wrong}.")
    return Variable(
        code=code,
        of=tuple(entry.get("of", ())),
        per=tuple(entry["per"]),
        unit=entry["unit"],
        topic=entry["topic"],
        weight=entry["weight"],
        label={k: entry[k] for k in _LANGUAGES if k in entry},
        source=source,
        vintage=entry.get("vintage", vintages[source]),
        level=entry.get("level", ""),
        cells=entry.get("cells", {}),
        out_of=entry.get("out_of", {}),
        where=where,
    )


def flatten_margins(margins: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All count tables side by side, columns `table.column`."""
    parts = [
        table.add_prefix(f"{name}.")
        for name, table in margins.items()
        if not table.select_dtypes("number").empty
    ]
    return pd.concat(parts, axis=1)


def _columns(counts: pd.DataFrame, patterns: Sequence[str], where: str) -> pd.DataFrame:
    columns: list[str] = []
    for pattern in patterns:
        hits = [c for c in counts.columns if fnmatch.fnmatchcase(c, pattern.replace("[", "[[]"))]
        if not hits:
            raise SourceError(f"{where}: no column of the margins is called {pattern!r}.")
        columns += hits
    return counts[list(dict.fromkeys(columns))]


def _total(counts: pd.DataFrame, patterns: Sequence[str], variable: Variable) -> np.ndarray:
    where = f"{variable.where}: variable {variable.code!r}"
    total: np.ndarray = _columns(counts, patterns, where).to_numpy(dtype=float).sum(axis=1)
    return total


def total_of(counts: pd.DataFrame, patterns: Sequence[str]) -> pd.Series:
    """Sum per area of the counts that match; NaN where none of them is published. Raises SourceError."""
    return _columns(counts, patterns, "households or persons").sum(axis=1, min_count=1)


def compute_ratios(variables: VariableSet, counts: pd.DataFrame) -> pd.DataFrame:
    """One column per ratio variable for the areas of `counts`; NaN where unknown or nothing to divide by.

    Raises SourceError.
    """
    columns: dict[str, Any] = {}
    for variable in variables.ratios():
        top = _total(counts, variable.of, variable)
        bottom = _total(counts, variable.per, variable)
        with np.errstate(divide="ignore", invalid="ignore"):
            columns[variable.code] = np.where(bottom > 0, top / bottom, np.nan)
    return pd.DataFrame(columns, index=counts.index)


def denominators(variable: Variable, counts: pd.DataFrame) -> pd.Series:
    """What a variable is weighted by when areas are averaged. Raises SourceError."""
    return pd.Series(_total(counts, variable.per, variable), index=counts.index)


def urbanity_of(variables: VariableSet, profiles: pd.DataFrame) -> np.ndarray:
    """0 rural, 1 town, 2 city per area, by the documented cuts; unknown figures count as rural."""
    urbanity = np.zeros(len(profiles), dtype=np.int8)
    for value, name in ((1, "town"), (2, "city")):
        holds = np.ones(len(profiles), dtype=bool)
        for code, lowest in variables.urbanity[name].items():
            holds &= profiles[code].fillna(-np.inf).to_numpy() >= lowest
        urbanity[holds] = value
    return urbanity
