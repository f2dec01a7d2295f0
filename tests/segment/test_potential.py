"""What reports read from the serving half: potential and correlations."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from service.area.figures import read_figures, variable_codes
from service.segment.assign import SegmentModel, market_shares
from service.segment.correlate import Correlations, correlate_figures, correlation_matrix
from service.segment.potential import expected_households
from service.tables import Release
from tests.segment.conftest import invented_joint, make_release, write_table


def test_expected_households_sum_to_households_and_to_the_market(shipped_model: SegmentModel) -> None:
    found = expected_households(shipped_model, shipped_model.levels[0].level)
    assert np.allclose(found.expected.sum(axis=1), found.households, rtol=1e-12)
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
        codes = variable_codes(shipped_release, country)
        level = read_figures(shipped_release, country, shipped_release.finest(country), codes)
        found = correlate_figures(codes, level.values.astype(np.float64), level.households)
        pairs = found.pairs()
        assert set(found.codes) <= set(codes)
        assert found.matrix.shape == (len(found.codes), len(found.codes))
        strengths = [abs(r) for _, _, r in pairs]
        assert strengths == sorted(strengths, reverse=True)
        assert ("owner_share", "flat_share") in {(a, b) for a, b, _ in pairs} | {(b, a) for a, b, _ in pairs}


def test_pairs_say_the_same_from_seven_tenths_on_either_way_each_once() -> None:
    matrix = np.array(
        [[1.0, 0.7, -0.9, 0.69], [0.7, 1.0, 0.1, -0.7], [-0.9, 0.1, 1.0, 0.2], [0.69, -0.7, 0.2, 1.0]]
    )
    found = Correlations(("age", "rent", "flat", "car"), matrix)
    assert found.pairs() == [("age", "flat", -0.9), ("age", "rent", 0.7), ("rent", "car", -0.7)]
    assert len(found.pairs(least=0.0)) == 6


def test_pairs_as_strong_come_by_name() -> None:
    matrix = np.full((3, 3), 0.8)
    pairs = Correlations(("b", "c", "a"), matrix).pairs()
    assert pairs == [("b", "a", 0.8), ("b", "c", 0.8), ("c", "a", 0.8)]


def test_a_figure_without_any_value_correlates_with_nothing_but_itself() -> None:
    figures = np.column_stack(
        [np.full(4, np.nan), np.zeros(4), [1e9, 2e9, 3e9, 4e9], [4e-9, 3e-9, 2e-9, 1e-9]]
    )
    matrix = correlation_matrix(figures, np.ones(4))
    assert np.allclose(matrix, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, -1], [0, 0, -1, 1]])


def test_areas_count_by_their_households_and_not_at_all_without() -> None:
    """Three areas of one household and one of three, as if the last stood there three times."""
    figures = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 5.0], [99.0, -99.0]])
    weighted = correlation_matrix(figures, np.array([1.0, 1.0, 1.0, 3.0, 0.0]))
    repeated = np.corrcoef(figures[[0, 1, 2, 3, 3, 3]].T)
    assert weighted[0, 1] == pytest.approx(repeated[0, 1])


def test_correlations_leave_out_what_does_not_vary_and_areas_without_households(tmp_path: Path) -> None:
    areas = {code: (100.0, 0, invented_joint(0.5)) for code in "abcd"}
    release = make_release(tmp_path, areas)
    profiles = pa.table(
        {
            "code": list("abcd"),
            "households": [1.0, 300.0, 100.0, None],
            "urbanity": [0, 0, 0, 0],
            "rises": [1.0, 2.0, 3.0, 50.0],
            "falls": [3.0, 2.0, 1.0, 50.0],
            "flat": [5.0, 5.0, None, 7.0],
            "two": [4.0, 4.0, 6.0, 9.0],
            "alone": [6.0, 5.0, 5.0, 9.0],
        }
    )
    write_table(release.folder, "profiles_polling_area", profiles)
    codes = ("falls", "flat", "rises", "two", "alone")
    level = read_figures(Release.open(tmp_path, verify=False), "DK", "polling_area", codes)
    found = correlate_figures(codes, level.values.astype(np.float64), level.households)
    assert found.codes == ("falls", "rises", "two", "alone")
    assert np.allclose(found.matrix[:2, :2], [[1, -1], [-1, 1]])
    # of 401 households: one with 6, three hundred and a hundred with 5; 300 and a hundred with 4 and 6
    expected = np.cov([[4, 4, 6], [6, 5, 5]], aweights=[1, 300, 100])
    assert found.matrix[2, 3] == pytest.approx(expected[0, 1] / np.sqrt(expected[0, 0] * expected[1, 1]))


def test_no_correlation_is_beyond_one_by_a_rounding() -> None:
    rng = np.random.default_rng(8)
    for _ in range(50):
        column = rng.normal(size=30)
        matrix = correlation_matrix(np.column_stack([column, 3 * column, -7 * column]), rng.uniform(1, 9, 30))
        assert np.abs(matrix).max() == 1.0
        assert np.allclose(np.abs(matrix), 1.0)
