"""A customer file of any size, counted per area: the finest area that each row names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from service.analyst.market import Market
from service.errors import InvalidInputError
from service.files.tables import open_pieces
from service.files.words import HEADINGS, find_headings

Floats = NDArray[np.float64]

LEVEL_COLUMN, AREA_COLUMN = "doorstep_area_level", "doorstep_area"
SEGMENT_COLUMN = "doorstep_segment"


@dataclass(slots=True)
class CustomerBase:
    """Customers per area. `counts` maps level -> [areas of the market's level]; `outcome_sums` the sum of
    the outcome there; `assigned` counts segments that `enrich file` wrote; `unplaced` rows name no area.
    """

    rows: int = 0
    unplaced: int = 0
    counts: dict[str, Floats] = field(default_factory=dict)
    outcome_sums: dict[str, Floats] = field(default_factory=dict)
    assigned: dict[str, int] = field(default_factory=dict)

    @property
    def placed(self) -> int:
        return self.rows - self.unplaced


def count_customers(path: Path, market: Market, outcome: str = "") -> CustomerBase:
    """Reads a CSV or Parquet file in pieces; memory does not grow with its rows.

    Raises InvalidInputError when no column names an area, or the outcome is missing or no number.
    """
    pieces, names = open_pieces(path)
    wanted = _columns(path, names, market, outcome)
    base = CustomerBase(
        counts={level.level: np.zeros(len(level.codes)) for level in market.levels},
        outcome_sums={level.level: np.zeros(len(level.codes)) for level in market.levels},
    )
    indexes = {level.level: pd.Index(level.codes) for level in market.levels}
    for piece in pieces:
        _count_piece(path, piece, base, market, wanted, indexes, outcome)
    if base.rows == 0:
        raise InvalidInputError(f"{path} has no rows; give a customer file.")
    return base


def _columns(path: Path, names: Sequence[str], market: Market, outcome: str) -> dict[str, str]:
    folded = {name.strip().lower(): name for name in names}
    wanted = find_headings(names, [level.level for level in market.levels if level.level in HEADINGS])
    if LEVEL_COLUMN in folded and AREA_COLUMN in folded:
        wanted |= {LEVEL_COLUMN: folded[LEVEL_COLUMN], AREA_COLUMN: folded[AREA_COLUMN]}
    if not wanted:
        raise InvalidInputError(
            f"{path}: no column names an area among {', '.join(names[:12])}. Run `enrich file` on it first, "
            "which adds them from the addresses, or give a postcode column."
        )
    if SEGMENT_COLUMN in folded:
        wanted[SEGMENT_COLUMN] = folded[SEGMENT_COLUMN]
    if outcome:
        if outcome not in names:
            raise InvalidInputError(f"{path} has no column {outcome!r} for the outcome.")
        wanted["outcome"] = outcome
    return wanted


def _count_piece(
    path: Path,
    piece: pa.RecordBatch,
    base: CustomerBase,
    market: Market,
    wanted: Mapping[str, str],
    indexes: Mapping[str, pd.Index],
    outcome: str,
) -> None:
    texts = {key: _texts(piece[name]) for key, name in wanted.items() if key != "outcome"}
    values = _numbers(path, piece[wanted["outcome"]], base.rows, outcome) if outcome else None
    free = np.ones(piece.num_rows, dtype=bool)
    for level in market.levels:
        candidates = []
        if LEVEL_COLUMN in texts:
            named = texts[LEVEL_COLUMN].to_numpy() == level.level
            candidates.append(texts[AREA_COLUMN].where(named, ""))
        if level.level in texts:
            candidates.append(texts[level.level])
        for codes in candidates:
            rows = indexes[level.level].get_indexer(pd.Index(_padded(codes, market.country, level.codes)))
            hit = free & (rows >= 0)
            base.counts[level.level] += np.bincount(rows[hit], minlength=len(level.codes))
            if values is not None:
                base.outcome_sums[level.level] += np.bincount(
                    rows[hit], weights=values[hit], minlength=len(level.codes)
                )
            free &= ~hit
    if SEGMENT_COLUMN in texts:
        for code, count in texts[SEGMENT_COLUMN].value_counts().items():
            if code:
                base.assigned[str(code)] = base.assigned.get(str(code), 0) + int(count)
    base.rows += piece.num_rows
    base.unplaced += int(free.sum())


def _texts(column: pa.Array) -> pd.Series:
    return pd.Series(column.cast(pa.string()).to_pandas(), dtype="object").fillna("").str.strip()


def _padded(codes: pd.Series, country: str, known: Sequence[str]) -> pd.Series:
    """Codes as the release writes them: without a country prefix, with the zeros that a sheet dropped."""
    widths = {len(code) for code in known}
    if len(widths) != 1 or not all(code.isdigit() for code in known):
        return codes
    plain = codes.str.replace(rf"^{re.escape(country)}[- ]?", "", regex=True, case=False)
    plain = plain.str.replace(r"\.0$", "", regex=True)
    return plain.where(plain == "", plain.str.zfill(widths.pop()))


def _numbers(path: Path, column: pa.Array, before: int, name: str) -> Floats:
    values = pd.to_numeric(pd.Series(column.to_pandas()), errors="coerce")
    wrong = values.isna().to_numpy()
    if wrong.any():
        row = before + int(np.argmax(wrong)) + 2
        raise InvalidInputError(
            f"{path}: row {row}, column {name!r} is no number; write 0 or 1, or an amount."
        )
    return values.to_numpy(dtype=np.float64)


def count_values(path: Path, column: str) -> dict[str, int]:
    """How often each value of one column occurs. Raises InvalidInputError for a column that is not there."""
    pieces, names = open_pieces(path)
    if column not in names:
        raise InvalidInputError(f"{path} has no column {column!r}; it has {', '.join(names[:12])}.")
    counts: dict[str, int] = {}
    for piece in pieces:
        for value, count in _texts(piece[column]).value_counts().items():
            counts[str(value)] = counts.get(str(value), 0) + int(count)
    return counts
