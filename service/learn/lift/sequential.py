"""Intervals and alarms that stay valid while they are watched. Standard library only, for serving.

Interval: the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024, Annals of
Statistics 52), a normal mixture after Robbins (1970): looking daily and stopping when one likes keeps the
error rate. Sample-ratio mismatch: the Dirichlet-multinomial mixture of Lindon & Malek (2022).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from service.learn.statistics import ALPHA

TIGHTEST_AT = 5000  # decisions at which the interval is narrowest; fixed beforehand, never from the outcomes
SRM_WEIGHT = 50.0  # how many decisions' worth of belief the planned shares have in the alarm
SRM_ALPHA = 0.001  # a false alarm stops people's work: one in a thousand experiments, watched for ever
_BOUNDARY = -2 * math.log(ALPHA)
RHO2 = (_BOUNDARY + math.log(_BOUNDARY + 1)) / TIGHTEST_AT


@dataclass(frozen=True, slots=True)
class Watched:
    """A difference with its always-valid interval and p-value (1 until something shows)."""

    value: float
    low: float
    high: float
    p: float


def watched_difference(value: float, variance: float, decisions: float) -> Watched:
    """The interval at this moment for a difference whose estimate has `variance`.

    `decisions` are those that inform it: with sides of n and m, 4nm / (n + m), which is all of them when the
    sides are equal. Counting all would call an interval on a small holdout mature too early.
    """
    grown = decisions * RHO2
    if variance <= 0 or decisions <= 0:
        return Watched(value, -math.inf, math.inf, 1.0)
    margin = math.sqrt(variance * 2 * (grown + 1) / grown * math.log(math.sqrt(grown + 1) / ALPHA))
    exponent = value**2 / variance * grown / (2 * (grown + 1))
    p = min(1.0, math.exp(min(0.5 * math.log(grown + 1) - exponent, 0.0)))
    return Watched(value, value - margin, value + margin, p)


def ratio_mismatch_p(counts: Sequence[float], shares: Sequence[float]) -> float:
    """Always-valid p-value that counts came from the planned shares (which sum to 1)."""
    total = sum(counts)
    log_factor = math.lgamma(SRM_WEIGHT) - math.lgamma(SRM_WEIGHT + total)
    for count, share in zip(counts, shares, strict=True):
        prior = SRM_WEIGHT * share
        log_factor += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(share)
    return min(1.0, math.exp(min(-log_factor, 0.0)))


def decisions_needed(rate: float, difference: float) -> int | None:
    """Decisions per side to see this difference of rates with 80 % power (Lehr 1992: 16 p(1 − p) / d²)."""
    if difference == 0 or not 0 < rate < 1:
        return None
    return math.ceil(16 * rate * (1 - rate) / difference**2)
