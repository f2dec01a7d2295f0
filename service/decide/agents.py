"""agents.toml: who answers the phone, and whom to suggest for a lead, by declared skills only.

A learned term (which agent sells best to whom) is left out on purpose: agents are matched by what they
have said they can, so that the suggestion can be explained to the agent and to the lead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.decide.arms import draw_number
from service.decide.company import Company
from service.decide.contact_rules import WEEKDAYS, read_hours
from service.decide.toml_table import TomlTable
from service.model import AgentState


@dataclass(frozen=True, slots=True)
class Agent:
    """One person at the desk. `hours` are minutes after local midnight per weekday."""

    id: str
    name: str
    languages: tuple[str, ...]
    countries: tuple[str, ...]
    skills: tuple[str, ...]
    certificates: tuple[str, ...]
    timezone: ZoneInfo
    hours: tuple[tuple[int, int] | None, ...]
    capacity: int

    def is_on_shift(self, now: datetime) -> bool:
        local = now.astimezone(self.timezone)
        hours = self.hours[local.weekday()]
        return hours is not None and hours[0] <= local.hour * 60 + local.minute < hours[1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the leads of a segment are best served by."""

    skills: tuple[str, ...]
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentRules:
    """The roster of the policy, what each segment wants, and how many agents a suggestion names."""

    agents: tuple[Agent, ...]
    wanted: Mapping[str, Wanted]
    preferred: int


NO_STATES: Mapping[str, AgentState] = {}
NOTHING_WANTED = Wanted((), ())


class SeatedAgent(NamedTuple):
    """One agent as the desk has them now. `draw` shares the leads evenly among equals."""

    agent: Agent
    ready: bool
    active: int
    draw: float


class RankedAgent(NamedTuple):
    """One agent for one lead, with the wanted skills and certificates that they hold."""

    seat: SeatedAgent
    skills: tuple[str, ...]
    certificates: tuple[str, ...]

    @property
    def agent(self) -> Agent:
        return self.seat.agent

    def reasons(self, language: str) -> tuple[str, ...]:
        """Why this agent, in short English phrases for the call centre."""
        seat = self.seat
        return (
            f"speaks {language}",
            *[f"skilled: {skill}" for skill in self.skills],
            *[f"certified: {name}" for name in self.certificates],
            f"free now ({seat.active} of {seat.agent.capacity} taken)" if seat.ready else "not free now",
        )


def seat_agents(
    agents: Sequence[Agent],
    *,
    lead_id: str,
    country: str,
    language: str,
    now: datetime,
    states: Mapping[str, AgentState] = NO_STATES,
    salt: str = "",
) -> list[SeatedAgent]:
    """The agents who serve the country and speak the language. One without a state counts as available."""
    seated = []
    for agent in agents:
        if country not in agent.countries or language not in agent.languages:
            continue
        state = states.get(agent.id)
        active = state.active if state else 0
        ready = active < agent.capacity and (state is None or state.state == "available")
        ready = ready and agent.is_on_shift(now)
        seated.append(SeatedAgent(agent, ready, active, draw_number(salt, agent.id, lead_id)))
    return seated


def rank_agents(seated: Sequence[SeatedAgent], wanted: Wanted) -> list[RankedAgent]:
    """Best first: who can take a call now, then most wanted skills, then the lowest load, then the draw."""
    return sorted([match_skills(seat, wanted) for seat in seated], key=_rank_order)


def best_agent(seated: Sequence[SeatedAgent], wanted: Wanted) -> Agent:
    """The first of `rank_agents`, without ranking the rest. `seated` may not be empty."""
    return min([match_skills(seat, wanted) for seat in seated], key=_rank_order).agent


def match_skills(seat: SeatedAgent, wanted: Wanted) -> RankedAgent:
    if wanted is NOTHING_WANTED:
        return RankedAgent(seat, (), ())
    agent = seat.agent
    skills = tuple([skill for skill in wanted.skills if skill in agent.skills])
    certificates = tuple([name for name in wanted.certificates if name in agent.certificates])
    return RankedAgent(seat, skills, certificates)


def _rank_order(ranked: RankedAgent) -> tuple[bool, int, float, float]:
    seat = ranked.seat
    held = len(ranked.skills) + len(ranked.certificates)
    return (not seat.ready, -held, seat.active / seat.agent.capacity, seat.draw)


def read_agents(file: TomlTable, company: Company, segments: tuple[str, ...]) -> AgentRules:
    """Raises PolicyError with file and line; every language of every market needs an agent."""
    agents: list[Agent] = []
    for row in file.tables("agent"):
        agent = _read_agent(row, company)
        if any(agent.id == other.id for other in agents):
            raise row.fault(f"agent '{agent.id}' is there twice.", "id")
        agents.append(agent)
    for market in company.markets.values():
        if not any(market.country in a.countries and market.language in a.languages for a in agents):
            raise file.fault(f"no agent serves {market.country} in '{market.language}'; add one.")
    skills = _all(agent.skills for agent in agents)
    certificates = _all(agent.certificates for agent in agents)
    wanted: dict[str, Wanted] = {}
    for row in file.tables("wanted"):
        for code in row.texts("segments", allowed=segments):
            if code in wanted:
                raise row.fault(f"segment '{code}' is in two [[wanted]] tables.", "segments")
            wanted[code] = Wanted(
                row.texts("skills", allowed=skills), row.texts("certificates", (), allowed=certificates)
            )
        row.close()
    preferred = file.integer("preferred", low=1, high=20)
    file.close()
    return AgentRules(tuple(agents), wanted, preferred)


def _read_agent(row: TomlTable, company: Company) -> Agent:
    hours = row.table("hours")
    name = row.text("timezone")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise row.fault(f"'{name}' is no time zone; write one such as Europe/Oslo.", "timezone") from None
    agent = Agent(
        id=row.text("id"),
        name=row.text("name"),
        languages=row.texts("languages", allowed=company.languages),
        countries=row.texts("countries", allowed=tuple(company.markets)),
        skills=row.texts("skills"),
        certificates=row.texts("certificates", ()),
        timezone=zone,
        hours=tuple(read_hours(hours, day) for day in WEEKDAYS),
        capacity=row.integer("capacity", low=1, high=50),
    )
    hours.close()
    row.close()
    return agent


def _all(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group}))
