"""The call centre: who waits, who should call, whether they may now, and what becomes of a reservation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from service.decide.agents import Agent
from service.decide.call_now import CallNow, check_call_now
from service.decide.fair_load import LoadReport, report_load
from service.decide.policy import Policy
from service.decide.roster import merge_roster
from service.decide.slots.agent import suggested_agent
from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.flows.past_figures import PastDecisions
from service.model import Decision
from service.store.desk import HOLD_S, Reservation, WaitingLead
from service.store.desk import Desk as Reservations
from service.store.store import Store

if TYPE_CHECKING:
    from service.decide.queue import Assignment

OUTSIDE_HOURS = "outside_call_hours"
_MATCH_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Desk:
    """What the call centre is at `now`: the log, the decisions in it, and the policy in force."""

    store: Store
    past: PastDecisions
    policy: Policy
    now: datetime

    def roster(self) -> tuple[Agent, ...]:
        """All agents there are: those of the policy, and what was declared since. Raises StoreError."""
        return merge_roster(self.policy.agents.agents, self.store.agents.declared())

    def call(self, decision: Decision) -> CallNow:
        """Whether the lead may be called now: the permission and its end, call hours, holidays."""
        return check_call_now(self.policy, decision, self.now)

    def may_hold(self, decision: Decision) -> bool:
        """Whether a call is permitted at all: outside call hours an agent may be held, but not dial yet."""
        call = self.call(decision)
        return call.allowed or call.reason == OUTSIDE_HOURS


@dataclass(frozen=True, slots=True)
class Held:
    """What a wish for an agent came to: a reservation, or a place in the queue. Dial from `call_from` on."""

    reservation: Reservation | None
    waiting: WaitingLead | None
    call_from: datetime


def reserve(desk: Desk, lead_id: str, agent_id: str | None = None, hold_s: int = HOLD_S) -> Held:
    """Holds the best free agent for a lead until it is accepted or the time is over.

    First the agents that the decision prefers, in their order, then the others on shift who speak the
    lead's language; or the one named. Raises NotFoundError without a decision, ConflictError for a lead
    that may not be called, InvalidInputError for an agent that does not exist, and StoreError.
    """
    decision = desk.past.latest(lead_id)
    call = desk.call(decision)
    if not desk.may_hold(decision):
        reason = call.reason.replace("_", " ")
        raise ConflictError(
            f"This lead may not be called ({reason}); a new decision with the consent needed may allow it."
        )
    if desk.store.guards.objected(lead_id):
        raise ConflictError("This lead has objected since it was decided: do not call.")
    here = desk.roster()
    if agent_id is not None and agent_id not in {agent.id for agent in here}:
        raise InvalidInputError("There is no agent with this id; GET /agents lists them.", "agent_id")
    wanted = [agent_id] if agent_id is not None else _in_order(desk, decision, here)
    made = _reserve(desk, decision, wanted, here, hold_s)
    opens = max(call.opens or desk.now, desk.now)
    return Held(made, None, opens) if isinstance(made, Reservation) else Held(None, made, opens)


MOVES: Mapping[str, Callable[[Reservations, str, str | None], Reservation]] = {
    "accept": Reservations.accept,
    "reject": Reservations.reject,
    "release": Reservations.release,
    "complete": Reservations.complete,
}


def move(desk: Desk, lead_id: str, how: str, reservation_id: str | None = None) -> Reservation:
    """Accepts, rejects, releases or completes (`how` is a key of MOVES) the reservation of a lead.

    Raises NotFoundError without a decision or a reservation, ConflictError when the reservation is not in
    the state for it, and StoreError.
    """
    return MOVES[how](desk.store.desk, desk.past.latest(lead_id).lead_id, reservation_id)


def latest_reservation(desk: Desk, lead_id: str) -> Reservation:
    """The newest reservation of a lead, in force or ended. Raises NotFoundError and StoreError."""
    desk.past.latest(lead_id)
    found = desk.store.desk.reservation(lead_id)
    if found is None:
        raise NotFoundError("No agent has been reserved for this lead.")
    return found


def known_agent(desk: Desk, agent_id: str) -> Agent:
    """One agent by id. Raises NotFoundError and StoreError."""
    for candidate in desk.roster():
        if candidate.id == agent_id:
            return candidate
    raise NotFoundError("There is no agent with this id; GET /agents lists them, PUT /agents/{id} adds one.")


@dataclass(frozen=True, slots=True)
class Matched:
    """`assigned`: each pair with the id of its reservation, where it was reserved; `left`: lead and why it
    has none; `idle`: agents with nothing to do."""

    assigned: tuple[tuple[Assignment, str | None], ...]
    left: tuple[tuple[str, str], ...]
    idle: tuple[str, ...]


def match_waiting(desk: Desk, limit: int | None = None, reserving: bool = False) -> Matched:
    """The best assignment of the waiting leads to the free agents, over all of them at once.

    With `reserving` each pair is reserved; one that another call was faster with is left as
    `taken_meanwhile`. Raises StoreError.
    """
    # scipy is loaded by the worker that is first asked this, and by no other
    from service.decide.queue import WaitingLead as Asking  # noqa: PLC0415
    from service.decide.queue import assign_queue  # noqa: PLC0415

    waiting = desk.store.desk.queue(limit or _MATCH_AT_ONCE)
    decisions = desk.store.decisions_of([lead.decision_id for lead in waiting])
    leads = [
        Asking(
            lead.lead_id,
            decided.country,
            desk.policy.language_for(decided.country, decided.language),
            _segment_to_match(desk, decided),
            lead.since,
            allowed=desk.may_hold(decided),
        )
        for lead in waiting
        if (decided := decisions.get(lead.decision_id)) is not None
    ]
    by_lead = {decided.lead_id: decided for decided in decisions.values()}
    here = desk.roster()
    found = assign_queue(leads, here, desk.policy.agents.wanted, desk.now, desk.store.agents.states())
    assigned: list[tuple[Assignment, str | None]] = []
    left = list(found.left)
    for pair in found.assigned:
        if not reserving:
            assigned.append((pair, None))
        elif (made := _reserve_pair(desk, by_lead[pair.lead_id], pair.agent_id, here)) is not None:
            assigned.append((pair, made.reservation_id))
        else:
            left.append((pair.lead_id, "taken_meanwhile"))
    return Matched(tuple(assigned), tuple(left), found.idle)


def shared_load(desk: Desk, since: datetime) -> Sequence[LoadReport]:
    """Leads taken per agent since then, against what their hours imply. Raises StoreError."""
    return report_load(desk.roster(), desk.store.agents.load(since))


def _segment_to_match(desk: Desk, decision: Decision) -> str | None:
    """None for leads of the standard flow: the holdout gets the agent that anybody would get."""
    agent = suggested_agent(desk.policy.slots, decision.treatments)
    standard = decision.status != "ok" or agent is None or agent.arm == "holdout"
    return None if standard else decision.segment.code


def _reserve(
    desk: Desk, decision: Decision, wanted: Sequence[str], here: Sequence[Agent], hold_s: float
) -> Reservation | WaitingLead:
    return desk.store.desk.reserve(
        decision.lead_id,
        decision.decision_id,
        wanted,
        {agent.id: agent.capacity for agent in here},
        hold_s,
        market=(decision.country, decision.language),
    )


def _reserve_pair(desk: Desk, decision: Decision, agent_id: str, here: Sequence[Agent]) -> Reservation | None:
    try:
        made = _reserve(desk, decision, [agent_id], here, HOLD_S)
    except ConflictError:
        return None
    return made if isinstance(made, Reservation) else None


def _in_order(desk: Desk, decision: Decision, here: Sequence[Agent]) -> list[str]:
    """The preferred agents, then the others on shift who speak the lead's language in its country."""
    suggested = suggested_agent(desk.policy.slots, decision.treatments)
    preferred = texts(suggested.content.get("preferred_agents")) if suggested else []
    on_shift = {agent.id for agent in here if agent.is_on_shift(desk.now)}
    able = [
        agent.id
        for agent in here
        if decision.country in agent.countries and decision.language in agent.languages
    ]
    return [agent_id for agent_id in dict.fromkeys([*preferred, *able]) if agent_id in on_shift]


def texts(value: object) -> list[str]:
    """A list of texts from content of a treatment; empty for anything else."""
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else []
