"""From the decision log to what is asked of it: sums for lift and for match quality, the waiting leads,
messages to be sent.

A request appends one row to the log and is done. Everything derived from it is written here, by the
background loop (or by whoever asks for lift), a batch per transaction: the log's `folded` mark and what
was derived are committed together, so nothing is derived twice and nothing is forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update

from service.store.agents import TURNS
from service.store.bodies import Logged, read_logged
from service.store.clock import to_day
from service.store.complaints import read_complaints
from service.store.connect import Database
from service.store.guards import add_spending
from service.store.match_counts import MatchCell, add_matches, read_matches
from service.store.outbox import queue_messages
from service.store.statements import insert_into, take_turns
from service.store.sums import (
    DECIDED,
    DIMENSIONS,
    LiftCell,
    add_to_sums,
    read_lift,
    read_lift_by_area,
    read_outcome_kinds,
)
from service.store.tables import (
    decision_facts,
    decision_values,
    decisions,
    outcomes,
)
from service.store.waiting import queue_decided

__all__ = ["DIMENSIONS", "Facts", "LiftCell", "MatchCell"]

# Small batches: SQLite has one writer, and requests wait while this one writes.
_BATCH = 25
_FOLD_FIRST = 2000  # what a question about lift folds itself, if the background loop is behind


class _RacedError(Exception):
    """Another process folded the same rows first."""


class Facts:
    """Folds the log and answers from the sums."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fold(self, at_most: int | None = None) -> int:
        """Derives what new decisions and outcomes imply; the number of rows folded. Raises StoreError."""
        done = 0
        while at_most is None or done < at_most:
            try:
                batch = self._fold_decisions() or self._fold_outcomes()
            except _RacedError:
                continue
            if not batch:
                break
            done += batch
        return done

    def lift(
        self, by: Sequence[str], outcome: str, from_day: str = "", to_day: str = "9999", **only: str
    ) -> list[LiftCell]:
        """Sums for one kind of outcome per group of `by`, over decisions made on days [from, to].

        `by` and the names in `only` (equality) are among DIMENSIONS. What is not yet folded is folded first.
        """
        self.fold(at_most=_FOLD_FIRST)
        with self._database.reading() as connection:
            return read_lift(connection, by, outcome, (from_day, to_day), only)

    def lift_by_area(self, outcome: str, **only: str) -> list[LiftCell]:
        """The same per slot, treatment, arm and small area, for adjustment by figures of the area."""
        self.fold(at_most=_FOLD_FIRST)
        with self._database.reading() as connection:
            return read_lift_by_area(connection, outcome, only)

    def complaints(self, from_day: str = "", to_day: str = "9999") -> list[LiftCell]:
        """Sums of complaints by slot, treatment and arm, over decisions made on days [from, to].

        Of a treatment that a person has resumed, only decisions made since then count. What is not yet
        folded is folded first. Raises StoreError.
        """
        self.fold(at_most=_FOLD_FIRST)
        with self._database.reading() as connection:
            return read_complaints(connection, (from_day, to_day))

    def match_counts(
        self, from_day: str = "", to_day: str = "9999", country: str | None = None
    ) -> list[MatchCell]:
        """How the addresses of decisions made on days [from, to] were matched, by day; all countries if None.

        Only decisions count: an address that was washed for a form is no decision and leaves no trace. What
        is not yet folded is folded first. Raises StoreError.
        """
        self.fold(at_most=_FOLD_FIRST)
        with self._database.reading() as connection:
            return read_matches(connection, (from_day, to_day), country)

    def outcome_kinds(self) -> list[str]:
        """The kinds of outcome that have been counted so far."""
        with self._database.reading() as connection:
            return read_outcome_kinds(connection)

    def leads_by_area(self) -> dict[tuple[str, str, str, str], int]:
        """(country, level, area code, segment) -> logged decisions that had a profile. Raises StoreError."""
        facts = decision_facts.c
        key = (facts.country, facts.area_level, facts.area_code, facts.segment)
        query = select(*key, func.count(facts.decision_id.distinct())).where(facts.area_level != "")
        with self._database.reading() as connection:
            rows = connection.execute(query.group_by(*key)).all()
        return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in rows}

    def _fold_decisions(self) -> int:
        query = select(decisions.c.seq, decisions.c.made_ms, decisions.c.body).where(~decisions.c.folded)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(decisions.c.seq).limit(_BATCH)).all()
        if not rows:
            return 0
        made = [(to_day(row.made_ms), read_logged(row.body)) for row in rows]
        facts = [fact for day, logged in made for fact in _facts(day, logged)]
        with self._database.writing() as connection:
            marked = connection.execute(
                update(decisions)
                .where(decisions.c.seq.in_([row.seq for row in rows]), ~decisions.c.folded)
                .values(folded=True)
            )
            if marked.rowcount != len(rows):
                raise _RacedError
            if facts:
                insert = insert_into(connection, decision_facts).on_conflict_do_nothing()
                connection.execute(insert, facts)
            add_to_sums(connection, [(fact, DECIDED, 1, 0.0, 0.0, fact["propensity"]) for fact in facts])
            add_matches(connection, made)
            for day in {day for day, _ in made}:
                spent = [spend for of, logged in made for spend in logged.spends if of == day]
                add_spending(connection, day, spent)
            take_turns(connection, TURNS)
            queue_decided(
                connection, [(row.made_ms, logged) for row, (_, logged) in zip(rows, made, strict=True)]
            )
            queue_messages(connection, "decision.made", [_announcement(logged) for _, logged in made])
        return len(rows)

    def _fold_outcomes(self) -> int:
        # An outcome may be here before its decision has been folded: then it waits for that.
        ready = decisions.c.folded | decisions.c.seq.is_(None)
        query = (
            select(outcomes)
            .outerjoin(decisions, decisions.c.decision_id == outcomes.c.decision_id)
            .where(~outcomes.c.folded, ready)
            .order_by(outcomes.c.received_ms)
            .limit(_BATCH)
        )
        with self._database.writing() as connection:
            rows = connection.execute(
                query if self._database.is_sqlite else query.with_for_update(of=outcomes)
            ).all()
            if not rows:
                return 0
            ids = [row.event_id for row in rows]
            connection.execute(update(outcomes).where(outcomes.c.event_id.in_(ids)).values(folded=True))
            counted = [row for row in rows if row.attributed]
            decided = decision_facts.c.decision_id.in_({row.decision_id for row in counted})
            facts: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for found in connection.execute(select(decision_facts).where(decided)).mappings():
                facts[found["decision_id"]].append(dict(found))
            for row in counted:
                for fact in facts[row.decision_id]:
                    if row.slot in ("", fact["slot"]):
                        _add_outcome(connection, fact, row.kind, row.value)
        return len(rows)


