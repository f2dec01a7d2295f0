"""The policy applied to one lead: gathers what the choice may depend on, and lets `decide` choose.

A promoted model proposes; the guardrails of the policy still decide.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.decide.behaviour import Behaviour, assign_stage, assign_sub_segment
from service.decide.choose import choose_treatments
from service.decide.odds import follows_model
from service.decide.policy import Policy
from service.decide.situation import Learned, Situation, Status
from service.flows.policy_memory import LeadHistory, PolicyMemory
from service.learn.live.features import lead_features
from service.learn.live.promoted import PromotedModel
from service.model import Found, Lead, Segment, Treatment, Weights

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PolicyForLead:
    """The policy with what the store knows of agents, budgets and lists."""

    policy: Policy
    memory: PolicyMemory
    promoted: PromotedModel | None = None
    only: frozenset[str] | None = None  # the slots to choose in; None: all of them

    def weigh_behaviour(
        self, lead: Lead, segment: Segment, behaviour: Behaviour | None
    ) -> tuple[Weights, str | None]:
        """How much geography and behaviour speak at this tenure, and the sub-segment, if there is one."""
        if behaviour is None and not lead.tenure_days:
            return Weights(), None
        tenure = behaviour.tenure_days if behaviour else lead.tenure_days
        sub_segment = assign_sub_segment(self.policy.sub_segments, segment.code, behaviour)
        return self.policy.weights.weigh(segment.code, tenure), sub_segment

    def choose_treatments(
        self,
        lead: Lead,
        found: Found,
        sub_segment: str | None,
        status: Status,
        history: LeadHistory,
        now: datetime,
    ) -> Mapping[str, Treatment]:
        """One treatment per slot. Raises StoreError when the budgets of the day cannot be read."""
        situation = Situation(
            lead=lead,
            segment=found.segment,
            now=now,
            salt=self.memory.salt,
            sub_segment=sub_segment,
            status=status,
            objected=history.objected,
            stage=assign_stage(history.behaviour),
            agent_states=self.memory.agent_states(),
            roster=self.memory.roster(self.policy),
            spent=self.memory.spent(found.match, now),
            lists=self.memory.lists(lead.lead_id),
            learned=self._learned(lead, found, status),
        )
        return choose_treatments(self.policy, situation, self.only)

    def models_followed(self, lead: Lead, status: Status) -> Mapping[str, str]:
        """Slot -> model, for leads that a rollout has drawn: what `enrich learn promote` compares by."""
        if self.promoted is None or status != "ok":
            return {}
        rollout = self.promoted.rollout
        followed = follows_model(self.memory.salt, rollout.slot, lead.lead_id, rollout.share)
        return {rollout.slot: rollout.model} if followed else {}

    def _learned(self, lead: Lead, found: Found, status: Status) -> Learned | None:
        profile = found.profile
        if self.promoted is None or status != "ok" or profile is None or not self.promoted.rollout.share:
            return None
        features = lead_features(lead.channel, lead.language, lead.country, found.segment, profile)
        try:
            picks = self.promoted.picks(features)
        except Exception:  # a model must not take the greeting away: the rules go on
            log.exception("the promoted model could not score a lead; the rules decide")
            return None
        return Learned(picks.model, picks.share, picks.picks)
