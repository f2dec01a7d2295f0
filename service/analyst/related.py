"""Related segments, what each segment is like, and survey answers joined by segment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from service.analyst.market import Market
from service.analyst.tables import AnalystTable
from service.errors import InvalidInputError
from service.files.tables import is_parquet, open_pieces
from service.files.words import MISSING
from service.segment.compare import Z

Floats = NDArray[np.float64]


def segment_figures(market: Market) -> tuple[Floats, Floats]:
    """Mean of each variable over the segment's expected households [segments, variables], and the
    spread of the variable over all households [variables].
    """
    areas = market.finest
    known = np.isfinite(areas.figures)
    filled = np.where(known, areas.figures, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (areas.expected.T @ filled) / (areas.expected.T @ known)
        weights = areas.households[:, None] * known
        middle = (weights * filled).sum(axis=0) / weights.sum(axis=0)
        spread = np.sqrt((weights * (filled - middle) ** 2).sum(axis=0) / weights.sum(axis=0))
    return means, spread


def related_table(market: Market, language: str = "en") -> AnalystTable:
    """For every pair of segments: how alike the areas are that they live in."""
    means, spread = segment_figures(market)
    usable = np.isfinite(means).all(axis=0) & (spread > 0)
    scaled = means[:, usable] / spread[usable]
    segments, areas = market.definitions.segments, market.finest
    weights = areas.households / areas.households.sum()
    centred = areas.shares - weights @ areas.shares
    covariance = (centred * weights[:, None]).T @ centred
    scale = np.sqrt(np.diag(covariance))
    rows = []
    for i, one in enumerate(segments):
        apart = np.sqrt(((scaled - scaled[i]) ** 2).mean(axis=1))
        for rank, j in enumerate(np.argsort(apart, kind="stable")[1:], start=1):
            other = segments[int(j)]
            r = covariance[i, j] / (scale[i] * scale[j])
            rows.append((one.code, one.name(language), rank, other.code, other.name(language), apart[j], r))
    names = ["segment", "name", "rank", "related", "related_name", "distance", "together"]
    return AnalystTable(
        "related_segments",
        "Related segments",
        pd.DataFrame(rows, columns=names),
        {
            "segment": "Code of the segment.",
            "name": "Its name.",
            "rank": "1 is the most alike.",
            "related": "The other segment.",
            "related_name": "Its name.",
            "distance": "Mean difference of their areas' open figures, in standard deviations.",
            "together": "Correlation of their shares over areas: positive, they live in the same places.",
        },
    )


def survey_table(path: Path, market: Market, questions: list[str], language: str = "en") -> AnalystTable:
    """Survey answers by segment. The file names an area per respondent and a column per question.

    A respondent counts in every segment by its probability in their area, so the answers of a segment
    are those of the areas where it is common. Raises InvalidInputError.
    """
    frame = _read(path)
    if not questions:
        raise InvalidInputError(f"{path}: name at least one question with --question COLUMN.")
    if missing := [name for name in questions if name not in frame.columns]:
        raise InvalidInputError(
            f"{path} has no column {missing[0]!r}; it has {', '.join(frame.columns[:12])}."
        )
    shares = _respondent_shares(path, frame, market)
    placed = np.isfinite(shares).all(axis=1)
    rows = []
    for question in questions:
        for answer, chosen in _answers(frame[question]):
            known = placed & frame[question].notna().to_numpy()
            rows += _by_segment(market, shares[known], chosen[known], (question, answer), language)
    names = ["question", "answer", "segment", "name", "share", "everybody", "index"]
    names += ["index_low", "index_high", "respondents"]
    return AnalystTable(
        "survey",
        "Survey answers by segment",
        pd.DataFrame(rows, columns=names),
        {
            "question": "Column of the survey.",
            "answer": "Answer, or 'mean' for a number.",
            "segment": "Code of the segment.",
            "name": "Its name.",
            "share": "Share that gives the answer (or the mean), respondents weighted by P(segment).",
            "everybody": "The same over all placed respondents.",
            "index": "share / everybody × 100.",
            "index_low": "Lower end of the 95 % interval.",
            "index_high": "Upper end of the interval.",
            "respondents": "Effective respondents: (Σ p)² / Σ p².",
        },
    )


def _read(path: Path) -> pd.DataFrame:
    """The survey; of a CSV everything is text, and what people write for missing is missing."""
    pieces, names = open_pieces(path)
    read = list(pieces)
    if not read:
        raise InvalidInputError(f"{path} has no rows; it has {', '.join(names[:12])}.")
    frame: pd.DataFrame = pa.Table.from_batches(read).to_pandas()
    if is_parquet(path):
        return frame
    return frame.mask(frame.apply(lambda column: column.str.strip().str.lower().isin(MISSING)))


def _respondent_shares(path: Path, frame: pd.DataFrame, market: Market) -> Floats:
    shares = np.full((len(frame), len(market.definitions.segments)), np.nan)
    named = [level for level in market.levels if level.level in frame.columns]
    if not named:
        levels = ", ".join(level.level for level in market.levels)
        raise InvalidInputError(f"{path}: no column names an area; add one of {levels}.")
    for level in reversed(named):  # finest last, so that it wins
        rows = pd.Index(level.codes).get_indexer(pd.Index(frame[level.level].astype(str)))
        shares[rows >= 0] = level.shares[rows[rows >= 0]]
    return shares


def _answers(column: pd.Series) -> list[tuple[str, Floats]]:
    numbers = pd.to_numeric(column, errors="coerce")
    if column.nunique() > 2 and (numbers.notna() == column.notna()).all():
        return [("mean", numbers.fillna(0).to_numpy(dtype=np.float64))]
    values = sorted(column.dropna().unique(), key=str)
    return [(str(value), (column == value).to_numpy(dtype=np.float64)) for value in values]


def _by_segment(
    market: Market, shares: Floats, chosen: Floats, head: tuple[str, str], language: str
) -> list[tuple[object, ...]]:
    everybody = float(chosen.mean()) if len(chosen) else float("nan")
    rows: list[tuple[object, ...]] = []
    for number, segment in enumerate(market.definitions.segments):
        weights = shares[:, number]
        total = float(weights.sum())
        mean = float(weights @ chosen / total) if total > 0 else float("nan")
        error = (
            float(np.sqrt((weights**2 * (chosen - mean) ** 2).sum()) / total) if total > 0 else float("nan")
        )
        low, high = mean - Z * error, mean + Z * error
        effective = total**2 / float((weights**2).sum()) if total > 0 else 0.0
        scale = 100 / everybody if everybody else float("nan")
        rows.append(
            (
                *head,
                segment.code,
                segment.name(language),
                mean,
                everybody,
                mean * scale,
                low * scale,
                high * scale,
                effective,
            )
        )
    return rows
