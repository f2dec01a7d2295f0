"""`enrich learn table`: the own log as a table that `fit` and `evaluate` take."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pandas as pd

from service.cli.policy_files import active_policy, offers_of
from service.config import load_config
from service.errors import LearnError
from service.flows.past_figures import PastDecisions
from service.flows.training import read_training_rows
from service.learn.models.table import write_table
from service.store.outcomes import OUTCOME_KINDS
from service.store.store import open_store

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--slot", default="", help="The slot that is compared; that of the offers if absent.")
@click.option("--outcome", default="bought", show_default=True, type=click.Choice(OUTCOME_KINDS))
@click.option("--from", "from_", type=_DAY, default="2000-01-01", help="First day of decisions.")
@click.option("--to", type=_DAY, default="2999-12-31", help="Last day of decisions.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="CSV or Parquet.")
def table(slot: str, outcome: str, from_: datetime, to: datetime, out: Path) -> None:
    """Writes the log as a table: one row per decision, with features, `treatment`, the outcome and the time.

    Then: enrich learn fit --data F --outcome OUTCOME --treatment treatment --control holdout --time made_at
    --group area --out DIR. There is no lead id, address or decision id in it.
    """
    config = load_config()
    slot = slot or offers_of(active_policy(config))
    start, last = (day.replace(tzinfo=UTC) for day in (from_, to))
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        past = PastDecisions(store, config.reference_data)
        found = read_training_rows(store, past, slot, outcome, start, last + timedelta(days=1))
    if found.without_figures:
        click.echo(
            f"{found.without_figures:,} decisions are left out: their release is gone, its figures too.",
            err=True,
        )
    if not found.rows:
        raise LearnError(f"No decision with a treatment in slot {slot!r} is on record in that time.")
    write_table(pd.DataFrame(found.rows), out)
    click.echo(f"{len(found.rows):,} decisions written to {out}", err=True)
