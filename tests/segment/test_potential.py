"""What reports read from the serving half: potential and correlations."""

import numpy as np
import pytest

from service.segment.assign import SegmentModel, market_shares
from service.segment.correlate import correlate_figures, correlation_matrix
from service.segment.potential import expected_households
from service.tables import Release


def test_expected_households_sum_to_households_and_to_the_market(shipped_model: SegmentModel) -> None:
    found = expected_households(shipped_model, shipped_model.levels[0].level)
    assert np.allclose(found.expected.sum(axis=1), found.households)
    shares = found.expected.sum(axis=0) / found.households.sum()
    assert np.allclose(shares, list(market_shares(shipped_model).values()), atol=1e-6)
    with pytest.raises(KeyError):
        expected_households(shipped_model, "street")


def test_correlations_are_those_of_numpy_where_everything_is_known() -> None:
    rng = np.random.default_rng(3)
    figures, weights = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 4)), rng.uniform(1, 9, 200)
    covariance = np.cov(figures.T, aweights=weights)
    expected = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert np.allclose(correlation_matrix(figures, weights), expected)


def test_a_pair_uses_the_areas_where_both_are_known() -> None:
    figures = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, np.nan], [np.nan, 1.0], [4.0, 8.0]])
    matrix = correlation_matrix(figures, np.ones(5))
    assert matrix[0, 1] == pytest.approx(1.0)
    assert correlation_matrix(np.array([[1.0, np.nan], [2.0, np.nan]]), np.ones(2))[0, 1] == 0.0


def test_shipped_figures_that_say_the_same_are_listed_strongest_first(shipped_release: Release) -> None:
    for country in shipped_release.countries:
        found = correlate_figures(shipped_release, country)
        pairs = found.pairs()
        assert found.level == shipped_release.finest(country)
        assert found.matrix.shape == (len(found.codes), len(found.codes))
        strengths = [abs(r) for _, _, r in pairs]
        assert strengths == sorted(strengths, reverse=True)
        assert ("owner_share", "flat_share") in {(a, b) for a, b, _ in pairs} | {(b, a) for a, b, _ in pairs}
