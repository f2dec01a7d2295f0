"""What happened after a decision, and what a lead did since: late, out of order, each taken once.

A report that is wrong is refused by name and the rest is taken. Complaints that are too many for certain
pause their treatment at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from service.learn.lift.compare import COMPLAINT_LIMIT, ComplaintAlarm, complaint_alarms
from service.store.outcomes import Fate, LeadEvent, Outcome, Receipt
from service.store.store import Store

INVALID = "invalid"
MESSAGES: Mapping[str, str] = {
    "unknown_decision": "No such decision is on record; send the decision_id of an answer of /enrich.",
    "unknown_slot": "The decision has no such slot; leave slot out for the decision as a whole.",
    "unknown_kind": "No such kind; the kinds are listed under /docs.",
    "negative_value": "The value is below zero; send what was bought, and leave returns out.",
    "not_a_number": "The value is not a finite number.",
    "too_large": "The value is above 1,000,000,000; send whole currency units.",
    "out_of_time": "The time lies before the year 1900.",
    "in_the_future": "The time lies in the future; send times with their offset, and check the clock.",
    "different_under_same_id": "Another report came under this event_id before; give each its own id.",
    "outside_window": "Kept, but too long after the decision to be put down to it (30 days).",
    "before_decision": "Kept, but it happened before the decision.",
    "no_decision": "Kept, but no decision was made for this lead before it.",
}
_COMPLAINTS = ("complained", "complaint")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A report that a door could not read: its id where it has one, and in words what is wrong."""

    event_id: str | None
    message: str


Report = Mapping[str, Any] | Unreadable


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one report. `reason` is a key of MESSAGES or INVALID, `message` says it in words."""

    event_id: str | None
    fate: Fate
    reason: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """`results` in the order of the reports; `paused` names the treatments paused for their complaints."""

    results: tuple[Taken, ...]
    paused: tuple[str, ...]

    def count(self, fate: Fate) -> int:
        """How many reports had this fate."""
        return sum(result.fate == fate for result in self.results)


def record_outcomes(store: Store, reports: Sequence[Report]) -> Recorded:
    """Takes outcomes in, by the fields of `Outcome`; one without `event_id` gets one. Raises StoreError."""
    return _record(reports, Outcome, store.outcomes.record, store)


def record_events(store: Store, reports: Sequence[Report]) -> Recorded:
    """Takes events in, by the fields of `LeadEvent`; one without `event_id` gets one. Raises StoreError."""
    return _record(reports, LeadEvent, store.outcomes.record_events, store)


def pause_complained(store: Store) -> tuple[str, ...]:
    """Pauses treatments with complaints above the limit for certain; their names. Raises StoreError."""
    alarms = complaint_alarms(store.facts.complaints())
    return tuple(f"{alarm.slot}/{alarm.treatment}" for alarm in pause_alarmed(store, alarms))


def pause_alarmed(store: Store, alarms: Sequence[ComplaintAlarm]) -> list[ComplaintAlarm]:
    """Pauses those that are to be paused; the alarms of those that were not paused already."""
    why = f"complaints above {COMPLAINT_LIMIT:.0%}"
    return [alarm for alarm in alarms if alarm.pause and store.guards.pause(alarm.slot, alarm.treatment, why)]


def derived_id(report: Mapping[str, Any]) -> str:
    """An id from all that the report says, so that the same report sent twice counts once."""
    content = {key: value for key, value in report.items() if key != "event_id"}
    return "auto:" + hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _record(
    reports: Sequence[Report],
    kind: type[Outcome] | type[LeadEvent],
    record: Callable[[Any], list[Receipt]],
    store: Store,
) -> Recorded:
    good = [
        kind(**{**report, "event_id": report.get("event_id") or derived_id(report)})
        for report in reports
        if not isinstance(report, Unreadable)
    ]
    receipts = iter(record(good) if good else ())
    results = tuple(
        Taken(report.event_id, "refused", INVALID, report.message)
        if isinstance(report, Unreadable)
        else _taken(next(receipts))
        for report in reports
    )
    complained = any(report.kind in _COMPLAINTS for report in good)
    return Recorded(results, pause_complained(store) if complained else ())


def _taken(receipt: Receipt) -> Taken:
    message = MESSAGES[receipt.reason] if receipt.reason else None
    return Taken(receipt.event_id, receipt.fate, receipt.reason, message)
