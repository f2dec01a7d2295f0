"""Fitting keeps odds ratios and meets margins; regression answers shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.segment.fitting import Margin, fit_tables, regress_shares

positive = st.floats(0.05, 1.0)


def shares(draw_array: np.ndarray) -> np.ndarray:
    return draw_array / draw_array.sum(axis=-1, keepdims=True)


@settings(max_examples=50, deadline=None)
@given(
    arrays(float, (3, 4), elements=positive),
    arrays(float, (5, 3), elements=positive),
    arrays(float, (5, 4), elements=positive),
)
def test_fitted_tables_meet_both_margins_and_keep_the_odds_ratios(seed, first, second):
    first, second = shares(first), shares(second)
    fitted = fit_tables(seed, [Margin((0,), first), Margin((1,), second)])
    assert np.allclose(fitted.sum(axis=2), first, atol=1e-5)
    assert np.allclose(fitted.sum(axis=1), second, atol=1e-5)
    odds = seed[0, 0] * seed[1, 1] / (seed[0, 1] * seed[1, 0])
    ours = fitted[:, 0, 0] * fitted[:, 1, 1] / (fitted[:, 0, 1] * fitted[:, 1, 0])
    assert np.allclose(ours, odds, rtol=1e-5)


def test_a_margin_of_zero_empties_its_cells():
    fitted = fit_tables(
        np.ones((2, 2)), [Margin((0,), np.array([[1.0, 0.0]])), Margin((1,), np.array([[0.3, 0.7]]))]
    )
    assert np.allclose(fitted, [[[0.3, 0.7], [0.0, 0.0]]])


def test_ecological_regression_finds_the_shares_that_made_the_areas():
    rng = np.random.default_rng(7)
    truth = np.array([[0.9, 0.1], [0.2, 0.8]])
    explaining = rng.dirichlet([0.4, 0.4], size=300)
    found = regress_shares(explaining, explaining @ truth, rng.uniform(100, 4000, 300))
    assert np.allclose(found, truth, atol=1e-6)


def test_each_area_may_have_a_seed_of_its_own():
    seeds = np.array([[[1.0, 1.0], [1.0, 1.0]], [[1.0, 3.0], [3.0, 1.0]]])
    even = np.full((2, 2), 0.5)
    fitted = fit_tables(seeds, [Margin((0,), even), Margin((1,), even)], per_area=True)
    assert np.allclose(fitted[0], [[0.25, 0.25], [0.25, 0.25]])
    assert np.allclose(fitted[1], [[0.125, 0.375], [0.375, 0.125]])


def test_a_margin_over_two_axes_is_met_cell_by_cell():
    rng = np.random.default_rng(5)
    seed = rng.uniform(0.5, 1.5, (2, 3, 2))
    joint = shares(rng.uniform(0.5, 1.5, (4, 4))).reshape(4, 2, 2)
    middle = shares(rng.uniform(0.5, 1.5, (4, 3)))
    fitted = fit_tables(seed, [Margin((1,), middle), Margin((0, 2), joint)])
    assert np.allclose(fitted.sum(axis=2), joint, atol=1e-12)  # the last margin is met exactly
    assert np.allclose(fitted.sum(axis=(1, 3)), middle, atol=2e-6)


def test_a_seed_of_nothing_but_zeros_is_filled_evenly():
    fitted = fit_tables(np.zeros((2, 2)), [Margin((0,), np.array([[0.3, 0.7]]))])
    assert np.allclose(fitted, [[[0.15, 0.15], [0.35, 0.35]]])


def test_a_kind_that_the_seed_never_saw_can_still_come_to_be():
    """Zeros are lifted to a ten-millionth: enough for a margin that no other cell can meet, no more."""
    seed = np.array([[0.5, 0.0], [0.5, 0.0]])
    fitted = fit_tables(seed, [Margin((1,), np.array([[0.2, 0.8]]))])
    assert np.allclose(fitted, [[[0.1, 0.4], [0.1, 0.4]]])
    odds = fit_tables(np.array([[0.5, 0.0], [0.25, 0.25]]), [Margin((0,), np.array([[0.5, 0.5]]))])[0]
    assert odds[0, 1] / odds[0, 0] == pytest.approx(1e-7 / 0.5)


def test_fitting_goes_on_until_margins_that_pull_hard_agree():
    """Strong odds take many rounds: after a few the first margin is far off, at the end it is met."""
    seed = np.array([[1.0, 1e-3], [1e-3, 1.0]])
    first, second = np.array([[0.9, 0.1]]), np.array([[0.5, 0.5]])
    fitted = fit_tables(seed, [Margin((0,), first), Margin((1,), second)])
    assert np.allclose(fitted.sum(axis=2), first, atol=2e-6)
    assert np.allclose(fitted.sum(axis=1), second, atol=1e-12)


def test_regression_weighs_areas_by_their_households():
    """One share explains nothing: what is left is the mean, by households. Four in ten and one in ten."""
    explaining = np.ones((2, 1))
    explained = np.array([[0.4, 0.6], [0.1, 0.9]])
    found = regress_shares(explaining, explained, np.array([100.0, 200.0]))
    assert np.allclose(found, [[0.2, 0.8]], atol=1e-6)


def test_three_shares_may_explain_two():
    rng = np.random.default_rng(12)
    truth = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    explaining = rng.dirichlet([0.5] * 3, size=100)
    found = regress_shares(explaining, explaining @ truth, rng.uniform(50, 500, 100))
    assert np.allclose(found, truth, atol=1e-6)


def test_regression_gives_each_explaining_share_a_row_that_sums_to_one():
    rng = np.random.default_rng(11)
    truth = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.0, 0.5, 0.5]])
    explaining = rng.dirichlet([0.5] * 3, size=200)
    noise = rng.normal(scale=0.02, size=(200, 3))
    found = regress_shares(explaining, explaining @ truth + noise, rng.uniform(50, 500, 200))
    assert found.shape == (3, 3)
    assert np.allclose(found.sum(axis=1), 1.0, atol=1e-12)
    assert np.allclose(found, truth, atol=0.02)
    assert (found >= 0).all()
