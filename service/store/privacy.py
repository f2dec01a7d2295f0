"""What is kept of a lead: shown, erased, and deleted when its time is over.

Sums over many leads (`lift_cells`, `area_cells`, `match_cells`) name nobody and stay. So does an objection:
it is kept under a salted hash, because erasing it would allow what the lead has objected to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, delete, select

from service.store.agents import TURNS, free_seat
from service.store.bodies import show_body
from service.store.clock import DAY_MS, from_ms, now_ms, to_day
from service.store.connect import Database
from service.store.guards import Guards
from service.store.statements import take_turns
from service.store.tables import (
    decision_facts,
    decision_values,
    decisions,
    events,
    household_treatments,
    idempotency,
    messages,
    outcomes,
    reservations,
    spending,
    waiting,
)

_OF_LEAD: tuple[Table, ...] = (outcomes, events, reservations, waiting, household_treatments, messages)
_BATCH = 500  # rows deleted per transaction: requests must be able to write in between


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which each kind of row is kept."""

    decisions: int = 400  # a year of seasons and some, for lift and models
    events: int = 730
    desk: int = 90
    queue: int = 14
    messages: int = 30
    idempotency: int = 1


class Privacy:
    """Export, erasure and retention."""

    def __init__(self, database: Database, guards: Guards) -> None:
        self._database = database
        self._guards = guards

    def export(self, lead_id: str) -> dict[str, Any]:
        """All that is stored under a lead's id, by kind. Empty lists when there is nothing."""
        with self._database.reading() as connection:
            logged = connection.execute(
                select(decisions.c.body).where(decisions.c.lead_id == lead_id).order_by(decisions.c.seq)
            )
            kept: dict[str, Any] = {"decisions": [show_body(body) for (body,) in logged]}
            for (
                table
            ) in _OF_LEAD:  # str: names of tables and columns are a kind of str that JSON does not take
                rows = connection.execute(select(table).where(table.c.lead_id == lead_id)).mappings()
                kept[str(table.name)] = [_readable(dict(row)) for row in rows]
        return {"lead_id": lead_id, "objected": self._guards.objected(lead_id), **kept}

    def erase(self, lead_id: str) -> dict[str, int]:
        """Deletes all that is stored under a lead's id; the number of rows by kind. Irrevocable.

        A live reservation ends with it and its agent is free again.
        """
        with self._database.writing() as connection:
            ids = select(decisions.c.decision_id).where(decisions.c.lead_id == lead_id)
            _free_seats(connection, lead_id)
            erased = {
                "decision_values": _delete(
                    connection, decision_values, decision_values.c.decision_id.in_(ids)
                ),
                "decision_facts": _delete(connection, decision_facts, decision_facts.c.decision_id.in_(ids)),
            }
            erased["idempotency"] = _delete_answers(connection, lead_id)
            for table in (*_OF_LEAD, decisions):
                erased[str(table.name)] = _delete(connection, table, table.c.lead_id == lead_id)
        return erased

    def delete_old(self, retention: Retention) -> dict[str, int]:
        """Deletes what is older than `retention` allows; rows by kind. Not what is still to be counted."""
        now = now_ms()
        deleted = {"decisions": self._delete_old_decisions(now - retention.decisions * DAY_MS)}
        for name, table, old in (
            ("reservations", reservations, reservations.c.ended_ms < now - retention.desk * DAY_MS),
            (
                "outcomes",
                outcomes,
                (outcomes.c.at_ms < now - retention.decisions * DAY_MS) & outcomes.c.folded,
            ),
            ("events", events, events.c.at_ms < now - retention.events * DAY_MS),
            ("waiting", waiting, waiting.c.since_ms < now - retention.queue * DAY_MS),
            ("idempotency", idempotency, idempotency.c.started_ms < now - retention.idempotency * DAY_MS),
            ("spending", spending, spending.c.period < to_day(now - retention.desk * DAY_MS)),
            (
                "messages",
                messages,
                messages.c.next_ms.is_(None) & (messages.c.created_ms < now - retention.messages * DAY_MS),
            ),
            (
                "household_treatments",
                household_treatments,
                household_treatments.c.at_ms < now - retention.decisions * DAY_MS,
            ),
        ):
            deleted[name] = self._delete_in_batches(table, old)
        return deleted

    def _delete_old_decisions(self, before_ms: int) -> int:
        old = select(decisions.c.decision_id).where(decisions.c.made_ms < before_ms, decisions.c.folded)
        total = 0
        while True:
            with self._database.reading() as connection:
                ids = list(connection.execute(old.limit(_BATCH)).scalars())
            if not ids:
                return total
            with self._database.writing() as connection:
                for table in (decision_values, decision_facts, decisions):
                    _delete(connection, table, table.c.decision_id.in_(ids))
            total += len(ids)

    def _delete_in_batches(self, table: Table, old: ColumnElement[bool]) -> int:
        keys = list(table.primary_key.columns)
        total = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(select(*keys).where(old).limit(_BATCH)).all()
            if not rows:
                return total
            with self._database.writing() as connection:
                for row in rows:
                    same = [column == value for column, value in zip(keys, row, strict=True)]
                    connection.execute(delete(table).where(*same))
            total += len(rows)


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(which)).rowcount


def _free_seats(connection: Connection, lead_id: str) -> None:
    take_turns(connection, TURNS)
    live = select(reservations.c.agent_id).where(
        reservations.c.lead_id == lead_id, reservations.c.state.in_(["reserved", "accepted"])
    )
    for agent_id in list(connection.execute(live).scalars()):
        free_seat(connection, agent_id)


def _delete_answers(connection: Connection, lead_id: str) -> int:
    """Answers kept for repeated calls name the lead somewhere inside; there is a day of them at the most."""
    named = orjson.dumps(lead_id)
    escaped = orjson.dumps(named.decode())[1:-1]  # an answer is kept as text inside JSON
    found = [
        (row.scope, row.word)
        for row in connection.execute(select(idempotency).where(idempotency.c.answer.is_not(None)))
        if named in bytes(row.answer) or escaped in bytes(row.answer)
    ]
    for scope, word in found:
        _delete(connection, idempotency, (idempotency.c.scope == scope) & (idempotency.c.word == word))
    return len(found)


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for people: moments as text, and nothing that is only for the machine."""
    shown: dict[str, Any] = {}
    for column, value in row.items():
        name = str(column)  # as above
        if name.endswith("_ms"):
            shown[name.removesuffix("_ms")] = None if value is None else from_ms(value).isoformat()
        elif not isinstance(value, (bytes, memoryview)) and name != "folded":
            shown[name] = value
    return shown
