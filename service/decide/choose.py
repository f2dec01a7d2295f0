"""One lead's treatments: filter the ready-made candidates, rank them, draw the arm, say how likely it was.

Pure: all that is known comes in as one `Situation`. How one slot chooses is its kind's (`slots/`). The
standard flow answers whenever differentiating is not allowed (objection, no consent to profiling), not
founded (fallback, thin evidence) or not wanted (holdout, kill switch).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from service.decide.arms import draw_number
from service.decide.consent import check_ways, without_rules
from service.decide.plans import ANY_CHANNEL
from service.decide.policy import Policy
from service.decide.situation import Scene, Situation
from service.decide.slots.kinds import KINDS
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
    scene = _set_scene(policy, situation)
    where = scene.country, scene.language, scene.channel
    return {
        code: KINDS[slot.kind].choose(scene, policy.plans[code, *where])
        for code, slot in policy.slots.items()
        if only is None or code in only
    }


def choice_probabilities(policy: Policy, situation: Situation) -> dict[str, Mapping[str, float]]:
    """Slot -> treatment id -> the probability that a lead in this situation gets it; each slot sums to 1.

    What a policy would have done for a logged lead, for off-policy estimates: the logged choice is weighed by
    its probability here over its logged propensity. An agent slot is left out, for it depends on the desk.
    """
    scene = _set_scene(policy, situation)
    where = scene.country, scene.language, scene.channel
    found = {
        code: KINDS[slot.kind].odds(scene, policy.plans[code, *where]) for code, slot in policy.slots.items()
    }
    return {code: odds for code, odds in found.items() if odds is not None}


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


def _set_scene(policy: Policy, situation: Situation) -> Scene:
    lead, now, salt = situation.lead, situation.now, situation.salt
    company, experiments = policy.company, policy.experiments
    home = company.markets.get(lead.country)
    market = home or next(iter(company.markets.values()))
    rules = policy.contact_rules[market.country]
    held_out = draw_number(salt, experiments.holdout_key, lead.lead_id) < experiments.holdout_share
    return Scene(
        situation=situation,
        country=market.country,
        language=policy.language_for(lead.country, lead.language),
        channel=lead.channel if lead.channel in CHANNELS else ANY_CHANNEL,
        today=now.astimezone(market.timezone).date(),
        arm="holdout" if held_out else "treated",
        holdout_share=experiments.holdout_share,
        everyone_alike=must_be_standard(policy, situation) is not None,
        contacts=without_rules(lead.country)
        if home is None
        else check_ways(rules, lead.consent, now, objected=situation.objected, lists=situation.lists),
        agents=policy.agents,
        experiments=experiments,
        discount_budget=company.discount_budget_per_day,
    )
