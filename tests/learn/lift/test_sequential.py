"""Intervals, alarms and sample sizes, against cases worked out by hand."""

from __future__ import annotations

import math

import pytest
from scipy.special import betaln

from service.learn.lift.sequential import (
    RHO2,
    SRM_ALPHA,
    SRM_WEIGHT,
    TIGHTEST_AT,
    decisions_needed,
    ratio_mismatch_p,
    watched_difference,
)


@pytest.mark.parametrize(
    ("rate", "difference", "decisions"),
    [
        (0.5, 0.25, 64),  # 16 × 1/4 / 1/16
        (0.5, -0.25, 64),
        (0.25, 0.125, 192),  # 16 × 3/16 / 1/64
        (0.75, 0.125, 192),
        (0.5, 0.75, 8),  # 4 / 9/16 is 7.1: seven are not enough
        (0.5, 0.0, None),
        (0.0, 0.1, None),
        (1.0, 0.1, None),
    ],
)
def test_the_decisions_that_a_difference_needs_are_lehrs(
    rate: float, difference: float, decisions: int | None
) -> None:
    assert decisions_needed(rate, difference) == decisions


@pytest.mark.parametrize("decisions", [50, 5000, 80_000])
@pytest.mark.parametrize("value", [0.0, 0.02, -0.005])
def test_the_interval_is_the_normal_mixtures(value: float, decisions: int) -> None:
    """In the form of Waudby-Smith et al. (2024): σ √(2 (tρ² + 1) / (t²ρ²) · log(√(tρ² + 1) / α))."""
    sigma = 0.3
    spread = decisions * RHO2 + 1
    half = sigma * math.sqrt(2 * spread / (decisions**2 * RHO2) * math.log(math.sqrt(spread) / 0.05))
    seen = watched_difference(value, sigma**2 / decisions, decisions)
    assert seen.value == value
    assert (seen.low, seen.high) == (pytest.approx(value - half), pytest.approx(value + half))
    z2 = value**2 * decisions / sigma**2
    evidence = math.exp(z2 * (spread - 1) / (2 * spread)) / math.sqrt(spread)
    assert seen.p == pytest.approx(min(1.0, 1 / evidence))


def test_the_interval_is_narrowest_at_the_number_fixed_beforehand() -> None:
    """Of mixtures the one whose ρ² was chosen for TIGHTEST_AT is narrowest there; √(t/n) takes n out."""
    width = {n: watched_difference(0, 1 / n, n).high * math.sqrt(n) for n in (4000, TIGHTEST_AT, 6000)}
    for other in (0.8, 1.25):
        grown = TIGHTEST_AT * RHO2 * other
        margin = math.sqrt(2 * (grown + 1) / grown * math.log(math.sqrt(grown + 1) / 0.05))
        assert width[TIGHTEST_AT] < margin


@pytest.mark.parametrize(("variance", "decisions"), [(0.0, 100), (-1.0, 100), (0.1, 0)])
def test_where_nothing_varies_or_was_decided_nothing_is_known(variance: float, decisions: int) -> None:
    seen = watched_difference(0.1, variance, decisions)
    assert (seen.value, seen.low, seen.high, seen.p) == (0.1, -math.inf, math.inf, 1.0)


def test_the_mismatch_of_two_sides_is_a_ratio_of_beta_functions() -> None:
    counts, shares = [9300, 700], [0.95, 0.05]
    prior = [SRM_WEIGHT * share for share in shares]
    bayes = betaln(prior[0] + counts[0], prior[1] + counts[1]) - betaln(*prior)
    bayes -= sum(n * math.log(share) for n, share in zip(counts, shares, strict=True))
    assert ratio_mismatch_p(counts, shares) == pytest.approx(math.exp(-bayes))
    assert ratio_mismatch_p(counts, shares) < SRM_ALPHA
    assert ratio_mismatch_p([95, 5], shares) == 1.0
    assert ratio_mismatch_p([0, 0], shares) == pytest.approx(1.0)
