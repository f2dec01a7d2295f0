"""`enrich learn table`: the own log as a table that `fit` and `evaluate` take."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pandas as pd

from service.config import load_config
from service.errors import LearnError
from service.learn.live.features import lead_features
from service.learn.models.table import write_table
from service.model import Decision
from service.store.exposure import logged_decisions
from service.store.outcomes import OUTCOME_KINDS
from service.store.store import open_store
from service.tables import Release

_DAY = click.DateTime(["%Y-%m-%d"])
_NOT_FIGURES = frozenset({"code", "name", "households", "persons", "urbanity"})
HOLDOUT = "holdout"


@click.command()
@click.option("--slot", default="offer", show_default=True, help="The slot whose treatments are compared.")
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
    figures = AreaFigures(Release.open(config.reference_data))
    start, end = (int(day.replace(tzinfo=UTC).timestamp() * 1000) for day in (from_, to + timedelta(days=1)))
    rows = []
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        for decision, happened in logged_decisions(store.database, outcome, start, end):
            treatment = decision.treatments.get(slot)
            if treatment is None or decision.status != "ok":
                continue
            arm = HOLDOUT if treatment.arm == HOLDOUT else treatment.id.partition(".")[0]
            rows.append(
                _features(decision, figures)
                | {"treatment": arm, outcome: int(happened[slot]), "made_at": decision.made_at.isoformat()}
            )
    if not rows:
        raise LearnError(f"No decision with a treatment in slot {slot!r} is on record in that time.")
    write_table(pd.DataFrame(rows), out)
    click.echo(f"{len(rows):,} decisions written to {out}", err=True)


class AreaFigures:
    """The open figures of an area by country, level and code; each table is read once."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._tables: dict[tuple[str, str], dict[str, dict[str, float]]] = {}

    def of(self, country: str, level: str, code: str) -> dict[str, float]:
        key = (country, level)
        if key not in self._tables:
            self._tables[key] = {}
            if country in self._release.countries and level in self._release.levels(country):
                read = self._release.table(country, f"profiles_{level}").to_pandas()
                names = [name for name in read.columns if name not in _NOT_FIGURES]
                self._tables[key] = dict(zip(read["code"], read[names].to_dict("records"), strict=True))
        return self._tables[key].get(code, {})


def _features(decision: Decision, figures: AreaFigures) -> dict[str, object]:
    profile = decision.profile
    own = figures.of(decision.country, profile.level, profile.code) if profile is not None else {}
    urbanity = profile.urbanity if profile is not None else None
    found = lead_features(
        decision.channel, decision.language, decision.country, decision.segment, urbanity, own
    )
    return found | {"area": f"{profile.level}/{profile.code}" if profile is not None else None}
