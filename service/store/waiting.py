"""The leads that wait for a call, longest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from service.store.bodies import Logged
from service.store.clock import DAY_MS, from_ms, now_ms
from service.store.statements import insert_into, insert_once
from service.store.tables import reservations, waiting

_CALLED_RECENTLY_MS = 7 * DAY_MS  # a lead whose call was completed this lately is not queued again


@dataclass(frozen=True, slots=True)
class WaitingLead:
    """A lead in the queue. `refused_by`: agents who rejected it or let it lapse in the last day."""

    lead_id: str
    decision_id: str
    since: datetime
    refused_by: tuple[str, ...]
    position: int


def queue_lead(connection: Connection, lead_id: str, decision_id: str, since_ms: int) -> None:
    """Lets a lead wait, unless it waits already."""
    insert_once(connection, waiting, {"lead_id": lead_id, "decision_id": decision_id, "since_ms": since_ms})


def queue_decided(connection: Connection, made: Sequence[tuple[int, Logged]]) -> None:
    """Lets leads of (moment, decision) wait that may be called, and takes those out that no longer may.

    Of several decisions on a lead the last one counts. A lead with a reservation, or whose call was completed
    lately, does not wait.
    """
    newest = {logged.lead_id: (made_ms, logged) for made_ms, logged in made}
    barred = [lead_id for lead_id, (_, logged) in newest.items() if not logged.wants_call]
    if barred:
        connection.execute(delete(waiting).where(waiting.c.lead_id.in_(barred)))
    leads = {
        lead_id: {"lead_id": lead_id, "decision_id": logged.decision_id, "since_ms": made_ms}
        for lead_id, (made_ms, logged) in newest.items()
        if logged.wants_call
    }
    busy = select(reservations.c.lead_id).where(
        reservations.c.lead_id.in_(leads),
        reservations.c.state.in_(["reserved", "accepted"])
        | (
            (reservations.c.state == "completed") & (reservations.c.ended_ms > now_ms() - _CALLED_RECENTLY_MS)
        ),
    )
    for lead_id in set(connection.execute(busy).scalars()):
        leads.pop(lead_id, None)
    if leads:
        insert = insert_into(connection, waiting)
        newer = {"decision_id": insert.excluded.decision_id}
        connection.execute(
            insert.on_conflict_do_update(index_elements=["lead_id"], set_=newer), list(leads.values())
        )


def read_queue(connection: Connection, limit: int, after: int) -> list[WaitingLead]:
    """Waiting leads, longest first, from position `after` + 1."""
    query = select(waiting).order_by(waiting.c.since_ms, waiting.c.lead_id).limit(limit).offset(after)
    rows = connection.execute(query).all()
    refused = refused_by(connection, [row.lead_id for row in rows])
    return [_waiting(row, after + i, refused.get(row.lead_id, ())) for i, row in enumerate(rows, start=1)]


def find_waiting(connection: Connection, lead_id: str) -> WaitingLead | None:
    """A lead's place in the queue, if it waits."""
    row = connection.execute(select(waiting).where(waiting.c.lead_id == lead_id)).one_or_none()
    if row is None:
        return None
    ahead = select(func.count()).select_from(waiting).where(waiting.c.since_ms < row.since_ms)
    position = int(connection.execute(ahead).scalar_one()) + 1
    return _waiting(row, position, refused_by(connection, [lead_id]).get(lead_id, ()))


def refused_by(connection: Connection, lead_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
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


def _waiting(row: Row[Any], position: int, refused: tuple[str, ...]) -> WaitingLead:
    return WaitingLead(row.lead_id, row.decision_id, from_ms(row.since_ms), refused, position)
