"""What a table offers a model, column by column, at the limits of each rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from service.learn.models.columns import CODE_LEVELS, MAX_LEVELS, Reading, find_sentinels, read_columns
from service.learn.models.encoding import OTHER, Column


def read(**columns: object) -> Reading:
    return read_columns(pd.DataFrame(columns), ())[0]


def only(reading: Reading) -> Column:
    (column,) = reading.encoder.columns
    return column


def sentinels(*values_and_counts: tuple[float, int], rows: int = 1000) -> tuple[float, ...]:
    values, counts = zip(*values_and_counts, strict=True)
    return find_sentinels(np.array(values), np.array(counts, dtype=float), rows)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        # a repdigit below zero where all else is not below it
        ([(-9, 5), (0, 100), (1, 100)], (-9.0,)),
        ([(-9, 4), (0, 100), (1, 100)], ()),  # seen too seldom
        ([(-8, 50), (0, 100), (1, 100)], ()),  # no repdigit of two and more
        ([(-9, 50), (-2, 100), (1, 100)], ()),  # below zero is where values are
        ([(-1, 5), (0, 100), (1, 100)], (-1.0,)),  # half a per cent of a thousand
        ([(-1, 4), (0, 100), (1, 100)], ()),
        ([(-99, 1), (0, 100), (5, 100)], (-99.0,)),  # one row is enough for a code so far away
        ([(-98, 50), (0, 100), (5, 100)], ()),
        ([(-99.5, 50), (0, 100), (5, 100)], ()),  # no whole number
        # a repdigit far above all else
        ([(0, 100), (20, 100), (99, 9)], (99.0,)),
        ([(0, 100), (40, 100), (99, 9)], ()),  # 59 away, and 1½ spreads are 60
        ([(0, 100), (39, 100), (99, 9)], (99.0,)),
        ([(0, 100), (3, 100), (9, 9)], ()),
        ([(0, 100), (3, 100), (88, 9)], ()),  # not beyond 98
        ([(0, 100), (20, 100), (888, 9)], (888.0,)),
        ([(0, 100), (20, 100), (999, 4)], ()),
        # several, from either end
        ([(-999, 9), (-1, 9), (0, 500), (30, 300)], (-999.0, -1.0)),
        ([(-999, 9), (0, 500), (30, 300), (999, 9)], (-999.0, 999.0)),
        ([(-999, 9), (5, 9)], ()),  # too few different values to tell
    ],
)
def test_a_code_for_missing_is_seen(values: list[tuple[float, int]], found: tuple[float, ...]) -> None:
    assert sorted(sentinels(*values)) == sorted(found)


def test_a_code_for_missing_has_to_be_seen_often_in_a_large_table() -> None:
    assert sentinels((-9, 50), (0, 9), (1, 9), rows=100_000) == (-9.0,)
    assert sentinels((-9, 49), (0, 9), (1, 9), rows=100_000) == ()


def test_a_code_for_missing_is_read_so_and_said() -> None:
    reading = read(alder=[-999] * 20 + list(range(18, 98)))
    assert only(reading).sentinels == (-999.0,)
    assert reading.notes == ["alder: -999 (20.0% of rows) stands for missing and is read so."]


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("kunde_id", list(range(0, 200, 2))[::-1], "is an identifier"),
        ("kundeId", [*range(99), 7], "is an identifier"),
        ("beloeb", list(range(100)), "is an identifier"),  # counted up row by row
        ("beloeb", list(range(100))[::-1], "is an identifier"),
        ("tal", [5] * 100, "is 5 in every row"),
        ("tom", [None] * 100, "is empty"),
        ("tekst", ["x"] * 100, "has the same text in every row"),
        ("navn", [f"navn {n}" for n in range(100)], "is text with 100 different values"),
        ("ord", [f"ord {n % 50}" for n in range(100)], "is text with 50 different values"),
        ("note", ["lang " * 17 + str(n % 3) for n in range(100)], "is free text"),
        ("dag", ["2026-11-21"] * 100, "has one date only"),
    ],
)
def test_what_tells_nothing_is_left_out_with_a_reason(name: str, values: list[object], why: str) -> None:
    reading = read(**{name: values})
    assert reading.dropped[name].startswith(why)
    assert reading.encoder.columns == ()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("kunde_id", [*range(90), *range(10)]),  # every twentieth value stands twice
        ("kunde_id", [n + 0.5 for n in range(100)]),
        ("beloeb", [*range(50, 100), *range(50)]),  # a different number in each row, but in no order
        ("kunde_id", list(range(49))),  # too few rows to tell
        ("tal", [5] * 99 + [None]),  # known or not is something
    ],
)
def test_what_only_looks_like_an_identifier_is_kept(name: str, values: list[object]) -> None:
    assert only(read(**{name: values})).kind == "number"


def test_a_number_with_odd_values_is_kept_and_they_are_counted() -> None:
    reading = read(indkomst=[str(n * 7 % 101) for n in range(98)] + ["ukendt"] * 2)
    assert only(reading).kind == "number"
    assert reading.notes == ["indkomst: 2 values are not numbers and count as missing."]


@pytest.mark.parametrize(
    ("name", "different", "kind"),
    [
        ("postkode", 3, "category"),
        ("zone", CODE_LEVELS, "category"),
        ("zone", CODE_LEVELS + 1, "number"),
        ("zone", 2, "number"),
        ("alder", 3, "number"),
    ],
)
def test_whole_numbers_in_a_column_named_like_a_code_are_levels(name: str, different: int, kind: str) -> None:
    assert only(read(**{name: [n % different + 5 for n in range(20 * different)]})).kind == kind


@pytest.mark.parametrize(("different", "kind"), [(CODE_LEVELS, "category"), (CODE_LEVELS + 1, "number")])
def test_codes_with_leading_zeros_are_levels_until_they_are_many(different: int, kind: str) -> None:
    column = only(read(postnr=[f"0{100 + n % different}" for n in range(20 * different)]))
    assert column.kind == kind


def test_levels_come_by_frequency_then_by_text_and_rare_ones_are_one() -> None:
    reading = read(bolig=["villa"] * 30 + ["b"] * 12 + ["a"] * 12 + ["telt"] * 9)
    assert only(reading).levels == ("villa", "a", "b", OTHER)
    assert reading.notes == ["bolig: 1 rare values are read as one."]
    tiny = read(bolig=["villa"] * 3 + ["række"] * 2 + [None])
    assert only(tiny).levels == ("villa", "række", OTHER)  # none is frequent, but they are few
    assert tiny.notes == []
    assert only(read(x=[c * 2 for c in "abcdefghij"])).levels[-2:] == ("jj", OTHER)
    assert "x" in read(x=[c * 2 for c in "abcdefghijk"]).dropped  # eleven that are seen once each
    in_thousands = read(x=["a"] * 12_000 + ["b"] * 12 + ["c"] * 11)
    assert only(in_thousands).levels == ("a", "b", OTHER)  # a thousandth of the rows, rounded down


def test_no_more_levels_than_trees_can_split_well() -> None:
    column = only(read(by=[f"by {n % (MAX_LEVELS + 9):03}" for n in range(20 * (MAX_LEVELS + 9))]))
    assert len(column.levels) == MAX_LEVELS + 1
    assert column.levels[-2] == f"by {MAX_LEVELS - 1:03}"


def test_levels_of_eighty_letters_are_no_free_text_and_longer_ones_are() -> None:
    assert only(read(x=["a" * 80] * 20 + ["b" * 80] * 20)).kind == "category"
    assert read(x=["a" * 80] * 20 + ["b" * 81] * 20).dropped == {"x": "is free text"}


def test_half_as_many_texts_as_rows_are_free_text_when_they_are_more_than_fifty() -> None:
    some = [f"{n:03}a" for n in range(40)] * 12
    assert only(read(x=some + [f"{n}b" for n in range(11)])).kind == "category"  # 51 texts of 491
    often = ["often"] * 12
    assert "x" in read(x=often + [f"{n}b" for n in range(50)]).dropped  # 51 of 62
    assert only(read(x=often + [f"{n}b" for n in range(49)])).levels == ("often", OTHER)  # 50 of 61


def test_columns_that_are_skipped_or_denied_are_not_read() -> None:
    frame = pd.DataFrame({"a": range(30), "religion": range(30), "b": [1.5, 2.5, 3.5] * 10})
    reading, matrix = read_columns(frame, ("a",))
    assert reading.encoder.names == ("b",)
    assert reading.refused == {"religion": "religion"}
    assert matrix.tolist() == [[1.5], [2.5], [3.5]] * 10
    assert read_columns(frame, ("a", "b"))[1].shape == (30, 0)
