"""`enrich learn lift`: what works, from the own log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import click

from service.area.profile import Profiles
from service.cli.policy_files import active_policy
from service.config import load_config
from service.flows.lift import Lift, LiftQuestion, measure_lift
from service.flows.outcomes import pause_alarmed
from service.learn.lift.compare import BY, PERIODS, ComplaintAlarm
from service.learn.lift.page import lift_parts
from service.learn.lift.rows import row_json, row_text, rows_csv
from service.learn.page import page
from service.store.outcomes import OUTCOME_KINDS
from service.store.store import open_store
from service.tables import Release


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
    outcome: str,
    by: str,
    period: str,
    from_: str,
    to: str,
    cost: Sequence[str],
    adjust: str,
    form: str,
    out: Path | None,
    pause: bool,
) -> None:
    """Treated against holdout, with intervals that stay valid however often one looks."""
    names = _names(by)
    if wrong := [name for name in names if name not in BY]:
        raise click.UsageError(f"--by {', '.join(wrong)}: it must be among {', '.join(BY)}.")
    config = load_config()
    asked = LiftQuestion(outcome, names, period, from_, to, adjust=tuple(_names(adjust)), costs=_costs(cost))
    with closing(open_store(config.database_url)) as store:
        store.facts.fold()
        found = measure_lift(store, active_policy(config), lambda: _profiles(config.reference_data), asked)
        paused = pause_alarmed(store, found.complaints) if pause else []
    text = _written(found, asked, form, paused)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        click.echo(f"{out} written: {len(found.rows)} comparisons", err=True)


def _written(found: Lift, asked: LiftQuestion, form: str, paused: Sequence[ComplaintAlarm]) -> str:
    if form == "csv":
        return rows_csv(found.rows, asked.by)
    if form == "json":
        return json.dumps([row_json(row) for row in found.rows], ensure_ascii=False, indent=2) + "\n"
    if form == "html":
        return page(f"Lift: {asked.outcome}", lift_parts(found.rows, found.ratios, found.complaints))
    lines = [
        f"ALARM {ratio.slot}: {ratio.holdout:,} in the holdout, {ratio.expected:,.0f} planned."
        for ratio in found.ratios
        if ratio.alarm
    ]
    lines += [
        f"ADJUSTED {a.slot}: {a.adjusted.value:+.2%} [{a.adjusted.low:+.2%}, {a.adjusted.high:+.2%}], "
        f"before {a.plain.value:+.2%}; {a.spared:.0%} of the variance is due to {', '.join(a.variables)}."
        for a in found.adjusted
    ]
    lines += [f"PAUSED {a.slot}/{a.treatment}: complaints at least {a.low:.2%}." for a in paused]
    lines += [row_text(row) for row in found.rows]
    return "\n".join(lines or ["No decisions are on record yet."]) + "\n"


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _profiles(reference_data: Path) -> Mapping[str, Profiles]:
    release = Release.open(reference_data)
    return {country: Profiles.load(release, country) for country in release.countries}


def _costs(given: Sequence[str]) -> dict[str, float]:
    costs = {}
    for text in given:
        name, _, amount = text.partition("=")
        try:
            costs[name] = float(amount.replace(",", "."))
        except ValueError:
            raise click.UsageError(f"--cost {text}: write id=amount, such as bike-30d=75.") from None
    return costs
