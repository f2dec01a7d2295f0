"""The whole queue at once: which waiting lead goes to which free agent, best overall.

One by one, the first lead takes the agent whom the third one needed. Here all pairs are weighed together
and the best one-to-one assignment is found (the Hungarian problem; scipy's `linear_sum_assignment`,
which implements Crouse 2016, "On implementing 2D rectangular assignment algorithms"). Imported only by the
route that needs it: serving does without scipy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from service.decide.agents import (
    NO_STATES,
    NOTHING_WANTED,
    Agent,
    RankedAgent,
    SeatedAgent,
    Wanted,
    match_skills,
)
from service.model import AgentState

# What one pair is worth. As many leads as possible first: serving one more outweighs any better match.
_WORTH_SERVED = 1_000.0
_WORTH_SKILLS = 10.0  # all wanted skills and certificates held; a share of it for some
_WORTH_WAITING = 5.0  # the longest wait in the queue; a share of it for shorter ones
_WORTH_IDLE = 1.0  # an agent with nothing to do rather than one with most of the day's seats taken


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """One lead in the queue. `allowed` is the answer of `check_contact` for phone, at this moment."""

    lead_id: str
    country: str
    language: str
    segment: str | None
    waiting_since: datetime
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class Assignment:
    """One lead and the agent who should call, with the reasons."""

    lead_id: str
    agent_id: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueMatch:
    """`left` are the leads without an agent, with a code: not_allowed, no_agent_speaks or agents_taken."""

    assigned: tuple[Assignment, ...]
    left: tuple[tuple[str, str], ...]
    idle: tuple[str, ...]


def assign_queue(
    leads: Sequence[WaitingLead],
    agents: Sequence[Agent],
    wanted: Mapping[str, Wanted],
    now: datetime,
    states: Mapping[str, AgentState] = NO_STATES,
) -> QueueMatch:
    """At most one lead per agent who is on shift, available and has room; ties go to the longer wait."""
    free = [_seat(agent, states) for agent in agents if _is_free(agent, states, now)]
    waiting = sorted((lead for lead in leads if lead.allowed), key=lambda lead: lead.waiting_since)
    speaks = _speaks(waiting, free)
    taken_leads: dict[int, int] = {}
    if waiting and free:
        worth = _worth(waiting, free, wanted, now)
        rows, columns = linear_sum_assignment(np.where(speaks, worth, 0.0), maximize=True)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        taken_leads = {row: column for row, column in pairs if speaks[row, column]}
    assigned = tuple(
        Assignment(
            waiting[row].lead_id,
            free[column].agent.id,
            _match(waiting[row], free[column], wanted).reasons(waiting[row].language),
        )
        for row, column in taken_leads.items()
    )
    left = [(lead.lead_id, "not_allowed") for lead in leads if not lead.allowed]
    for row, lead in enumerate(waiting):
        if row not in taken_leads:
            left.append((lead.lead_id, "agents_taken" if speaks[row].any() else "no_agent_speaks"))
    busy = set(taken_leads.values())
    idle = tuple(seat.agent.id for column, seat in enumerate(free) if column not in busy)
    return QueueMatch(assigned, tuple(left), idle)


def _is_free(agent: Agent, states: Mapping[str, AgentState], now: datetime) -> bool:
    state = states.get(agent.id)
    if state is not None and (state.state != "available" or state.active >= agent.capacity):
        return False
    return agent.is_on_shift(now)


def _seat(agent: Agent, states: Mapping[str, AgentState]) -> SeatedAgent:
    state = states.get(agent.id)
    return SeatedAgent(agent, True, state.active if state else 0, 0.0)


def _match(lead: WaitingLead, seat: SeatedAgent, wanted: Mapping[str, Wanted]) -> RankedAgent:
    return match_skills(seat, wanted.get(lead.segment or "", NOTHING_WANTED))


def _speaks(waiting: Sequence[WaitingLead], free: Sequence[SeatedAgent]) -> NDArray[np.bool_]:
    """[leads, agents]: whether the agent serves the lead's country in the lead's language."""
    rows: dict[tuple[str, str], NDArray[np.bool_]] = {}
    for lead in waiting:
        key = lead.country, lead.language
        if key not in rows:
            rows[key] = np.array(
                [key[0] in seat.agent.countries and key[1] in seat.agent.languages for seat in free],
                dtype=bool,
            )
    stacked = [rows[lead.country, lead.language] for lead in waiting]
    return np.array(stacked, dtype=bool).reshape(len(waiting), len(free))


def _worth(
    waiting: Sequence[WaitingLead],
    free: Sequence[SeatedAgent],
    wanted: Mapping[str, Wanted],
    now: datetime,
) -> NDArray[np.float64]:
    """[leads, agents]: what each pair is worth; only differences matter."""
    by_segment: dict[str, NDArray[np.float64]] = {}
    for lead in waiting:
        code = lead.segment or ""
        if code not in by_segment:
            asked = wanted.get(code, NOTHING_WANTED)
            total = max(len(asked.skills) + len(asked.certificates), 1)
            held = [match_skills(seat, asked) for seat in free]
            by_segment[code] = np.array([(len(m.skills) + len(m.certificates)) / total for m in held])
    skills = np.array([by_segment[lead.segment or ""] for lead in waiting])
    waited = np.array([max((now - lead.waiting_since).total_seconds(), 0.0) for lead in waiting])
    waited /= max(float(waited.max()), 1.0)
    load = np.array([seat.active / seat.agent.capacity for seat in free])
    worth: NDArray[np.float64] = (
        _WORTH_SERVED
        + _WORTH_SKILLS * skills
        + _WORTH_WAITING * waited[:, None]
        - _WORTH_IDLE * load[None, :]
    )
    return worth
