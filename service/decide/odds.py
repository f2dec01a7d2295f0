"""The random part of a choice (holdout, experiment, learned pick, rollout, variant): drawn, or laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.decide.arms import assign_arm, draw_number
from service.decide.eligible import may_use, rank_candidates
from service.decide.experiments import POLICY_CHOICE
from service.decide.plans import Candidate, ReadyVariant, SlotPlan
from service.decide.situation import Scene


@dataclass(frozen=True, slots=True)
class Odds:
    """The random draws of one slot, laid out: who could get what, with which probability."""

    holdout_share: float
    standard: Candidate
    ranked: Sequence[Candidate]  # what the rules prefer; each but the last may be passed over by its rollout
    arms: Sequence[tuple[Candidate | None, float]]  # forced candidate (None: the policy picks), share
    pick: Candidate | None
    following: float  # share of leads that follow the learned pick

    def share_of(self, wanted: Candidate) -> float:
        """The probability that the draws lead to this candidate."""
        by_policy = (1 - self.following) * _share_by_rules(self.ranked, wanted)
        by_policy += self.following * float(self.pick is wanted)
        share = sum(share * (by_policy if c is None else float(c is wanted)) for c, share in self.arms)
        share *= 1 - self.holdout_share
        return share + self.holdout_share if wanted is self.standard else share

    def by_variant(self) -> Mapping[str, float]:
        """Treatment id, with its variant -> probability; those that no draw leads to are left out."""
        forced = [c for c in (self.pick, *[c for c, _ in self.arms]) if c is not None]
        possible = {c.id: c for c in (*self.ranked, *forced, self.standard)}
        return {
            variant.id: share
            for candidate in possible.values()
            for variant in candidate.variants
            if (share := self.share_of(candidate) * variant.share) > 0
        }


def lay_odds(scene: Scene, plan: SlotPlan) -> Odds:
    """All that chance decides for this lead in this slot."""
    pick, following = _learned(scene, plan)
    return Odds(
        holdout_share=scene.holdout_share,
        standard=plan.standard,
        ranked=rank_candidates(scene, plan),
        arms=_experiment_arms(scene, plan),
        pick=pick,
        following=following,
    )


def draw_candidate(scene: Scene, plan: SlotPlan) -> tuple[Candidate, ReadyVariant, float]:
    """The candidate and wording that this lead draws, and how likely they were."""
    if scene.everyone_alike:
        return plan.standard, plan.standard.variants[0], 1.0
    odds = lay_odds(scene, plan)
    forced = None if odds.arms is _ONE_ARM else _experiment_arm(scene, plan, odds.arms)
    if scene.held_out:
        candidate = plan.standard
    elif forced is not None:
        candidate = forced
    elif odds.pick is not None and follows_model(scene.salt, plan.slot.code, scene.lead_id, odds.following):
        candidate = odds.pick
    else:
        candidate = next(c for c in odds.ranked if _rolled_out(c, scene))
    variant = _draw_variant(candidate, scene)
    return candidate, variant, odds.share_of(candidate) * variant.share


_ONE_ARM: Sequence[tuple[Candidate | None, float]] = ((None, 1.0),)


def _experiment_arms(scene: Scene, plan: SlotPlan) -> Sequence[tuple[Candidate | None, float]]:
    """The candidate that each arm of the slot's experiment forces (None: the policy picks), and its share."""
    experiment = scene.experiments.running(plan.slot.code, scene.today)
    if experiment is None:
        return _ONE_ARM
    return [(_forced(scene, plan, arm.treatment), arm.share) for arm in experiment.arms]


def _experiment_arm(
    scene: Scene, plan: SlotPlan, arms: Sequence[tuple[Candidate | None, float]]
) -> Candidate | None:
    """What the arm of this lead forces; None when the policy picks."""
    experiment = scene.experiments.running(plan.slot.code, scene.today)
    assert experiment is not None  # its arms were laid out
    shares = [(arm.name, arm.share) for arm in experiment.arms]
    name = assign_arm(scene.salt, experiment.key, scene.lead_id, shares)
    return arms[[arm.name for arm in experiment.arms].index(name)][0]


def _forced(scene: Scene, plan: SlotPlan, code: str) -> Candidate | None:
    candidate = None if code == POLICY_CHOICE else plan.by_id.get(code)
    if candidate is None or not (candidate is plan.standard or may_use(scene, candidate)):
        return None
    return candidate


def _learned(scene: Scene, plan: SlotPlan) -> tuple[Candidate | None, float]:
    """What the promoted model picks for this slot, and the share of leads that follow it."""
    learned = scene.situation.learned
    if learned is None or plan.slot.code not in learned.picks:
        return None, 0.0
    pick = _forced(scene, plan, learned.picks[plan.slot.code])
    return (pick, learned.share) if pick is not None else (None, 0.0)


def follows_model(salt: str, slot: str, lead_id: str, share: float) -> bool:
    """Whether a lead is among the `share` that follow a promoted model, whatever it picks for them."""
    return draw_number(salt, f"learned/{slot}", lead_id) < share


def _rolled_out(candidate: Candidate, scene: Scene) -> bool:
    rollout = candidate.rule.rollout
    return rollout >= 1 or draw_number(scene.salt, f"rollout/{candidate.id}", scene.lead_id) < rollout


def _share_by_rules(ranked: Sequence[Candidate], wanted: Candidate) -> float:
    """The probability that the rollout draws lead to `wanted` when the rules pick."""
    left = 1.0
    for candidate in ranked:
        if candidate is wanted:
            return left * candidate.rule.rollout
        left *= 1 - candidate.rule.rollout
    return 0.0


def _draw_variant(candidate: Candidate, scene: Scene) -> ReadyVariant:
    if len(candidate.variants) == 1:
        return candidate.variants[0]
    arms = [(variant.id, variant.share) for variant in candidate.variants]
    name = assign_arm(scene.salt, f"variant/{candidate.id}", scene.lead_id, arms)
    return next(variant for variant in candidate.variants if variant.id == name)
