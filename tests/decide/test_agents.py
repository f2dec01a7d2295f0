"""Who is suggested for a call: who is there, then who can, then whose turn it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.decide.agents import NOTHING_WANTED, Agent, Wanted, best_agent, rank_agents, seat_agents
from service.decide.choose import choose_treatments
from service.decide.policy import load_policy
from service.errors import PolicyError
from service.model import AgentState

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NINE_TO_FIVE = (9 * 60, 17 * 60)


def make_agent(code: str, **more: object) -> Agent:
    values: dict[str, object] = {
        "name": code.title(),
        "languages": ("da",),
        "countries": ("DK",),
        "skills": ("wine", "planning"),
        "certificates": ("credit",),
        "timezone": ZoneInfo("Europe/Copenhagen"),
        "hours": (NINE_TO_FIVE, None, *((0, 1440),) * 5),
        "capacity": 3,
        **more,
    }
    return Agent(id=code, **values)  # type: ignore[arg-type]


def seated(
    *agents: Agent, states: dict[str, AgentState] | None = None, lead_id: str = "l", **more: object
) -> list:
    values = {"country": "DK", "language": "da", "now": MONDAY, "salt": "s", **more}
    return seat_agents(agents, lead_id=lead_id, states=states or {}, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("local", "there"),
    [
        (datetime(2026, 11, 23, 8, 59), False),
        (datetime(2026, 11, 23, 9, 0), True),
        (datetime(2026, 11, 23, 16, 59), True),
        (datetime(2026, 11, 23, 17, 0), False),
        (datetime(2026, 11, 24, 12, 0), False),  # a day off
        (datetime(2026, 11, 25, 0, 0), True),
    ],
)
def test_an_agent_is_on_shift_by_their_own_clock(local: datetime, there: bool) -> None:
    now = local.replace(tzinfo=ZoneInfo("Europe/Copenhagen")).astimezone(UTC)
    assert make_agent("ann").is_on_shift(now) is there


@pytest.mark.parametrize(
    ("state", "ready", "active"),
    [
        (None, True, 0),
        (AgentState("ann", "available", active=2), True, 2),
        (AgentState("ann", "available", active=3), False, 3),
        (AgentState("ann", "busy", active=1), False, 1),
        (AgentState("ann", "away"), False, 0),
    ],
)
def test_an_agent_is_ready_with_room_and_available(
    state: AgentState | None, ready: bool, active: int
) -> None:
    (seat,) = seated(make_agent("ann"), states={"ann": state} if state else {})
    assert (seat.ready, seat.active) == (ready, active)
    (seat,) = seated(make_agent("ann"), states={"ann": state} if state else {}, now=MONDAY.replace(hour=20))
    assert not seat.ready


def test_only_those_who_serve_the_country_in_the_language_are_seated() -> None:
    agents = [
        make_agent("ann"),
        make_agent("bo", countries=("SE",)),
        make_agent("cy", languages=("sv",)),
        make_agent("di", countries=("SE", "DK"), languages=("en", "da")),
    ]
    assert [seat.agent.id for seat in seated(*agents)] == ["ann", "di"]


def test_who_is_there_goes_before_who_can_and_who_can_before_who_has_room() -> None:
    away, skilled = make_agent("away", hours=(None,) * 7), make_agent("skilled")
    half, free = make_agent("half", skills=("wine",)), make_agent("free", skills=(), certificates=())
    states = {"skilled": AgentState("skilled", "available", active=2)}
    seats = seated(away, free, half, skilled, states=states)
    wanted = Wanted(("wine", "planning"), ("credit",))
    assert [one.agent.id for one in rank_agents(seats, wanted)] == ["skilled", "half", "free", "away"]
    assert best_agent(seats, wanted) is skilled


def test_among_equals_the_smallest_share_of_seats_taken_goes_first() -> None:
    small, large = make_agent("small", capacity=2), make_agent("large", capacity=10)
    states = {
        "small": AgentState("small", "available", active=1),
        "large": AgentState("large", "available", active=4),
    }
    assert best_agent(seated(small, large, states=states), NOTHING_WANTED) is large
    states["large"] = AgentState("large", "available", active=6)
    assert best_agent(seated(small, large, states=states), NOTHING_WANTED) is small


def test_equals_share_the_leads_evenly_and_a_lead_keeps_its_agent() -> None:
    agents = [make_agent("ann"), make_agent("bo"), make_agent("cy")]

    def first(lead_id: str) -> str:
        return best_agent(seated(*agents, lead_id=lead_id), NOTHING_WANTED).id

    counts = Counter(first(f"lead-{n}") for n in range(3000))
    assert all(abs(count - 1000) < 5 * (3000 * 2 / 9) ** 0.5 for count in counts.values())
    assert first("lead-1") == first("lead-1")
    assert [first(f"lead-{n}") for n in range(9)] == [
        rank_agents(seated(*reversed(agents), lead_id=f"lead-{n}"), NOTHING_WANTED)[0].agent.id
        for n in range(9)
    ]


def test_the_reasons_name_what_was_wanted_and_is_held_and_nothing_else() -> None:
    ann = make_agent("ann", skills=("wine", "fish"))
    states = {"ann": AgentState("ann", "available", active=1)}
    (ranked,) = rank_agents(seated(ann, states=states), Wanted(("wine", "planning"), ("credit",)))
    assert ranked.reasons("da") == (
        "speaks da", "skilled: wine", "certified: credit", "free now (1 of 3 taken)",
    )  # fmt: skip
    (anybody,) = rank_agents(seated(ann), NOTHING_WANTED)
    assert anybody.reasons("da") == ("speaks da", "free now (0 of 3 taken)")
    (late,) = rank_agents(seated(ann, now=MONDAY.replace(hour=20)), NOTHING_WANTED)
    assert late.reasons("da") == ("speaks da", "not free now")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('id = "agent-2"', 'id = "agent-1"', "agent 'agent-1' is there twice"),
        ("capacity = 3", "capacity = 0", "must lie from 1 to 50"),
        ("capacity = 3", "capacity = 51", "must lie from 1 to 50"),
        ("preferred = 3", "preferred = 0", "must lie from 1 to 20"),
        ("preferred = 3", "preferred = 21", "must lie from 1 to 20"),
        ('segments = ["B1"', 'segments = ["A1", "B1"', "segment 'A1' is in two [[wanted]] tables"),
    ],
)
def test_faults_in_the_roster(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, old: str, new: str, says: str
) -> None:
    edit("agents.toml", old, new)
    with pytest.raises(PolicyError, match=r"agents\.toml:\d+: ") as caught:
        load_policy(policy_folder, codes)
    assert says in str(caught.value)


@pytest.mark.parametrize("line", ["capacity = 1", "capacity = 50", "preferred = 1", "preferred = 20"])
def test_the_ends_of_each_range_are_allowed(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, line: str
) -> None:
    edit("agents.toml", f"{line.partition(' ')[0]} = 3", line)
    rules = load_policy(policy_folder, codes).agents
    assert int(line.rpartition(" ")[2]) in (rules.preferred, rules.agents[0].capacity)


def test_every_market_needs_an_agent_who_speaks_its_language(
    policy_folder: Path, codes: tuple[str, ...]
) -> None:
    path = policy_folder / "agents.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(', "FI"]', "]").replace('["FI"]', '["SE"]'), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"agents\.toml:1: no agent serves FI in 'fi'"):
        load_policy(policy_folder, codes)


def test_as_many_are_preferred_as_the_policy_says(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, make_situation: Callable
) -> None:
    edit("agents.toml", "preferred = 3", "preferred = 2")
    agent = choose_treatments(load_policy(policy_folder, codes), make_situation())["agent"]
    assert len(agent.content["preferred_agents"]) == 2
    assert agent.content["preferred_agents"][0] == agent.id
