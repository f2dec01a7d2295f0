"""Customer files as people have them: delimiters, encodings, damage."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.errors import InvalidInputError
from service.files.tables import CsvForm, open_pieces, open_table, read_records


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_keeps_every_value_as_text(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "kunder.csv"
    lines = [["id", "adresse"], ["007", "Østergade 1"], ["8", "Å"]]
    path.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    table = open_table(path)
    assert table.headings == ["id", "adresse"]
    assert list(table) == [("007", "Østergade 1"), ("8", "Å")]


def test_a_short_csv_row_is_filled_and_a_long_one_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1\n", encoding="utf-8")
    assert list(open_table(path)) == [("1", "")]
    path.write_text("a,b\n1,2\n1,2,3\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"a\.csv:3: 3 values under 2 headings"):
        list(open_table(path))


def test_an_empty_file_a_false_parquet_and_a_double_heading_are_refused_by_name(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(InvalidInputError, match=r"empty\.csv is empty"):
        open_table(empty)
    false = tmp_path / "false.parquet"
    false.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="not a Parquet file"):
        open_table(false)
    double = tmp_path / "double.csv"
    double.write_text("a,a\n1,2\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="more than one column called a"):
        open_table(double)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "kunder.parquet"
    pq.write_table(pa.table({"id": pa.array([1, 2], pa.int32()), "adresse": ["a", None]}), path)
    table = open_table(path)
    assert table.schema.field("id").type == pa.int32()
    assert list(table) == [(1, "a"), (2, None)]


def test_a_delimiter_inside_quotes_is_none(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text('"a;b;c;d",e\n1,2\n', encoding="utf-8")
    assert CsvForm.of(path) == CsvForm("utf-8-sig", ",", ("a;b;c;d", "e"))
    path.write_text("only\n1\n", encoding="utf-8")
    assert CsvForm.of(path).headings == ("only",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_pieces_hold_what_the_rows_hold(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "k.csv"
    path.write_bytes('postnr;"by;navn"\r\n0800;Høje Taastrup\r\n8000;\r\n'.encode(encoding))
    pieces, names = open_pieces(path)
    assert list(names) == ["postnr", "by;navn"]
    whole = pa.Table.from_batches(list(pieces))
    assert list(zip(*whole.to_pydict().values(), strict=True)) == list(open_table(path))
    pq.write_table(whole, tmp_path / "k.parquet")
    pieces, names = open_pieces(tmp_path / "k.parquet")
    assert pa.Table.from_batches(list(pieces)) == whole


def test_a_table_that_breaks_off_says_so_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text("a,b\n" + "1,2\n" * 9 + "1,2,3\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"k\.csv (breaks off|cannot be read) as a table"):
        list(open_pieces(path)[0])
    (tmp_path / "false.pq").write_text("a,b\n")
    with pytest.raises(InvalidInputError, match="not a Parquet file"):
        open_pieces(tmp_path / "false.pq")


def test_what_is_declared_comes_with_its_line_and_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("segment;share\nA1; 0,5 \n\nB1;\n", encoding="utf-8")
    assert read_records(path, ("segment",)) == [
        (2, {"segment": "A1", "share": "0,5"}),
        (3, {"segment": "", "share": ""}),
        (4, {"segment": "B1", "share": ""}),
    ]
    with pytest.raises(InvalidInputError, match=r"d\.csv:1: no column 'margin'; write segment, margin"):
        read_records(path, ("segment", "margin"))
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_records(tmp_path / "nothing.csv", ("segment",))
