"""`enrich learn import`: what happened, from tables of shop, ERP or e-mail tool, into the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from tqdm import tqdm

from service.config import load_config
from service.errors import LearnError
from service.flows.outcomes import Recorded, Report, Unreadable, record_events, record_outcomes
from service.learn.models.table import as_text, parse_dates, parse_numbers, read_table
from service.store.store import Store, open_store

_BATCH = 500
_SHOWN = 20
_NEEDED = {"outcomes": ("decision_id", "kind", "at"), "events": ("lead_id", "kind", "at")}
_OPTIONAL = {"outcomes": ("event_id", "slot", "value"), "events": ("event_id", "product", "value")}
_RECORD: Mapping[str, Callable[[Store, Sequence[Report]], Recorded]] = {
    "outcomes": record_outcomes,
    "events": record_events,
}


@click.command("import")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "what", type=click.Choice(list(_RECORD)), default="events", show_default=True)
@click.option("--column", multiple=True, help="Where a field is, as field=column: --column lead_id=Kundenr")
@click.option("--kind", help="The kind of every row, where the table has no such column (say purchase).")
def import_(table: Path, what: str, column: Sequence[str], kind: str | None) -> None:
    """Takes outcomes or events from a CSV or Parquet of shop, ERP or e-mail tool; each counts once.

    Fields of outcomes: decision_id, kind, at, and event_id, slot, value. Of events: lead_id, kind, at, and
    event_id, product, value. Times without an offset are UTC. Wrong rows are named, the rest is taken.
    """
    reports = _read_reports(read_table(table), what, dict(_pair(c) for c in column), kind)
    fates: Counter[str] = Counter()
    refused: list[str] = []
    with closing(open_store(load_config().database_url)) as store:
        few = len(reports) < 5 * _BATCH
        for first in tqdm(range(0, len(reports), _BATCH), unit_scale=_BATCH, unit="row", disable=few):
            recorded = _RECORD[what](store, reports[first : first + _BATCH])
            for row, taken in enumerate(recorded.results, first + 1):
                fates[taken.fate] += 1
                if taken.fate == "refused":
                    refused.append(f"row {row}: {taken.message}")
            for paused in recorded.paused:
                click.echo(f"PAUSED {paused}: complaints above the limit for certain.", err=True)
    click.echo(
        f"{fates['accepted']:,} accepted, {fates['duplicate']:,} known before, {fates['refused']:,} refused"
    )
    for sentence in refused[:_SHOWN]:
        click.echo(f"  {sentence}", err=True)
    if len(refused) > _SHOWN:
        click.echo(f"  … and {len(refused) - _SHOWN:,} more", err=True)
    if refused:
        raise click.exceptions.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    name, separator, column = text.partition("=")
    if not separator:
        raise click.UsageError(f"--column {text}: write field=column, such as lead_id=Kundenr.")
    return name, column


def _read_reports(
    frame: pd.DataFrame, what: str, columns: Mapping[str, str], kind: str | None
) -> list[Report]:
    """One report per row; what is missing is left out."""
    fields: dict[str, list[Any]] = {}
    for name in (*_NEEDED[what], *_OPTIONAL[what]):
        column = columns.get(name, name)
        if column in frame.columns:
            read: Callable[[pd.Series], list[Any]] = _READERS.get(name, as_text)
            fields[name] = read(frame[column])
        elif name == "kind" and kind:
            fields[name] = [kind] * len(frame)
        elif name in _NEEDED[what]:
            raise LearnError(
                f"The table has no column {column!r} for {name}; say where it is with --column {name}=…. "
                f"It has: {', '.join(frame.columns[:20])}."
            )
    return [
        _report({n: v for n, v in zip(fields, row, strict=True) if v is not None}, _NEEDED[what])
        for row in zip(*fields.values(), strict=True)
    ]


def _report(said: Mapping[str, Any], needed: Sequence[str]) -> Report:
    lacking = [name for name in needed if name not in said]
    return Unreadable(said.get("event_id"), f"{', '.join(lacking)} is missing.") if lacking else said


def _times(column: pd.Series) -> list[datetime | None]:
    days = parse_dates(column)
    if days is None:
        raise LearnError(f"The column {str(column.name)!r} does not hold times such as 2026-11-21T10:02:11Z.")
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return [None if np.isnan(day) else start + timedelta(seconds=round(day * 86400)) for day in days]


def _values(column: pd.Series) -> list[float | None]:
    numbers = parse_numbers(column)
    if numbers is None:
        return [None] * len(column)
    return [None if np.isnan(value) else float(value) for value in numbers[0]]


_READERS: Mapping[str, Callable[[pd.Series], list[Any]]] = {"at": _times, "value": _values}
