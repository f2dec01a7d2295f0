"""One value as people write it."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import pytest

from service.learn.values import canonical_text, comma_number, read_day, read_number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), (True, "1"), (False, "0"), (np.bool_(True), "1"),
        (1.0, "1"), (-3.0, "-3"), (1.5, "1.5"), (np.float32(2), "2"), (float("nan"), None), (7, "7"),
        (" Villa ", "Villa"), ("", None), ("  ", None), ("N/A", None), ("NaN", None), ("-", None),
        ("1.0", "1"), ("-12.0", "-12"), ("1.50", "1.50"), ("v1.0", "v1.0"), (".0", ".0"), ("1.00", "1.00"),
    ],
)  # fmt: skip
def test_one_value_has_one_text(value: object, text: str | None) -> None:
    assert canonical_text(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0), (True, 1.0), (np.int64(4), 4.0), (np.float32(0.5), 0.5), (np.bool_(False), 0.0),
        (" 12.5 ", 12.5), ("-1e3", -1000.0), ("1.234,5", 1234.5), ("12,5", 12.5), ("+7,25", 7.25),
        ("1.234.567", 1234567.0), ("1.234", 1.234), ("12.34,5", None), ("1,2,3", None), ("ja", None),
        ("null", None), ("", None), ("inf", None), (None, None), ([], None),
    ],
)  # fmt: skip
def test_a_number_is_read_with_point_or_comma(value: object, number: float | None) -> None:
    read = read_number(value)
    assert math.isnan(read) if number is None else read == number


@pytest.mark.parametrize(
    ("text", "number"), [("1.234", 1234.0), ("1234,5", 1234.5), ("1e3", 1000.0), ("en", None)]
)
def test_where_a_column_has_commas_a_point_parts_thousands(text: str, number: float | None) -> None:
    read = comma_number(text)
    assert math.isnan(read) if number is None else read == number


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (date(1970, 1, 2), 1.0), (datetime(1970, 1, 2, 6, 0, tzinfo=UTC), 1.25),
        (datetime(1970, 1, 1, 0, 36, tzinfo=UTC), 0.025),
        ("02-01-1970", 1.0), (" 03.01.1970 ", 2.0), ("04/01/1970", 3.0), ("1970-01-05", 4.0),
        ("1970-01-05T12:00:00", 4.5), ("1970-05", None), ("i morgen", None), (5, None), (None, None),
    ],
)  # fmt: skip
def test_a_day_is_counted_from_1970(value: object, day: float | None) -> None:
    read = read_day(value)
    assert math.isnan(read) if day is None else read == day
