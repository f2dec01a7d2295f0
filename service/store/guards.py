"""What a decision must know before it is made: objections, what has been spent, pauses, lists.

What was given on a day is summed from the log in the background and read at most once a second, so a cap
or budget may be overshot by what is given within about two seconds (longer above some 1,400 decisions a
second, which is what the sums keep up with): a request waits for no sum. What a household may have once
is written with the decision, and looked up each time.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from service.errors import StoreError
from service.store.clock import from_ms, now_ms, to_ms
from service.store.connect import Database
from service.store.pauses import Pause, begin_pause, end_pause, read_pauses
from service.store.salts import salted_hash
from service.store.statements import insert_into
from service.store.sums import adding
from service.store.tables import (
    experiments,
    household_treatments,
    objections,
    spending,
    suppressed,
    suppression_lists,
    waiting,
)

_FRESH_S = 1.0
_OBJECTED = "SELECT 1 FROM objections WHERE lead_hash = ?"
_HOUSEHOLD = "SELECT treatment FROM household_treatments WHERE household = ?"


@dataclass(frozen=True, slots=True)
class Spend:
    """What one decision gives away: a treatment once, and its discount in whole currency units.

    `household` is `Guards.household`, for a treatment that a household may have once; else None.
    """

    treatment: str
    discount: float = 0.0
    household: bytes | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What was given on one day, and what is paused now (`*` is everything)."""

    day: str = ""
    discount: float = 0.0
    given: Mapping[str, int] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()


