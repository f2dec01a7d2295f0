"""One agent held for one lead: a row that is unique per lead while it is in force, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, select, update

from service.errors import ConflictError, NotFoundError
from service.store.agents import free_seat
from service.store.clock import from_ms, now_ms, to_ms
from service.store.ids import new_id
from service.store.outbox import queue_messages
from service.store.statements import insert_once
from service.store.tables import reservations, waiting
from service.store.waiting import queue_lead

LIVE = ("reserved", "accepted")


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


def insert_reservation(
    connection: Connection,
    lead_id: str,
    agent_id: str,
    decision_id: str | None,
    hold_s: float,
    market: tuple[str, str],
) -> Reservation:
    """Holds a seat that was taken, takes the lead out of the queue and tells the webhooks.

    Raises ConflictError when the lead has a reservation already: then the seat goes back.
    """
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
        live = live_reservation(connection, lead_id)
        raise ConflictError(
            already_reserved(live) if live else "Another call reserved this lead just now: try again."
        )
    connection.execute(delete(waiting).where(waiting.c.lead_id == lead_id))
    made = newest_reservation(connection, lead_id)
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


def end_reservation(connection: Connection, held: Reservation, state: str) -> Reservation:
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
        queue_lead(connection, held.lead_id, held.decision_id or "", to_ms(held.made_at))
    return read_reservation(ended)


def live_reservation(connection: Connection, lead_id: str) -> Reservation | None:
    """The reservation of a lead that is in force."""
    query = select(reservations).where(reservations.c.lead_id == lead_id, reservations.c.state.in_(LIVE))
    row = connection.execute(query).one_or_none()
    return None if row is None else read_reservation(row)


def newest_reservation(
    connection: Connection, lead_id: str, reservation_id: str | None = None
) -> Reservation | None:
    """The last reservation of a lead, or the one of that id, whatever became of it."""
    query = select(reservations).where(reservations.c.lead_id == lead_id)
    if reservation_id is not None:
        query = query.where(reservations.c.reservation_id == reservation_id)
    row = connection.execute(query.order_by(reservations.c.reservation_id.desc()).limit(1)).one_or_none()
    return None if row is None else read_reservation(row)


def already_reserved(live: Reservation) -> str:
    """What a caller is told who wants to reserve the lead again."""
    return (
        f"This lead is {live.state} by {live.agent_id} until {live.expires_at:%Y-%m-%dT%H:%M:%SZ} "
        f"({live.reservation_id}): complete or release that first."
    )


def why_refused(
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
        return ConflictError(f"That reservation is {meant.state}; {already_reserved(held)}")
    return ConflictError(
        f"A reservation that is {meant.state} cannot become {state}: "
        + ("complete or release it." if meant.state == "accepted" else "reserve an agent again.")
    )


def read_reservation(row: Row[Any]) -> Reservation:
    """A reservation from its row."""
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
