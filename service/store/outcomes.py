"""What happened after a decision: outcomes by decision, events by lead; each counted once, by its id."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, select

from service.store.bodies import read_slots
from service.store.clock import from_ms, now_ms, to_ms
from service.store.connect import Database
from service.store.statements import insert_once
from service.store.tables import decisions, events, outcomes

OUTCOME_KINDS = ("opened", "clicked", "answered", "accepted", "bought", "complained", "objected")
EVENT_KINDS = ("web", "email", "purchase", "complaint", "call", "referral")
# Events that say what became of a decision; the others are behaviour only.
_MEANS: Mapping[str, str] = {"purchase": "bought", "complaint": "complained"}
WINDOW = timedelta(days=30)  # an outcome later than this after the decision is kept, but not attributed to it
MOST_VALUE = 1e9  # no purchase is worth more, and sums of squares stay far from what a number can hold
_EARLIEST_MS = -2_208_988_800_000  # 1900: no time before it can be read back everywhere
_CLOCK_SKEW_MS = 10 * 60_000  # callers' clocks are not ours


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome as reported. `slot` empty: of the decision as a whole, so of each of its slots."""

    event_id: str
    decision_id: str
    kind: str
    at: datetime
    slot: str = ""
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """One thing that a lead did. `value` in whole currency units, `product` the caller's own code."""

    event_id: str
    lead_id: str
    kind: str
    at: datetime
    product: str | None = None
    value: float | None = None


Fate = Literal["accepted", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one report. `reason` is a code: why refused, or why not attributed.

    Refused: unknown_decision, unknown_slot, unknown_kind, negative_value, not_a_number, too_large,
    out_of_time, in_the_future, different_under_same_id.
    Accepted but not counted for lift: outside_window, before_decision, and for an event no_decision.
    """

    event_id: str
    fate: Fate
    reason: str | None = None


class Outcomes:
    """Takes reports in, late and out of order, once each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, reports: Sequence[Outcome], window: timedelta = WINDOW) -> list[Receipt]:
        """Stores outcomes; a receipt for each, in order. A wrong one does not stop the rest."""
        now = now_ms()
        with self._database.writing() as connection:
            known = _decisions(connection, {report.decision_id for report in reports})
            return [self._take(connection, report, known, now, window) for report in reports]

    def record_events(self, reports: Sequence[LeadEvent], window: timedelta = WINDOW) -> list[Receipt]:
        """Stores events; purchases and complaints also count as outcomes of the lead's last decision."""
        now = now_ms()
        with self._database.writing() as connection:
            return [_take_event(connection, report, now, window) for report in reports]

    def of_lead(self, lead_id: str) -> tuple[list[Outcome], list[LeadEvent]]:
        """All that was reported about one lead, oldest first."""
        with self._database.reading() as connection:
            happened = connection.execute(
                select(outcomes).where(outcomes.c.lead_id == lead_id).order_by(outcomes.c.at_ms)
            ).all()
        return [_outcome(row) for row in happened], self.events_of([lead_id])

    def events_of(self, lead_ids: Iterable[str]) -> list[LeadEvent]:
        """The events of some leads, oldest first."""
        query = select(events).where(events.c.lead_id.in_(list(lead_ids))).order_by(events.c.at_ms)
        with self._database.reading() as connection:
            return [_event(row) for row in connection.execute(query)]

    def _take(
        self,
        connection: Connection,
        report: Outcome,
        known: Mapping[str, _Known],
        now: int,
        window: timedelta,
    ) -> Receipt:
        decided = known.get(report.decision_id)
        fault = _fault(report.kind, OUTCOME_KINDS, report.value, to_ms(report.at), now)
        if decided is None:
            fault = "unknown_decision"
        elif fault is None and report.slot and report.slot not in decided.slots:
            fault = "unknown_slot"
        if fault is not None or decided is None:
            return Receipt(report.event_id, "refused", fault)
        late = _outside(decided.made_ms, to_ms(report.at), window)
        return _insert_outcome(connection, report, decided.lead_id, late, now)


@dataclass(frozen=True, slots=True)
class _Known:
    lead_id: str
    made_ms: int
    slots: frozenset[str]


