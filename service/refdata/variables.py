"""Harmonised variables: sums of counts over sums of counts, so that every level rolls up exactly.

Definitions are data (`reference_data/variables/<CC>.toml`); this computes them from count margins.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from service.errors import SourceError
from service.refdata.catalogue import DEFAULT_SOURCES
from service.refdata.denied import load_denied

DEFAULT_VARIABLES = DEFAULT_SOURCES.parent / "variables"
_LANGUAGES = ("en", "da", "sv", "nb", "fi")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `of`/`per`: `table.column` patterns; a published one has `level` and no `of`."""

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


@dataclass(frozen=True, slots=True)
class VariableSet:
    """All variables of a country, and the cuts of `urbanity` (name -> lowest value of each condition)."""

    country: str
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


def load_variables(path: Path, vintages: Mapping[str, str]) -> VariableSet:
    """Reads a definition file; `vintages`: source id -> vintage. Raises SourceError naming the variable."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
        main = body["source"]
        variables = []
        for code, entry in [*body["ratios"].items(), *body.get("published", {}).items()]:
            source = entry.get("source", main)
            variables.append(
                Variable(
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
                )
            )
        urbanity = body["urbanity"]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SourceError(f"{path.name}: variables cannot be read ({error!r}).") from error
    load_denied().refuse(path.name, [v.code for v in variables])
    return VariableSet(body["country"], tuple(variables), urbanity)


def flatten_margins(margins: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All count tables side by side, columns `table.column`."""
    parts = [
        table.add_prefix(f"{name}.")
        for name, table in margins.items()
        if not table.select_dtypes("number").empty
    ]
    return pd.concat(parts, axis=1)


def _total(counts: pd.DataFrame, patterns: Sequence[str], code: str) -> np.ndarray:
    columns: list[str] = []
    for pattern in patterns:
        hits = [c for c in counts.columns if fnmatch.fnmatchcase(c, pattern.replace("[", "[[]"))]
        if not hits:
            raise SourceError(f"variable {code}: no column of the margins is called {pattern!r}.")
        columns += hits
    total: np.ndarray = counts[list(dict.fromkeys(columns))].to_numpy(dtype=float).sum(axis=1)
    return total


def compute_ratios(variables: VariableSet, counts: pd.DataFrame) -> pd.DataFrame:
    """One column per ratio variable for the areas of `counts`; NaN where unknown or nothing to divide by."""
    columns: dict[str, Any] = {}
    for variable in variables.ratios():
        top = _total(counts, variable.of, variable.code)
        bottom = _total(counts, variable.per, variable.code)
        with np.errstate(divide="ignore", invalid="ignore"):
            columns[variable.code] = np.where(bottom > 0, top / bottom, np.nan)
    return pd.DataFrame(columns, index=counts.index)


def denominators(variable: Variable, counts: pd.DataFrame) -> pd.Series:
    """What a variable is weighted by when areas are averaged."""
    return pd.Series(_total(counts, variable.per, variable.code), index=counts.index)


def urbanity_of(variables: VariableSet, profiles: pd.DataFrame) -> np.ndarray:
    """0 rural, 1 town, 2 city per area, by the documented cuts; unknown figures count as rural."""
    urbanity = np.zeros(len(profiles), dtype=np.int8)
    for value, name in ((1, "town"), (2, "city")):
        holds = np.ones(len(profiles), dtype=bool)
        for code, lowest in variables.urbanity[name].items():
            holds &= profiles[code].fillna(-np.inf).to_numpy() >= lowest
        urbanity[holds] = value
    return urbanity
