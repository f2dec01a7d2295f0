"""Agents declared by the desk: read strictly, written back the same."""

from __future__ import annotations

import pytest

from service.decide.policy import Policy
from service.decide.roster import agent_from_body, agent_to_body, merge_roster
from service.errors import InvalidInputError


def test_what_is_written_is_read_back(policy: Policy) -> None:
    for agent in policy.agents.agents:
        assert agent_from_body(agent.id, agent_to_body(agent), policy.company) == agent


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", 7),
        ("name", "x" * 81),
        ("languages", []),
        ("languages", ["de"]),
        ("countries", "DK"),
        ("countries", ["US"]),
        ("skills", ["a"] * 51),
        ("skills", [None]),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("hours", {"monday": "9-5"}),
        ("hours", {"monday": "17:00-09:00"}),
        ("hours", {"monday": 9}),
        ("hours", {"funday": "09:00-17:00"}),
        ("hours", "always"),
        ("capacity", 0),
        ("capacity", True),
        ("capacity", "3"),
        ("phone", "+45 12 34 56 78"),
        ("id", "agent-9"),
    ],
)
def test_a_bad_declaration_names_its_field(policy: Policy, field: str, value: object) -> None:
    body = {**agent_to_body(policy.agents.agents[0]), field: value}
    with pytest.raises(InvalidInputError) as caught:
        agent_from_body("agent-1", body, policy.company)
    assert caught.value.field == field
    assert field in str(caught.value)


def test_the_roster_is_the_policys_as_last_declared(policy: Policy) -> None:
    first = agent_to_body(policy.agents.agents[0])
    declared = {
        "agent-1": {**first, "capacity": 7},
        "agent-77": {**first, "id": "agent-77", "name": "Nora"},
        "agent-2": {"name": "no longer understood"},
    }
    roster = {agent.id: agent for agent in merge_roster(policy.agents.agents, declared, policy.company)}
    assert roster["agent-1"].capacity == 7
    assert roster["agent-77"].name == "Nora"
    assert "agent-2" not in roster
    assert len(roster) == len(policy.agents.agents)
