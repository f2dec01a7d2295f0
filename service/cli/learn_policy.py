"""`enrich learn promote` and `replay`: before anything is activated, what it would change and be worth."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from service.config import load_config
from service.decide.choose import choice_probabilities
from service.decide.policy import load_policy
from service.decide.replay import rebuild_situation
from service.errors import LearnError
from service.learn.lift.compare import Side
from service.learn.live.rollout import advance_rollout, begin_rollout, load_rollout, model_id, save_rollout
from service.learn.models.baskets import silent_leads
from service.learn.models.evaluate import evaluate_table
from service.learn.models.replay import Replayed, SlotReplay, replay_slot
from service.learn.models.table import read_table
from service.segment.definitions import load_definitions
from service.store.exposure import logged_decisions
from service.store.outcomes import OUTCOME_KINDS
from service.store.store import open_store

_DAY = click.DateTime(["%Y-%m-%d"])
_MOVES = 8
_LEADS = 500  # leads whose events are read at once


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
@click.option("--slot", default="offer", show_default=True, help="The slot that the model is to choose in.")
@click.option("--kind", default="bought", show_default=True, type=click.Choice(OUTCOME_KINDS))
def promote(
    folder: Path, table: Path | None, outcome: str | None, treatment: str | None, control: str | None,
    slot: str, kind: str,
) -> None:  # fmt: skip
    """Takes a model one step further: through the gate into shadow, then 5, 25, 50 % of leads, or back.

    The first call needs --data, --outcome, --treatment and --control: the gate judges on rows it has not
    seen. Later calls read the own log. A closed gate, and a model taken back, end with exit code 1.
    """
    current = load_rollout(folder)
    if current is None:
        if table is None or outcome is None or treatment is None or control is None:
            raise click.UsageError("The gate needs --data, --outcome, --treatment and --control.")
        begun = begin_rollout(
            folder, slot, evaluate_table(read_table(table), folder, outcome, treatment, control)
        )
        click.echo(f"{begun.model} is in shadow in slot {slot}: {begun.why}")
        return
    following, others = _sides(folder, current.slot, kind, current.since)
    moved = advance_rollout(current, following, others)
    save_rollout(folder, moved)
    click.echo(f"{moved.model}: {moved.stage}, {moved.share:.0%} of leads in slot {moved.slot}; {moved.why}")
    if moved.stage == "returned":
        raise LearnError("The model was taken back: all leads follow the rules again.")


def _sides(folder: Path, slot: str, kind: str, since: str) -> tuple[Side, Side]:
    """Treated leads that followed this model since that day, and those on the rules."""
    name = model_id(folder)
    sides = {True: Side(), False: Side()}
    start = int(datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp() * 1000)
    with closing(open_store(load_config().database_url)) as store:
        for decision, happened in logged_decisions(store.database, kind, start, 2**62):
            treatment = decision.treatments.get(slot)
            if treatment is not None and treatment.arm == "treated":
                side = sides[decision.versions.models.get(slot) == name]
                side.decisions += 1
                side.with_outcome += happened[slot]
    return sides[True], sides[False]


@click.command()
@click.option("--from", "from_", type=_DAY, required=True, help="First day of logged decisions.")
@click.option("--to", type=_DAY, required=True, help="Last day of logged decisions.")
@click.option(
    "--policy", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True,
    help="Policy folder to try.",
)  # fmt: skip
@click.option("--outcome", default="bought", show_default=True, type=click.Choice(OUTCOME_KINDS))
def replay(from_: datetime, to: datetime, folder: Path, outcome: str) -> None:
    """What another policy would have decided for the logged leads: what changes, for whom, its worth."""
    config = load_config()
    segments = folder / "segments"
    codes = load_definitions(
        segments if segments.is_dir() else config.reference_data / "policy" / "segments"
    ).codes
    policy = load_policy(folder, codes)
    start, end = (int(day.replace(tzinfo=UTC).timestamp() * 1000) for day in (from_, to + timedelta(days=1)))
    by_slot: dict[str, list[Replayed]] = defaultdict(list)
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        for decision, happened in logged_decisions(store.database, outcome, start, end):
            odds = choice_probabilities(policy, rebuild_situation(decision, policy.slots, store.salt))
            for slot, treatment in decision.treatments.items():
                if slot in odds and treatment.propensity > 0:
                    likely = max(odds[slot], key=lambda code: odds[slot][code])
                    by_slot[slot].append(
                        Replayed(
                            decision.segment.code or "(none)", treatment.id, treatment.propensity, likely,
                            odds[slot].get(treatment.id, 0.0), happened[slot],
                        )
                    )  # fmt: skip
    if not by_slot:
        raise LearnError(f"No decision is on record from {from_:%Y-%m-%d} to {to:%Y-%m-%d}.")
    for slot, rows in by_slot.items():
        _show(replay_slot(slot, rows), outcome)


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
    """Leads that have gone silent, by base segment, with the activation flow that each should get."""
    config = load_config()
    codes = load_definitions(config.reference_data / "policy" / "segments").codes
    policy = load_policy(config.reference_data / "policy", codes)
    flows = {}
    for code in ("", *codes):
        quiet = [
            rule
            for rule in policy.sub_segments
            if "quiet_days" in rule.ranges and (not code or code in rule.bases)
        ]
        if quiet:
            flows[code] = quiet[0].flow
    heard: dict[str, datetime] = {}
    segment_of: dict[str, str] = {}
    start = int(from_.replace(tzinfo=UTC).timestamp() * 1000)
    with closing(open_store(config.database_url, salt=config.salt)) as store:
        for decision, _ in logged_decisions(store.database, "bought", start, 2**62):
            heard[decision.lead_id] = max(heard.get(decision.lead_id, decision.made_at), decision.made_at)
            segment_of[decision.lead_id] = decision.segment.code or ""
        leads = list(heard)
        for first in range(0, len(leads), _LEADS):
            for event in store.outcomes.events_of(leads[first : first + _LEADS]):
                heard[event.lead_id] = max(heard[event.lead_id], event.at)
    found = silent_leads(heard, segment_of, flows, datetime.now(UTC), after)
    for segment, quiet_leads in found.items():
        click.echo(f"{segment or '(no segment)'}: {len(quiet_leads):,} silent -> {quiet_leads[0].flow}")
        for lead in quiet_leads[:top]:
            click.echo(f"  {lead.lead_id}  {lead.days} days")
    if not found:
        click.echo(f"Nobody has been silent for {after} days.")
