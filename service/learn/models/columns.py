"""Decides, column by column, what a table offers a model, and says so for every column it leaves out.

Text that is nearly unique is an identifier, a constant tells nothing, denied topics are refused, codes
such as -999 are missing. Nothing here looks at the outcome.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from service.files.denied import denied_topic
from service.learn.models.encoding import OTHER, Column, Encoder, date_parts
from service.learn.models.table import as_text, parse_dates, parse_numbers
from service.learn.values import FloatArray

MAX_LEVELS = 100  # most frequent levels kept; LightGBM's split bitsets and one-hot columns stay small
CODE_LEVELS = 40  # whole numbers in a column named like a code, up to so many, are levels, not amounts
_CODE_NAME = re.compile(
    r"(kode|code|type|typ|category|kategori|class|segment|zone|region|group|gruppe)$", re.I
)
_ID_NAME = re.compile(
    r"(^|[_\s.])(id|uuid|guid|key|nr|no|number|nummer|index|row|lbnr)$|[a-zæøå](Id|ID)$", re.I
)
_SENTINEL = re.compile(r"-?(9+|8{2,}|7{2,})|-1")


@dataclass(slots=True)
class Reading:
    """What became of each column of a table."""

    encoder: Encoder
    dropped: dict[str, str] = field(default_factory=dict)  # column -> why it is no feature
    notes: list[str] = field(default_factory=list)  # sentences on sentinels and odd values
    refused: dict[str, str] = field(default_factory=dict)  # column -> denied topic


def read_columns(frame: pd.DataFrame, skip: Collection[str]) -> tuple[Reading, FloatArray]:
    """(what became of the columns, the encoded matrix of shape (rows, width))."""
    reading = Reading(Encoder([]))
    columns: list[Column] = []
    blocks: list[FloatArray] = []
    for name in frame.columns:
        if name in skip:
            continue
        if topic := denied_topic(name):
            reading.refused[name] = topic
            continue
        parsed = parse_numbers(frame[name])
        column = _read_column(frame[name], parsed, name, reading)
        if column is not None:
            columns.append(column)
            blocks.append(encode_column(Encoder([column]), column, frame[name], parsed))
    reading.encoder = Encoder(columns)
    matrix = np.hstack(blocks) if blocks else np.empty((len(frame), 0))
    return reading, matrix


def encode(encoder: Encoder, frame: pd.DataFrame) -> FloatArray:
    """The matrix of a table, shape (rows, encoder.width); absent columns are missing throughout."""
    blocks = [
        encode_column(encoder, c, frame[c.name])
        if c.name in frame.columns
        else np.full((len(frame), len(c.parts)), np.nan)
        for c in encoder.columns
    ]
    return np.hstack(blocks) if blocks else np.empty((len(frame), 0))


def encode_column(
    encoder: Encoder, column: Column, values: pd.Series, parsed: tuple[FloatArray, int] | None = None
) -> FloatArray:
    """The numbers of one column, shape (rows, parts). `parsed` saves reading the numbers again."""
    if column.kind == "category":
        codes, uniques = pd.factorize(np.array(as_text(values), dtype=object), use_na_sentinel=True)
        table = np.array([*(encoder.code(column, u) for u in uniques), np.nan])
        return table[codes][:, None]
    if column.kind == "date":
        days = parse_dates(values)
        return date_parts(np.full(len(values), np.nan) if days is None else days)
    parsed = parsed or parse_numbers(values)
    numbers = np.full(len(values), np.nan) if parsed is None else parsed[0].copy()
    if column.sentinels:
        numbers[np.isin(numbers, column.sentinels)] = np.nan
    return numbers[:, None]


def _read_column(
    values: pd.Series, parsed: tuple[FloatArray, int] | None, name: str, reading: Reading
) -> Column | None:
    if parsed is not None:
        return _read_numbers(parsed[0], parsed[1], values, name, reading)
    days = parse_dates(values)
    if days is not None:
        if np.unique(days[~np.isnan(days)]).size < 2:
            reading.dropped[name] = "has one date only"
            return None
        return Column(name, "date")
    texts = as_text(values)
    if _digits_only(texts) and len(set(texts)) > CODE_LEVELS:
        return Column(name, "number")  # codes in their hundreds (postcodes) lie in a meaningful order
    return _read_levels(texts, name, reading)


def _read_numbers(
    numbers: FloatArray, odd: int, values: pd.Series, name: str, reading: Reading
) -> Column | None:
    known = numbers[~np.isnan(numbers)]
    distinct, counts = np.unique(known, return_counts=True)
    if distinct.size == 0:
        reading.dropped[name] = "is empty"
        return None
    if distinct.size == 1 and known.size == len(numbers):
        reading.dropped[name] = f"is {distinct[0]:g} in every row"
        return None
    whole = bool(np.all(distinct == np.floor(distinct)))
    unique_share = distinct.size / known.size
    step = np.diff(known)
    in_order = bool(np.all(step > 0) or np.all(step < 0))
    if whole and known.size >= 50 and unique_share > 0.95 and (_ID_NAME.search(name) or in_order):
        reading.dropped[name] = "is an identifier (a different whole number in nearly every row)"
        return None
    if odd:
        reading.notes.append(f"{name}: {odd} values are not numbers and count as missing.")
    sentinels = find_sentinels(distinct, counts.astype(float), len(numbers))
    for value in sentinels:
        share = counts[distinct == value][0] / len(numbers)
        reading.notes.append(f"{name}: {value:g} ({share:.1%} of rows) stands for missing and is read so.")
    if whole and not sentinels and _CODE_NAME.search(name) and 2 < distinct.size <= CODE_LEVELS:
        return _read_levels(as_text(values), name, reading)
    return Column(name, "number", sentinels=sentinels)


def find_sentinels(distinct: FloatArray, counts: FloatArray, rows: int) -> tuple[float, ...]:
    """Codes for missing among sorted distinct values: a repdigit (-999, 99, 999 …) or -1, at an end of the
    column, seen often, and far from everything else.
    """
    found: list[float] = []
    values, seen = distinct, counts
    while values.size >= 3:
        hit = None
        for at, rest in ((0, values[1:]), (-1, values[:-1])):
            value = float(values[at])
            if not value.is_integer() or not _SENTINEL.fullmatch(str(int(value))):
                continue
            if seen[at] < max(5, 0.0005 * rows) and not (value <= -99 and rest[0] >= 0):
                continue
            gap = rest[0] - value if at == 0 else value - rest[-1]
            spread = max(float(rest[-1] - rest[0]), 1.0)
            negative = value < 0 and rest[0] >= 0 and (value <= -9 or seen[at] >= 0.005 * rows)
            if negative or (abs(value) >= 99 and gap > 1.5 * spread):
                hit = at
                break
        if hit is None:
            break
        found.append(float(values[hit]))
        keep = slice(1, None) if hit == 0 else slice(None, -1)
        values, seen = values[keep], seen[keep]
    return tuple(found)


def _digits_only(texts: list[str | None]) -> bool:
    return all(t is None or t.isdigit() for t in texts)


def _read_levels(texts: list[str | None], name: str, reading: Reading) -> Column | None:
    counts = pd.Series([t for t in texts if t is not None], dtype=object).value_counts()
    known = int(counts.sum())
    if known == 0:
        reading.dropped[name] = "is empty"
        return None
    if len(counts) == 1 and known == len(texts):
        reading.dropped[name] = "has the same text in every row"
        return None
    enough = max(10, int(0.001 * known))
    # ties in frequency are broken by the text itself, so that the same table always gives the same codes
    ranked = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
    frequent = [str(level) for level, count in ranked if count >= enough][:MAX_LEVELS]
    if not frequent and len(counts) <= 10:
        frequent = [str(level) for level, _ in ranked]
    if not frequent or (len(counts) > 50 and len(counts) > 0.5 * known):
        reading.dropped[name] = f"is text with {len(counts):,} different values (an identifier or free text)"
        return None
    if sum(len(level) for level in frequent) > 80 * len(frequent):
        reading.dropped[name] = "is free text"
        return None
    if len(counts) > len(frequent):
        reading.notes.append(f"{name}: {len(counts) - len(frequent):,} rare values are read as one.")
    return Column(name, "category", levels=(*frequent, OTHER))
