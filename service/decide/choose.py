"""One lead's treatments: filter the ready-made candidates, rank them, draw the arm, say how likely it was.

Pure: all that is known comes in as one `Situation`. The standard flow answers whenever differentiating
is not allowed (objection, no consent to profiling), not founded (fallback, thin evidence) or not wanted
(holdout, kill switch).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from service.decide.arms import draw_number
from service.decide.odds import draw_candidate, lay_odds
from service.decide.plans import ANY_CHANNEL, Candidate, ReadyVariant, SlotPlan
from service.decide.policy import Policy
from service.decide.reach import allowed_channels, check_media, check_medium, choose_agent
from service.decide.situation import Draw, Setting, Situation
from service.decide.treatments import CHANNELS
from service.model import Treatment


def choose_treatments(
    policy: Policy, situation: Situation, only: Collection[str] | None = None
) -> dict[str, Treatment]:
    """One treatment per slot of the policy, in its order.

    `propensity` is the probability, over the random draws of holdout, experiment, rollout and variant,
    that a lead in this very situation gets this very treatment (id with variant) under this policy. Where
    every draw leads to the same treatment (no consent, thin evidence, …) it is 1. `only` leaves the other
    slots out; what is chosen in one slot does not depend on the others.
    """
    setting, draw = _set_scene(policy, situation)
    everyone_alike = must_be_standard(policy, situation) is not None
    contacts = check_media(policy, situation, setting)
    chosen: dict[str, Treatment] = {}
    for code, slot in policy.slots.items():
        if only is not None and code not in only:
            continue
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
            candidate, variant, propensity = draw_candidate(policy, situation, plan, draw, everyone_alike)
            chosen[code] = _make_treatment(plan, candidate, variant, draw, propensity)
            if slot.kind == "channels":
                chosen[code] = allowed_channels(chosen[code], candidate.rule.ranked, contacts)
    return chosen


def choice_probabilities(policy: Policy, situation: Situation) -> dict[str, dict[str, float]]:
    """Slot -> treatment id -> the probability that a lead in this situation gets it; each slot sums to 1.

    What a policy would have done for a logged lead, for off-policy estimates: the logged choice is weighed by
    its probability here over its logged propensity. The agent slot is left out, for it depends on the desk.
    """
    setting, draw = _set_scene(policy, situation)
    everyone_alike = must_be_standard(policy, situation) is not None
    found: dict[str, dict[str, float]] = {}
    for code, slot in policy.slots.items():
        plan = policy.plans[code, setting.country, setting.language, setting.channel]
        if slot.kind == "agent":
            continue
        if slot.kind == "email" and not check_medium(policy, situation, setting, "email").allowed:
            assert plan.service is not None  # compile_plans refuses an e-mail slot without
            found[code] = {plan.service.variants[0].id: 1.0}
        elif everyone_alike:
            found[code] = {plan.standard.variants[0].id: 1.0}
        else:
            odds = lay_odds(policy, situation, plan, draw)
            possible = {candidate.id: candidate for candidate in (*odds.ranked, *odds.forced)}
            possible[plan.standard.id] = plan.standard
            found[code] = {
                variant.id: share
                for candidate in possible.values()
                for variant in candidate.variants
                if (share := odds.share_of(candidate) * variant.share) > 0
            }
    return found


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


def _set_scene(policy: Policy, situation: Situation) -> tuple[Setting, Draw]:
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
    return setting, draw


def _make_treatment(
    plan: SlotPlan, candidate: Candidate, variant: ReadyVariant, draw: Draw, propensity: float
) -> Treatment:
    content = variant.content
    if candidate.rule.valid_days is not None:
        content = variant.content_until(draw.today + timedelta(days=candidate.rule.valid_days))
    return Treatment(plan.slot.code, variant.id, draw.arm, propensity, content)
