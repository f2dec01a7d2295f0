"""One lead's treatments: filter the ready-made candidates, rank them, draw the arm, say how likely it was.

Pure: all that is known comes in as one `Situation`. The standard flow answers whenever differentiating
is not allowed (objection, no consent to profiling), not founded (fallback, thin evidence) or not wanted
(holdout, kill switch).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from service.decide.arms import assign_arm, draw_number
from service.decide.consent import Contactability
from service.decide.contact_rules import MEDIA
from service.decide.experiments import POLICY_CHOICE
from service.decide.plans import ANY_CHANNEL, Candidate, ReadyVariant, SlotPlan
from service.decide.policy import Policy
from service.decide.reach import allowed_channels, check_medium, choose_agent
from service.decide.situation import Draw, Setting, Situation
from service.decide.treatments import CHANNELS
from service.model import Treatment


def choose_treatments(policy: Policy, situation: Situation) -> dict[str, Treatment]:
    """One treatment per slot of the policy, in its order.

    `propensity` is the probability, over the random draws of holdout, experiment, rollout and variant,
    that a lead in this very situation gets this very treatment (id with variant) under this policy. Where
    every draw leads to the same treatment (no consent, thin evidence, …) it is 1.
    """
    lead = situation.lead
    company, experiments = policy.company, policy.experiments
    home = company.markets.get(lead.country)
    market = home or next(iter(company.markets.values()))
    setting = Setting(
        country=market.country,
        country_known=home is not None,
        language=policy.language_for(lead.country, lead.language),
        channel=lead.channel if lead.channel in CHANNELS else ANY_CHANNEL,
    )
    held_out = draw_number(situation.salt, experiments.holdout_key, lead.lead_id) < experiments.holdout_share
    draw = Draw(
        arm="holdout" if held_out else "treated",
        holdout_share=experiments.holdout_share,
        salt=situation.salt,
        lead_id=lead.lead_id,
        today=situation.now.astimezone(market.timezone).date(),
    )
    everyone_alike = must_be_standard(policy, situation) is not None
    contacts: dict[str, Contactability] = {
        medium: check_medium(policy, situation, setting, medium) for medium in MEDIA
    }
    chosen: dict[str, Treatment] = {}
    for code, slot in policy.slots.items():
        plan = policy.plans[code, setting.country, setting.language, setting.channel]
        if slot.kind == "agent":
            base = _make_treatment(plan, plan.standard, plan.standard.variants[0], draw, 1.0)
            chosen[code] = choose_agent(
                policy, situation, setting, contacts["phone"], base, draw, everyone_alike
            )
        elif slot.kind == "email" and not contacts["email"].allowed:
            assert plan.service is not None  # compile_plans refuses an e-mail slot without
            chosen[code] = _make_treatment(plan, plan.service, plan.service.variants[0], draw, 1.0)
        else:
            candidate, variant, propensity = _choose_candidate(policy, situation, plan, draw, everyone_alike)
            chosen[code] = _make_treatment(plan, candidate, variant, draw, propensity)
            if slot.kind == "channels":
                chosen[code] = allowed_channels(chosen[code], candidate.rule.ranked, contacts)
    return chosen


def must_be_standard(policy: Policy, situation: Situation) -> str | None:
    """Why this lead gets the standard flow whatever the arm, as a code; None when it need not."""
    if situation.objected:
        return "objected"
    if not situation.lead.consent.profiling:
        return "no_profiling_consent"
    if policy.company.kill_switch or "*" in situation.spent.paused:
        return "kill_switch"
    if situation.status != "ok":
        return situation.status
    if situation.segment.thin_evidence or situation.segment.code is None:
        return "thin_evidence"
    return None


# ---------------------------------------------------------------- content slots


def _choose_candidate(
    policy: Policy, situation: Situation, plan: SlotPlan, draw: Draw, everyone_alike: bool
) -> tuple[Candidate, ReadyVariant, float]:
    if everyone_alike:
        return plan.standard, plan.standard.variants[0], 1.0
    ranked = _rank(policy, situation, plan, draw.today)
    forced, arm_shares = _experiment(policy, situation, plan, draw)
    pick, following = _learned(policy, situation, plan, draw)
    if draw.arm == "holdout":
        candidate = plan.standard
    elif forced is not None:
        candidate = forced
    elif pick is not None and draw_number(draw.salt, f"learned/{plan.slot.code}", draw.lead_id) < following:
        candidate = pick
    else:
        candidate = next(c for c in ranked if _rolled_out(c, draw))
    by_policy = (1 - following) * _share_by_rules(ranked, candidate) + following * float(pick is candidate)
    treated = sum(share * (by_policy if c is None else float(c is candidate)) for c, share in arm_shares)
    share = (1 - draw.holdout_share) * treated
    if candidate is plan.standard:
        share += draw.holdout_share
    variant = _draw_variant(candidate, draw)
    return candidate, variant, share * variant.share


def _rank(policy: Policy, situation: Situation, plan: SlotPlan, today: date) -> list[Candidate]:
    """The eligible candidates, best first; the last one is always to be had (no rollout)."""
    within = plan.near.get(situation.segment.code or "", plan.candidates)
    eligible = [c for c in within if _fits_lead(c, situation) and _may_use(policy, c, situation, today)]
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


def _may_use(policy: Policy, candidate: Candidate, situation: Situation, today: date) -> bool:
    """The guardrails: dates, pause, cap per day, once per household, discount budget of the day."""
    rule, spent = candidate.rule, situation.spent
    return (
        rule.is_current(today)
        and not rule.paused
        and not (spent.paused and spent.paused & candidate.ids)
        and (rule.cap_per_day is None or spent.given_today.get(rule.id, 0) < rule.cap_per_day)
        and not (rule.once_per_household and rule.id in spent.household_had)
        and (
            rule.value.discount <= 0
            or spent.discount_today + rule.value.discount <= policy.company.discount_budget_per_day
        )
    )


def _experiment(
    policy: Policy, situation: Situation, plan: SlotPlan, draw: Draw
) -> tuple[Candidate | None, list[tuple[Candidate | None, float]]]:
    """The candidate that the slot's experiment forces on this lead (None: the policy picks), and all arms."""
    experiment = policy.running_experiment(plan.slot.code, draw.today)
    if experiment is None:
        return None, [(None, 1.0)]
    forced = {
        arm.name: _forced(policy, situation, plan, arm.treatment, draw.today) for arm in experiment.arms
    }
    name = assign_arm(draw.salt, experiment.key, draw.lead_id, [(a.name, a.share) for a in experiment.arms])
    return forced[name], [(forced[arm.name], arm.share) for arm in experiment.arms]