class Guards:
    """The guardrails' memory."""

    def __init__(self, database: Database, salt: str) -> None:
        self._database = database
        self._salt = salt
        self._totals = Totals()
        self._read_at = float("-inf")
        self._lists: dict[str, date] = {}
        self._lists_read_at = float("-inf")

    # ------------------------------------------------------------ objections

    def objected(self, lead_id: str) -> bool:
        """Whether the lead has objected to profiling. Raises StoreError."""
        row = self._database.read_one(_OBJECTED, (salted_hash(self._salt, "objection", lead_id),))
        return row is not None

    def objected_among(self, lead_ids: Iterable[str]) -> list[str]:
        """Which of some leads have objected. Raises StoreError."""
        hashes = {salted_hash(self._salt, "objection", lead_id): lead_id for lead_id in lead_ids}
        query = select(objections.c.lead_hash).where(objections.c.lead_hash.in_(list(hashes)))
        with self._database.reading() as connection:
            return [hashes[bytes(found)] for found in connection.execute(query).scalars()]

    def objection_state(self) -> tuple[int, int]:
        """How many objections there are and when the last came: other numbers, other objections. Raises
        StoreError."""
        query = select(func.count(), func.coalesce(func.max(objections.c.at_ms), 0))
        with self._database.reading() as connection:
            count, last = connection.execute(query).one()
        return int(count), int(last)

    def object_to_profiling(self, lead_id: str) -> datetime:
        """Records an objection; every later answer is the standard flow, and nobody calls."""
        lead_hash = salted_hash(self._salt, "objection", lead_id)
        with self._database.writing() as connection:
            made = insert_into(connection, objections).values(lead_hash=lead_hash, at_ms=now_ms())
            connection.execute(made.on_conflict_do_nothing())
            connection.execute(delete(waiting).where(waiting.c.lead_id == lead_id))
            stored = select(objections.c.at_ms).where(objections.c.lead_hash == lead_hash)
            return from_ms(connection.execute(stored).scalar_one())

    def withdraw_objection(self, lead_id: str) -> bool:
        """Takes an objection back; whether there was one."""
        lead_hash = salted_hash(self._salt, "objection", lead_id)
        with self._database.writing() as connection:
            gone = connection.execute(delete(objections).where(objections.c.lead_hash == lead_hash))
        return gone.rowcount > 0

    # ------------------------------------------------------------ spending and pauses

    def household(self, address_id: str) -> bytes:
        """A household for "once per household": a salted hash that cannot be read back."""
        return salted_hash(self._salt, "household", address_id)

    def had(self, household: bytes) -> frozenset[str]:
        """The once-per-household treatments that a household has had. Raises StoreError."""
        return frozenset(str(row[0]) for row in self._database.read_all(_HOUSEHOLD, (household,)))

    def totals(self, day: date) -> Totals:
        """What was given on `day`, at most a second old. Last known when the store cannot be read."""
        if time.monotonic() - self._read_at > _FRESH_S or self._totals.day != day.isoformat():
            self._read_at = time.monotonic()
            try:
                self._totals = self._read_totals(day.isoformat())
            except StoreError:  # said and counted where decisions are recorded
                if self._totals.day != day.isoformat():
                    self._totals = Totals(day.isoformat(), paused=self._totals.paused)
        return self._totals

    def note_households(self, connection: Connection, spends: Sequence[Spend], lead_id: str) -> None:
        """Notes what a household may have only once, in the transaction that records the decision."""
        for spend in spends:
            if spend.household is not None:
                once = insert_into(connection, household_treatments).values(
                    household=spend.household, treatment=spend.treatment, lead_id=lead_id, at_ms=now_ms()
                )
                connection.execute(once.on_conflict_do_nothing())

    def pauses(self) -> list[Pause]:
        """The pauses in force, the oldest first. Raises StoreError."""
        with self._database.reading() as connection:
            return read_pauses(connection)

    def pause(self, slot: str, treatment: str, reason: str) -> bool:
        """Pauses a treatment until `resume`; False when it was paused already. Raises StoreError."""
        with self._database.writing() as connection:
            made = begin_pause(connection, slot, treatment, reason)
        self._read_at = float("-inf")
        return made

    def resume(self, slot: str, treatment: str) -> bool:
        """Ends a pause; whether there was one. Every process follows within a second. Raises StoreError."""
        with self._database.writing() as connection:
            ended = end_pause(connection, slot, treatment)
        self._read_at = float("-inf")
        return ended

    def _read_totals(self, day: str) -> Totals:
        with self._database.reading() as connection:
            rows = connection.execute(select(spending).where(spending.c.period == day)).all()
            paused = frozenset(pause.treatment for pause in read_pauses(connection))
        return Totals(
            day,
            next((row.amount for row in rows if row.name == "discount"), 0.0),
            {row.name.removeprefix("treatment:"): row.uses for row in rows if row.name != "discount"},
            paused,
        )

    # ------------------------------------------------------------ suppression lists

    def replace_list(self, name: str, hashes: Iterable[bytes], as_of: datetime) -> int:
        """Puts a newly taken suppression list in place of the old one, whole; the number of entries."""
        with self._database.writing() as connection:
            connection.execute(delete(suppressed).where(suppressed.c.list == name))
            entries = [{"list": name, "hash": entry} for entry in set(hashes)]
            if entries:
                connection.execute(insert(suppressed), entries)
            values = {"as_of_ms": to_ms(as_of), "imported_ms": now_ms(), "rows": len(entries)}
            row = insert_into(connection, suppression_lists).values(list=name, **values)
            connection.execute(row.on_conflict_do_update(index_elements=["list"], set_=values))
        self._lists_read_at = float("-inf")
        return len(entries)

    def list_dates(self) -> Mapping[str, date]:
        """When each imported list was taken; read at most once a second. Raises StoreError."""
        if time.monotonic() - self._lists_read_at > _FRESH_S:
            with self._database.reading() as connection:
                rows = connection.execute(select(suppression_lists)).all()
            self._lists = {row.list: from_ms(row.as_of_ms).date() for row in rows}
            self._lists_read_at = time.monotonic()
        return self._lists

    def listed(self, name: str, entry: bytes) -> bool:
        """Whether a hash is on a list. Raises StoreError."""
        query = "SELECT 1 FROM suppressed WHERE list = ? AND hash = ?"
        return self._database.read_one(query, (name, entry)) is not None

    # ------------------------------------------------------------ experiments

    def running_experiments(self) -> dict[str, str]:
        """Name -> fingerprint of the experiments that were running when last noted."""
        query = select(experiments.c.name, experiments.c.fingerprint).where(experiments.c.ended_ms.is_(None))
        with self._database.reading() as connection:
            return {row.name: row.fingerprint for row in connection.execute(query)}

    def note_experiments(self, fingerprints: Mapping[str, str]) -> None:
        """Notes what runs now; what no longer does has ended. The policy check has allowed the change."""
        with self._database.writing() as connection:
            stored = {
                row.name: row.fingerprint
                for row in connection.execute(select(experiments).where(experiments.c.ended_ms.is_(None)))
            }
            for name in stored.keys() - fingerprints.keys():
                _end(connection, name)
            for name, fingerprint in fingerprints.items():
                if stored.get(name) != fingerprint:
                    values = {"fingerprint": fingerprint, "started_ms": now_ms(), "ended_ms": None}
                    row = insert_into(connection, experiments).values(name=name, **values)
                    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))


def add_spending(connection: Connection, day: str, spends: Sequence[tuple[str, float]]) -> None:
    """Adds (treatment, discount) that decisions of a day have given to the sums of that day."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0])
    for treatment, discount in spends:
        for name in (f"treatment:{treatment}", "discount"):
            sums[name][0] += discount
            sums[name][1] += 1
    if sums:
        rows = [
            {"name": name, "period": day, "amount": amount, "uses": uses}
            for name, (amount, uses) in sorted(sums.items())
        ]
        add = adding(connection.dialect.name, spending, ("name", "period"), ("amount", "uses"))
        connection.execute(add, rows)


def _end(connection: Connection, name: str) -> None:
    connection.execute(update(experiments).where(experiments.c.name == name).values(ended_ms=now_ms()))
