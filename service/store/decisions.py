"""The decision log: one row per decision, appended on the request path, never changed by it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from service.model import Decision
from service.store.bodies import read_body, write_body
from service.store.clock import to_ms
from service.store.connect import Database
from service.store.guards import Guards, Spend
from service.store.spool import Spool, Waiting, read_waiting
from service.store.statements import insert_into
from service.store.tables import decisions

_INSERT = "INSERT INTO decisions (decision_id, lead_id, made_ms, body) VALUES (?, ?, ?, ?)"
_LATEST = "SELECT body FROM decisions WHERE lead_id = ? ORDER BY seq DESC LIMIT 1"
_BY_ID = "SELECT body FROM decisions WHERE decision_id = ?"


_DRAINED_AT_ONCE = 200  # decisions per transaction: requests must be able to write in between


class DecisionLog:
    """Appends and looks up decisions; `spool` keeps those that the store cannot take in time."""

    def __init__(self, database: Database, guards: Guards, spool: Spool) -> None:
        self._database = database
        self._guards = guards
        self._spool = spool
        self._insert = _INSERT if database.is_sqlite else _INSERT.replace("?", "%s")

    def record(self, decision: Decision, spends: Sequence[Spend] = ()) -> None:
        """Appends one decision without its address. Raises StoreError; then nothing is stored.

        `spends` are what it gives of limited things: kept in its row, and summed in the background.
        """
        row = (decision.decision_id, decision.lead_id, to_ms(decision.made_at), write_body(decision, spends))
        if all(spend.household is None for spend in spends):
            self._database.write_one(_INSERT, row)
            return
        with self._database.writing() as connection:
            connection.exec_driver_sql(self._insert, row)
            self._guards.note_households(connection, spends, decision.lead_id)

    def record_behind(self, decision: Decision, spends: Sequence[Spend] = ()) -> None:
        """Keeps a decision on disk until the store takes it. Raises StoreError when that fails too."""
        households = tuple((s.household, s.treatment) for s in spends if s.household is not None)
        made_ms, body = to_ms(decision.made_at), write_body(decision, spends)
        self._spool.add(Waiting(decision.decision_id, decision.lead_id, made_ms, body, households))

    def drain(self) -> int:
        """Writes decisions that waited into the log; the number of them. Raises StoreError."""
        path = self._spool.claim()
        if path is None:
            return 0
        waiting = read_waiting(path)
        for first in range(0, len(waiting), _DRAINED_AT_ONCE):
            with self._database.writing() as connection:
                for one in waiting[first : first + _DRAINED_AT_ONCE]:
                    row = {
                        "decision_id": one.decision_id, "lead_id": one.lead_id, "made_ms": one.made_ms,
                        "body": one.body,
                    }  # fmt: skip
                    added = insert_into(connection, decisions).values(row)
                    connection.execute(added.on_conflict_do_nothing(index_elements=["decision_id"]))
                    spends = [Spend(name, 0.0, household) for household, name in one.households]
                    self._guards.note_households(connection, spends, one.lead_id)
        path.unlink(missing_ok=True)  # two masters of one machine may drain at once
        return len(waiting)

    def record_all(self, decisions: list[Decision]) -> None:
        """Appends many decisions in one transaction: all or none. Raises StoreError."""
        rows = [(d.decision_id, d.lead_id, to_ms(d.made_at), write_body(d)) for d in decisions]
        if rows:
            with self._database.writing() as connection:
                connection.exec_driver_sql(self._insert, rows)

    def latest(self, lead_id: str) -> Decision | None:
        """The newest decision about a lead, its address reduced to level, category, action, reason."""
        row = self._database.read_one(_LATEST, (lead_id,))
        return None if row is None else read_body(row[0])

    def by_id(self, decision_id: str) -> Decision | None:
        """One decision, reduced likewise."""
        row = self._database.read_one(_BY_ID, (decision_id,))
        return None if row is None else read_body(row[0])

    def by_ids(self, decision_ids: Sequence[str]) -> dict[str, Decision]:
        """Some decisions by id, reduced likewise; one that is not on record is left out."""
        query = select(decisions.c.decision_id, decisions.c.body).where(
            decisions.c.decision_id.in_(decision_ids)
        )
        with self._database.reading() as connection:
            return {row.decision_id: read_body(bytes(row.body)) for row in connection.execute(query)}
