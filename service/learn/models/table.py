"""Reads any CSV or Parquet table of leads and outcomes, as spreadsheets and shops really write them.

Every column of a CSV arrives as text (see `service.files.tables`); `parse_numbers` and `parse_dates` decide
what it is, so that a postcode `0800` keeps its zero. Missing is NaN/NaT/None, never a sentinel.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from service.errors import InvalidInputError, LearnError
from service.files.tables import CsvForm, is_parquet
from service.files.words import MISSING
from service.learn.values import FloatArray, canonical_text, comma_number

# A column counts as numbers when this share of its non-missing values reads as numbers; the rest is noise
# such as "ukendt" in an income column, and is reported.
NUMBER_SHARE = 0.98
_LEADING_ZERO = re.compile(r"0\d+")
_DATE_FORMS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?"), "ISO8601"),
    (re.compile(r"\d{1,2}-\d{1,2}-\d{4}"), "%d-%m-%Y"),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), "%d.%m.%Y"),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), "%d/%m/%Y"),
)


def read_table(path: Path) -> pd.DataFrame:
    """The table with CSV columns as text and Parquet columns as stored. Raises LearnError with a sentence."""
    try:
        frame = pd.read_parquet(path) if is_parquet(path) else _read_csv(path)
    except InvalidInputError as error:
        raise LearnError(str(error)) from error
    except (OSError, ValueError, UnicodeError, pd.errors.ParserError) as error:
        raise LearnError(f"{path.name} could not be read as a table: {str(error).splitlines()[0]}") from error
    frame.columns = [str(c).strip() for c in frame.columns]
    for name in [c for c in frame.columns if pd.api.types.is_object_dtype(frame[c])]:
        if frame[name].map(lambda v: isinstance(v, list | dict | tuple | np.ndarray)).any():
            frame[name] = frame[name].map(str)  # nested values are no feature, but no reason to stop either
    duplicated = [name for name, count in Counter(frame.columns).items() if count > 1]
    if duplicated:
        raise LearnError(f"{path.name} has two columns called {duplicated[0]!r}; rename one of them.")
    if frame.empty:
        raise LearnError(f"{path.name} has no rows.")
    return frame


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Writes Parquet for `.parquet`/`.pq`, otherwise comma-separated UTF-8 CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_parquet(path):
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)


def _read_csv(path: Path) -> pd.DataFrame:
    form = CsvForm.of(path)
    return pd.read_csv(
        path, sep=form.delimiter, dtype=str, keep_default_na=False, na_values=[], encoding=form.encoding
    )


def as_text(column: pd.Series) -> list[str | None]:
    """Each value as trimmed text, `None` where missing; whole floats lose their `.0` (arm 1.0 is arm 1)."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        column = pd.Series(column.to_numpy(dtype=float, na_value=np.nan))
    codes, uniques = pd.factorize(column.astype(object), use_na_sentinel=True)
    words = np.array([*(canonical_text(u) for u in uniques), None], dtype=object)
    texts: list[str | None] = words[codes].tolist()
    return texts


def parse_numbers(column: pd.Series) -> tuple[FloatArray, int] | None:
    """(values, how many non-missing values were not numbers), or None when the column is not numeric.

    Text with leading zeros (`0800`) is a code, not a number.
    """
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        values = (
            pd.to_numeric(column, errors="coerce").astype("float64").to_numpy(dtype=float, na_value=np.nan)
        )
        return _finite(np.asarray(values, dtype=np.float64)), 0
    if pd.api.types.is_datetime64_any_dtype(column):
        return None
    quick = _plain_numbers(column)
    if quick is not None:
        return quick, 0
    codes, uniques = pd.factorize(column.astype(object), use_na_sentinel=True)
    words = [str(u).strip() for u in uniques]
    missing = np.array([w.casefold() in MISSING for w in words], dtype=bool)
    if any(_LEADING_ZERO.fullmatch(w) for w in words):
        return None
    table = pd.to_numeric(pd.Series(words, dtype=object), errors="coerce").to_numpy(dtype=float).copy()
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    known = int(counts[~missing].sum())
    if known == 0:
        return np.full(len(column), np.nan), 0
    wrong = int(counts[~missing & np.isnan(table)].sum())
    if wrong > (1 - NUMBER_SHARE) * known:
        table = np.array([comma_number(w) for w in words])
        wrong = int(counts[~missing & np.isnan(table)].sum())
        if wrong > (1 - NUMBER_SHARE) * known:
            return None
    table[missing] = np.nan
    return _finite(np.asarray(np.append(table, np.nan)[codes], dtype=np.float64)), wrong


def _plain_numbers(column: pd.Series) -> FloatArray | None:
    """The values when every one is a plain number or missing: the common case, and fast."""
    texts = column.astype("str")
    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    odd = texts[np.isnan(values)].dropna().unique()
    if any(str(word).strip().casefold() not in MISSING for word in odd):
        return None
    if bool(texts.str.contains(r"^\s*0\d", regex=True, na=False).any()):
        return None
    return _finite(np.asarray(values, dtype=np.float64))


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, np.nan)


def parse_dates(column: pd.Series) -> FloatArray | None:
    """Days since 1970-01-01 (fractional), NaN where missing, or None when these are not dates."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return _days(column)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return None
    codes, uniques = pd.factorize(column.astype(object), use_na_sentinel=True)
    words = [str(u).strip() for u in uniques]
    known = [w for w in words if w.casefold() not in MISSING]
    if not known:
        return None
    for pattern, form in _DATE_FORMS:
        if sum(bool(pattern.fullmatch(w)) for w in known) >= NUMBER_SHARE * len(known):
            parsed = pd.to_datetime(pd.Series(words, dtype=object), format=form, errors="coerce", utc=True)
            return np.append(_days(parsed), np.nan)[codes]
    return None


def _days(column: pd.Series) -> FloatArray:
    stamps = pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy(dtype="datetime64[s]")
    days = stamps.astype("int64") / 86400.0
    return np.where(np.isnat(stamps), np.nan, days)
