"""What a column of a table holds: numbers, dates, texts, at the limits of each rule."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from service.errors import LearnError
from service.learn.models.table import as_text, parse_dates, parse_numbers, read_table, write_table


def series(*values: object) -> pd.Series:
    return pd.Series(list(values), dtype=object)


@pytest.mark.parametrize(
    ("column", "numbers", "wrong"),
    [
        (series("1", " 2.5 ", "-1e3"), [1, 2.5, -1000], 0),
        (series("1", "", "NA", None), [1, np.nan, np.nan, np.nan], 0),
        (series("1.234,5", "2", "3,25"), [1234.5, 2, 3.25], 0),
        (pd.Series([True, False]), [1, 0], 0),
        (pd.Series([1.5, np.inf, np.nan]), [1.5, np.nan, np.nan], 0),
        (pd.Series([1, None], dtype="Int64"), [1, np.nan], 0),
        (series("", "na"), [np.nan, np.nan], 0),
        (series("1", "inf"), [1, np.nan], 0),
        (series("0.5", "0"), [0.5, 0], 0),
    ],
)
def test_numbers_are_read_as_people_write_them(column: pd.Series, numbers: list[float], wrong: int) -> None:
    found = parse_numbers(column)
    assert found is not None
    np.testing.assert_array_equal(found[0], numbers)
    assert found[1] == wrong


@pytest.mark.parametrize(
    "column",
    [
        series("0800", "2100"), series(" 01", "2"), series("villa", "1"), series("a", "b"),
        pd.Series(pd.to_datetime(["2026-11-21"])),
    ],
)  # fmt: skip
def test_codes_dates_and_words_are_no_numbers(column: pd.Series) -> None:
    assert parse_numbers(column) is None


@pytest.mark.parametrize("comma", [False, True])
def test_two_odd_values_in_a_hundred_are_noise_and_three_make_it_text(comma: bool) -> None:
    known = [f"{n},5" if comma else f"{n}" for n in range(1, 99)]
    found = parse_numbers(series(*known, "ukendt", "?!", "", None))
    assert found is not None
    assert found[1] == 2
    assert found[0][:3].tolist() == ([1.5, 2.5, 3.5] if comma else [1.0, 2.0, 3.0])
    assert np.isnan(found[0][98:]).all()
    assert parse_numbers(series(*known[:97], "ukendt", "?!", "mange", "")) is None


@pytest.mark.parametrize(
    ("column", "days"),
    [
        (series("1970-01-02", "1970-01-03 12:00", None), [1, 2.5, np.nan]),
        (series("1970-01-02T06:00:00+00:00"), [1.25]),
        (series("2-1-1970", ""), [1, np.nan]),
        (series("02.01.1970"), [1]),
        (series("3/1/1970", "na"), [2, np.nan]),
        (pd.Series([datetime(1970, 1, 2), None]), [1, np.nan]),
    ],
)
def test_dates_are_days_since_1970(column: pd.Series, days: list[float]) -> None:
    np.testing.assert_array_equal(parse_dates(column), days)


@pytest.mark.parametrize(
    "column", [series("", None), series("1", "2"), series("1970-1-2"), pd.Series([1, 2]), pd.Series([True])]
)
def test_what_is_no_date_is_none(column: pd.Series) -> None:
    assert parse_dates(column) is None


def test_two_odd_values_in_a_hundred_do_not_undo_dates() -> None:
    known = [(date(1970, 1, 1) + timedelta(days=n)).isoformat() for n in range(98)]
    found = parse_dates(series(*known, "i morgen", "snart"))
    assert found is not None
    assert np.isnan(found[98:]).all()
    assert found[:3].tolist() == [0, 1, 2]
    assert parse_dates(series(*known[:97], "i morgen", "snart", "aldrig")) is None


def test_texts_are_trimmed_and_whole_numbers_lose_their_point() -> None:
    assert as_text(series(" a ", "", None, 1.0, "2.0")) == ["a", None, None, "1", "2"]
    assert as_text(pd.Series([1.0, 2.5, np.nan])) == ["1", "2.5", None]
    assert as_text(pd.Series([True, False])) == ["1", "0"]
    assert as_text(pd.Series([3, None], dtype="Int64")) == ["3", None]


def test_a_table_is_refused_with_a_sentence(tmp_path) -> None:
    path = tmp_path / "t.csv"
    for content, says in (
        ("", "is empty"), ("a,a\n1,2\n", "more than one column called a"), ("a,b\n", "has no rows"),
        ('a,b\n"1,2\n', "could not be read as a table"),
    ):  # fmt: skip
        path.write_text(content)
        with pytest.raises(LearnError, match=says):
            read_table(path)
    with pytest.raises(LearnError, match="could not be read"):
        read_table(tmp_path / "nothing.parquet")


def test_a_table_is_written_in_the_form_that_its_name_asks_for(tmp_path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["ø", None]})
    for name in ("t.csv", "deep/t.parquet", "t.PQ"):
        write_table(frame, tmp_path / name)
        again = read_table(tmp_path / name)
        assert list(again.columns) == ["a", "b"]
        assert as_text(again["a"]) == ["1", "2"]
        assert as_text(again["b"]) == ["ø", None]
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "a,b\n1,ø\n2,\n"
