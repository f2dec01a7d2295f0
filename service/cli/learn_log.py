"""`enrich learn lift` and `enrich learn import`: what works, from the own log; and what happened, into it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from tqdm import tqdm

from service.config import load_config
from service.decide.policy import load_policy
from service.errors import LearnError
from service.learn.lift.adjust import adjust_by_area, figures_of_areas
from service.learn.lift.compare import (
    BY,
    COMPLAINT_LIMIT,
    PERIODS,
    Sums,
    complaint_alarms,
    lift_rows,
    needed_dimensions,
    ratio_alarms,
)
from service.learn.lift.page import lift_parts, page
from service.learn.lift.rows import row_json, row_text, rows_csv
from service.learn.models.table import as_text, parse_dates, parse_numbers, read_table
from service.segment.definitions import load_definitions
from service.store.outcomes import OUTCOME_KINDS, LeadEvent, Outcome, Receipt
from service.store.store import Store, open_store
from service.tables import Release
from service.web.routes.outcomes import MESSAGES, derived_id

_BATCH = 500
_NEEDED = {"outcomes": ("decision_id", "kind", "at"), "events": ("lead_id", "kind", "at")}
_OPTIONAL = {"outcomes": ("event_id", "slot", "value"), "events": ("event_id", "product", "value")}


@click.command()
@click.option("--outcome", default="bought", show_default=True, type=click.Choice(OUTCOME_KINDS))
@click.option("--by", default="slot,treatment", show_default=True, help=f"Among {', '.join(BY)}.")
@click.option("--period", default="month", show_default=True, type=click.Choice(list(PERIODS)))
@click.option("--from", "from_", default="", help="First day of decisions, such as 2026-11-01.")
@click.option("--to", default="9999", help="Last day of decisions.")
@click.option(
    "--cost", multiple=True, help="What one treatment costs, as id=amount; gives the return (ROMI)."
)
@click.option(
    "--adjust", default="", help="Variables of the small areas to sharpen the lift by, such as owner_share."
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "csv", "json", "html"]))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: the terminal."
)
@click.option(
    "--pause", is_flag=True, help="Pause treatments whose complaints are above the limit for certain."
)
def lift(
    outcome: str, by: str, period: str, from_: str, to: str, cost: Sequence[str], adjust: str, form: str,
    out: Path | None, pause: bool,
) -> None:  # fmt: skip
    """Treated against holdout, with intervals that stay valid however often one looks."""
    names = [name.strip() for name in by.split(",")]
    if wrong := [name for name in names if name not in BY]:
        raise click.UsageError(f"--by {', '.join(wrong)}: it must be among {', '.join(BY)}.")
    config = load_config()
    definitions = load_definitions(config.reference_data / "policy" / "segments")
    share = load_policy(config.reference_data / "policy", definitions.codes).experiments.holdout_share
    with closing(open_store(config.database_url)) as store:
        store.facts.fold()
        cells = store.facts.lift(needed_dimensions(names), outcome, from_, to)
        complaints = complaint_alarms(store.facts.complaints(from_, to), COMPLAINT_LIMIT)
        variables = tuple(v.strip() for v in adjust.split(",") if v.strip())
        areas = store.facts.lift_by_area(outcome) if variables else []
        paused = [a for a in complaints if pause and a.pause and _pause(store, a.slot, a.treatment)]
    rows, ratios = lift_rows(cells, names, period, _costs(cost)), ratio_alarms(cells, share)
    if form == "csv":
        text = rows_csv(rows, names)
    elif form == "json":
        text = json.dumps([row_json(row) for row in rows], ensure_ascii=False, indent=2) + "\n"
    elif form == "html":
        text = page(f"Lift: {outcome}", lift_parts(rows, ratios, complaints))
    else:
        lines = [
            f"ALARM {r.slot}: {r.holdout:,} in the holdout, {r.expected:,.0f} planned."
            for r in ratios
            if r.alarm
        ]
        lines += _adjusted_lines(areas, config.reference_data, variables)
        lines += [f"PAUSED {a.slot}/{a.treatment}: complaints at least {a.low:.2%}." for a in paused]
        text = (
            "\n".join(lines + [row_text(row) for row in rows] or ["No decisions are on record yet."]) + "\n"
        )
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        click.echo(f"{out} written: {len(rows)} comparisons", err=True)


def _adjusted_lines(areas: Sequence[Sums], reference_data: Path, variables: tuple[str, ...]) -> list[str]:
    if not variables:
        return []
    figures = figures_of_areas(Release.open(reference_data), variables)
    return [
        f"ADJUSTED {a.slot}: {a.adjusted.value:+.2%} [{a.adjusted.low:+.2%}, {a.adjusted.high:+.2%}], "
        f"before {a.plain.value:+.2%}; {a.spared:.0%} of the variance is due to {', '.join(variables)}."
        for a in adjust_by_area(areas, figures, variables)
    ]


def _pause(store: Store, slot: str, treatment: str) -> bool:
    return store.guards.pause(slot, treatment, f"complaints above {COMPLAINT_LIMIT:.0%}")


def _costs(given: Sequence[str]) -> dict[str, float]:
    costs = {}
    for text in given:
        name, _, amount = text.partition("=")
        try:
            costs[name] = float(amount.replace(",", "."))
        except ValueError:
            raise click.UsageError(f"--cost {text}: write id=amount, such as bike-30d=75.") from None
    return costs


@click.command("import")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "what", type=click.Choice(["outcomes", "events"]), default="events", show_default=True)
@click.option("--column", multiple=True, help="Where a field is, as field=column: --column lead_id=Kundenr")
@click.option("--kind", help="The kind of every row, where the table has no such column (say purchase).")
def import_(table: Path, what: str, column: Sequence[str], kind: str | None) -> None:
    """Takes outcomes or events from a CSV or Parquet of shop, ERP or e-mail tool; each counts once.

    Fields of outcomes: decision_id, kind, at, and event_id, slot, value. Of events: lead_id, kind, at, and
    event_id, product, value. Times without an offset are UTC. Wrong rows are named, the rest is taken.
    """
    fields = _fields(read_table(table), what, dict(_pair(c) for c in column), kind)
    fates: Counter[str] = Counter()
    named: list[str] = []
    with closing(open_store(load_config().database_url)) as store:
        record: Callable[[Any], list[Receipt]] = (
            store.outcomes.record if what == "outcomes" else store.outcomes.record_events
        )
        for batch in _batches(fields, what):
            good = [(line, report) for line, report in batch if not isinstance(report, str)]
            for line, fault in batch:
                if isinstance(fault, str):
                    fates["refused"] += 1
                    named.append(f"row {line}: {fault}")
            for (line, _), receipt in zip(good, record([r for _, r in good]), strict=True):
                fates[receipt.fate] += 1
                if receipt.fate == "refused":
                    named.append(f"row {line}: {MESSAGES[receipt.reason or 'invalid']}")
    click.echo(
        f"{fates['accepted']:,} accepted, {fates['duplicate']:,} known before, {fates['refused']:,} refused"
    )
    for sentence in named[:20]:
        click.echo(f"  {sentence}", err=True)
    if len(named) > 20:
        click.echo(f"  … and {len(named) - 20:,} more", err=True)
    if named:
        raise click.exceptions.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    name, separator, column = text.partition("=")
    if not separator:
        raise click.UsageError(f"--column {text}: write field=column, such as lead_id=Kundenr.")
    return name, column


def _fields(
    frame: pd.DataFrame, what: str, columns: Mapping[str, str], kind: str | None
) -> dict[str, list[Any]]:
    """Field -> one value per row; what is missing is None."""
    found: dict[str, list[Any]] = {}
    for name in (*_NEEDED[what], *_OPTIONAL[what]):
        column = columns.get(name, name)
        if column not in frame.columns:
            if name == "kind" and kind:
                found[name] = [kind] * len(frame)
            elif name in _NEEDED[what]:
                raise LearnError(
                    f"The table has no column {column!r} for {name}; say where it is with --column {name}=…. "
                    f"It has: {', '.join(frame.columns[:20])}."
                )
            continue
        if name == "at":
            days = parse_dates(frame[column])
            if days is None:
                raise LearnError(f"The column {column!r} does not hold times such as 2026-11-21T10:02:11Z.")
            found[name] = [
                None
                if np.isnan(d)
                else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(d * 86400))
                for d in days
            ]
        elif name == "value":
            numbers = parse_numbers(frame[column])
            found[name] = (
                [None] * len(frame)
                if numbers is None
                else [None if np.isnan(v) else float(v) for v in numbers[0]]
            )
        else:
            found[name] = as_text(frame[column])
    return found


def _batches(fields: Mapping[str, list[Any]], what: str) -> Iterator[list[tuple[int, Any]]]:
    """Lists of (row number from 1, report or the fault as a sentence)."""
    rows = len(fields["at"])
    for first in tqdm(range(0, rows, _BATCH), unit_scale=_BATCH, unit="row", disable=rows < 5 * _BATCH):
        batch: list[tuple[int, Any]] = []
        for i in range(first, min(first + _BATCH, rows)):
            report = {name: values[i] for name, values in fields.items() if values[i] is not None}
            lacking = [name for name in _NEEDED[what] if name not in report]
            if lacking:
                batch.append((i + 1, f"{', '.join(lacking)} is missing."))
                continue
            report.setdefault("event_id", derived_id(report))
            batch.append((i + 1, Outcome(**report) if what == "outcomes" else LeadEvent(**report)))
        yield batch
