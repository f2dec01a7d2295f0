"""The lift report as plain rows: for JSON, CSV and a page. Standard library only, for serving."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

from service.learn.lift.compare import LiftRow
from service.learn.lift.sequential import Watched

COLUMNS = (
    "treated", "holdout", "treated_rate", "holdout_rate", "difference", "low", "high", "p", "stands",
    "value_difference", "value_low", "value_high", "incremental_value", "incremental_low", "incremental_high",
    "romi", "romi_low", "romi_high", "warnings",
)  # fmt: skip


def row_json(row: LiftRow) -> dict[str, Any]:
    """One comparison, flat. None where nothing can be said yet."""
    rate, value = _bounds(row.rate), _bounds(row.value)
    gain, romi = row.incremental_value or (None,) * 3, row.romi or (None,) * 3
    return {
        **row.group,
        "treated": int(row.treated.decisions),
        "holdout": int(row.holdout.decisions),
        "treated_rate": row.treated_rate,
        "holdout_rate": row.holdout_rate,
        "difference": rate[0],
        "low": rate[1],
        "high": rate[2],
        "p": row.rate.p if row.rate else None,
        "stands": row.stands,
        "value_difference": value[0],
        "value_low": value[1],
        "value_high": value[2],
        "incremental_value": gain[0],
        "incremental_low": gain[1],
        "incremental_high": gain[2],
        "romi": romi[0],
        "romi_low": romi[1],
        "romi_high": romi[2],
        "warnings": row.warnings,
    }


def _bounds(seen: Watched | None) -> tuple[float | None, float | None, float | None]:
    if seen is None or not math.isfinite(seen.low):
        return None, None, None
    return seen.value, seen.low, seen.high


def rows_csv(rows: Sequence[LiftRow], by: Sequence[str]) -> str:
    """Comma-separated, with a header line even where there are no rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [*by, *COLUMNS], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row_json(row), "warnings": "; ".join(row.warnings)})
    return out.getvalue()


def row_text(row: LiftRow) -> str:
    """One comparison as a sentence."""
    name = " · ".join(v or "(none)" for v in row.group.values()) or "all"
    if row.rate is None:
        return f"{name}: {'; '.join(row.warnings)}"
    said = (
        f"{name}: {row.treated_rate:.2%} treated against {row.holdout_rate:.2%} holdout, difference "
        f"{row.rate.value:+.2%} [{row.rate.low:+.2%}, {row.rate.high:+.2%}]{' *' if row.stands else ''}"
    )
    if row.incremental_value:
        said += f"; incremental value {row.incremental_value[0]:,.0f} [{row.incremental_value[1]:,.0f}, "
        said += f"{row.incremental_value[2]:,.0f}]"
    return said + (f" ({'; '.join(row.warnings)})" if row.warnings else "")
