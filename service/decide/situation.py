"""All that a choice may depend on, gathered by the caller."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

from service.decide.agents import Agent, AgentRules
from service.decide.consent import Contactability, ListCheck
from service.decide.experiments import Experiments
from service.model import AgentState, Contact, Lead, Segment

Status = Literal["ok", "fallback", "degraded"]
Arm = Literal["treated", "holdout"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What has been given so far: the guardrails' memory. Ids are treatment ids without variant."""

    discount_today: float = 0.0
    given_today: Mapping[str, int] = field(default_factory=dict)
    household_had: Container[str] = frozenset()  # asked only for treatments given once
    paused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Learned:
    """A promoted model's picks: slot -> treatment id. `share` of the treated leads follow them.

    The gate and the rollout are the caller's; a pick that a guardrail takes out, or that does not exist,
    leaves the lead with the rules. At share 0 (shadow) nothing changes.
    """

    model: str
    share: float
    picks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a choice may depend on. `salt` is the secret of the hashes; `now` is aware."""

    lead: Lead
    segment: Segment
    now: datetime
    salt: str
    sub_segment: str | None = None
    status: Status = "ok"
    objected: bool = False
    stage: str = "lead"
    agent_states: Mapping[str, AgentState] = field(default_factory=dict)
    roster: Sequence[Agent] | None = None  # the desk's agents, where they differ from the policy's
    spent: Spent = Spent()
    lists: Mapping[str, ListCheck] = field(default_factory=dict)
    learned: Learned | None = None


class Scene(NamedTuple):  # made for every answer, in a third of the time that a frozen dataclass takes
    """One lead as the policy sees it, and the rules that its choices stand on: the same for every slot.

    `country`, `language` and `channel` are the policy's words for the lead's; `contacts` says by which ways
    this person may be reached; with `everyone_alike` each slot gives its standard flow.
    """

    situation: Situation
    country: str
    language: str
    channel: str
    today: date
    arm: Arm
    holdout_share: float
    everyone_alike: bool
    contacts: Mapping[Contact, Contactability]
    agents: AgentRules
    experiments: Experiments
    discount_budget: float

    @property
    def held_out(self) -> bool:
        return self.arm == "holdout"

    @property
    def salt(self) -> str:
        return self.situation.salt

    @property
    def lead_id(self) -> str:
        return self.situation.lead.lead_id
