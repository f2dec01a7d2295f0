"""The desk's agents: those of the policy, and what the call centre has declared since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from service.decide.agents import Agent


def merge_roster(agents: Sequence[Agent], declared: Mapping[str, Mapping[str, Any]]) -> tuple[Agent, ...]:
    """The policy's agents in their order, replaced by what was declared of them, then those declared anew."""
    known = [
        _declared_agent(agent.id, declared[agent.id]) if agent.id in declared else agent for agent in agents
    ]
    ids = {agent.id for agent in agents}
    return (
        *known,
        *(_declared_agent(code, body) for code, body in sorted(declared.items()) if code not in ids),
    )


def _declared_agent(agent_id: str, body: Mapping[str, Any]) -> Agent:
    """`body` as checked when it was declared; its hours are seven pairs of minutes, or null for a day off."""
    return Agent(
        id=agent_id,
        name=body["name"],
        languages=tuple(body["languages"]),
        countries=tuple(body["countries"]),
        skills=tuple(body["skills"]),
        certificates=tuple(body["certificates"]),
        timezone=ZoneInfo(body["timezone"]),
        hours=tuple(None if day is None else (day[0], day[1]) for day in body["hours"]),
        capacity=body["capacity"],
    )
