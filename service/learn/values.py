"""One value as people write it, read the same way in a table and in a single lead. Needs numpy only."""

from __future__ import annotations

import re
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from service.files.words import MISSING

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_COMMA_NUMBER = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def canonical_text(value: object) -> str | None:
    """One value as text the way levels and arms are compared; `None` where missing. 1.0 is `1`."""
    if value is None:
        return None
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return None
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    text = str(value).strip()
    if text.casefold() in MISSING:
        return None
    if text.endswith(".0") and text[:-2].lstrip("-").isdigit():
        return text[:-2]
    return text


def read_number(value: object) -> float:
    """A number from a number, a truth value or text with decimal point or comma; NaN otherwise."""
    if isinstance(value, bool | int | float | np.integer | np.floating | np.bool_):
        return float(value)
    if not isinstance(value, str):
        return float("nan")
    text = value.strip()
    if text.casefold() in MISSING:
        return float("nan")
    try:
        number = float(text)
    except ValueError:
        return comma_number(text)
    return number if np.isfinite(number) else float("nan")


def comma_number(text: str) -> float:
    """`1.234,5` as 1234.5; NaN when the text is no such number."""
    if _COMMA_NUMBER.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    try:
        return float(text)
    except ValueError:
        return float("nan")


def read_day(value: object) -> float:
    """Days since 1970-01-01 of a date, a datetime or ISO text; NaN otherwise."""
    if isinstance(value, datetime):
        return value.toordinal() - _EPOCH_ORDINAL + (value.hour * 60 + value.minute) / 1440
    if isinstance(value, date):
        return float(value.toordinal() - _EPOCH_ORDINAL)
    if isinstance(value, str):
        for form in ("%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y"):
            try:
                return read_day(datetime.strptime(value.strip(), form))
            except ValueError:
                continue
        try:
            return read_day(datetime.fromisoformat(value.strip()))
        except ValueError:
            return float("nan")
    return float("nan")
