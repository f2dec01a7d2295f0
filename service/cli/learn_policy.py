"""`enrich learn promote`, `replay` and `silent`: before anything is activated, what it would change."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from service.cli.policy_files import active_policy, offers_of, policy_in
from service.config import load_config
from service.errors import LearnError
from service.flows.replay import compare_followers, find_silent, replay_policy
from service.learn.live.rollout import advance_rollout, begin_rollout, load_rollout, save_rollout
from service.learn.models.evaluate import evaluate_table
from service.learn.models.replay import SlotReplay
from service.learn.models.table import read_table
from service.store.outcomes import OUTCOME_KINDS
from service.store.store import open_store

_DAY = click.DateTime(["%Y-%m-%d"])
_MOVES = 8


@click.command()
@click.option(
    "--model", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True
)
@click.option(
    "--data", "table", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Unseen rows."
)
@click.option("--outcome", help="Column with what happened.")
@click.option("--treatment", help="Column with the arm.")
@click.option("--control", help="Its control value.")
@click.option("--slot", default="", help="The slot that it is to choose in; that of the offers if absent.")
@click.option("--kind", default="bought", show_default=True, type=click.Choice(OUTCOME_KINDS))
def promote(
    folder: Path,
    table: Path | None,
    outcome: str | None,
    treatment: str | None,
    control: str | None,
    slot: str,
    kind: str,
) -> None:
    """Takes a model one step further: through the gate into shadow, then 5, 25, 50 % of leads, or back.

    The first call needs --data, --outcome, --treatment and --control: the gate judges on rows it has not
    seen. Later calls read the own log. A closed gate, and a model taken back, end with exit code 1.
    """
    current = load_rollout(folder)
    if current is None:
        if table is None or outcome is None or treatment is None or control is None:
            raise click.UsageError("The gate needs --data, --outcome, --treatment and --control.")
        slot = slot or offers_of(active_policy(load_config()))
        report = evaluate_table(read_table(table), folder, outcome, treatment, control)
        begun = begin_rollout(folder, slot, report)
        click.echo(f"{begun.model} is in shadow in slot {slot}: {begun.why}")
        return
    since = datetime.fromisoformat(current.since).replace(tzinfo=UTC)
    with closing(open_store(load_config().database_url)) as store:
        following, others = compare_followers(store, current.model, current.slot, kind, since)
    moved = advance_rollout(current, following, others)
    save_rollout(folder, moved)
    click.echo(f"{moved.model}: {moved.stage}, {moved.share:.0%} of leads in slot {moved.slot}; {moved.why}")
    if moved.stage == "returned":
        raise LearnError("The model was taken back: all leads follow the rules again.")


@click.command()
@click.option("--from", "from_", type=_DAY, required=True, help="First day of logged decisions.")
@click.option("--to", type=_DAY, required=True, help="Last day of logged decisions.")
@click.option(
    "--policy",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Policy folder to try.",
)
@click.option("--outcome", default="bought", show_default=True, type=click.Choice(OUTCOME_KINDS))
def replay(from_: datetime, to: datetime, folder: Path, outcome: str) -> None:
    """What another policy would have decided for the logged leads: what changes, for whom, its worth."""
    config = load_config()
    policy = policy_in(folder, config)
    first, last = (day.replace(tzinfo=UTC) for day in (from_, to))
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        found = replay_policy(store, policy, outcome, first, last + timedelta(days=1))
    for slot in found:
        _show(slot, outcome)


def _show(found: SlotReplay, outcome: str) -> None:
    click.echo(
        f"{found.slot}: {found.changed:,} of {found.leads:,} leads would most likely get something else"
    )
    for segment, was, would, leads in found.moves[:_MOVES]:
        click.echo(f"  {segment}: {was} -> {would} ({leads:,})")
    was_worth = found.logged_value
    click.echo(
        f"  {outcome} per lead as logged {was_worth.value:.4f} [{was_worth.low:.4f}, {was_worth.high:.4f}]"
    )
    if found.expected_value is None or found.gain is None:
        click.echo(f"  no value is claimed: {found.warning}")
        return
    expected, gain = found.expected_value, found.gain
    click.echo(
        f"  expected {expected.value:.4f} [{expected.low:.4f}, {expected.high:.4f}], gain {gain.value:+.4f} "
        f"[{gain.low:+.4f}, {gain.high:+.4f}] from {found.effective_leads:,.0f} effective leads"
    )


@click.command()
@click.option("--after", default=90, show_default=True, help="Days without a sign of life.")
@click.option(
    "--from", "from_", type=_DAY, default="2000-01-01", help="First day of logged decisions to look at."
)
@click.option("--top", default=20, show_default=True, help="Leads to list per segment.")
def silent(after: int, from_: datetime, top: int) -> None:
    """Leads that have gone silent, by base segment, with the activation flow that each should get.

    Leads that have objected are left out.
    """
    config = load_config()
    policy = active_policy(config)
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        found = find_silent(store, policy, after, from_.replace(tzinfo=UTC), datetime.now(UTC))
    for segment, quiet_leads in found.items():
        click.echo(f"{segment or '(no segment)'}: {len(quiet_leads):,} silent -> {quiet_leads[0].flow}")
        for lead in quiet_leads[:top]:
            click.echo(f"  {lead.lead_id}  {lead.days} days")
    if not found:
        click.echo(f"Nobody has been silent for {after} days.")
