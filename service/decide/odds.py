"""The random part of a choice (holdout, experiment, learned pick, rollout, variant): drawn, or laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from service.decide.arms import assign_arm, draw_number
from service.decide.eligible import may_use, rank_candidates
from service.decide.experiments import POLICY_CHOICE
from service.decide.plans import Candidate, ReadyVariant, SlotPlan
from service.decide.policy import Policy
from service.decide.situation import Draw, Situation


@dataclass(frozen=True, slots=True)
class Odds:
    """The random draws of one slot, laid out: who could get what, with which probability."""

    holdout_share: float
    standard: Candidate
    ranked: Sequence[Candidate]  # what the rules prefer; each but the last may be passed over by its rollout
    arms: Sequence[tuple[Candidate | None, float]]  # forced candidate (None: the policy picks), share
    pick: Candidate | None
    following: float  # share of leads that follow the learned pick

    @property
    def forced(self) -> list[Candidate]:
        return [c for c in (self.pick, *[c for c, _ in self.arms]) if c is not None]

    def share_of(self, wanted: Candidate) -> float:
        """The probability that the draws lead to this candidate."""
        by_policy = (1 - self.following) * _share_by_rules(self.ranked, wanted)
        by_policy += self.following * float(self.pick is wanted)
        share = sum(share * (by_policy if c is None else float(c is wanted)) for c, share in self.arms)
        share *= 1 - self.holdout_share
        return share + self.holdout_share if wanted is self.standard else share


def lay_odds(policy: Policy, situation: Situation, plan: SlotPlan, draw: Draw) -> Odds:
    """All that chance decides for this lead in this slot."""
    pick, following = _learned(policy, situation, plan, draw)
    return Odds(
        holdout_share=draw.holdout_share,
        standard=plan.standard,
        ranked=rank_candidates(policy, situation, plan, draw.today),
        arms=_experiment_arms(policy, situation, plan, draw),
        pick=pick,
        following=following,
    )


def draw_candidate(
    policy: Policy, situation: Situation, plan: SlotPlan, draw: Draw, everyone_alike: bool
) -> tuple[Candidate, ReadyVariant, float]:
    """The candidate and wording that this lead draws, and how likely they were."""
    if everyone_alike:
        return plan.standard, plan.standard.variants[0], 1.0
    odds = lay_odds(policy, situation, plan, draw)
    forced = None if odds.arms is _ONE_ARM else _experiment_arm(policy, plan, draw, odds.arms)
    if draw.arm == "holdout":
        candidate = plan.standard
    elif forced is not None:
        candidate = forced
    elif odds.pick is not None and follows_model(draw.salt, plan.slot.code, draw.lead_id, odds.following):
        candidate = odds.pick
    else:
        candidate = next(c for c in odds.ranked if _rolled_out(c, draw))
    variant = _draw_variant(candidate, draw)
    return candidate, variant, odds.share_of(candidate) * variant.share


_ONE_ARM: Sequence[tuple[Candidate | None, float]] = ((None, 1.0),)


def _experiment_arms(
    policy: Policy, situation: Situation, plan: SlotPlan, draw: Draw
) -> Sequence[tuple[Candidate | None, float]]:
    """The candidate that each arm of the slot's experiment forces (None: the policy picks), and its share."""
    experiment = policy.running_experiment(plan.slot.code, draw.today)
    if experiment is None:
        return _ONE_ARM
    return [
        (_forced(policy, situation, plan, arm.treatment, draw.today), arm.share) for arm in experiment.arms
    ]


def _experiment_arm(
    policy: Policy, plan: SlotPlan, draw: Draw, arms: Sequence[tuple[Candidate | None, float]]
) -> Candidate | None:
    """What the arm of this lead forces; None when the policy picks."""
    experiment = policy.running_experiment(plan.slot.code, draw.today) if len(arms) > 1 else None
    if experiment is None:
        return None
    shares = [(arm.name, arm.share) for arm in experiment.arms]
    name = assign_arm(draw.salt, experiment.key, draw.lead_id, shares)
    return arms[[arm.name for arm in experiment.arms].index(name)][0]


def _forced(policy: Policy, situation: Situation, plan: SlotPlan, code: str, today: date) -> Candidate | None:
    candidate = None if code == POLICY_CHOICE else plan.by_id.get(code)
    if candidate is None or not (candidate is plan.standard or may_use(policy, candidate, situation, today)):
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


def follows_model(salt: str, slot: str, lead_id: str, share: float) -> bool:
    """Whether a lead is among the `share` that follow a promoted model, whatever it picks for them."""
    return draw_number(salt, f"learned/{slot}", lead_id) < share


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
