"""Values of policies from logged rows, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from service.learn.models.estimates import (
    Estimate,
    Logged,
    centred_ranks,
    mean_estimate,
    policy_difference,
    policy_value,
    qini_area,
)

ARM = np.array([0, 1, 1, 0])
PROPENSITY = np.array([[0.5, 0.5], [0.2, 0.8], [0.5, 0.5], [0.75, 0.25]])
Y = np.array([1.0, 2.0, 0.0, 3.0])
PREDICTED = np.array([[1.0, 2.0], [1.0, 1.0], [0.5, 0.5], [2.0, 2.5]])
LOGGED = Logged(ARM, PROPENSITY, Y, PREDICTED)
POLICY = np.array([0, 1, 0, 1])  # agrees with the log in the first two rows


def assert_same(found: Estimate, expected: Estimate) -> None:
    assert (found.value, found.error) == pytest.approx((expected.value, expected.error))


def test_an_interval_is_two_sided_and_95_percent() -> None:
    found = Estimate(1.0, 0.5)
    assert (found.low, found.high) == (pytest.approx(0.020018, abs=1e-6), pytest.approx(1.979982, abs=1e-6))
    assert Estimate(1 / 3, math.inf).to_json() == {"value": 0.333333, "low": None, "high": None}


def test_scores_are_doubly_robust() -> None:
    assert LOGGED.scores() == pytest.approx(
        np.array([[1.0, 2.0], [1.0, 1.0 + 1.0 / 0.8], [0.5, 0.5 - 0.5 / 0.5], [2.0 + 1.0 / 0.75, 2.5]])
    )
    assert PREDICTED[1, 1] == 1.0  # what was predicted is left as it is


def test_a_policy_is_valued_three_ways() -> None:
    found = policy_value(LOGGED, POLICY, LOGGED.scores())
    weight = np.array([2.0, 1.25, 0.0, 0.0])
    assert_same(found.ips, mean_estimate(weight * Y))
    assert found.ips.value == pytest.approx((2.0 + 2.5) / 4)
    mean_weight = 3.25 / 4
    assert found.snips.value == pytest.approx(4.5 / 3.25)
    residual = weight * (Y - 4.5 / 3.25) / mean_weight
    assert found.snips.error == pytest.approx(residual.std(ddof=1) / 2)
    assert_same(found.dr, mean_estimate(np.array([1.0, 2.25, 0.5, 2.5])))
    assert found.effective_rows == pytest.approx(3.25**2 / (4 + 1.5625))
    assert (found.matched_share, found.largest_weight) == (0.5, 2.0)


def test_a_policy_that_nobody_followed_has_no_weighted_value() -> None:
    found = policy_value(LOGGED, 1 - ARM, LOGGED.scores())
    assert math.isnan(found.snips.value)
    assert (found.snips.error, found.effective_rows, found.matched_share) == (math.inf, 0.0, 0.0)
    assert found.ips.value == 0.0


def test_two_policies_are_compared_row_by_row() -> None:
    all_control = np.zeros(4, dtype=np.int64)
    dr, ips = policy_difference(LOGGED, POLICY, all_control, LOGGED.scores())
    assert_same(dr, mean_estimate(np.array([0.0, 1.25, 0.0, 2.5 - 2.0 - 1.0 / 0.75])))
    weight = np.array([0.0, 1 / 0.8, 0.0, -1 / 0.75])
    assert_same(ips, mean_estimate(weight * (Y - 1.5)))


def test_groups_of_rows_widen_the_errors() -> None:
    groups = np.array([0, 0, 1, 1])
    grouped = Logged(ARM, PROPENSITY, Y, PREDICTED, groups)
    scores = grouped.scores()
    assert policy_value(grouped, POLICY, scores).dr == mean_estimate(scores[np.arange(4), POLICY], groups)
    assert (
        policy_value(grouped, POLICY, scores).snips.error != policy_value(LOGGED, POLICY, scores).snips.error
    )
    dr, _ = policy_difference(grouped, POLICY, ARM, scores)
    assert dr == mean_estimate(scores[np.arange(4), POLICY] - scores[np.arange(4), ARM], groups)


def test_ranks_are_centred_and_ties_share_theirs() -> None:
    assert centred_ranks(np.array([5.0, 1.0, 1.0, 9.0])).tolist() == [0.125, -0.25, -0.25, 0.375]


def test_the_area_of_uplift_is_the_covariance_of_effect_and_rank() -> None:
    score, effect = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 0.0, 1.0, 3.0])
    ranks = np.array([-0.375, -0.125, 0.125, 0.375])
    assert qini_area(score, effect) == mean_estimate(ranks * (effect - 1.0))
    assert qini_area(score, effect).value == pytest.approx(1.25 / 4)
