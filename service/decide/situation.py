"""All that a choice may depend on, gathered by the caller."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from service.decide.agents import Agent
from service.decide.consent import ListCheck
from service.model import AgentState, Lead, Segment

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


@dataclass(frozen=True, slots=True)
class Draw:
    """The random side of one choice, and what it is drawn from."""

    arm: Arm
    holdout_share: float
    salt: str
    lead_id: str
    today: date


@dataclass(frozen=True, slots=True)
class Setting:
    """How the situation reads in the policy's words: its market, language and channel."""

    country: str
    country_known: bool
    language: str
    channel: str
