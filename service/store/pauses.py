"""Pauses of treatments: in force until a person resumes them, and remembered after that, so that what a
treatment was paused for does not count against it twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from service.store.clock import from_ms, now_ms
from service.store.outbox import queue_messages
from service.store.statements import insert_into
from service.store.tables import pauses

_IN_FORCE = pauses.c.resumed_ms.is_(None)


@dataclass(frozen=True, slots=True)
class Pause:
    """One treatment that is not given now; `*` in slot `*` is everything but the standard flow."""

    slot: str
    treatment: str
    reason: str
    since: datetime


def begin_pause(connection: Connection, slot: str, treatment: str, reason: str) -> bool:
    """Pauses a treatment and tells the webhooks; False when it was paused already."""
    values = {"reason": reason, "paused_ms": now_ms(), "resumed_ms": None}
    row = insert_into(connection, pauses).values(slot=slot, treatment=treatment, **values)
    again = row.on_conflict_do_update(
        index_elements=["slot", "treatment"], set_=values, where=pauses.c.resumed_ms.is_not(None)
    )
    if connection.execute(again.returning(pauses.c.slot)).first() is None:
        return False
    queue_messages(connection, "treatment.paused", [{"slot": slot, "id": treatment, "reason": reason}])
    return True


def end_pause(connection: Connection, slot: str, treatment: str) -> bool:
    """Ends a pause; whether there was one in force."""
    this = (pauses.c.slot == slot, pauses.c.treatment == treatment, _IN_FORCE)
    return connection.execute(update(pauses).where(*this).values(resumed_ms=now_ms())).rowcount > 0


def read_pauses(connection: Connection) -> list[Pause]:
    """The pauses in force, the oldest first."""
    query = select(pauses).where(_IN_FORCE).order_by(pauses.c.paused_ms, pauses.c.slot, pauses.c.treatment)
    return [
        Pause(row.slot, row.treatment, row.reason, from_ms(row.paused_ms))
        for row in connection.execute(query)
    ]


def read_resumed(connection: Connection) -> Mapping[tuple[str, str], int]:
    """(slot, treatment) -> when it was last resumed, in milliseconds; of those that are not paused now."""
    rows = connection.execute(select(pauses).where(pauses.c.resumed_ms.is_not(None)))
    return {(row.slot, row.treatment): row.resumed_ms for row in rows}
