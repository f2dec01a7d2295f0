"""Reservations of agents, with a time-out, and the leads that wait.

A reservation is one atomic update of the agent's row and one row that is unique per lead, so two
callers never get the same seat or the same lead, on either database, however many ask at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, select, update

from service.errors import ConflictError, NotFoundError
from service.store.agents import TURNS, Agents, free_seat, take_seat
from service.store.clock import DAY_MS, from_ms, now_ms, to_ms
from service.store.connect import Database, insert_once, take_turns
from service.store.ids import new_id
from service.store.outbox import queue_messages
from service.store.tables import reservations, waiting

HOLD_S = 120  # how long a reservation waits for the agent to accept
_CALL_MS = 4 * 3600 * 1000  # an accepted call that nobody completes frees the agent after this
_LIVE = ("reserved", "accepted")


@dataclass(frozen=True, slots=True)
class Reservation:
    """One agent held for one lead until `expires_at`, or what became of it."""

    reservation_id: str
    lead_id: str
    agent_id: str
    decision_id: str | None
    state: Literal["reserved", "accepted", "completed", "rejected", "released", "expired"]
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """A lead in the queue. `refused_by`: agents who rejected it or let it lapse in the last day."""

    lead_id: str
    decision_id: str
    since: datetime
    refused_by: tuple[str, ...]
    position: int


class Desk:
    """Agents, reservations and the queue."""

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
            live = _live(connection, lead_id)
            if live is not None:
                raise ConflictError(_already(live))
            self._agents.enrol(connection, capacities)
            refused = _refused(connection, [lead_id]).get(lead_id, ())
            for agent_id in sorted(preferred, key=lambda agent: agent in refused):
                if agent_id in capacities and take_seat(connection, agent_id):
                    return _insert_reservation(connection, lead_id, agent_id, decision_id, hold_s, market)
            _queue(connection, lead_id, decision_id or "", now_ms())
            return _waiting_lead(connection, lead_id)

    def accept(self, lead_id: str, reservation_id: str | None = None) -> Reservation:
        """The agent takes the call. Raises ConflictError when the reservation has expired or ended."""
        return self._move(lead_id, reservation_id, ("reserved",), "accepted")

    def complete(self, lead_id: str, reservation_id: str | None = None) -> Reservation:
        """The call is done: the agent is free again and the lead leaves the queue."""
        return self._move(lead_id, reservation_id, _LIVE, "completed")

    def reject(self, lead_id: str, reservation_id: str | None = None) -> Reservation:
        """The agent will not take it: the lead waits again, and this agent comes last for it."""
        return self._move(lead_id, reservation_id, ("reserved",), "rejected")

    def release(self, lead_id: str, reservation_id: str | None = None) -> Reservation:
        """Gives the agent back; the lead waits again."""
        return self._move(lead_id, reservation_id, _LIVE, "released")

    def reservation(self, lead_id: str) -> Reservation | None:
        """The newest reservation of a lead, whatever became of it."""
        self.expire_due()
        with self._database.reading() as connection:
            return _newest(connection, lead_id)

    def live_reservations(self) -> list[Reservation]:
        """All reservations in force, oldest first."""
        query = select(reservations).where(reservations.c.state.in_(_LIVE)).order_by(reservations.c.made_ms)
        with self._database.reading() as connection:
            return [_reservation(row) for row in connection.execute(query)]

    def expire_due(self) -> int:
        """Ends the reservations whose time is over and queues their leads; the number of them."""
        due = (reservations.c.state.in_(_LIVE)) & (reservations.c.expires_ms <= now_ms())
        with self._database.reading() as connection:  # mostly none, and then nothing needs to be locked
            if connection.execute(select(reservations.c.reservation_id).where(due).limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            take_turns(connection, TURNS)
            over = [_reservation(row) for row in connection.execute(select(reservations).where(due))]
            for one in over:
                _end(connection, one, "expired")
        return len(over)

    def _move(
        self, lead_id: str, reservation_id: str | None, allowed: Sequence[str], state: str
    ) -> Reservation:
        self.expire_due()
        with self._database.writing() as connection:
            take_turns(connection, TURNS)
            held = _live(connection, lead_id)
            wrong = held is not None and reservation_id not in (None, held.reservation_id)
            if held is None or wrong or held.state not in allowed:
                raise _refusal(_newest(connection, lead_id, reservation_id), held, state)
            if state == "accepted":
                values = {"state": state, "expires_ms": now_ms() + _CALL_MS}
                mine = reservations.c.reservation_id == held.reservation_id
                moved = update(reservations).where(mine).values(values).returning(reservations)
                return _reservation(connection.execute(moved).one())
            return _end(connection, held, state)

    # ------------------------------------------------------------ the queue

    def queue(self, limit: int = 50, after: int = 0) -> list[WaitingLead]:
        """Waiting leads, longest first, from position `after` + 1."""
        query = select(waiting).order_by(waiting.c.since_ms, waiting.c.lead_id).limit(limit).offset(after)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            refused = _refused(connection, [row.lead_id for row in rows])
        return [_waiting(row, after + i, refused.get(row.lead_id, ())) for i, row in enumerate(rows, start=1)]

    def waiting_lead(self, lead_id: str) -> WaitingLead:
        """A lead's place in the queue. Raises NotFoundError when it does not wait."""
        with self._database.reading() as connection:
            return _waiting_lead(connection, lead_id)


