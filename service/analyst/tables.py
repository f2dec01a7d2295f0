"""An analyst's table: rows, what each column means, and its files; and the tables an analyst declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from service.errors import InvalidInputError
from service.files.tables import read_records

FORMATS = ("csv", "parquet")


@dataclass(frozen=True, slots=True)
class AnalystTable:
    """`columns` maps every column of `frame` to a sentence that says what it is and in which unit."""

    name: str
    title: str
    frame: pd.DataFrame
    columns: Mapping[str, str]

    def __post_init__(self) -> None:
        if list(self.columns) != list(self.frame.columns):
            odd = set(self.columns).symmetric_difference(self.frame.columns)
            raise ValueError(f"table {self.name}: columns and their dictionary differ: {sorted(odd)}")


def dictionary_of(tables: Sequence[AnalystTable]) -> AnalystTable:
    """The data dictionary: one row per column of every table."""
    rows = [
        (table.name, table.title, column, str(table.frame[column].dtype), meaning)
        for table in tables
        for column, meaning in table.columns.items()
    ]
    names = ["table", "title", "column", "type", "meaning"]
    return AnalystTable(
        "dictionary",
        "What every column means",
        pd.DataFrame(rows, columns=names),
        {
            "table": "Name of the table and of its file.",
            "title": "What the table shows.",
            "column": "Name of the column.",
            "type": "Type of its values.",
            "meaning": "What it is, and in which unit.",
        },
    )


def write_tables(tables: Sequence[AnalystTable], folder: Path, formats: Sequence[str]) -> list[Path]:
    """Writes each table and the data dictionary in each format; the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in [*tables, dictionary_of(tables)]:
        for form in formats:
            path = folder / f"{table.name}.{form}"
            if form == "parquet":
                table.frame.to_parquet(path, index=False)
            else:
                table.frame.to_csv(path, index=False, float_format="%.6g")
            written.append(path)
    return written


def read_per_segment(path: Path, codes: Sequence[str], column: str) -> dict[str, float]:
    """A number per segment out of a CSV with `segment` and `column`. Raises InvalidInputError by line."""
    found: dict[str, float] = {}
    for line, row in read_records(path, ("segment", column)):
        code, text = row["segment"], row[column]
        if code not in codes:
            raise InvalidInputError(f"{path}:{line}: no segment {code!r}; write segment,{column}.")
        try:
            found[code] = float(text.replace(",", "."))
        except ValueError:
            raise InvalidInputError(f"{path}:{line}: {column} {text!r} is no number.") from None
    return found