def _facts(day: str, logged: Logged) -> list[dict[str, Any]]:
    level, code = logged.area
    return [
        {
            "decision_id": logged.decision_id,
            "slot": slot,
            "treatment": given.treatment,
            "arm": given.arm,
            "propensity": given.propensity,
            "segment": logged.segment,
            "channel": logged.channel,
            "country": logged.country,
            "day": day,
            "area_level": level,
            "area_code": code,
        }
        for slot, given in logged.given.items()
    ]


def _add_outcome(connection: Connection, fact: Mapping[str, Any], kind: str, value: float) -> None:
    """Adds one outcome to the sums: squares are of the value per decision, so the old one is needed."""
    key = {"decision_id": fact["decision_id"], "slot": fact["slot"], "outcome": kind}
    known = select(decision_values.c.value).filter_by(**key)
    before: float | None = connection.execute(known).scalar()
    after = (before or 0.0) + value
    insert = insert_into(connection, decision_values).values(**key, value=after)
    connection.execute(
        insert.on_conflict_do_update(index_elements=list(key), set_={"value": insert.excluded.value})
    )
    first = before is None
    squared = after**2 - (before or 0.0) ** 2
    add_to_sums(connection, [(fact, kind, int(first), value, squared, fact["propensity"] if first else 0.0)])


def _announcement(logged: Logged) -> dict[str, Any]:
    """What `decision.made` says: what a receiver needs to fetch the rest with its own key."""
    return {
        "decision_id": logged.decision_id,
        "lead_id": logged.lead_id,
        "status": logged.status,
        "reason": logged.reason,
        "made_at": logged.made_at,
        "segment": logged.segment or None,
        "treatments": {
            slot: {"id": given.treatment, "arm": given.arm} for slot, given in logged.given.items()
        },
    }
