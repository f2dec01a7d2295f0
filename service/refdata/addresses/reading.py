"""Reading publishers' text files so that every fault names file, line and column.

A publisher's file is all or nothing: a fault in its form (encoding, truncation, columns, a value that
cannot be of that column) stops the import with SourceError. A row that is well-formed but useless
(no street name) is counted and left out by the importer instead.
"""

from __future__ import annotations

import csv
import gzip
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from tqdm import tqdm

from service.errors import SourceError

# Longest line that a publisher's file may have: a street geometry of a national register has 600 kB.
MAX_LINE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a publisher's file, for the message."""

    path: Path
    line: int

    def fail(self, column: str, problem: str) -> NoReturn:
        """Raises SourceError "file, line n, column c: problem."."""
        raise SourceError(f"{self.path.name}, line {self.line}, column {column}: {problem}")


@contextmanager
def open_source(path: Path, progress: bool = False) -> Iterator[tuple[IO[bytes], tqdm[NoReturn]]]:
    """The bytes of a file, of a .gz, or of the one data member of a .zip, and a bar to advance by them.

    Raises SourceError for a missing, empty or damaged file, also when the damage is met while reading.
    """
    try:
        source, size = _opened(path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except zipfile.BadZipFile as error:
        raise SourceError(
            f"{path.name}: not a whole zip file ({error}); truncated, download it again."
        ) from error
    if size == 0:
        source.close()
        raise SourceError(f"{path.name}: the file is empty; download it again.")
    bar: tqdm[NoReturn] = tqdm(
        total=size, unit="B", unit_scale=True, desc=path.name, disable=None if progress else True
    )
    with source, bar:
        try:
            yield source, bar
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise SourceError(
                f"{path.name}: the compressed file is damaged or truncated ({error}); download it again."
            ) from error


def _opened(path: Path) -> tuple[IO[bytes], int | None]:
    if path.suffix == ".zip":
        archive = zipfile.ZipFile(path)
        members = [m for m in archive.infolist() if not m.is_dir() and "metadata" not in m.filename.lower()]
        if len(members) != 1:
            archive.close()
            raise SourceError(
                f"{path.name}: holds {len(members)} data files; unpack it and name the files to read."
            )
        return archive.open(members[0]), members[0].file_size
    if path.suffix == ".gz":
        unpacked: IO[bytes] = gzip.open(path, "rb")  # type: ignore[assignment]  # noqa: SIM115
        return unpacked, None if path.stat().st_size else 0
    return path.open("rb"), path.stat().st_size


def read_lines(
    path: Path, progress: bool = False, last_line_ends: bool = True
) -> Iterator[tuple[Where, str]]:
    """The lines of a UTF-8 text file without their line ends, each with its place.

    Raises SourceError for a missing or empty file, bytes that are not UTF-8 (naming the byte's column),
    a line longer than MAX_LINE_BYTES and, unless `last_line_ends` is False (the lines themselves tell
    whether they are whole, as JSON does), a last line without its line end: a truncated download.
    """
    with open_source(path, progress) as (source, bar):
        for number, raw in enumerate(iter(lambda: source.readline(MAX_LINE_BYTES + 1), b""), start=1):
            bar.update(len(raw))
            where = Where(path, number)
            if not raw.endswith(b"\n"):
                if len(raw) > MAX_LINE_BYTES:
                    where.fail(str(MAX_LINE_BYTES), "the line has no end; this is not a text file.")
                if last_line_ends:
                    where.fail(
                        str(len(raw)),
                        "the file ends in the middle of a line: truncated, download it again "
                        "(if it is whole, end its last line).",
                    )
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                where.fail(
                    str(error.start + 1),
                    f"byte 0x{raw[error.start]:02x} is not UTF-8; the file is in another encoding "
                    "(often Latin-1): convert it, for example with iconv -f latin1 -t utf-8.",
                )
            yield where, text.rstrip("\r\n")


def read_csv(
    path: Path,
    required: Collection[str],
    optional: Collection[str] = (),
    delimiter: str = ",",
    progress: bool = False,
) -> Iterator[tuple[Where, dict[str, str]]]:
    """The rows of a delimited file with a header line, as column -> text, each with its place.

    Raises SourceError when a required column is absent, a column is unknown, doubled or a row has
    another number of fields than the header; and all that `read_lines` raises.
    """
    lines = read_lines(path, progress)
    last = Where(path, 1)

    def text() -> Iterator[str]:
        nonlocal last
        for where, line in lines:
            last = where
            yield line + "\n"

    rows = csv.reader(text(), delimiter=delimiter, strict=True)
    try:
        header = next(rows)
        _check_header(last, header, required, optional)
        for row in rows:
            if len(row) != len(header):
                last.fail(
                    header[min(len(row), len(header) - 1)],
                    f"{len(row)} fields where the header has {len(header)}.",
                )
            yield last, dict(zip(header, row, strict=True))
    except csv.Error as error:
        last.fail("1", f"not readable as delimited text ({error}).")


def _check_header(
    where: Where, header: list[str], required: Collection[str], optional: Collection[str]
) -> None:
    for column in required:
        if column not in header:
            where.fail(column, f"the header has no such column; it has: {', '.join(header)[:300]}.")
    for place, column in enumerate(header):
        if column not in required and column not in optional:
            where.fail(
                column or str(place + 1),
                "unknown column; the publisher's format has changed, or this is another file.",
            )
        if header.index(column) != place:
            where.fail(column, "the header names this column twice.")


def degrees(where: Where, column: str, text: str, low: float, high: float) -> float | None:
    """A WGS84 coordinate; None when empty. Raises SourceError when it is no number of degrees in range."""
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        where.fail(column, f"{text[:40]!r} is not a number of degrees.")
    if not low <= value <= high:
        where.fail(
            column,
            f"{text[:40]} lies outside {low:g}…{high:g} degrees; the coordinates are in another projection "
            "or swapped: this import expects WGS84 (EPSG:4326).",
        )
    return value
