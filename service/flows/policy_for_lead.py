"""The policy applied to one lead: gathers what the choice may depend on, and lets `decide` choose.

What `enrich.Treating` asks for. A promoted model proposes; the guardrails of the policy still decide.
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
from service.decide.situation import Learned, Situation
from service.flows.enrich import LeadHistory, Status
from service.flows.policy_memory import Known
from service.learn.live.features import lead_features
from service.learn.live.promoted import PromotedModel
from service.model import AddressMatch, Lead, Profile, Segment, Treatment, Weights

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PolicyTreating:
    """The policy with what the store knows of agents, budgets and lists: what `enrich.Treating` asks for."""

    policy: Policy
    known: Known
    promoted: PromotedModel | None = None
    only: frozenset[str] | None = None  # the slots to choose in; None: all of them

    def weigh_behaviour(
        self, lead: Lead, segment: Segment, behaviour: Behaviour | None
    ) -> tuple[Weights, str | None]:
        if behaviour is None and not lead.tenure_days:
            return Weights(), None
        tenure = behaviour.tenure_days if behaviour else lead.tenure_days
        sub_segment = assign_sub_segment(self.policy.sub_segments, segment.code, behaviour)
        return self.policy.weights.weigh(segment.code, tenure), sub_segment

    def choose_treatments(
        self,
        lead: Lead,
        segment: Segment,
        sub_segment: str | None,
        status: Status,
        history: LeadHistory,
        match: AddressMatch,
        profile: Profile | None,
        now: datetime,
    ) -> Mapping[str, Treatment]:
        situation = Situation(
            lead=lead,
            segment=segment,
            now=now,
            salt=self.known.salt,
            sub_segment=sub_segment,
            status=status,
            objected=history.objected,
            stage=assign_stage(history.behaviour),
            agent_states=self.known.agent_states(),
            roster=self.known.roster(self.policy),
            spent=self.known.spent(match, now),
            lists=self.known.lists(lead.lead_id),
            learned=self._learned(lead, segment, status, profile),
        )
        return choose_treatments(self.policy, situation, self.only)

    def models_followed(self, lead: Lead, status: Status) -> Mapping[str, str]:
        """Slot -> model, for leads that a rollout has drawn: what `enrich learn promote` compares by."""
        if self.promoted is None or status != "ok":
            return {}
        rollout = self.promoted.rollout
        followed = follows_model(self.known.salt, rollout.slot, lead.lead_id, rollout.share)
        return {rollout.slot: rollout.model} if followed else {}

    def _learned(
        self, lead: Lead, segment: Segment, status: Status, profile: Profile | None
    ) -> Learned | None:
        if self.promoted is None or status != "ok" or profile is None or not self.promoted.rollout.share:
            return None
        figures = {code: figure.value for code, figure in profile.figures.items() if figure.level != "unit"}
        features = lead_features(
            lead.channel, lead.language, lead.country, segment, profile.urbanity, figures
        )
        try:
            picks = self.promoted.picks(features)
        except Exception:  # a model must not take the greeting away: the rules go on
            log.exception("the promoted model could not score a lead; the rules decide")
            return None
        return Learned(picks.model, picks.share, picks.picks)
