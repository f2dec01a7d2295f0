"""The columns of the linear model, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from service.learn.models.design import FEW_VALUES, KNOTS, MISSING_ROWS, Design, build_design
from service.learn.models.encoding import OTHER, Column, Encoder


def numbers(*names: str) -> Encoder:
    return Encoder([Column(name, "number") for name in names])


def test_a_number_is_a_score_and_a_rank() -> None:
    """A thousand numbers from 0 to 999: 0.5 % is cut off at each end, and one spread more is let in."""
    design = build_design(np.arange(1000.0)[:, None], numbers("x"))
    assert design.names == ("x", "x (rank)")
    bottom, top = 999 * 0.005, 999 * 0.995
    spread = top - bottom
    assert (design.low[0], design.high[0]) == pytest.approx((bottom - spread, top + spread))
    clipped = np.clip(np.arange(1000.0), bottom, top)
    assert (design.mean[0], design.scale[0]) == pytest.approx((clipped.mean(), clipped.std()))
    table = design.table(np.array([[499.5], [0.0], [999.0], [1e9], [np.nan]]))
    score = (top + spread - clipped.mean()) / clipped.std()
    assert table[:, 0] == pytest.approx([0.0, -499.5 / clipped.std(), 499.5 / clipped.std(), score, 0.0])
    assert table[:, 1] == pytest.approx([0.0, -0.4995, 0.4995, 0.4995, 0.0], abs=1e-3)


def test_few_values_are_indicators_where_enough_rows_have_them() -> None:
    x = np.repeat([1.0, 2.0, 5.0], [50, MISSING_ROWS, MISSING_ROWS - 1])
    design = build_design(x[:, None], numbers("kode"))
    assert design.names == ("kode", "kode (rank)", "kode = 1", "kode = 2")
    assert design.table(np.array([[2.0], [5.0]]))[:, 2:].tolist() == [[0.0, 1.0], [0.0, 0.0]]
    assert build_design(x[:, None], numbers("kode"), level_of_few=False).names == ("kode", "kode (rank)")
    # knots are the distinct quantiles with their mid-ranks, padded by the last
    n = len(x)
    assert design.knots[0].tolist() == [1.0, 2.0] + [5.0] * (KNOTS - 2)
    expected = [25 / n - 0.5, 55 / n - 0.5, (60 + n) / 2 / n - 0.5]
    assert design.ranks[0][:3] == pytest.approx(expected)
    assert design.ranks[0][2:] == pytest.approx([expected[-1]] * (KNOTS - 2))
    between = design.table(np.array([[1.5], [3.5], [0.0], [9.0]]))[:, 1]
    halves = [(expected[0] + expected[1]) / 2, (expected[1] + expected[2]) / 2, expected[0], expected[2]]
    assert between == pytest.approx(halves)


@pytest.mark.parametrize(("values", "ranked", "levels"), [(2, 0, 0), (3, 1, 3), (FEW_VALUES, 1, FEW_VALUES),
                                                          (FEW_VALUES + 1, 1, 0)])  # fmt: skip
def test_two_values_need_no_rank_and_many_no_indicators(values: int, ranked: int, levels: int) -> None:
    design = build_design(np.repeat(np.arange(float(values)), 20)[:, None], numbers("x"))
    assert (len(design.rank_at), len(design.level_at), design.width) == (ranked, levels, 1 + ranked + levels)


def test_missing_is_an_indicator_of_its_own() -> None:
    some = np.where(np.arange(100) < MISSING_ROWS, np.nan, np.arange(100.0))
    few = np.where(np.arange(100) < MISSING_ROWS - 1, np.nan, 1.0)
    never_known = np.full(100, np.nan)
    matrix = np.column_stack([some, few, never_known])
    design = build_design(matrix, numbers("some", "few", "never"))
    assert design.names == ("some", "few", "never", "some (rank)", "some is missing")
    assert design.missing_at.tolist() == [0]
    table = design.table(matrix)
    assert table[:, -1].sum() == MISSING_ROWS
    assert np.isfinite(table).all()
    assert table[0, :3].tolist() == [0.0, 0.0, 0.0]  # unknown is the mean
    assert (design.scale[1], design.scale[2]) == (1.0, 1.0)  # what does not vary is not divided by nothing


def test_a_value_that_half_a_percent_has_still_counts() -> None:
    """Between the quantiles lies one value only, so the ends are the least and the greatest."""
    x = np.repeat([0.0, 7.0], [999, 1])
    design = build_design(x[:, None], numbers("x"))
    assert (design.low[0], design.high[0]) == (-7.0, 14.0)


def test_every_level_of_a_category_is_an_indicator() -> None:
    encoder = Encoder(
        [
            Column("dato", "date"),
            Column("bolig", "category", levels=("villa", "række", OTHER)),
            Column("by", "category", levels=("Rønne", OTHER)),
        ]
    )
    days = np.arange(40.0)
    matrix = np.column_stack([days, days % 12, days % 7, days % 2, np.where(days < 5, np.nan, 0.0)])
    design = build_design(matrix, encoder)
    assert design.names[-3:] == ("bolig = villa", "bolig = række", "by = Rønne")
    assert design.names[:3] == ("dato: days", "dato: month", "dato: weekday")
    assert design.table(matrix)[:, -1].tolist() == [0.0] * 5 + [1.0] * 35


def test_one_lead_and_a_table_give_the_same_columns_and_json_keeps_them() -> None:
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.normal(size=300), rng.integers(0, 5, 300), rng.exponential(size=300)])
    matrix[rng.random((300, 3)) < 0.1] = np.nan
    design = build_design(matrix, numbers("a", "b", "c"))
    table = design.table(matrix)
    for row in range(0, 300, 13):
        assert design.row(matrix[row]) == pytest.approx(table[row], abs=1e-12)
    again = Design.from_json(design.to_json())
    np.testing.assert_array_equal(again.table(matrix), table)
    assert again.names == design.names
    assert design.row(np.full(3, np.nan)) == pytest.approx(design.table(np.full((1, 3), np.nan))[0])
    plain = build_design(np.repeat([0.0, 1.0], 30)[:, None], numbers("x"))  # nothing ranked at all
    np.testing.assert_array_equal(
        Design.from_json(plain.to_json()).row(np.array([1.0])), plain.row(np.array([1.0]))
    )
    assert plain.row(np.array([1.0])).tolist() == [1.0]
