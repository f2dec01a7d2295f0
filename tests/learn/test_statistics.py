"""Intervals of shares and control of false discoveries, against known truths."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from service.learn.statistics import false_discoveries, wilson_interval


@pytest.mark.parametrize(("hits", "total"), [(0, 10), (5, 10), (95, 100), (100, 100), (999, 1000)])
def test_the_interval_is_wilsons(hits: int, total: int) -> None:
    known = binomtest(hits, total).proportion_ci(method="wilson")
    assert wilson_interval(hits, total) == pytest.approx((known.low, known.high), abs=1e-6)


def test_of_nothing_every_share_is_possible() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_false_discoveries_follow_benjamini_and_hochberg() -> None:
    assert false_discoveries([0.01, 0.04, 0.03, 0.5]) == [True, False, False, False]
    assert false_discoveries([0.01, 0.02, 0.03, 0.5]) == [True, True, True, False]
    assert false_discoveries([]) == []
