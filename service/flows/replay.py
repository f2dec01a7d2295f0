"""What the log says about another policy, about a model that some leads follow, and about silent leads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from service.decide.choose import choice_probabilities
from service.decide.policy import Policy
from service.decide.replay import rebuild_situation
from service.errors import LearnError
from service.learn.lift.compare import Side
from service.learn.models.baskets import SilentLead, silent_leads
from service.learn.models.replay import Replayed, SlotReplay, replay_slot
from service.store.clock import to_ms
from service.store.exposure import logged_decisions
from service.store.store import Store

_LEADS = 500  # leads about whom the store is asked at once
_FOR_EVER = 2**62


def replay_policy(
    store: Store, policy: Policy, outcome: str, start: datetime, end: datetime
) -> list[SlotReplay]:
    """What `policy` would have decided for the leads decided on in [start, end): what changes, for whom, and
    what it is worth in this outcome. Raises LearnError when none were, and StoreError.
    """
    by_slot: dict[str, list[Replayed]] = defaultdict(list)
    for decision, happened in logged_decisions(store.database, outcome, to_ms(start), to_ms(end)):
        odds = choice_probabilities(policy, rebuild_situation(decision, policy.slots, store.salt))
        for slot, treatment in decision.treatments.items():
            if slot in odds and treatment.propensity > 0:
                by_slot[slot].append(
                    Replayed(
                        segment=decision.segment.code or "(none)",
                        logged=treatment.id,
                        propensity=treatment.propensity,
                        would=max(odds[slot], key=odds[slot].__getitem__),
                        probability=odds[slot].get(treatment.id, 0.0),
                        outcome=happened[slot],
                    )
                )
    if not by_slot:
        raise LearnError(f"No decision is on record from {start:%Y-%m-%d} until {end:%Y-%m-%d}.")
    return [replay_slot(slot, rows) for slot, rows in by_slot.items()]


def compare_followers(
    store: Store, model: str, slot: str, outcome: str, since: datetime
) -> tuple[Side, Side]:
    """Treated leads since then that followed this model in a slot; those on the rules. Raises StoreError."""
    following, others = Side(), Side()
    for decision, happened in logged_decisions(store.database, outcome, to_ms(since), _FOR_EVER):
        treatment = decision.treatments.get(slot)
        if treatment is not None and treatment.arm == "treated":
            side = following if decision.versions.models.get(slot) == model else others
            side.decisions += 1
            side.with_outcome += happened[slot]
    return following, others


def find_silent(
    store: Store, policy: Policy, after_days: int, since: datetime, now: datetime
) -> dict[str, list[SilentLead]]:
    """Leads decided on since then that gave no sign of life for so long, by base segment ("" without one),
    each with the activation flow that the policy has for it. Who has objected is left out. Raises StoreError.
    """
    heard: dict[str, datetime] = {}
    segment_of: dict[str, str] = {}
    for decision, _ in logged_decisions(store.database, "", to_ms(since), _FOR_EVER):
        heard[decision.lead_id] = max(heard.get(decision.lead_id, decision.made_at), decision.made_at)
        segment_of[decision.lead_id] = decision.segment.code or ""
    known = list(heard)
    for first in range(0, len(known), _LEADS):
        leads = known[first : first + _LEADS]
        for event in store.outcomes.events_of(leads):
            heard[event.lead_id] = max(heard[event.lead_id], event.at)
        for lead_id in store.guards.objected_among(leads):
            del heard[lead_id]
    return silent_leads(heard, segment_of, _activation_flows(policy), now, after_days)


def _activation_flows(policy: Policy) -> Mapping[str, str]:
    """Base segment -> the flow of its sub-segment of quiet leads; "" for segments without one."""
    quiet = [rule for rule in policy.sub_segments if "quiet_days" in rule.ranges]
    flows = {base: rule.flow for rule in reversed(quiet) for base in rule.bases}
    return {"": quiet[0].flow, **flows} if quiet else flows
