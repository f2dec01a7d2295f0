"""Reservations of agents, with a time-out, and the leads that wait.

A reservation is one atomic update of the agent's row and one row that is unique per lead, so two
callers never get the same seat or the same lead, on either database, however many ask at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update

from service.errors import ConflictError, NotFoundError
from service.store.agents import TURNS, Agents, take_seat
from service.store.clock import now_ms
from service.store.connect import Database
from service.store.reservations import (
    LIVE,
    Reservation,
    already_reserved,
    end_reservation,
    insert_reservation,
    live_reservation,
    newest_reservation,
    read_reservation,
    why_refused,
)
from service.store.statements import take_turns
from service.store.tables import reservations
from service.store.waiting import WaitingLead, find_waiting, queue_lead, read_queue, refused_by

__all__ = ["HOLD_S", "Desk", "Reservation", "WaitingLead"]

HOLD_S = 120  # how long a reservation waits for the agent to accept
_CALL_MS = 4 * 3600 * 1000  # an accepted call that nobody completes frees the agent after this


class Desk:
    """Agents, reservations and the queue.

    Whatever moves a reservation raises NotFoundError when the lead has none, and ConflictError, which says
    what to do, when the one it has has expired, has ended, or is not the one that is meant.
    """

    def __init__(self, database: Database, agents: Agents) -> None:
        self._database = database
        self._agents = agents

    def reserve(
        self,
        lead_id: str,
        decision_id: str | None,
        preferred: Sequence[str],
        capacities: Mapping[str, int],
        hold_s: float = HOLD_S,
        market: tuple[str, str] = ("", ""),
    ) -> Reservation | WaitingLead:
        """Holds the first free agent of `preferred` for a lead; with none free, the lead waits in the queue.

        `capacities` names every agent there is, `market` is country and language of the lead. Agents who
        have refused this lead come last. Raises ConflictError when the lead has a reservation already.
        """
        self.expire_due()
        with self._database.writing() as connection:
            take_turns(connection, TURNS)
            live = live_reservation(connection, lead_id)
            if live is not None:
                raise ConflictError(already_reserved(live))
            self._agents.enrol(connection, capacities)
            refused = refused_by(connection, [lead_id]).get(lead_id, ())
            for agent_id in sorted(preferred, key=lambda agent: agent in refused):
                if agent_id in capacities and take_seat(connection, agent_id):
                    return insert_reservation(connection, lead_id, agent_id, decision_id, hold_s, market)
            queue_lead(connection, lead_id, decision_id or "", now_ms())
            waiting = find_waiting(connection, lead_id)
            assert waiting is not None
            return waiting

    def accept(self, lead_id: str, reservation_id: str | None = None) -> Reservation:
        """The agent takes the call."""
        return self._move(lead_id, reservation_id, ("reserved",), "accepted")

    def complete(self, lead_id: str, reservation_id: str | None = None) -> Reservation:
        """The call is done: the agent is free again and the lead leaves the queue."""
        return self._move(lead_id, reservation_id, LIVE, "completed")

    def reject(self, lead_id: str, reservation_id: str | None = None) -> Reservation:
        """The agent will not take it: the lead waits again, and this agent comes last for it."""
        return self._move(lead_id, reservation_id, ("reserved",), "rejected")

    def release(self, lead_id: str, reservation_id: str | None = None) -> Reservation:
        """Gives the agent back; the lead waits again."""
        return self._move(lead_id, reservation_id, LIVE, "released")

    def reservation(self, lead_id: str) -> Reservation | None:
        """The newest reservation of a lead, whatever became of it."""
        self.expire_due()
        with self._database.reading() as connection:
            return newest_reservation(connection, lead_id)

    def live_reservations(self) -> list[Reservation]:
        """All reservations in force, oldest first."""
        query = select(reservations).where(reservations.c.state.in_(LIVE)).order_by(reservations.c.made_ms)
        with self._database.reading() as connection:
            return [read_reservation(row) for row in connection.execute(query)]

    def expire_due(self) -> int:
        """Ends the reservations whose time is over and queues their leads; the number of them."""
        due = (reservations.c.state.in_(LIVE)) & (reservations.c.expires_ms <= now_ms())
        with self._database.reading() as connection:  # mostly none, and then nothing needs to be locked
            if connection.execute(select(reservations.c.reservation_id).where(due).limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            take_turns(connection, TURNS)
            over = [read_reservation(row) for row in connection.execute(select(reservations).where(due))]
            for one in over:
                end_reservation(connection, one, "expired")
        return len(over)

    def _move(
        self, lead_id: str, reservation_id: str | None, allowed: Sequence[str], state: str
    ) -> Reservation:
        self.expire_due()
        with self._database.writing() as connection:
            take_turns(connection, TURNS)
            held = live_reservation(connection, lead_id)
            wrong = held is not None and reservation_id not in (None, held.reservation_id)
            if held is None or wrong or held.state not in allowed:
                raise why_refused(newest_reservation(connection, lead_id, reservation_id), held, state)
            if state == "accepted":
                values = {"state": state, "expires_ms": now_ms() + _CALL_MS}
                mine = reservations.c.reservation_id == held.reservation_id
                moved = update(reservations).where(mine).values(values).returning(reservations)
                return read_reservation(connection.execute(moved).one())
            return end_reservation(connection, held, state)

    # ------------------------------------------------------------ the queue

    def queue(self, limit: int = 50, after: int = 0) -> list[WaitingLead]:
        """Waiting leads, longest first, from position `after` + 1."""
        with self._database.reading() as connection:
            return read_queue(connection, limit, after)

    def waiting_lead(self, lead_id: str) -> WaitingLead:
        """A lead's place in the queue. Raises NotFoundError when it does not wait."""
        with self._database.reading() as connection:
            found = find_waiting(connection, lead_id)
        if found is None:
            raise NotFoundError("This lead is not waiting for an agent.")
        return found
