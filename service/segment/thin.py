"""When the evidence is too thin to treat a lead as one of a segment.

Each threshold is named with its reason; a lead under any of them gets the standard flow.
"""

from __future__ import annotations

from typing import Literal

# Fewer households than this in the finest area: its figures say more about chance and disclosure
# control than about the lead (and its parent area already speaks louder than it does).
LEAST_HOUSEHOLDS = 100.0
# The likeliest segment must be clearly more common here than in the market. The estimator puts 6 % of
# people in the wrong cell; a third of that in one segment of average size (8 %) is a quarter of it …
LEAST_INDEX = 130.0
# … and at least this likely: under one in five, four of five such leads would be treated as what they
# are not.
LEAST_PROBABILITY = 0.20
# The whole distribution must differ from the market's: 0.1 bit is what an address tells that moves the
# largest segment (18 %) by five percentage points.
LEAST_BITS = 0.1

Thinness = Literal["few_households", "not_distinct"]


def thin_reason(households: float, probability: float, index: float, bits: float) -> Thinness | None:
    """Why the evidence is thin, or None if it is not.

    `index` is the likeliest segment's probability over its share of the market × 100; `bits` is the
    relative entropy of the distribution against the market's shares.
    """
    if households < LEAST_HOUSEHOLDS:
        return "few_households"
    if probability < LEAST_PROBABILITY or index < LEAST_INDEX or bits < LEAST_BITS:
        return "not_distinct"
    return None
