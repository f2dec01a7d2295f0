"""A promoted model on the request path: which treatment it picks for a lead, and what share follows it.

Imports numpy and nothing heavier. A model without a rollout, or one that was taken back, picks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.learn.live.rollout import Rollout, load_rollout
from service.learn.models.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Picks:
    """What `decide` needs: the model's id, the share of leads that follow it, slot -> treatment id."""

    model: str
    share: float
    picks: Mapping[str, str]


class PromotedModel:
    """A model folder with its rollout, opened once."""

    def __init__(self, scorer: Scorer, rollout: Rollout) -> None:
        self._scorer = scorer
        self._rollout = rollout

    @property
    def rollout(self) -> Rollout:
        """Where it stands: model id, slot, and the share of treated leads that follow it."""
        return self._rollout

    @classmethod
    def open(cls, folder: Path) -> PromotedModel | None:
        """None where nothing is rolled out. Raises LearnError when the rollout is another model's."""
        rollout = load_rollout(folder)
        if rollout is None or rollout.stage == "returned":
            return None
        return cls(Scorer.load(folder), rollout)

    def picks(self, features: Mapping[str, object]) -> Picks:
        """The best arm for a lead (`features.lead_features`). Where that is the control, the rules decide."""
        best = self._scorer.score_lead(features).best_arm
        control = self._scorer.arms[0]
        chosen = {} if best is None or best == control else {self._rollout.slot: best}
        return Picks(self._rollout.model, self._rollout.share, chosen)
