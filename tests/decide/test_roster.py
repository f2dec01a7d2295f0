"""The desk's agents: the policy's, as last declared, and those that only the desk knows."""

from __future__ import annotations

from service.decide.agents import Agent
from service.decide.policy import Policy
from service.decide.roster import merge_roster


def as_body(agent: Agent, **changes: object) -> dict[str, object]:
    """An agent as the desk declares one: hours are seven pairs of minutes, or null for a day off."""
    return {
        "name": agent.name,
        "languages": list(agent.languages),
        "countries": list(agent.countries),
        "skills": list(agent.skills),
        "certificates": list(agent.certificates),
        "timezone": agent.timezone.key,
        "hours": [list(span) if span else None for span in agent.hours],
        "capacity": agent.capacity,
        **changes,
    }


def test_an_agent_declared_unchanged_is_the_same(policy: Policy) -> None:
    declared = {agent.id: as_body(agent) for agent in policy.agents.agents}
    assert merge_roster(policy.agents.agents, declared) == policy.agents.agents
    assert merge_roster(policy.agents.agents, {}) == policy.agents.agents


def test_what_was_declared_last_counts_and_newcomers_follow(policy: Policy) -> None:
    first = policy.agents.agents[0]
    declared = {"agent-77": as_body(first, name="Nora"), first.id: as_body(first, capacity=7)}
    roster = merge_roster(policy.agents.agents, declared)
    assert roster[0].capacity == 7
    assert [agent.id for agent in roster] == [*[agent.id for agent in policy.agents.agents], "agent-77"]
    assert roster[-1].name == "Nora"
