"""From the columns of a lead to the numbers that models read, the same for one lead and for a table.

Needs numpy only, so a serving worker can score without pandas. Every column becomes one number (a
category becomes the code of its level), a date becomes three: days, month, weekday. Missing is NaN;
a level that was not seen often enough in fitting is `OTHER`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from service.learn.values import FloatArray, canonical_text, read_day, read_number

OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class Column:
    """How one column is read. `levels` (categories only) are in code order; the last is OTHER."""

    name: str
    kind: str  # number | category | date
    sentinels: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the numbers this column becomes."""
        if self.kind == "date":
            return (f"{self.name}: days", f"{self.name}: month", f"{self.name}: weekday")
        return (self.name,)


class Encoder:
    """The columns of a model, in a fixed order whatever the order in a table."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.names = tuple(part for c in self.columns for part in c.parts)
        self._codes = {
            c.name: {level: float(i) for i, level in enumerate(c.levels)}
            for c in self.columns
            if c.kind == "category"
        }
        starts = np.cumsum([0, *(len(c.parts) for c in self.columns)])
        self.category_positions = tuple(
            int(s) for s, c in zip(starts, self.columns, strict=False) if c.kind == "category"
        )
        self.level_counts = {
            int(s): len(c.levels) for s, c in zip(starts, self.columns, strict=False) if c.kind == "category"
        }

    @property
    def width(self) -> int:
        return len(self.names)

    def row(self, lead: Mapping[str, object]) -> FloatArray:
        """The numbers of one lead, shape (width,). A column the lead lacks is missing."""
        out: list[float] = []
        for column in self.columns:
            value = lead.get(column.name)
            if column.kind == "category":
                out.append(self.code(column, canonical_text(value)))
            elif column.kind == "number":
                number = read_number(value)
                out.append(float("nan") if number in column.sentinels else number)
            else:
                out.extend(date_parts(np.array([read_day(value)]))[0])
        return np.array(out, dtype=float)

    def code(self, column: Column, text: str | None) -> float:
        """The code of a level; OTHER for an unseen one; NaN for a missing one."""
        if text is None:
            return float("nan")
        return self._codes[column.name].get(text, float(len(column.levels) - 1))

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(c) for c in self.columns]

    @classmethod
    def from_json(cls, columns: Sequence[Mapping[str, Any]]) -> Encoder:
        return cls(
            [
                Column(str(c["name"]), str(c["kind"]), tuple(c["sentinels"]), tuple(c["levels"]))
                for c in columns
            ]
        )


def date_parts(days: FloatArray) -> FloatArray:
    """Days since 1970 as (days, month 1-12, weekday 0-6 from Monday), shape (n, 3)."""
    known = ~np.isnan(days)
    out = np.full((len(days), 3), np.nan)
    out[:, 0] = np.floor(days)
    stamps = np.where(known, days, 0).astype("int64").astype("datetime64[D]")
    out[known, 1] = stamps.astype("datetime64[M]").astype("int64")[known] % 12 + 1
    out[known, 2] = (stamps.astype("int64")[known] + 3) % 7  # 1970-01-01 was a Thursday
    return out
