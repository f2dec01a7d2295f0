"""From the columns of a lead to numbers, worked out by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from service.learn.models.columns import encode
from service.learn.models.encoding import OTHER, Column, Encoder, date_parts

ENCODER = Encoder(
    [
        Column("alder", "number", sentinels=(-999.0, 99.0)),
        Column("oprettet", "date"),
        Column("bolig", "category", levels=("villa", "1", OTHER)),
    ]
)
NAMES = ("alder", "oprettet: days", "oprettet: month", "oprettet: weekday", "bolig")


def test_a_column_becomes_one_number_and_a_date_three() -> None:
    assert ENCODER.names == NAMES
    assert ENCODER.width == 5
    assert ENCODER.category_positions == (4,)
    assert ENCODER.level_counts == {4: 3}


@pytest.mark.parametrize(
    ("lead", "row"),
    [
        ({"alder": "42", "oprettet": "2026-11-21", "bolig": "villa"}, [42, 20778, 11, 5, 0]),
        ({"alder": -999, "oprettet": date(1970, 1, 1), "bolig": 1.0}, [np.nan, 0, 1, 3, 1]),
        ({"alder": 98, "bolig": "telt"}, [98, np.nan, np.nan, np.nan, 2]),
        ({"alder": "99", "bolig": ""}, [np.nan] * 5),
        ({}, [np.nan] * 5),
    ],
)
def test_one_lead_is_read_like_a_row_of_a_table(lead: dict[str, object], row: list[float]) -> None:
    np.testing.assert_array_equal(ENCODER.row(lead), row)
    table = pd.DataFrame([{c.name: lead.get(c.name) for c in ENCODER.columns}])
    np.testing.assert_array_equal(encode(ENCODER, table)[0], row)
    np.testing.assert_array_equal(encode(ENCODER, table.drop(columns="alder"))[0, 1:], row[1:])


def test_a_table_without_any_of_the_columns_is_missing_throughout() -> None:
    assert np.isnan(encode(ENCODER, pd.DataFrame({"x": [1, 2]}))).all()
    assert encode(ENCODER, pd.DataFrame({"x": [1, 2]})).shape == (2, 5)
    assert encode(Encoder([]), pd.DataFrame({"x": [1, 2]})).shape == (2, 0)


def test_an_encoder_is_kept_whole_as_json() -> None:
    again = Encoder.from_json(ENCODER.to_json())
    assert again.columns == ENCODER.columns
    assert again.names == NAMES


@pytest.mark.parametrize(
    ("day", "parts"),
    [
        (date(1970, 1, 1), (0, 1, 3)), (date(1969, 12, 29), (-3, 12, 0)), (date(2026, 2, 28), (20512, 2, 5)),
        (date(2000, 12, 31), (11322, 12, 6)),
    ],
)  # fmt: skip
def test_a_day_is_days_month_and_weekday_from_monday(day: date, parts: tuple[int, int, int]) -> None:
    days = (day - date(1970, 1, 1)).days
    assert tuple(date_parts(np.array([float(days)]))[0]) == parts
    assert day.weekday() == parts[2]
    assert date_parts(np.array([days + 0.75, np.nan]))[0, 0] == parts[0]
    assert np.isnan(date_parts(np.array([np.nan]))).all()
