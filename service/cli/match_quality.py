"""`enrich match-quality`: how well typed addresses were matched over time, and what fails most."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import cast

import click

from service.config import load_config
from service.flows.match_quality import measure_match_quality
from service.learn.live.match_quality import PERIODS, Period, quality_csv, quality_text
from service.learn.live.match_quality_page import quality_page
from service.store import open_store

_FILE = click.Path(dir_okay=False, path_type=Path)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("match-quality")
@click.option("--from", "from_", type=_DAY, help="First day of decisions, such as 2026-11-01.")
@click.option("--to", type=_DAY, help="Last day of decisions.")
@click.option("--period", default="week", show_default=True, type=click.Choice(PERIODS))
@click.option("--country", help="One country, such as DK; all when left out.")
@click.option("--top", default=20, show_default=True, type=click.IntRange(1), help="Failures that are named.")
@click.option("--html", "page", type=_FILE, help="A page with pictures to write.")
@click.option("--csv", "table", type=_FILE, help="A CSV to write.")
def command(
    from_: datetime | None,
    to: datetime | None,
    period: str,
    country: str | None,
    top: int,
    page: Path | None,
    table: Path | None,
) -> None:
    """Shares of category and level per period, and the most frequent failures by the shape of what was typed.

    Of decisions, not of addresses that a form only washed. No address is stored, so none is shown.
    """
    days = f"{from_:%Y-%m-%d}" if from_ else "", f"{to:%Y-%m-%d}" if to else "9999"
    with closing(open_store(load_config().database_url)) as store:
        store.facts.fold()
        report = measure_match_quality(store, cast(Period, period), top, *days, country)
    for file, text in ((page, quality_page), (table, quality_csv)):
        if file is not None:
            file.write_text(text(report), encoding="utf-8")
            click.echo(f"{file} written", err=True)
    if page is None and table is None:
        click.echo(quality_text(report), nl=False)
