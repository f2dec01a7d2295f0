"""The national seed: one table over the 384 cells that carries the association of the attributes.

Built from pairs of attributes (a TOML file per country that names its sources) by fitting: the table
that agrees with every pair and with the national margins, and assumes nothing beyond them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import SourceError
from service.refdata.joint.margins import AreaMargins
from service.segment.cells import AXIS, CELL_ATTRIBUTES, SHAPE
from service.segment.fitting import FLOOR, Margin, fit_tables, regress_shares

Floats = NDArray[np.float64]
REGISTER = ("life_stage", "children", "dwelling", "tenure")  # what BOL204 tells jointly
LEAST_REST = 0.02  # least share left to a row that no publisher gives, as a part of its national share


@dataclass(frozen=True, slots=True)
class SeedFile:
    """One country's seed file, as written."""

    path: Path
    pairs: tuple[dict[str, Any], ...]
    children_per_household: Floats
    sources: tuple[str, ...]

    def rows(self, first: str, second: str) -> Floats:
        """Published P(second | first) of one pair, [k, m]; NaN where the file gives none.

        Raises SourceError for a pair that the file does not have.
        """
        for pair in self.pairs:
            if (pair["first"], pair["second"]) == (first, second):
                return _written_rows(self.path, pair)
        raise SourceError(f"{self.path}: no pair {first} × {second}; add one with its source.")


def load_seed_file(path: Path) -> SeedFile:
    """Reads a country's `seed.toml`. Raises SourceError that names the file and what to do."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{path}: no seed ({error.strerror}); write one.") from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{path}: not valid TOML ({error}); correct it.") from error
    pairs = tuple(written.get("pair", ()))
    for pair in pairs:
        for key in ("first", "second"):
            if pair.get(key) not in CELL_ATTRIBUTES:
                raise SourceError(f"{path}: {key} = {pair.get(key)!r} is no cell attribute; correct it.")
        if not pair.get("source"):
            raise SourceError(f"{path}: pair {pair['first']} × {pair['second']} names no source; name it.")
    per = written.get("children_per_household", {})
    counts = np.array([float(per[name]) for name in CELL_ATTRIBUTES["dwelling"]])
    sources = tuple(dict.fromkeys([*(str(pair["source"]) for pair in pairs), str(per["source"])]))
    return SeedFile(path, pairs, counts, sources)


def build_seed(file: SeedFile, margins: AreaMargins, register: Floats | None = None) -> Floats:
    """The seed table, shape SHAPE, summing to 1, with the national margins of `margins`.

    `register` is the official joint of REGISTER attributes as persons [4, 2, 4, 2] (see `bol204`); it
    replaces every published pair within those attributes, and takes only the split of those who do not
    own (cooperative, social, other rent) from the fit of tenure on dwelling.
    """
    totals = {name: margins.national(name) for name in CELL_ATTRIBUTES}
    constraints = [Margin((AXIS[name],), shares[None]) for name, shares in totals.items()]
    if register is not None:
        table = _fit_to(totals, _split_tenures(file, margins, register))
        constraints.append(Margin(tuple(AXIS[name] for name in REGISTER), table[None]))
    for pair in file.pairs:
        first, second = pair["first"], pair["second"]
        if register is None or not {first, second} <= set(REGISTER):
            constraints.append(_pair_margin(first, second, pair_rows(file, pair, margins), totals))
    fitted: Floats = fit_tables(np.ones(SHAPE), constraints)[0]
    return fitted


def _split_tenures(file: SeedFile, margins: AreaMargins, register: Floats) -> Floats:
    """[life, children, dwelling, owner or not] persons as shares with all four tenures."""
    pair = next(p for p in file.pairs if (p["first"], p["second"]) == ("dwelling", "tenure"))
    renting = pair_rows(file, pair, margins)[:, 1:] + FLOOR
    renting /= renting.sum(axis=1, keepdims=True)
    table = np.concatenate([register[..., :1], register[..., 1:] * renting], axis=-1)
    shares: Floats = table / table.sum()
    return shares


def _fit_to(totals: Mapping[str, Floats], table: Floats) -> Floats:
    """The register's persons brought to the household margins, so that all constraints agree."""
    margins = [Margin((axis,), totals[name][None]) for axis, name in enumerate(REGISTER)]
    fitted: Floats = fit_tables(table, margins)[0]
    return fitted


def pair_rows(file: SeedFile, pair: dict[str, Any], margins: AreaMargins) -> Floats:
    """P(second | first) as [k, m] without gaps: published, or estimated from the areas.

    Raises SourceError for a value that the pair does not have.
    """
    first, second = pair["first"], pair["second"]
    if pair.get("fit") == "areas":
        return _rows_from_areas(pair, margins)
    basis = margins.adults if pair["basis"] == "adults" else None
    first_shares = margins.national(first) if basis is None else basis[first]
    second_shares = margins.national(second) if basis is None else basis[second]
    rows = _written_rows(file.path, pair)
    for row in rows:  # what a row leaves open shares the rest by its own total
        gap = np.isnan(row)
        if gap.any() and not gap.all():
            rest = max(0.0, 1 - float(np.nansum(row)))
            row[gap] = rest * second_shares[gap] / max(float(second_shares[gap].sum()), FLOOR)
    missing = np.isnan(rows).all(axis=1)
    if missing.any():
        used = (first_shares[~missing, None] * rows[~missing]).sum(axis=0)
        left = np.maximum(second_shares - used, LEAST_REST * second_shares)
        rows[missing] = left / left.sum()
    rows /= rows.sum(axis=1, keepdims=True)
    return rows


def _rows_from_areas(pair: dict[str, Any], margins: AreaMargins) -> Floats:
    first, second = pair["first"], pair["second"]
    known = margins.published
    explaining, explained = margins.shares[first][known], margins.shares[second][known]
    values = CELL_ATTRIBUTES[first]
    groups = [tuple(values.index(v) for v in group) for group in pair.get("together", [])]
    groups = groups or [(number,) for number in range(len(values))]
    grouped = np.stack([explaining[:, group].sum(axis=1) for group in groups], axis=1)
    fitted = regress_shares(grouped, explained, margins.households[known])
    rows = np.empty((len(values), explained.shape[1]))
    for group, row in zip(groups, fitted, strict=True):
        rows[list(group)] = row
    trust = float(pair["trust"])
    return trust * rows + (1 - trust) * margins.national(second)


def _written_rows(path: Path, pair: dict[str, Any]) -> Floats:
    first, second = CELL_ATTRIBUTES[pair["first"]], CELL_ATTRIBUTES[pair["second"]]
    rows = np.full((len(first), len(second)), np.nan)
    for name, written in pair.get("rows", {}).items():
        if name not in first:
            raise SourceError(f"{path}: {pair['first']} has no value {name!r}; known are {', '.join(first)}.")
        for value, share in written.items():
            if value not in second:
                raise SourceError(
                    f"{path}: {pair['second']} has no value {value!r}; known are {', '.join(second)}."
                )
            rows[first.index(name), second.index(value)] = float(share)
    return rows


def _pair_margin(first: str, second: str, rows: Floats, totals: Mapping[str, Floats]) -> Margin:
    """The pair as a two-way table with the odds of `rows` and the given totals."""
    start = totals[first][:, None] * rows
    table = fit_tables(start, [Margin((0,), totals[first][None]), Margin((1,), totals[second][None])])[0]
    axes = (AXIS[first], AXIS[second])
    if axes[0] > axes[1]:
        axes, table = (axes[1], axes[0]), table.T
    return Margin(axes, table[None])
