"""Reads publishers' delimited files strictly: a damaged one is refused, naming file, row, column and rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from service.errors import SourceError
from service.files.strict import read_rows
from service.refdata.catalogue import DEFAULT_SOURCES, TableSpec
from service.refdata.denied import load_denied

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def to_numbers(
    file: str, column: str, texts: Sequence[str], may_be_negative: bool = False, empty: str = ""
) -> np.ndarray:
    """A column of numbers; `empty` marks unknown (NaN). Raises SourceError naming row, column and rule."""
    numbers = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        if text in (empty, ""):
            continue
        if not _NUMBER.fullmatch(text):
            rule = "decimal-point" if _DECIMAL_COMMA.fullmatch(text) else "number"
            raise SourceError(f"{file}: row {i + 2}, column {column!r}: rule {rule}: {text[:40]!r}.")
        numbers[i] = float(text)
        if numbers[i] < 0 and not may_be_negative:
            raise SourceError(f"{file}: row {i + 2}, column {column!r}: rule not-negative: {text}.")
    return numbers


def places_of(file: str, header: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Where each column (code -> label) stands in a header. Raises SourceError for one that is missing."""
    for label in columns.values():
        if label not in header:
            raise SourceError(f"{file}: row 1, column {label!r}: rule expected-columns: it is missing.")
    return {code: list(header).index(label) for code, label in columns.items()}


def read_table(
    path: Path, spec: TableSpec, key: str, sources: Path = DEFAULT_SOURCES, name: str = ""
) -> pd.DataFrame:
    """One table of a source: index = key as text, one column per code.

    Count tables are float64 (NaN unknown), text tables str. Raises SourceError for a denied, missing
    or doubled column, a doubled or empty key, and anything that is no number.
    """
    name = name or path.name
    header, rows = read_rows(path, name=name)
    wanted = _wanted_columns(name, spec, header)
    load_denied(sources).refuse(name, [label for label, _ in wanted], spec.folds, spec.name)
    where = {label: i for i, label in enumerate(header)}
    if key not in where:
        raise SourceError(f"{name}: row 1, column {key!r}: rule key-column: the key is missing.")
    keys = [row[where[key]].strip() for row in rows]
    seen: dict[str, int] = {}
    for number, value in enumerate(keys, start=2):
        if not value:
            raise SourceError(f"{name}: row {number}, column {key!r}: rule key-filled: it is empty.")
        if value in seen:
            raise SourceError(
                f"{name}: row {number}, column {key!r}: rule unique-key: {value} is also in "
                f"row {seen[value]}."
            )
        seen[value] = number
    index = pd.Index(keys, name="code")
    if spec.kind == "text":
        return pd.DataFrame(
            {c: [row[where[label]].strip() for row in rows] for label, c in wanted}, index=index
        )
    sums: dict[str, np.ndarray] = {}
    for label, code in wanted:
        column = [row[where[label]].strip() for row in rows]
        numbers = to_numbers(name, label, column, code in spec.may_be_negative)
        sums[code] = sums[code] + numbers if code in sums else numbers
    return pd.DataFrame(sums, index=index).sort_index()


def _wanted_columns(file: str, spec: TableSpec, header: list[str]) -> list[tuple[str, str]]:
    """(label, code) of the columns that a table takes, in the catalogue's order."""
    if spec.columns:
        wanted = {code: spec.prefix + label for code, label in spec.columns.items()}
        places_of(file, header, wanted)
        return [(label, code) for code, label in wanted.items()]
    pattern = re.compile(re.escape(spec.prefix) + f"(?:{spec.pattern})")
    hits = [(label, hit) for label in header if (hit := pattern.fullmatch(label))]
    if spec.expected_columns is not None and len(hits) != spec.expected_columns:
        raise SourceError(
            f"{file}: row 1: rule expected-columns: {len(hits)} columns look like "
            f"{spec.prefix + spec.pattern!r}, expected {spec.expected_columns}."
        )
    coded = []
    for label, hit in hits:
        parts = [spec.labels.get(group, {}).get(value) for group, value in hit.groupdict().items()]
        if all(parts):
            coded.append((label, "|".join(str(part) for part in parts)))
    order = list(dict.fromkeys(code for _, code in coded))
    ranks = {code: i for i, code in enumerate(_label_order(spec, order))}
    return sorted(coded, key=lambda pair: ranks[pair[1]])


def _label_order(spec: TableSpec, codes: list[str]) -> list[str]:
    groups = [list(labels.values()) for labels in spec.labels.values()]
    return sorted(codes, key=lambda code: [g.index(p) for g, p in zip(groups, code.split("|"), strict=True)])
