"""When a report still counts for its decision: to the minute, at both ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from service.model import Decision
from service.store import Store
from service.store.outcomes import LeadEvent, Outcome

Make = Callable[..., Decision]
NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (-11 * MINUTE, "before_decision"),
        (-9 * MINUTE, None),  # the caller's clock is not ours
        (timedelta(0), None),
        (30 * DAY, None),
        (30 * DAY + MINUTE, "outside_window"),
    ],
)
def test_an_outcome_counts_from_its_decision_for_thirty_days(
    store: Store, make_decision: Make, after: timedelta, reason: str | None
) -> None:
    decision = make_decision(made_at=NOW - 31 * DAY)
    store.record_decision(decision)
    at = decision.made_at + after
    (receipt,) = store.outcomes.record([Outcome("o", decision.decision_id, "bought", at, "agent", 2.0)])
    assert (receipt.event_id, receipt.fate, receipt.reason) == ("o", "accepted", reason)
    (cell,) = [c for c in store.facts.lift(("slot",), "bought") if c.group["slot"] == "agent"]
    assert (cell.decisions, cell.with_outcome) == (1, 0 if reason else 1)
    ((kept,), _) = store.outcomes.of_lead("crm-1")
    assert kept == Outcome("o", decision.decision_id, "bought", at, "agent", 2.0)


@pytest.mark.parametrize(("ahead", "reason"), [(9 * MINUTE, None), (11 * MINUTE, "in_the_future")])
def test_a_report_may_be_a_little_ahead_of_our_clock(
    store: Store, make_decision: Make, ahead: timedelta, reason: str | None
) -> None:
    decision = make_decision(made_at=NOW)
    store.record_decision(decision)
    at = datetime.now(UTC) + ahead
    (receipt,) = store.outcomes.record([Outcome("o", decision.decision_id, "bought", at)])
    assert receipt.reason == reason
    (receipt,) = store.outcomes.record_events([LeadEvent("e", "crm-1", "web", at)])
    assert receipt.reason == reason


def test_zero_is_a_value_and_less_is_none(store: Store, make_decision: Make) -> None:
    decision = make_decision(made_at=NOW)
    store.record_decision(decision)

    def reason(value: float) -> str | None:
        report = Outcome(f"o{value}", decision.decision_id, "bought", NOW, "agent", value)
        return store.outcomes.record([report])[0].reason

    assert [reason(value) for value in (0.0, -0.01, float("inf"), float("nan"))] == [
        None,
        "negative_value",
        "not_a_number",
        "not_a_number",
    ]


def test_an_event_counts_for_the_last_decision_before_it_within_the_window(
    store: Store, make_decision: Make
) -> None:
    first, second = make_decision(made_at=NOW - 40 * DAY), make_decision(made_at=NOW - 2 * DAY)
    other = make_decision("crm-2", made_at=NOW - DAY)
    store.record_decisions([first, second, other])
    receipts = store.outcomes.record_events(
        [
            LeadEvent("late", "crm-1", "purchase", NOW - 5 * DAY, "box", 10.0),
            LeadEvent("skewed", "crm-1", "complaint", second.made_at - 9 * MINUTE),
            LeadEvent("web", "crm-1", "web", NOW),
        ]
    )
    assert [r.reason for r in receipts] == ["outside_window", None, None]
    kept, events = store.outcomes.of_lead("crm-1")
    assert [(o.event_id, o.decision_id, o.kind, o.value) for o in kept] == [
        ("event:late", first.decision_id, "bought", 10.0),
        ("event:skewed", second.decision_id, "complained", 0.0),
    ]
    assert events == [
        LeadEvent("late", "crm-1", "purchase", NOW - 5 * DAY, "box", 10.0),
        LeadEvent("skewed", "crm-1", "complaint", second.made_at - 9 * MINUTE),
        LeadEvent("web", "crm-1", "web", NOW),
    ]
    assert store.outcomes.of_lead("crm-2") == ([], [])
    store.outcomes.record_events([LeadEvent("x", "crm-2", "call", NOW - DAY)])
    both = [event.event_id for event in store.outcomes.events_of(["crm-2", "crm-1"])]
    assert both == ["late", "skewed", "x", "web"]


def test_the_same_event_about_another_lead_is_another_event(store: Store) -> None:
    same = LeadEvent("e", "crm-1", "web", NOW, "box", 1.0)
    assert store.outcomes.record_events([same, same])[1].fate == "duplicate"
    for other in (
        LeadEvent("e", "crm-2", "web", NOW, "box", 1.0),
        LeadEvent("e", "crm-1", "call", NOW, "box", 1.0),
        LeadEvent("e", "crm-1", "web", NOW - MINUTE, "box", 1.0),
        LeadEvent("e", "crm-1", "web", NOW, "bag", 1.0),
        LeadEvent("e", "crm-1", "web", NOW, "box", None),
    ):
        (receipt,) = store.outcomes.record_events([other])
        assert (receipt.fate, receipt.reason) == ("refused", "different_under_same_id")
