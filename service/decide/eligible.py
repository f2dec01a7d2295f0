"""Which treatments a lead may get at all, and which of them are preferred by the rules."""

from __future__ import annotations

from service.decide.plans import Candidate, SlotPlan
from service.decide.situation import Scene, Situation


def rank_candidates(scene: Scene, plan: SlotPlan) -> list[Candidate]:
    """The eligible candidates, best first; the last one is always to be had (no rollout)."""
    situation = scene.situation
    within = plan.near.get(situation.segment.code or "", plan.candidates)
    eligible = [c for c in within if _fits_lead(c, situation) and may_use(scene, c)]
    if plan.slot.rank_by == "priority":
        return [*eligible, plan.standard]
    shares = situation.segment.distribution
    valued = []
    for candidate in (*eligible, plan.standard):
        earned = candidate.earned
        value = -candidate.rule.value.cost
        for share in shares:
            value += share.probability * earned.get(share.code, candidate.earned_elsewhere)
        if value > 0 or not plan.slot.nothing_allowed:
            valued.append((-value, candidate.rule.priority, candidate))
    valued.sort(key=lambda row: row[:2])
    ranked = [candidate for _, _, candidate in valued]
    if plan.standard in ranked:
        return ranked[: ranked.index(plan.standard) + 1]
    return [*ranked, plan.nothing]


def _fits_lead(candidate: Candidate, situation: Situation) -> bool:
    """Eligibility by the distribution: the likeliest segment, or enough probability on all that it names."""
    rule = candidate.rule
    if rule.stages and situation.stage not in rule.stages:
        return False
    if rule.sub_segments and (situation.sub_segment or "").partition("-")[2] not in rule.sub_segments:
        return False
    if situation.segment.code in candidate.segments:
        return True
    if rule.min_share is None:
        return False
    mass = sum(s.probability for s in situation.segment.distribution if s.code in candidate.segments)
    return mass >= rule.min_share


def may_use(scene: Scene, candidate: Candidate) -> bool:
    """The guardrails: dates, pause, cap per day, once per household, discount budget of the day."""
    rule, spent = candidate.rule, scene.situation.spent
    return (
        rule.is_current(scene.today)
        and not rule.paused
        and not (spent.paused and spent.paused & candidate.ids)
        and (rule.cap_per_day is None or spent.given_today.get(rule.id, 0) < rule.cap_per_day)
        and not (rule.once_per_household and rule.id in spent.household_had)
        and (rule.value.discount <= 0 or spent.discount_today + rule.value.discount <= scene.discount_budget)
    )
