"""Reads the outcome and the treatment of a table, and refuses tables that cannot carry a model."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.errors import LearnError
from service.learn.models.table import as_text, parse_numbers
from service.learn.values import FloatArray, IntArray, canonical_text, read_number

LEAST_EVENTS = 20
LEAST_AMOUNTS = 30
LEAST_ROWS = 50
LEAST_ARM_ROWS = 30
LEAST_ARM_EVENTS = 5
MOST_ARMS = 20
ZERO_SHARE = 0.1  # a never-negative outcome with at least so many zeros is an amount (spend)
YES = frozenset({
    "1", "yes", "y", "true", "t", "ja", "j", "sand", "sandt", "sann", "kyllä", "kylla", "joo",
    "positive", "pos", "success", "bought", "converted", "responded",
})  # fmt: skip
NO = frozenset({
    "0", "no", "n", "false", "f", "nej", "nei", "ei", "falsk", "falskt", "epätosi", "negative", "neg",
    "failure", "none",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """`y` has one value per row, NaN where unknown. `yes`/`no` are the two texts of a binary outcome."""

    task: str
    y: FloatArray
    yes: str = ""
    no: str = ""


def column_of(frame: pd.DataFrame, name: str, role: str) -> pd.Series:
    """The column. Raises LearnError, naming what is there instead."""
    if name not in frame.columns:
        near = difflib.get_close_matches(name, [str(c) for c in frame.columns], n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else f" It has: {', '.join(frame.columns[:20])}."
        raise LearnError(f"The table has no column {name!r} ({role}).{hint}")
    column: pd.Series = frame[name]
    return column


def read_outcome(frame: pd.DataFrame, name: str) -> Outcome:
    """Two different values are yes/no; more numbers are an amount or a number.

    Raises LearnError for anything else.
    """
    column = column_of(frame, name, "outcome")
    texts = as_text(column)
    counts = Counter(t for t in texts if t is not None)
    if not counts:
        raise LearnError(f"The outcome {name!r} is empty in every row.")
    if len(counts) == 1:
        raise LearnError(
            f"The outcome {name!r} is {next(iter(counts))!r} in every row: "
            "with one class only there is nothing to learn."
        )
    if len(counts) == 2:
        yes, no = _two_classes(counts)
        y = np.array([np.nan if t is None else float(t == yes) for t in texts])
        fewer = int(min(counts.values()))
        if fewer < LEAST_EVENTS:
            raise LearnError(
                f"The outcome {name!r} has only {fewer} rows of its rarer value; "
                f"at least {LEAST_EVENTS} are needed. Collect more outcomes first."
            )
        return Outcome("binary", y, yes, no)
    parsed = parse_numbers(column)
    if parsed is None:
        raise LearnError(
            f"The outcome {name!r} has {len(counts)} different texts; it must be yes/no or a number."
        )
    return _number_outcome(name, parsed[0])


def _two_classes(counts: Counter[str]) -> tuple[str, str]:
    a, b = sorted(counts)
    for yes, no in ((a, b), (b, a)):
        if yes.casefold() in YES and no.casefold() not in YES:
            return yes, no
        if no.casefold() in NO and yes.casefold() not in NO:
            return yes, no
    numbers = read_number(a), read_number(b)
    if not np.isnan(numbers).any():
        return (a, b) if numbers[0] > numbers[1] else (b, a)
    return (a, b) if counts[a] < counts[b] else (b, a)  # the rarer is what one wants to know


def _number_outcome(name: str, y: FloatArray) -> Outcome:
    known = y[~np.isnan(y)]
    if known.size < LEAST_ROWS:
        raise LearnError(
            f"The outcome {name!r} is known in {known.size} rows; at least {LEAST_ROWS} are needed."
        )
    if known.min() < 0 or (known == 0).mean() < ZERO_SHARE:
        return Outcome("number", y)
    above = int((known > 0).sum())
    if above < LEAST_AMOUNTS:
        raise LearnError(
            f"The outcome {name!r} is above zero in only {above} rows; at least {LEAST_AMOUNTS} are needed."
        )
    return Outcome("amount", y)


def apply_outcome(frame: pd.DataFrame, name: str, task: str, yes: str, no: str) -> FloatArray:
    """The outcome of another table, read as in fitting. NaN for values that are neither yes nor no.

    Raises LearnError when it was a number and is none now.
    """
    column = column_of(frame, name, "outcome")
    if task == "binary":
        code = {yes: 1.0, no: 0.0}
        return np.array([np.nan if t is None else code.get(t, np.nan) for t in as_text(column)])
    parsed = parse_numbers(column)
    if parsed is None:
        raise LearnError(
            f"The outcome {name!r} is not a number in this table, but was when the model was fitted."
        )
    return parsed[0]


def read_arms(frame: pd.DataFrame, name: str, control: str) -> tuple[IntArray, list[str]]:
    """(arm number per row, -1 where missing; arm names with the control first).

    Raises LearnError without rows of the control or of any other arm.
    """
    texts = as_text(column_of(frame, name, "treatment"))
    counts = Counter(t for t in texts if t is not None)
    wanted = canonical_text(control) or control
    if wanted not in counts:
        folded = [v for v in counts if v.casefold() == wanted.casefold()]
        if len(folded) != 1:
            there = ", ".join(repr(v) for v, _ in counts.most_common(10)) or "nothing"
            raise LearnError(f"There are no control rows: {name!r} is never {control!r}. It holds {there}.")
        wanted = folded[0]
    others = sorted(v for v in counts if v != wanted)
    if not others:
        raise LearnError(
            f"Every row of {name!r} is {wanted!r}: without a treated arm there is no uplift to learn."
        )
    if len(others) > MOST_ARMS:
        raise LearnError(
            f"{name!r} has {len(counts):,} different values; a treatment has at most {MOST_ARMS + 1}."
        )
    arms = [wanted, *others]
    return arm_numbers(texts, arms), arms


def arm_numbers(texts: Sequence[str | None], arms: Sequence[str]) -> IntArray:
    code = {a: i for i, a in enumerate(arms)}
    return np.array([-1 if t is None else code.get(t, -1) for t in texts], dtype=np.int64)


def check_arms(arm: IntArray, arms: list[str], y: FloatArray, task: str) -> None:
    """Raises LearnError where an arm is too small to say anything."""
    for k, label in enumerate(arms):
        own = y[arm == k]
        role = "The control" if k == 0 else "The arm"
        if len(own) < LEAST_ARM_ROWS:
            raise LearnError(
                f"{role} {label!r} has {len(own)} rows; at least {LEAST_ARM_ROWS} are needed. "
                "Collect more, or leave its rows out of the table."
            )
        if task == "number":
            continue
        events = int((own > 0).sum())
        fewer = min(events, len(own) - events) if task == "binary" else events
        if fewer < LEAST_ARM_EVENTS:
            raise LearnError(
                f"{role} {label!r} has only {fewer} rows with the rarer outcome; "
                f"at least {LEAST_ARM_EVENTS} are needed."
            )


def rows_kept(mask: NDArray[np.bool_], notes: list[str], why: str) -> None:
    left_out = int((~mask).sum())
    if left_out:
        notes.append(f"{left_out:,} rows left out: {why}.")
