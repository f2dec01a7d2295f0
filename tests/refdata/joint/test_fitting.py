"""Fitting keeps odds ratios and meets margins; regression answers shares."""

import numpy as np
from hypothesis import strategies as st

from service.refdata.joint.margins import income_thirds
from service.refdata.joint.mixing import HALF_SUPPORT, JointTable, mix_with_parent, sum_areas

positive = st.floats(0.05, 1.0)


def shares(draw_array: np.ndarray) -> np.ndarray:
    return draw_array / draw_array.sum(axis=-1, keepdims=True)


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