def _forced(policy: Policy, situation: Situation, plan: SlotPlan, code: str, today: date) -> Candidate | None:
    candidate = None if code == POLICY_CHOICE else plan.by_id.get(code)
    if candidate is None or not (candidate is plan.standard or _may_use(policy, candidate, situation, today)):
        return None
    return candidate


def _learned(
    policy: Policy, situation: Situation, plan: SlotPlan, draw: Draw
) -> tuple[Candidate | None, float]:
    """What the promoted model picks for this slot, and the share of leads that follow it."""
    learned = situation.learned
    if learned is None or plan.slot.code not in learned.picks:
        return None, 0.0
    pick = _forced(policy, situation, plan, learned.picks[plan.slot.code], draw.today)
    return (pick, learned.share) if pick is not None else (None, 0.0)


def _rolled_out(candidate: Candidate, draw: Draw) -> bool:
    rollout = candidate.rule.rollout
    return rollout >= 1 or draw_number(draw.salt, f"rollout/{candidate.id}", draw.lead_id) < rollout


def _share_by_rules(ranked: Sequence[Candidate], wanted: Candidate) -> float:
    """The probability that the rollout draws lead to `wanted` when the rules pick."""
    left = 1.0
    for candidate in ranked:
        if candidate is wanted:
            return left * candidate.rule.rollout
        left *= 1 - candidate.rule.rollout
    return 0.0


def _draw_variant(candidate: Candidate, draw: Draw) -> ReadyVariant:
    if len(candidate.variants) == 1:
        return candidate.variants[0]
    arms = [(variant.id, variant.share) for variant in candidate.variants]
    name = assign_arm(draw.salt, f"variant/{candidate.id}", draw.lead_id, arms)
    return next(variant for variant in candidate.variants if variant.id == name)


def _make_treatment(
    plan: SlotPlan, candidate: Candidate, variant: ReadyVariant, draw: Draw, propensity: float
) -> Treatment:
    content = variant.content
    if candidate.rule.valid_days is not None:
        until = draw.today + timedelta(days=candidate.rule.valid_days)
        content = {**content, "valid_until": until.isoformat()}
    return Treatment(plan.slot.code, variant.id, draw.arm, propensity, content)
