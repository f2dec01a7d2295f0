"""Customer files as people have them: delimiters, encodings, stopped runs."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.cli.customer_table import join_parts, open_parts, open_table, write_part
from service.errors import InvalidInputError
from service.flows.batch import choose_columns


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


def test_a_stopped_run_goes_on_after_the_last_whole_part(tmp_path: Path) -> None:
    parts, target = tmp_path / "out.csv.parts", tmp_path / "out.csv"
    schema = pa.schema([("n", pa.int64())])
    assert open_parts(parts, "same", restart=False) == 0
    write_part(parts, 0, pa.table({"n": [1, 2]}))
    (parts / "000001.tmp").write_bytes(b"half a part")
    assert open_parts(parts, "same", restart=False) == 1
    write_part(parts, 1, pa.table({"n": [3]}))
    assert not target.exists()
    assert join_parts(parts, target, schema) == 3
    assert target.read_text(encoding="utf-8").split() == ["n", "1", "2", "3"]
    assert not parts.exists()


def test_parts_of_another_input_are_not_mixed_in(tmp_path: Path) -> None:
    parts = tmp_path / "out.parts"
    open_parts(parts, "one", restart=False)
    write_part(parts, 0, pa.table({"n": [1]}))
    with pytest.raises(InvalidInputError, match="--restart begins again"):
        open_parts(parts, "two", restart=False)
    assert open_parts(parts, "two", restart=True) == 0


def test_columns_are_recognised_by_well_known_headings_or_named(tmp_path: Path) -> None:
    source = tmp_path / "k.csv"
    assert choose_columns(["Id", "Adresse"], "", "", source) == {"address": 1}
    assert choose_columns(["Vejnavn", "Husnr", "Postnr"], "", "", source) == {
        "street": 0,
        "house_number": 1,
        "postcode": 2,
    }
    assert choose_columns(["x", "y"], "y", "", source) == {"address": 1}
    assert choose_columns(["x", "y"], "", "street=x,postcode=y", source) == {"street": 0, "postcode": 1}
    with pytest.raises(InvalidInputError, match="no address column recognised among x, y"):
        choose_columns(["x", "y"], "", "", source)
    with pytest.raises(InvalidInputError, match="has no column 'z'"):
        choose_columns(["x", "y"], "z", "", source)
    with pytest.raises(InvalidInputError, match="--columns 'lane=x' is not understood"):
        choose_columns(["x", "y"], "", "lane=x", source)
