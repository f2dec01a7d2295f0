"""Delimited files read strictly: a damaged one is refused, naming file, row and rule."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from service.errors import SourceError


def read_text(path: Path, encoding: str = "utf-8", name: str = "") -> str:
    """A whole file as text; `name` is what errors call it.

    Raises SourceError when missing, empty, HTML, or of another encoding.
    """
    name = name or path.name
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{name}: cannot be read ({error.strerror}); fetch it again.") from error
    if not raw.strip():
        raise SourceError(f"{name}: row 1: rule not-empty: the file is empty; fetch it again.")
    if re.match(rb"\s*<(!doctype html|html)", raw[:256], re.IGNORECASE):
        raise SourceError(
            f"{name}: row 1: rule not-a-web-page: an HTML page came instead of data; the address has "
            "moved or the publisher is down."
        )
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise SourceError(
            f"{name}: row {row}: rule encoding: not {encoding} (byte {raw[error.start]:#04x}); "
            "the publisher's form has changed."
        ) from error


def read_rows(
    path: Path, encoding: str = "utf-8", separator: str = ",", whole_lines: bool = True, name: str = ""
) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a delimited file, every row as wide as the header.

    Raises SourceError for a ragged row or, with `whole_lines`, a last line without its end (half a file).
    """
    name = name or path.name
    text = read_text(path, encoding, name)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    header, body = [label.strip() for label in rows[0]], rows[1:]
    if len(header) < 2:
        raise SourceError(
            f"{name}: row 1: rule separator: one column only; the separator is not {separator!r}."
        )
    if len(set(header)) != len(header):
        twice = next(label for i, label in enumerate(header) if label in header[:i])
        raise SourceError(f"{name}: row 1, column {twice!r}: rule unique-columns: it comes twice.")
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise SourceError(
                f"{name}: row {number}: rule whole-rows: {len(row)} fields, the header has "
                f"{len(header)}; the file is cut off or its separator has changed."
            )
    if whole_lines and not text.endswith("\n"):
        raise SourceError(
            f"{name}: row {len(rows)}: rule whole-file: the last line has no end; the file is cut off."
        )
    if not body:
        raise SourceError(f"{name}: row 2: rule not-empty: a header and no rows.")
    return header, body
