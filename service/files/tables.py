"""Tables of customers, leads and outcomes, as spreadsheets, shops and ERPs really write them.

Parquet, or a CSV separated by comma, semicolon, tab or bar, in UTF-8 (with or without byte-order mark) or
Windows-1252. Every value of a CSV is text, so that a postcode `0800` keeps its zero.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from service.errors import InvalidInputError

DELIMITERS = (",", ";", "\t", "|")
BATCH_ROWS = 5_000
_PIECE_BYTES = 16 << 20
_PIECE_ROWS = 65_536


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet, by its name."""
    return bool({".parquet", ".pq"} & {suffix.lower() for suffix in path.suffixes})


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a CSV was written. `encoding` is utf-8-sig (which reads plain UTF-8 too) or cp1252."""

    encoding: str
    delimiter: str
    headings: tuple[str, ...]

    @classmethod
    def of(cls, path: Path) -> CsvForm:
        """Sniffs a file. Raises InvalidInputError for an empty one, or a heading that stands twice."""
        encoding = _encoding(path)
        with path.open(encoding=encoding, newline="", errors="replace") as lines:
            first = lines.readline()
            delimiter = _delimiter(first)
            lines.seek(0)
            headings = tuple(next(csv.reader(lines, delimiter=delimiter), ()))
        if not headings:
            raise InvalidInputError(f"{path} is empty; its first line must name the columns.")
        return cls(encoding, delimiter, _once(path, headings))


class CsvTable:
    """A CSV row by row: a short row is filled with empty text, a long one refused with its line."""

    def __init__(self, path: Path) -> None:
        self.path, self.form = path, CsvForm.of(path)
        self.headings = list(self.form.headings)
        self.rows: int | None = None
        self.schema = pa.schema([pa.field(heading, pa.string()) for heading in self.headings])

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        width = len(self.headings)
        with self.path.open(encoding=self.form.encoding, newline="") as lines:
            reader = csv.reader(lines, delimiter=self.form.delimiter)
            next(reader, None)
            for row in reader:
                if len(row) > width:
                    raise InvalidInputError(
                        f"{self.path}:{reader.line_num}: {len(row)} values under {width} headings; "
                        "quote values that contain the delimiter."
                    )
                yield (*row, *([""] * (width - len(row))))


class ParquetTable:
    """A Parquet file row by row, in its own types. Raises InvalidInputError for a file that is none."""

    def __init__(self, path: Path) -> None:
        self.file = _open_parquet(path)
        self.headings = list(self.file.schema_arrow.names)
        self.schema = self.file.schema_arrow
        self.rows: int | None = self.file.metadata.num_rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for batch in self.file.iter_batches(batch_size=BATCH_ROWS):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def open_table(path: Path) -> CsvTable | ParquetTable:
    """A table row by row. Raises InvalidInputError when it is empty or none, or a heading stands twice."""
    return ParquetTable(path) if is_parquet(path) else CsvTable(path)


def open_pieces(path: Path) -> tuple[Iterator[pa.RecordBatch], Sequence[str]]:
    """A table of any size in pieces, and its headings: several times faster than row by row, and stricter:
    a row that is too short or too long is refused. Raises InvalidInputError, also while it is read.
    """
    if is_parquet(path):
        file = _open_parquet(path)
        return _whole(path, file.iter_batches(batch_size=_PIECE_ROWS)), list(file.schema_arrow.names)
    form = CsvForm.of(path)
    try:
        reader = pv.open_csv(
            path,
            read_options=pv.ReadOptions(
                block_size=_PIECE_BYTES, encoding=form.encoding.replace("utf-8-sig", "utf8")
            ),
            parse_options=pv.ParseOptions(delimiter=form.delimiter),
            convert_options=pv.ConvertOptions(column_types=dict.fromkeys(form.headings, pa.string())),
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidInputError(f"{path} cannot be read as a table: {error}") from error
    return _whole(path, iter(reader)), reader.schema.names


def read_records(path: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """A small CSV that people declare something in: (line, heading -> trimmed text) of every row.

    Raises InvalidInputError when it cannot be read or lacks a column that is `needed`.
    """
    try:
        table = CsvTable(path)
        if missing := [name for name in needed if name not in table.headings]:
            raise InvalidInputError(f"{path}:1: no column {missing[0]!r}; write {', '.join(needed)}.")
        return [
            (line, dict(zip(table.headings, (text.strip() for text in row), strict=True)))
            for line, row in enumerate(table, start=2)
        ]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path} cannot be read ({error}); save it as UTF-8 CSV.") from error


def _encoding(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as lines:
            while lines.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter(first: str) -> str:
    """The delimiter that splits the headings into most parts, counted outside quotes."""
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=bare.count)


def _once(path: Path, headings: Sequence[str]) -> tuple[str, ...]:
    named = [heading.strip() for heading in headings]
    if twice := sorted({heading for heading in named if named.count(heading) > 1}):
        raise InvalidInputError(f"{path} has more than one column called {', '.join(twice)}; rename one.")
    return tuple(headings)


def _open_parquet(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InvalidInputError(f"{path} is not a Parquet file: {error}") from error
    _once(path, file.schema_arrow.names)
    return file


def _whole(path: Path, pieces: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The pieces, with a sentence when the file breaks off or a row has another width."""
    try:
        yield from pieces
    except (pa.ArrowInvalid, OSError) as error:
        told = str(error).splitlines()[0][:200]
        raise InvalidInputError(
            f"{path} breaks off as a table: {told}. Save it again and quote texts."
        ) from error