def _insert_reservation(
    connection: Connection,
    lead_id: str,
    agent_id: str,
    decision_id: str | None,
    hold_s: float,
    market: tuple[str, str],
) -> Reservation:
    now = now_ms()
    row = {
        "reservation_id": new_id("res"),
        "lead_id": lead_id,
        "agent_id": agent_id,
        "decision_id": decision_id,
        "country": market[0],
        "language": market[1],
        "state": "reserved",
        "made_ms": now,
        "expires_ms": now + round(hold_s * 1000),
    }
    if not insert_once(connection, reservations, row):  # the seat goes back with the transaction
        live = _live(connection, lead_id)
        raise ConflictError(
            _already(live) if live else "Another call reserved this lead just now: try again."
        )
    connection.execute(delete(waiting).where(waiting.c.lead_id == lead_id))
    made = _newest(connection, lead_id)
    assert made is not None
    told = {
        "reservation_id": made.reservation_id,
        "lead_id": lead_id,
        "agent_id": agent_id,
        "decision_id": decision_id,
        "expires_at": made.expires_at,
    }
    queue_messages(connection, "agent.reserved", [told])
    return made


def _end(connection: Connection, held: Reservation, state: str) -> Reservation:
    """Ends a live reservation, frees the seat, and queues the lead unless the call was made."""
    ended = connection.execute(
        update(reservations)
        .where(reservations.c.reservation_id == held.reservation_id)
        .values(state=state, ended_ms=now_ms())
        .returning(reservations)
    ).one()
    free_seat(connection, held.agent_id)
    if state == "completed":
        connection.execute(delete(waiting).where(waiting.c.lead_id == held.lead_id))
    else:
        _queue(connection, held.lead_id, held.decision_id or "", to_ms(held.made_at))
    return _reservation(ended)


def _waiting_lead(connection: Connection, lead_id: str) -> WaitingLead:
    row = connection.execute(select(waiting).where(waiting.c.lead_id == lead_id)).one_or_none()
    if row is None:
        raise NotFoundError("This lead is not waiting for an agent.")
    ahead = select(func.count()).select_from(waiting).where(waiting.c.since_ms < row.since_ms)
    position = int(connection.execute(ahead).scalar_one()) + 1
    return _waiting(row, position, _refused(connection, [lead_id]).get(lead_id, ()))


def _queue(connection: Connection, lead_id: str, decision_id: str, since_ms: int) -> None:
    insert_once(connection, waiting, {"lead_id": lead_id, "decision_id": decision_id, "since_ms": since_ms})


def _refused(connection: Connection, lead_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Per lead, the agents who lately rejected it or let it lapse."""
    query = (
        select(reservations.c.lead_id, reservations.c.agent_id)
        .where(
            reservations.c.lead_id.in_(lead_ids),
            reservations.c.state.in_(["rejected", "expired"]),
            reservations.c.made_ms > now_ms() - DAY_MS,
        )
        .order_by(reservations.c.made_ms)
    )
    found: dict[str, tuple[str, ...]] = {}
    for lead_id, agent_id in connection.execute(query):
        if agent_id not in found.get(lead_id, ()):
            found[lead_id] = (*found.get(lead_id, ()), agent_id)
    return found


def _live(connection: Connection, lead_id: str) -> Reservation | None:
    query = select(reservations).where(reservations.c.lead_id == lead_id, reservations.c.state.in_(_LIVE))
    row = connection.execute(query).one_or_none()
    return None if row is None else _reservation(row)


def _newest(connection: Connection, lead_id: str, reservation_id: str | None = None) -> Reservation | None:
    query = select(reservations).where(reservations.c.lead_id == lead_id)
    if reservation_id is not None:
        query = query.where(reservations.c.reservation_id == reservation_id)
    row = connection.execute(query.order_by(reservations.c.reservation_id.desc()).limit(1)).one_or_none()
    return None if row is None else _reservation(row)


def _already(live: Reservation) -> str:
    return (
        f"This lead is {live.state} by {live.agent_id} until {live.expires_at:%Y-%m-%dT%H:%M:%SZ} "
        f"({live.reservation_id}): complete or release that first."
    )


def _refusal(
    meant: Reservation | None, held: Reservation | None, state: str
) -> ConflictError | NotFoundError:
    """Why a reservation cannot become `state`, and what to do."""
    if meant is None:
        return NotFoundError("There is no such reservation for this lead; reserve an agent first.")
    if meant.state == "expired":
        return ConflictError(
            f"The reservation of {meant.agent_id} expired at {meant.expires_at:%Y-%m-%dT%H:%M:%SZ} "
            "and the lead is back in the queue: reserve an agent again."
        )
    if held is not None and meant.reservation_id != held.reservation_id:
        return ConflictError(f"That reservation is {meant.state}; {_already(held)}")
    return ConflictError(
        f"A reservation that is {meant.state} cannot become {state}: "
        + ("complete or release it." if meant.state == "accepted" else "reserve an agent again.")
    )


def _reservation(row: Row[Any]) -> Reservation:
    return Reservation(
        row.reservation_id,
        row.lead_id,
        row.agent_id,
        row.decision_id,
        row.state,
        from_ms(row.made_ms),
        from_ms(row.expires_ms),
        None if row.ended_ms is None else from_ms(row.ended_ms),
    )


def _waiting(row: Row[Any], position: int, refused: tuple[str, ...]) -> WaitingLead:
    return WaitingLead(row.lead_id, row.decision_id, from_ms(row.since_ms), refused, position)
