"""The leads that wait for a call, longest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from service.store.clock import DAY_MS, from_ms, now_ms
from service.store.connect import insert_once
from service.store.tables import reservations, waiting


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
