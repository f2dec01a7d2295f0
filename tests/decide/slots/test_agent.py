"""The agent's slot is known by its kind: a marketer may call it what they like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.decide.call_now import check_call_now
from service.decide.choose import choice_probabilities, choose_treatments
from service.decide.policy import Policy, load_policy
from service.decide.situation import Situation
from service.decide.slots.agent import agent_slot, suggested_agent
from service.decide.slots.content import offer_slot
from service.decide.slots.email import first_message
from service.decide.slots.kinds import browser_view
from service.errors import PolicyError
from service.model import AgentState

Make = Callable[..., Situation]


@pytest.fixture
def renamed(policy_folder: Path, codes: tuple[str, ...], edit: Callable) -> Policy:
    """The shipped policy with other words for its slots."""
    edit("slots.toml", 'code = "agent"', 'code = "adviser"')
    edit("slots.toml", 'code = "first_email"', 'code = "welcome"')
    edit("slots.toml", 'code = "offer"', 'code = "gift"')
    edit("experiment.toml", 'slot = "offer"', 'slot = "gift"')
    for language in ("da", "sv", "nb", "fi", "en"):
        edit(f"why/{language}.toml", "\nfirst_email =", "\nwelcome =")
        edit(f"why/{language}.toml", "\noffer =", "\ngift =")
    return load_policy(policy_folder, codes)


def test_what_the_slots_are_for_is_found_by_kind(renamed: Policy, make_situation: Make) -> None:
    chosen = choose_treatments(renamed, make_situation())
    agent, mail = suggested_agent(renamed.slots, chosen), first_message(renamed.slots, chosen)
    assert agent is chosen["adviser"]
    assert mail is chosen["welcome"]
    assert agent_slot(renamed.slots) is renamed.slots["adviser"]
    assert offer_slot(renamed.slots) is renamed.slots["gift"]
    assert "adviser" not in choice_probabilities(renamed, make_situation())


def test_a_browser_never_reads_who_calls_whatever_the_slot_is_called(
    renamed: Policy, make_situation: Make
) -> None:
    agent = choose_treatments(renamed, make_situation())["adviser"]
    assert agent.content["name"]
    shown = browser_view(renamed.slots, agent)
    assert shown["allowed"] is True
    told = repr(shown)
    assert agent.id not in told
    assert str(agent.content["name"]) not in told
    assert not {"id", "name", "reasons", "preferred_agents"} & set(shown)


def test_a_browser_reads_nothing_of_a_slot_that_the_policy_does_not_know(
    policy: Policy, renamed: Policy, make_situation: Make
) -> None:
    agent = choose_treatments(renamed, make_situation())["adviser"]
    assert browser_view(policy.slots, agent) == {}


def test_a_decision_that_named_the_slot_otherwise_has_no_agent(
    policy: Policy, renamed: Policy, make_situation: Make
) -> None:
    chosen = choose_treatments(renamed, make_situation())
    assert suggested_agent(policy.slots, chosen) is None
    assert first_message(policy.slots, chosen) is None


def test_a_policy_without_such_slots_says_so(
    policy_folder: Path, codes: tuple[str, ...], make_situation: Make
) -> None:
    slots = policy_folder / "slots.toml"
    text = slots.read_text(encoding="utf-8")
    greeting = text[text.index("[[slot]]\n") : text.index('[[slot]]\ncode = "offer"')]
    slots.write_text(greeting, encoding="utf-8")
    (policy_folder / "experiment.toml").write_text(
        'salt_name = "s"\n[holdout]\nname = "h"\nshare = 0.05\n', encoding="utf-8"
    )
    for language in ("da", "sv", "nb", "fi", "en"):
        path = policy_folder / "why" / f"{language}.toml"
        words = path.read_text(encoding="utf-8")
        kept = [line for line in words.splitlines() if not line.startswith(("offer =", "first_email ="))]
        path.write_text("\n".join(kept), encoding="utf-8")
    policy = load_policy(policy_folder, codes)
    chosen = choose_treatments(policy, make_situation())
    assert list(chosen) == ["greeting"]
    assert agent_slot(policy.slots) is offer_slot(policy.slots) is None


def test_one_agent_slot_has_one_treatment(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable
) -> None:
    edit("calls.toml", "standard = true", 'segments = ["B1"]')
    with pytest.raises(PolicyError, match=r"calls\.toml:\d+: the agent slot has one standard treatment"):
        load_policy(policy_folder, codes)


def test_a_renamed_agent_may_be_called(renamed: Policy, make_situation: Make, log_decision: Callable) -> None:
    situation = make_situation()
    logged = log_decision(situation, choose_treatments(renamed, situation))
    assert check_call_now(renamed, logged, situation.now).allowed


def test_a_free_agent_goes_before_a_better_one_who_is_away(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable, treated: str
) -> None:
    away = {"agent-1": AgentState("agent-1", "away")}
    busy = {"agent-1": AgentState("agent-1", "available", active=3)}
    for states in (away, busy):
        agent = choose_treatments(
            policy, make_situation(make_lead(treated), make_segment("B1"), agent_states=states)
        )["agent"]
        assert agent.id != "agent-1"
        assert "agent-1" in agent.content["preferred_agents"] or len(agent.content["preferred_agents"]) == 3


def test_outside_call_hours_the_agent_may_call_from_the_next_opening(
    policy: Policy, make_situation: Make, make_lead: Callable
) -> None:
    saturday = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
    agent = choose_treatments(policy, make_situation(make_lead(), now=saturday))["agent"]
    assert agent.content["allowed"] is True
    assert agent.content["call_from"] == "2026-11-23T08:00:00+00:00"
