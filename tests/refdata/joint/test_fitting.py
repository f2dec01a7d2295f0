"""Fitting keeps odds ratios and meets margins; regression answers shares."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.refdata.joint.margins import income_thirds
from service.refdata.joint.mixing import HALF_SUPPORT, JointTable, mix_with_parent, sum_areas
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


def test_thirds_are_cut_nationally_and_each_area_gets_its_own_shares():
    brackets = np.array([[30.0, 30.0, 30.0], [60.0, 0.0, 0.0]])
    found = income_thirds(brackets)
    assert np.allclose(found.sum(axis=1), 1)
    weights = brackets.sum(axis=1)
    assert np.allclose(np.average(found, axis=0, weights=weights), 1 / 3)
    assert found[1, 2] == 0


def test_a_small_area_speaks_less_loudly_than_a_large_one():
    parent = JointTable(("P",), np.array([5000.0]), np.ones(1), np.array([[0.5, 0.5]]))
    own = np.array([[1.0, 0.0], [1.0, 0.0], [np.nan, np.nan]])
    mixed = mix_with_parent(
        ("a", "b", "c"), np.array([HALF_SUPPORT, 3900.0, 0.0]), own, parent, np.zeros(3, int)
    )
    assert np.allclose(mixed.support, [0.5, 0.975, 0.0])
    assert np.allclose(mixed.cells[:, 0], [0.75, 0.9875, 0.5])


def test_larger_areas_are_sums_of_parts_weighted_by_households():
    own = np.array([[1.0, 0.0], [0.0, 1.0], [np.nan, np.nan]])
    households, tables = sum_areas(
        own,
        np.array([100.0, 300.0, 50.0]),
        np.array([0, 1, 2]),
        np.array([0, 0, 1]),
        np.array([1.0, 0.5, 1.0]),
        2,
    )
    assert np.allclose(households, [250.0, 0.0])
    assert np.allclose(tables[0], [0.4, 0.6])
    assert np.isnan(tables[1]).all()
