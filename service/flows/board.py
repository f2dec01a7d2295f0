"""What the call centre looks at: who is in hand, who waits, and who should call each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.decide.agents import Agent
from service.decide.slots.agent import suggested_agent
from service.decide.slots.content import offer_slot
from service.flows.desk import Desk, texts
from service.model import AgentState, Decision, Treatment
from service.store.desk import Reservation, WaitingLead


@dataclass(frozen=True, slots=True)
class Card:
    """One lead on the board, waiting or in hand."""

    lead_id: str
    decision: Decision | None
    agent: Agent | None
    agent_state: AgentState | None
    suggested: Treatment | None
    offered: str | None
    waiting: WaitingLead | None = None
    reservation: Reservation | None = None
    callable_now: bool = False

    @property
    def reasons(self) -> list[str]:
        """Why this agent, in plain words."""
        return texts(self._agent_content().get("reasons"))

    @property
    def preferred(self) -> list[str]:
        """Ids of the agents that the decision prefers, best first."""
        return texts(self._agent_content().get("preferred_agents"))

    @property
    def call_from(self) -> datetime | None:
        """When dialling is allowed, if the decision says so."""
        opens = self._agent_content().get("call_from")
        return datetime.fromisoformat(opens) if isinstance(opens, str) else None

    def _agent_content(self) -> Mapping[str, object]:
        return self.suggested.content if self.suggested else {}


@dataclass(frozen=True, slots=True)
class Board:
    """What the call centre looks at. `more`: leads wait that are not shown."""

    held: tuple[Card, ...]
    waiting: tuple[Card, ...]
    more: bool
    agents: tuple[Agent, ...]
    states: Mapping[str, AgentState]


def read_board(desk: Desk, shown: int) -> Board:
    """Who is in hand and who waits, the `shown` longest waits of them. Raises StoreError."""
    store = desk.store
    agents = {agent.id: agent for agent in desk.roster()}
    states = store.agents.states()
    queue = store.desk.queue(shown + 1)
    held = store.desk.live_reservations()
    wanted = [*(lead.decision_id for lead in queue), *(r.decision_id for r in held if r.decision_id)]
    decisions = store.decisions_of(wanted)

    slots = desk.policy.slots
    offers = offer_slot(slots)

    def card(one: WaitingLead | Reservation) -> Card:
        decision = decisions.get(one.decision_id or "")
        suggested = suggested_agent(slots, decision.treatments) if decision else None
        offer = decision.treatments.get(offers.code) if decision and offers else None
        agent_id = one.agent_id if isinstance(one, Reservation) else suggested.id if suggested else ""
        return Card(
            lead_id=one.lead_id,
            decision=decision,
            agent=agents.get(agent_id),
            agent_state=states.get(agent_id),
            suggested=suggested,
            offered=offers.headline(offer.content) if offers and offer else None,
            waiting=one if isinstance(one, WaitingLead) else None,
            reservation=one if isinstance(one, Reservation) else None,
            callable_now=decision is not None and desk.call(decision).allowed,
        )

    return Board(
        held=tuple(card(one) for one in held),
        waiting=tuple(card(one) for one in queue[:shown]),
        more=len(queue) > shown,
        agents=tuple(sorted(agents.values(), key=lambda agent: agent.name)),
        states=states,
    )
