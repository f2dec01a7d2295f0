"""A customer base as a file: CSV or Parquet in, finished chunks beside the target, one file out.

A chunk that exists is whole (written beside and renamed), so a run that was stopped goes on after the
last of them; the target appears at once, when all are there.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from service.errors import InvalidInputError

CHUNK_ROWS = 5_000


class CsvTable:
    """A CSV as its writer meant it: delimiter sniffed, UTF-8 or Windows-1252, all values text.

    Raises InvalidInputError for an empty file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding = _encoding(path)
        with path.open(encoding=self.encoding, newline="") as lines:
            first = lines.readline()
        self.delimiter = max(",;\t|", key=first.count)
        with path.open(encoding=self.encoding, newline="") as lines:
            self.headings = next(csv.reader(lines, delimiter=self.delimiter), [])
        self.rows: int | None = None
        self.schema = pa.schema([pa.field(h, pa.string()) for h in self.headings])
        if not self.headings:
            raise InvalidInputError(f"{path} is empty; its first line must name the columns.")

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        width = len(self.headings)
        with self.path.open(encoding=self.encoding, newline="") as lines:
            reader = csv.reader(lines, delimiter=self.delimiter)
            next(reader, None)
            for row in reader:
                if len(row) > width:
                    raise InvalidInputError(
                        f"{self.path}:{reader.line_num}: {len(row)} values under {width} headings; "
                        "quote values that contain the delimiter."
                    )
                yield (*row, *([""] * (width - len(row))))


class ParquetTable:
    """A Parquet file, read one row group at a time. Raises InvalidInputError for a file that is none."""

    def __init__(self, path: Path) -> None:
        try:
            self.file = pq.ParquetFile(path)
        except pa.ArrowInvalid as error:
            raise InvalidInputError(f"{path} is not a Parquet file: {error}") from error
        self.headings = list(self.file.schema_arrow.names)
        self.schema = self.file.schema_arrow
        self.rows: int | None = self.file.metadata.num_rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for batch in self.file.iter_batches(batch_size=CHUNK_ROWS):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def open_table(path: Path) -> CsvTable | ParquetTable:
    """Opens by suffix. Raises InvalidInputError for an empty file or a heading that stands twice."""
    table = ParquetTable(path) if path.suffix.lower() in (".parquet", ".pq") else CsvTable(path)
    if twice := sorted({h for h in table.headings if table.headings.count(h) > 1}):
        raise InvalidInputError(f"{path} has more than one column called {', '.join(twice)}; rename one.")
    return table


def _encoding(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as lines:
            for _ in lines:
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def open_parts(parts: Path, fingerprint: str, restart: bool) -> int:
    """The number of chunks already done. Raises InvalidInputError for parts of another input or release."""
    if restart and parts.exists():
        shutil.rmtree(parts)
    parts.mkdir(parents=True, exist_ok=True)
    job, digest = parts / "job", hashlib.sha256(fingerprint.encode()).hexdigest()
    if job.exists() and job.read_text() != digest:
        raise InvalidInputError(
            f"{parts} is left from a run with another input, option or release; --restart begins again."
        )
    if not job.exists():
        job.write_text(digest)
    number = 0
    while (parts / f"{number:06d}.parquet").exists():
        number += 1
    return number


def write_part(parts: Path, number: int, table: pa.Table) -> None:
    """Written beside and then renamed: a part that exists is whole."""
    beside = parts / f"{number:06d}.tmp"
    pq.write_table(table, beside)
    os.replace(beside, parts / f"{number:06d}.parquet")


def join_parts(parts: Path, target: Path, schema: pa.Schema) -> int:
    """All parts into one file, which appears at once; then the parts are removed."""
    beside, count = target.with_name(target.name + ".tmp"), 0
    files = sorted(parts.glob("*.parquet"))
    if target.suffix.lower() in (".parquet", ".pq"):
        with pq.ParquetWriter(beside, schema) as writer:
            for part in files:
                table = pq.read_table(part)
                writer.write_table(table)
                count += table.num_rows
    else:
        with beside.open("w", encoding="utf-8", newline="") as lines:
            writer_csv = csv.writer(lines)
            writer_csv.writerow(schema.names)
            for part in files:
                table = pq.read_table(part)
                writer_csv.writerows(zip(*(c.to_pylist() for c in table.columns), strict=True))
                count += table.num_rows
    os.replace(beside, target)
    shutil.rmtree(parts)
    return count