def _decisions(connection: Connection, ids: set[str]) -> dict[str, _Known]:
    query = select(decisions.c.decision_id, decisions.c.lead_id, decisions.c.made_ms, decisions.c.body)
    rows = connection.execute(query.where(decisions.c.decision_id.in_(ids)))
    return {row.decision_id: _Known(row.lead_id, row.made_ms, read_slots(row.body)) for row in rows}


def _fault(kind: str, kinds: Sequence[str], value: float, at_ms: int, now: int) -> str | None:
    if kind not in kinds:
        return "unknown_kind"
    if not math.isfinite(value):
        return "not_a_number"
    if value < 0:
        return "negative_value"
    if value > MOST_VALUE:
        return "too_large"
    if at_ms < _EARLIEST_MS:
        return "out_of_time"
    if at_ms > now + _CLOCK_SKEW_MS:
        return "in_the_future"
    return None


def _outside(made_ms: int, at_ms: int, window: timedelta) -> str | None:
    if at_ms < made_ms - _CLOCK_SKEW_MS:
        return "before_decision"
    if at_ms > made_ms + window.total_seconds() * 1000:
        return "outside_window"
    return None


def _insert_outcome(
    connection: Connection, report: Outcome, lead_id: str, late: str | None, now: int
) -> Receipt:
    at = to_ms(report.at)
    fingerprint = _fingerprint(report.decision_id, report.slot, report.kind, float(report.value), at)
    row = {
        "event_id": report.event_id,
        "fingerprint": fingerprint,
        "decision_id": report.decision_id,
        "lead_id": lead_id,
        "slot": report.slot,
        "kind": report.kind,
        "value": report.value,
        "at_ms": at,
        "received_ms": now,
        "attributed": late is None,
    }
    if insert_once(connection, outcomes, row):
        return Receipt(report.event_id, "accepted", late)
    stored = select(outcomes.c.fingerprint).where(outcomes.c.event_id == report.event_id)
    return _seen_before(report.event_id, bytes(connection.execute(stored).scalar_one()) == fingerprint)


def _take_event(connection: Connection, report: LeadEvent, now: int, window: timedelta) -> Receipt:
    at = to_ms(report.at)
    fault = _fault(report.kind, EVENT_KINDS, report.value or 0.0, at, now)
    if fault is not None:
        return Receipt(report.event_id, "refused", fault)
    fingerprint = _fingerprint(report.lead_id, report.kind, report.product, report.value, at)
    row = {
        "event_id": report.event_id,
        "fingerprint": fingerprint,
        "lead_id": report.lead_id,
        "kind": report.kind,
        "product": report.product,
        "value": report.value,
        "at_ms": at,
        "received_ms": now,
    }
    if not insert_once(connection, events, row):
        stored = select(events.c.fingerprint).where(events.c.event_id == report.event_id)
        return _seen_before(report.event_id, bytes(connection.execute(stored).scalar_one()) == fingerprint)
    if report.kind not in _MEANS:
        return Receipt(report.event_id, "accepted")
    before = (
        select(decisions.c.decision_id, decisions.c.made_ms)
        .where(decisions.c.lead_id == report.lead_id, decisions.c.made_ms <= at + _CLOCK_SKEW_MS)
        .order_by(decisions.c.seq.desc())
        .limit(1)
    )
    last = connection.execute(before).one_or_none()
    late = "no_decision" if last is None else _outside(last.made_ms, at, window)
    if last is not None:
        outcome = Outcome(
            f"event:{report.event_id}",
            last.decision_id,
            _MEANS[report.kind],
            report.at,
            "",
            report.value or 0.0,
        )
        _insert_outcome(connection, outcome, report.lead_id, late, now)
    return Receipt(report.event_id, "accepted", late)


def _seen_before(event_id: str, same: bool) -> Receipt:
    if same:
        return Receipt(event_id, "duplicate")
    return Receipt(event_id, "refused", "different_under_same_id")


def _fingerprint(*parts: object) -> bytes:
    return hashlib.sha256(orjson.dumps(parts)).digest()


def _outcome(row: Any) -> Outcome:
    return Outcome(row.event_id, row.decision_id, row.kind, from_ms(row.at_ms), row.slot, row.value)


def _event(row: Any) -> LeadEvent:
    return LeadEvent(row.event_id, row.lead_id, row.kind, from_ms(row.at_ms), row.product, row.value)
