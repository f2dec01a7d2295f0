"""Base against market: means, errors and groups from counts per area."""

from math import sqrt

import numpy as np
import pytest
from scipy.stats import norm

from service.area.figures import read_figures
from service.segment.areas import load_levels
from service.segment.compare import Z, area_groups, base_means, thirds
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
        income = read_figures(shipped_release, country, finest.level, ["household_income_mean"])
        income = income.of_areas(finest.rows)[:, 0]
        groups = area_groups(finest.households, finest.urbanity, income)
        urban = sum(weights.sum() for kind, _, weights in groups if kind == "urbanity")
        assert urban == pytest.approx(finest.households.sum())
        assert len(groups) == 6


def test_the_interval_holds_95_in_a_hundred() -> None:
    assert norm.cdf(Z) - norm.cdf(-Z) == pytest.approx(0.95, abs=1e-6)


def test_the_error_sums_what_each_area_happens_to_have_too_many_or_too_few_of() -> None:
    """Areas of 10 and 30 households would have 1 and 3 of the base of 4; they have 3 and 1. The mean is 1/4.

    So (3 - 1)/4 × (0 - 1/4) and (1 - 3)/4 × (1 - 1/4), squared and summed, times 2/(2 - 1).
    """
    values, counts, households = np.array([[0.0], [1.0]]), np.array([3.0, 1.0]), np.array([10.0, 30.0])
    mean, error, known = base_means([(values, counts, households)])
    expected = sqrt(2 * ((2 / 4 * -1 / 4) ** 2 + (-2 / 4 * 3 / 4) ** 2))
    assert (mean[0], error[0], known[0]) == (0.25, pytest.approx(expected), 4.0)
    # neither an area of unknown figures nor one without households is one more to vary over
    more = (np.vstack([values, [[np.nan], [0.5]]]), np.append(counts, [7, 0]), np.append(households, [60, 0]))
    assert base_means([more])[1][0] == pytest.approx(expected)
    # and a level at which the base names no area adds nothing
    assert base_means([(values, np.zeros(2), households), (values, counts, households)])[1][0] == error[0]


def test_levels_add_up_in_the_mean_and_in_the_error() -> None:
    """As above at one level, and at another two areas that hold just what they would: 3 of 8 in all."""
    uneven = (np.array([[0.0], [1.0]]), np.array([3.0, 1.0]), np.array([10.0, 30.0]))
    even = (np.array([[1.0], [0.0]]), np.array([2.0, 2.0]), np.array([20.0, 20.0]))
    for parts in ([uneven, even], [even, uneven]):
        mean, error, known = base_means(parts)
        assert (mean[0], known[0]) == (3 / 8, 8.0)
        squares = (2 / 8 * -3 / 8) ** 2 + (-2 / 8 * 5 / 8) ** 2
        assert error[0] == pytest.approx(sqrt(squares * 4 / 3))


def test_one_customer_is_a_base() -> None:
    mean, error, known = base_means([(np.array([[2.0]]), np.array([1.0]), np.array([5.0]))])
    assert (mean[0], known[0], np.isnan(error[0])) == (2.0, 1.0, True)


def test_two_areas_tell_an_error_and_one_tells_none() -> None:
    two = base_means([(np.array([[0.0], [1.0]]), np.array([3.0, 1.0]), np.ones(2))])
    one = base_means([(np.array([[0.5]]), np.array([3.0]), np.ones(1))])
    assert np.isfinite(two[1][0])
    assert (one[0][0], np.isnan(one[1][0])) == (0.5, True)


def test_thirds_are_cut_by_households_at_the_middle_of_an_area() -> None:
    """Twelve households by rising value: of the middles 1, 4, 7.5 and 10.5 the second begins a third."""
    values = np.array([7.0, 1.0, np.nan, 3.0, 5.0, 0.0])
    households = np.array([3.0, 2.0, 50.0, 4.0, 3.0, 0.0])
    groups = {name: weights.tolist() for _, name, weights in thirds("income", values, households)}
    assert groups == {
        "lowest third": [0, 2, 0, 0, 0, 0],
        "middle third": [0, 0, 0, 4, 3, 0],
        "highest third": [3, 0, 0, 0, 0, 0],
    }


def test_groups_are_thirds_of_income_where_it_is_known_and_then_urbanity() -> None:
    households, urbanity = np.array([10.0, 20.0]), np.array([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5]])
    assert [
        (kind, name, weights.tolist()) for kind, name, weights in area_groups(households, urbanity, None)
    ] == [
        ("urbanity", "rural", [10.0, 10.0]),
        ("urbanity", "town", [0.0, 0.0]),
        ("urbanity", "city", [0.0, 10.0]),
    ]
    kinds = [kind for kind, _, _ in area_groups(households, urbanity, np.array([1.0, 2.0]))]
    assert kinds == ["income of the area"] * 3 + ["urbanity"] * 3
