"""Base against market: where the customers live compared with where everybody lives.

A customer file tells areas, not households, so a customer counts with the figures and the segment
distribution of the area. Intervals are 95 %, with the customers of one area as one cluster (they share
every figure, and often the campaign that won them), so they are wider than a mere count would suggest.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.analyst.customers import CustomerBase
from service.analyst.market import Market
from service.analyst.reach import household_index
from service.analyst.tables import AnalystTable
from service.segment import compare
from service.segment.compare import Z

Floats = NDArray[np.float64]

LEAST_CUSTOMERS = 500  # below it the segments of a base cannot be told apart from its areas


def base_means(base: CustomerBase, market: Market, what: str) -> tuple[Floats, Floats, Floats]:
    """Mean over customers of `figures` or `shares`, its standard error, and customers with a known value."""
    return compare.base_means(
        [(getattr(level, what), base.counts[level.level], level.households) for level in market.levels]
    )


def profile_variables(base: CustomerBase, market: Market) -> AnalystTable:
    """Every variable: mean over the base, mean of the market, index and its interval."""
    mean, error, known = base_means(base, market, "figures")
    frame = pd.DataFrame(
        {
            "variable": [note.code for note in market.variables],
            "label": [note.label for note in market.variables],
            "topic": [note.topic for note in market.variables],
            "unit": [note.unit for note in market.variables],
            "base": mean,
            "market": market.national,
            "customers": known.astype(int),
        }
    )
    _add_index(frame, error)
    frame["vintage"] = [note.vintage for note in market.variables]
    frame["source"] = [note.source for note in market.variables]
    frame = frame.sort_values("distance", ascending=False, ignore_index=True)
    return AnalystTable(
        "profile_variables",
        "Base against market: open figures of the areas",
        frame,
        {
            "variable": "Code of the variable.",
            "label": "Its name.",
            "topic": "What it is about.",
            "unit": "Unit of base and market.",
            "base": "Mean over the customers of the figure of the area they live in.",
            "market": "The same figure of the whole country.",
            "customers": "Customers whose area has the figure.",
            "index": "base / market × 100.",
            "index_low": "Lower end of the 95 % interval of the index; customers of an area are one cluster.",
            "index_high": "Upper end of the interval.",
            "distance": "Standard errors between base and market; sorts the table.",
            "vintage": "Date that the figure describes.",
            "source": "Source in the catalogue.",
        },
    )


def profile_segments(
    base: CustomerBase, market: Market, target: dict[str, float] | None = None, language: str = "en"
) -> AnalystTable:
    """Every segment: share in base and market, index with interval, and the declared target beside it."""
    mean, error, _ = base_means(base, market, "shares")
    segments = market.definitions.segments
    frame = pd.DataFrame(
        {
            "segment": [segment.code for segment in segments],
            "name": [segment.name(language) for segment in segments],
            "base": mean,
            "market": market.shares,
            "customers": mean * base.placed,
        }
    )
    _add_index(frame, error)
    meaning = {
        "segment": "Code of the segment.",
        "name": "Its name.",
        "base": "Expected share of the customers, from the areas they live in.",
        "market": "Share of all households of the country.",
        "customers": "Expected customers of the segment.",
        "index": "base / market × 100: over 100 is over-represented.",
        "index_low": "Lower end of the 95 % interval of the index; customers of an area are one cluster.",
        "index_high": "Upper end of the interval.",
        "distance": "Standard errors between base and market.",
    }
    level = max(market.levels, key=lambda area: float(base.counts[area.level].sum()))
    if base.counts[level.level].sum() >= LEAST_CUSTOMERS and len(level.codes) > len(segments):
        found = household_index(level.expected, base.counts[level.level])
        frame["household_index"], frame["household_low"], frame["household_high"] = found
        meaning |= {
            "household_index": "Penetration of the segment's own households over that of all × 100, "
            "told apart from the areas (estimated, as if the same everywhere).",
            "household_low": "Lower end of its 95 % interval, by resampling areas.",
            "household_high": "Upper end of it.",
        }
    if base.assigned:
        total = sum(base.assigned.values())
        frame["assigned"] = [base.assigned.get(segment.code, 0) / total for segment in segments]
        meaning["assigned"] = (
            "Share whose likeliest segment this is, as `enrich file` wrote (no expectation)."
        )
    if target:
        frame["target"] = [target.get(segment.code, 0.0) for segment in segments]
        frame["target_gap"] = frame["base"] - frame["target"]
        frame["target_met"] = (frame["target_gap"].abs() <= Z * error).tolist()
        meaning |= {
            "target": "Declared share of the target group.",
            "target_gap": "Base less target: what the real base has more of than was meant.",
            "target_met": "Whether the target lies within the interval of the base.",
        }
    return AnalystTable("profile_segments", "Base against market: segments", frame, meaning)


def _add_index(frame: pd.DataFrame, error: Floats) -> None:
    market = frame["market"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["index"] = 100 * frame["base"] / market
        frame["index_low"] = 100 * (frame["base"] - Z * error) / market
        frame["index_high"] = 100 * (frame["base"] + Z * error) / market
        frame["distance"] = (frame["base"] - market).abs() / error
