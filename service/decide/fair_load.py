"""Is the work shared fairly among agents: what each took, against what their hours and capacity imply."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.decide.agents import Agent

_UNEVEN = 3.0  # standard errors: about one false alarm among 370 agents


@dataclass(frozen=True, slots=True)
class AgentLoad:
    """`index` is taken ÷ expected × 100; `uneven` when chance alone hardly explains the difference."""

    agent_id: str
    taken: int
    expected: float
    index: int | None
    uneven: bool


@dataclass(frozen=True, slots=True)
class LoadReport:
    """One row per agent of a group that can take each other's leads: same country, a shared language."""

    country: str
    language: str
    taken: int
    rows: tuple[AgentLoad, ...]


def weekly_seats(agent: Agent) -> float:
    """Hours on shift per week × leads at a time."""
    minutes = sum(hours[1] - hours[0] for hours in agent.hours if hours is not None)
    return minutes / 60 * agent.capacity


def report_load(agents: Sequence[Agent], taken: Mapping[tuple[str, str, str], int]) -> tuple[LoadReport, ...]:
    """`taken` counts leads by (agent id, country, language of the lead) over some period.

    Expected is the group's total shared out by weekly seats. An agent serves several groups, so an even
    share within each is what can be asked; the standard error is binomial.
    """
    groups = sorted({(country, language) for _, country, language in taken})
    reports = []
    for country, language in groups:
        able = [a for a in agents if country in a.countries and language in a.languages]
        seats = {agent.id: weekly_seats(agent) for agent in able}
        counts = {agent.id: taken.get((agent.id, country, language), 0) for agent in able}
        total, all_seats = sum(counts.values()), sum(seats.values())
        rows = []
        for code, count in counts.items():
            share = seats[code] / all_seats if all_seats else 0.0
            expected = total * share
            error = math.sqrt(expected * (1 - share))
            rows.append(
                AgentLoad(
                    agent_id=code,
                    taken=count,
                    expected=round(expected, 1),
                    index=round(100 * count / expected) if expected else None,
                    uneven=error > 0 and abs(count - expected) > _UNEVEN * error,
                )
            )
        reports.append(LoadReport(country, language, total, tuple(rows)))
    return tuple(reports)
