"""The queue matched as a whole, and whether the work is shared fairly."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.decide.agents import Agent, Wanted
from service.decide.fair_load import report_load, weekly_seats
from service.decide.policy import Policy
from service.decide.queue import WaitingLead, assign_queue
from service.model import AgentState

NOW = datetime(
    2026, 11, 24, 11, 30, tzinfo=UTC
)  # Tuesday 12:30 in Copenhagen: all of Denmark's agents are in


def lead(number: int, segment: str | None = "B1", minutes: int = 5, **more: object) -> WaitingLead:
    values = {"country": "DK", "language": "da", "waiting_since": NOW - timedelta(minutes=minutes), **more}
    return WaitingLead(lead_id=f"lead-{number}", segment=segment, **values)  # type: ignore[arg-type]


def test_the_one_agent_with_the_skill_is_kept_for_the_lead_who_wants_it(policy: Policy) -> None:
    agents = [a for a in policy.agents.agents if a.id in ("agent-1", "agent-2")]
    match = assign_queue([lead(1, None, 9), lead(2, "B1")], agents, policy.agents.wanted, NOW)
    assert {a.lead_id: a.agent_id for a in match.assigned} == {"lead-1": "agent-2", "lead-2": "agent-1"}
    reasons = next(a.reasons for a in match.assigned if a.lead_id == "lead-2")
    assert "speaks da" in reasons
    assert "skilled: week_planning" in reasons


def test_who_may_not_be_called_or_is_not_understood_is_left_with_the_reason(policy: Policy) -> None:
    leads = [lead(1, allowed=False), lead(2, language="fi"), *[lead(n) for n in range(3, 9)]]
    match = assign_queue(leads, policy.agents.agents, policy.agents.wanted, NOW)
    left = dict(match.left)
    assert left["lead-1"] == "not_allowed"
    assert left["lead-2"] == "no_agent_speaks"
    assert len(match.assigned) == 4  # four agents serve Denmark in Danish
    assert list(left.values()).count("agents_taken") == 2


def test_the_longest_wait_goes_first_among_equals(policy: Policy) -> None:
    agent = next(a for a in policy.agents.agents if a.id == "agent-1")
    leads = [lead(1, minutes=1), lead(2, minutes=50), lead(3, minutes=20)]
    match = assign_queue(leads, [agent], policy.agents.wanted, NOW)
    assert [a.lead_id for a in match.assigned] == ["lead-2"]


@pytest.mark.parametrize(
    "state", [AgentState("agent-1", "away"), AgentState("agent-1", "available", active=3)]
)
def test_an_agent_who_is_away_or_full_gets_none(policy: Policy, state: AgentState) -> None:
    agent = next(a for a in policy.agents.agents if a.id == "agent-1")
    match = assign_queue([lead(1)], [agent], policy.agents.wanted, NOW, {"agent-1": state})
    assert match.assigned == ()
    assert match.idle == ()


def test_nobody_is_on_shift_at_night(policy: Policy) -> None:
    night = NOW.replace(hour=2)
    match = assign_queue([lead(1)], policy.agents.agents, policy.agents.wanted, night)
    assert (match.assigned, match.left) == ((), (("lead-1", "no_agent_speaks"),))
    assert assign_queue([], policy.agents.agents, policy.agents.wanted, NOW).assigned == ()


def test_no_other_assignment_serves_more_leads_or_matches_more_skills(policy: Policy) -> None:
    """Against trying out all permutations, on small random queues whose leads have waited alike."""
    dice = random.Random(5)
    wanted = policy.agents.wanted
    for _ in range(40):
        agents = [
            replace(
                dice.choice(policy.agents.agents),
                id=f"a{n}",
                countries=("DK",),
                languages=tuple(dice.sample(["da", "en"], dice.randint(1, 2))),
                hours=((0, 1440),) * 7,
            )
            for n in range(4)
        ]
        leads = [
            lead(n, dice.choice(["A1", "B1", "D1", "E1"]), 5, language=dice.choice(["da", "en"]))
            for n in range(4)
        ]

        def score(pairs: list[tuple[WaitingLead, Agent]]) -> tuple[int, float]:
            served = [(one, agent) for one, agent in pairs if one.language in agent.languages]
            fit = 0.0
            for one, agent in served:
                asked = wanted[one.segment or ""]
                held = [s for s in asked.skills if s in agent.skills]
                held += [c for c in asked.certificates if c in agent.certificates]
                fit += len(held) / (len(asked.skills) + len(asked.certificates))
            return len(served), round(fit, 6)

        best = max(score(list(zip(leads, order, strict=True))) for order in itertools.permutations(agents))
        found = assign_queue(leads, agents, wanted, NOW)
        by_lead, by_agent = {one.lead_id: one for one in leads}, {a.id: a for a in agents}
        assert score([(by_lead[a.lead_id], by_agent[a.agent_id]) for a in found.assigned]) == best


def test_fair_load_compares_with_hours_and_capacity(policy: Policy) -> None:
    danish = [a for a in policy.agents.agents if "DK" in a.countries and "da" in a.languages]
    seats = {a.id: weekly_seats(a) for a in danish}
    assert seats["agent-1"] == (4 * 8 + 7) * 3
    total = 1000
    fair = {(a.id, "DK", "da"): round(total * seats[a.id] / sum(seats.values())) for a in danish}
    (report,) = report_load(policy.agents.agents, fair)
    assert not any(row.uneven for row in report.rows)
    assert all(97 <= (row.index or 0) <= 103 for row in report.rows)
    greedy = {**fair, ("agent-1", "DK", "da"): fair["agent-1", "DK", "da"] + 300}
    (report,) = report_load(policy.agents.agents, greedy)
    assert next(row for row in report.rows if row.agent_id == "agent-1").uneven


# ---------------------------------------------------------------- what outweighs what


def seat(code: str, **more: object) -> Agent:
    """An agent who is always there, speaks Danish and is skilled in nothing."""
    values: dict[str, object] = {
        "languages": ("da",),
        "countries": ("DK",),
        "skills": (),
        "certificates": (),
        "hours": ((0, 1440),) * 7,
        "capacity": 4,
        **more,
    }
    return Agent(id=code, name=code, timezone=ZoneInfo("UTC"), **values)  # type: ignore[arg-type]


WANTED = {"B1": Wanted(("plans", "boxes"), ()), "D1": Wanted(("cooking",), ("wine",))}


def pairs(leads: list[WaitingLead], agents: list[Agent], states: dict[str, AgentState] | None = None) -> dict:
    return {a.lead_id: a.agent_id for a in assign_queue(leads, agents, WANTED, NOW, states or {}).assigned}


def test_serving_one_more_lead_goes_before_the_better_match() -> None:
    both, danish = seat("both", languages=("da", "en"), skills=("plans", "boxes")), seat("danish")
    leads = [lead(1, "B1", 50), lead(2, "B1", 1, language="en")]
    assert pairs(leads, [both, danish]) == {"lead-1": "danish", "lead-2": "both"}


def test_a_full_match_goes_before_a_long_wait_and_half_a_match_does_not() -> None:
    leads = [lead(1, None, 60), lead(2, "B1", 1)]
    assert pairs(leads, [seat("ann", skills=("plans", "boxes"))]) == {"lead-2": "ann"}
    half = seat("ann", skills=("plans", "cooking"))
    assert pairs([lead(1, "B1", 60), lead(2, "D1", 1)], [half]) == {"lead-1": "ann"}


def test_a_certificate_counts_as_much_as_a_skill() -> None:
    leads = [lead(1, "D1", 5), lead(2, "B1", 5)]
    assert pairs(leads, [seat("ann", skills=("plans", "boxes"), certificates=("wine",))]) == {"lead-2": "ann"}
    assert pairs(leads, [seat("ann", skills=("cooking", "plans"), certificates=("wine",))]) == {
        "lead-1": "ann"
    }


def test_the_agent_with_most_room_goes_first_among_equals() -> None:
    agents = [seat("busy"), seat("idle"), seat("half")]
    states = {
        "busy": AgentState("busy", "available", active=3),
        "half": AgentState("half", "available", active=1),
    }
    assert pairs([lead(1)], agents, states) == {"lead-1": "idle"}
    large = {
        "busy": AgentState("busy", "available", active=3),
        "idle": AgentState("idle", "available", active=1),
    }
    assert pairs([lead(1)], [seat("busy", capacity=20), seat("idle")], large) == {"lead-1": "busy"}


def test_leads_who_have_not_waited_at_all_are_served() -> None:
    leads = [lead(1, minutes=0), lead(2, minutes=-3)]
    assert pairs(leads, [seat("ann"), seat("bo")]).keys() == {"lead-1", "lead-2"}
    assert pairs([lead(1, minutes=1), lead(2, minutes=-500)], [seat("ann")]) == {"lead-1": "ann"}


@pytest.mark.parametrize(
    ("state", "free"),
    [
        (AgentState("ann", "available", active=3), True),
        (AgentState("ann", "available", active=4), False),
        (AgentState("ann", "busy"), False),
        (AgentState("ann", "away"), False),
    ],
)
def test_an_agent_takes_leads_while_there_is_room(state: AgentState, free: bool) -> None:
    match = assign_queue([lead(1)], [seat("ann")], WANTED, NOW, {"ann": state})
    assert bool(match.assigned) is free
    assert match.left == (() if free else (("lead-1", "no_agent_speaks"),))
    if free:
        assert "free now (3 of 4 taken)" in match.assigned[0].reasons


def test_agents_without_a_lead_are_told_as_idle() -> None:
    match = assign_queue([lead(1)], [seat("ann"), seat("bo"), seat("cy", languages=("sv",))], WANTED, NOW)
    assert {match.assigned[0].agent_id, *match.idle} == {"ann", "bo", "cy"}
    assert "cy" in match.idle
