"""Market potential per area, own penetration, white spots, and where to begin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import poisson

from service.analyst.customers import CustomerBase
from service.analyst.market import Market
from service.analyst.profile import base_means
from service.analyst.reach import segment_reach
from service.analyst.tables import AnalystTable

Floats = NDArray[np.float64]
WHITE_SPOT_CHANCE = 0.01  # chance of so few customers or fewer, if the area bought like others of its kind
WHITE_SPOT_EXPECTED = 5.0  # expected customers below which nothing is said


def potential_table(market: Market, level: str) -> AnalystTable:
    """Expected households per segment for every area of a level, largest areas first."""
    areas = market.level(level)
    codes = market.definitions.codes
    frame = pd.DataFrame({"area": areas.codes, "name": areas.names, "households": areas.households})
    frame = pd.concat([frame, pd.DataFrame(areas.expected, columns=list(codes))], axis=1)
    with np.errstate(invalid="ignore"):
        lead = (areas.shares / market.shares).argmax(axis=1)
    frame["standing_out"] = [codes[n] for n in lead]
    frame = frame.sort_values(["households", "area"], ascending=[False, True], ignore_index=True)
    meaning = {"area": f"Code of the {level}.", "name": "Its name.", "households": "Households living there."}
    meaning |= {code: f"Expected households of segment {code}." for code in codes}
    meaning["standing_out"] = "Segment with the highest index against the country."
    return AnalystTable(f"potential_{level}", f"Market potential by {level}", frame, meaning)


def penetration_table(market: Market, base: CustomerBase, level: str) -> AnalystTable:
    """Own penetration and index per area, and areas with fewer customers than their segments promise.

    Customers counted at this level or a finer one that lies in it are not merged: only rows that name
    this level count, so choose the level that the file names.
    """
    areas, customers = market.level(level), base.counts[level]
    total, households = customers.sum(), areas.households.sum()
    expected = expected_customers(market, base, level)
    frame = pd.DataFrame(
        {
            "area": areas.codes,
            "name": areas.names,
            "households": areas.households,
            "customers": customers.astype(int),
            "expected": expected,
        }
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        frame["penetration"] = np.where(areas.households > 0, customers / areas.households, np.nan)
        frame["index"] = 100 * frame["penetration"] / (total / households)
        frame["index_for_its_kind"] = np.where(expected > 0, 100 * customers / expected, np.nan)
    frame["missing"] = np.maximum(expected - customers, 0.0)
    chance = poisson.cdf(customers, expected)
    frame["white_spot"] = (expected >= WHITE_SPOT_EXPECTED) & (chance <= WHITE_SPOT_CHANCE)
    frame = frame.sort_values(["white_spot", "missing"], ascending=False, ignore_index=True)
    return AnalystTable(
        f"penetration_{level}",
        f"Own penetration and white spots by {level}",
        frame,
        {
            "area": f"Code of the {level}.",
            "name": "Its name.",
            "households": "Households living there.",
            "customers": "Customers in the file there.",
            "expected": "Customers if every segment bought as it does over the country.",
            "penetration": "Customers / households.",
            "index": "Penetration over that of the country × 100.",
            "index_for_its_kind": "Customers over expected × 100, against areas with its households.",
            "missing": "Expected less customers, 0 if negative.",
            "white_spot": "Too few customers to be chance (Poisson, 1 in 100), with at least five expected.",
        },
    )


def expected_customers(market: Market, base: CustomerBase, level: str) -> Floats:
    """Customers per area if every segment bought everywhere as it does over the country, [areas]."""
    areas, customers = market.level(level), base.counts[level]
    if customers.sum() == 0:
        return np.zeros(len(areas.codes))
    expected: Floats = areas.expected @ segment_reach(areas.expected, customers)
    expected *= customers.sum() / expected.sum()
    return expected


def focus_table(
    market: Market, base: CustomerBase | None, margins: Mapping[str, float], language: str = "en"
) -> AnalystTable:
    """Where to begin: segments by potential × index × margin."""
    segments = market.definitions.segments
    households = market.finest.expected.sum(axis=0)
    index = np.ones(len(segments))
    customers = np.zeros(len(segments))
    if base is not None:
        mean, _, _ = base_means(base, market, "shares")
        index, customers = mean / market.shares, mean * base.placed
    potential = np.maximum(households - customers, 0.0)
    margin = np.array([float(margins.get(segment.code, 1.0)) for segment in segments])
    score = potential * index * margin
    frame = pd.DataFrame(
        {
            "segment": [segment.code for segment in segments],
            "name": [segment.name(language) for segment in segments],
            "potential": potential,
            "index": 100 * index,
            "margin": margin,
            "score": 100 * score / score.max(),
            "priority": [segment.card.priority for segment in segments],
            "channels": [", ".join(segment.card.channels) for segment in segments],
            "media": [segment.card.media for segment in segments],
        }
    ).sort_values("score", ascending=False, ignore_index=True)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return AnalystTable(
        "focus",
        "Where to begin: potential × index × margin",
        frame,
        {
            "rank": "1 is the first to work on.",
            "segment": "Code of the segment.",
            "name": "Its name.",
            "potential": "Households of the segment that are not customers yet.",
            "index": "Base over market × 100 (100 without a customer file).",
            "margin": "Margin per customer as given (1 where none is).",
            "score": "potential × index × margin, 100 for the highest.",
            "priority": "Priority on the segment's card.",
            "channels": "Channels on the segment's card.",
            "media": "Broad or precise, on the segment's card.",
        },
    )
