"""Tables as people write them: what is a number, a date, a code, an identifier, missing, or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from service.errors import LearnError
from service.learn.models.columns import encode, find_sentinels, read_columns
from service.learn.models.encoding import OTHER
from service.learn.models.table import as_text, parse_dates, parse_numbers, read_table


def test_semicolons_decimal_commas_and_windows_letters_are_read(tmp_path) -> None:
    text = "navn;beløb;postnr\nSøren;1.234,50;0800\nÅse;2,5;8000\n"
    (tmp_path / "t.csv").write_bytes(text.encode("cp1252"))
    frame = read_table(tmp_path / "t.csv")
    assert as_text(frame["navn"]) == ["Søren", "Åse"]
    assert parse_numbers(frame["beløb"])[0].tolist() == [1234.5, 2.5]
    assert parse_numbers(frame["postnr"]) is None  # 0800 keeps its zero


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path, separator) -> None:
    (tmp_path / "t.csv").write_text(
        separator.join("abc") + "\n" + separator.join("123") + "\n", encoding="utf-8-sig"
    )
    assert list(read_table(tmp_path / "t.csv").columns) == ["a", "b", "c"]


def test_parquet_and_csv_give_the_same_matrix(tmp_path) -> None:
    frame = pd.DataFrame(
        {"n": [1.5, None, 3.0] * 20, "b": [True, False, True] * 20, "c": ["æ", "ø", None] * 20}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    reading, from_csv = read_columns(read_table(tmp_path / "t.csv"), ())
    from_parquet = encode(reading.encoder, read_table(tmp_path / "t.parquet"))
    assert [c.kind for c in reading.encoder.columns] == ["number", "category", "category"]
    np.testing.assert_array_equal(from_csv[:, [0, 2]], from_parquet[:, [0, 2]])


def test_an_unreadable_table_is_one_sentence(tmp_path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"not parquet")
    with pytest.raises(LearnError, match=r"t\.parquet could not be read"):
        read_table(tmp_path / "t.parquet")
    (tmp_path / "e.csv").write_text("a,b\n")
    with pytest.raises(LearnError, match="has no rows"):
        read_table(tmp_path / "e.csv")


def test_sentinels_are_found_and_honest_extremes_are_not() -> None:
    def found(*values: float) -> tuple[float, ...]:
        return find_sentinels(*np.unique(np.array(values, dtype=float), return_counts=True), len(values))

    assert found(*range(30), *[-999] * 9) == (-999.0,)
    assert found(*range(28), *[999] * 900) == (999.0,)
    assert found(*range(18, 95), *[99] * 9) == ()  # an age of 99 is near the other ages
    assert found(*range(-20, 20), *[-1] * 9) == ()  # minus one degree is a temperature


def test_what_is_no_feature_is_named_with_a_reason() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "kunde_id": np.arange(1000, 1300), "e-mail": [f"x{i}@example.org" for i in range(300)],
            "same": 7, "empty": None, "church_member": rng.random(300), "alder": rng.integers(18, 90, 300),
            "oprettet": pd.date_range("2026-01-01", periods=300).strftime("%d-%m-%Y"),
        }
    )  # fmt: skip
    reading, matrix = read_columns(frame, ())
    assert set(reading.dropped) == {"kunde_id", "e-mail", "same", "empty"}
    assert reading.refused == {"church_member": "religion"}
    assert reading.encoder.names == ("alder", "oprettet: days", "oprettet: month", "oprettet: weekday")
    assert matrix[0, 1:].tolist() == [20454.0, 1.0, 3.0]  # 1 January 2026 is a Thursday


def test_unseen_and_rare_levels_are_other_and_missing_stays_missing() -> None:
    frame = pd.DataFrame({"bolig": ["villa"] * 40 + ["række"] * 30 + ["telt"] * 2 + [None] * 3})
    reading, _ = read_columns(frame, ())
    column = reading.encoder.columns[0]
    assert column.levels == ("villa", "række", OTHER)
    coded = encode(reading.encoder, pd.DataFrame({"bolig": ["række", "telt", "slot", None]}))[:, 0]
    np.testing.assert_array_equal(coded, [1.0, 2.0, 2.0, np.nan])
    np.testing.assert_array_equal(reading.encoder.row({"bolig": "slot"}), [2.0])


def test_dates_in_three_forms() -> None:
    for text in ("2026-11-21", "21-11-2026", "21.11.2026"):
        assert parse_dates(pd.Series([text, ""]))[0] == 20778.0


def test_nested_values_of_a_parquet_file_do_not_stop_the_reading(tmp_path) -> None:
    pd.DataFrame({"n": range(30), "tags": [["a", "b"]] * 30}).to_parquet(tmp_path / "t.parquet")
    reading, _ = read_columns(read_table(tmp_path / "t.parquet"), ())
    assert "tags" in reading.dropped
