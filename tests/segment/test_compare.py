"""Base against market: means, errors and groups from counts per area."""

import numpy as np
import pytest

from service.segment.areas import load_levels
from service.segment.compare import area_groups, base_means, figures_of, thirds
from service.tables import Release


def test_a_base_like_the_market_has_the_mean_of_the_market() -> None:
    rng = np.random.default_rng(1)
    values, households = rng.normal(size=(300, 2)), rng.uniform(100, 4000, 300)
    mean, error, known = base_means([(values, households / 10, households)])
    assert np.allclose(mean, np.average(values, axis=0, weights=households))
    assert np.allclose(error, 0, atol=1e-12)
    assert np.allclose(known, households.sum() / 10)


def test_unknown_figures_are_left_out_of_both_sides() -> None:
    values = np.array([[1.0], [3.0], [np.nan]])
    mean, _, known = base_means([(values, np.array([1.0, 1.0, 98.0]), np.ones(3))])
    assert (mean[0], known[0]) == (2.0, 2.0)


def test_levels_add_up_and_an_empty_base_knows_nothing() -> None:
    fine = (np.array([[0.0], [1.0]]), np.array([2.0, 0.0]), np.array([10.0, 10.0]))
    coarse = (np.array([[0.5]]), np.array([2.0]), np.array([20.0]))
    assert base_means([fine, coarse])[0][0] == pytest.approx(0.25)
    nothing = base_means([(np.ones((2, 1)), np.zeros(2), np.ones(2))])
    assert np.isnan(nothing[0][0])
    assert nothing[2][0] == 0


def test_thirds_hold_a_third_of_the_households_each_in_order() -> None:
    rng = np.random.default_rng(2)
    values, households = rng.normal(size=900), rng.uniform(1, 5, 900)
    values[:5], households[5:9] = np.nan, 0.0
    groups = thirds("income", values, households)
    sizes = [weights.sum() for _, _, weights in groups]
    assert max(sizes) / min(sizes) < 1.02
    tops = [values[weights > 0].max() for _, _, weights in groups]
    assert tops == sorted(tops)
    assert sum(weights[0] for _, _, weights in groups) == 0


def test_groups_of_urbanity_share_out_all_households(shipped_release: Release) -> None:
    for country in shipped_release.countries:
        finest = load_levels(shipped_release, country)[0]
        income = figures_of(shipped_release, country, finest, ["household_income_mean"])[:, 0]
        groups = area_groups(finest.households, finest.urbanity, income)
        urban = sum(weights.sum() for kind, _, weights in groups if kind == "urbanity")
        assert urban == pytest.approx(finest.households.sum())
        assert len(groups) == 6
