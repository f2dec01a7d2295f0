"""Outcomes and events: once each, late and out of order, the wrong ones refused by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from service.model import Decision
from service.store import Store, open_store
from service.store.outcomes import LeadEvent, Outcome

Make = Callable[..., Decision]
NOW = datetime.now(UTC)


def test_wrong_reports_are_refused_by_name_and_the_rest_accepted(store: Store, make_decision: Make) -> None:
    decision = make_decision(made_at=NOW - timedelta(days=1))
    store.record_decision(decision)
    good = Outcome("1", decision.decision_id, "bought", NOW, "greeting", 120.0)
    receipts = store.outcomes.record(
        [
            good,
            Outcome("2", "dec_unknown", "bought", NOW),
            Outcome("3", decision.decision_id, "bought", NOW, "no_such_slot"),
            Outcome("4", decision.decision_id, "danced", NOW),
            Outcome("5", decision.decision_id, "bought", NOW, value=-1.0),
            Outcome("6", decision.decision_id, "bought", NOW, value=float("nan")),
            Outcome("7", decision.decision_id, "bought", NOW + timedelta(days=1)),
            good,
            Outcome("1", decision.decision_id, "bought", NOW, "greeting", 121.0),
            Outcome("8", decision.decision_id, "opened", NOW),
        ]
    )
    assert [(r.fate, r.reason) for r in receipts] == [
        ("accepted", None),
        ("refused", "unknown_decision"),
        ("refused", "unknown_slot"),
        ("refused", "unknown_kind"),
        ("refused", "negative_value"),
        ("refused", "not_a_number"),
        ("refused", "in_the_future"),
        ("duplicate", None),
        ("refused", "different_under_same_id"),
        ("accepted", None),
    ]
    kept, _ = store.outcomes.of_lead("crm-1")
    assert sorted((o.event_id, o.kind, o.slot, o.value) for o in kept) == [
        ("1", "bought", "greeting", 120.0),
        ("8", "opened", "", 0.0),
    ]


def test_what_happens_outside_the_window_is_kept_but_not_attributed(
    store: Store, make_decision: Make
) -> None:
    decision = make_decision(made_at=NOW - timedelta(days=40))
    store.record_decision(decision)
    receipts = store.outcomes.record(
        [
            Outcome("late", decision.decision_id, "bought", NOW, "agent", 9.0),
            Outcome("early", decision.decision_id, "bought", NOW - timedelta(days=41), "agent", 9.0),
            Outcome("inside", decision.decision_id, "bought", NOW - timedelta(days=39), "agent", 9.0),
        ]
    )
    assert [r.reason for r in receipts] == ["outside_window", "before_decision", None]
    (cell,) = [c for c in store.facts.lift(("slot",), "bought") if c.group["slot"] == "agent"]
    assert (cell.decisions, cell.with_outcome, cell.value) == (1, 1, 9.0)


def test_events_out_of_order_and_a_purchase_counts_for_the_last_decision(
    store: Store, make_decision: Make
) -> None:
    first = make_decision(made_at=NOW - timedelta(days=10))
    second = make_decision(made_at=NOW - timedelta(days=2))
    store.record_decisions([first, second])
    receipts = store.outcomes.record_events(
        [
            LeadEvent("b", "crm-1", "purchase", NOW - timedelta(days=1), "box-2", 300.0),
            LeadEvent("a", "crm-1", "purchase", NOW - timedelta(days=5), "box-1", 200.0),
            LeadEvent("w", "crm-1", "web", NOW - timedelta(days=6)),
            LeadEvent("n", "stranger", "purchase", NOW, "box-1", 1.0),
            LeadEvent("b", "crm-1", "purchase", NOW - timedelta(days=1), "box-2", 300.0),
            LeadEvent("b", "crm-1", "purchase", NOW - timedelta(days=1), "box-2", 301.0),
            LeadEvent("z", "crm-1", "sneezed", NOW),
        ]
    )
    assert [(r.fate, r.reason) for r in receipts] == [
        ("accepted", None),
        ("accepted", None),
        ("accepted", None),
        ("accepted", "no_decision"),
        ("duplicate", None),
        ("refused", "different_under_same_id"),
        ("refused", "unknown_kind"),
    ]
    outcomes, events = store.outcomes.of_lead("crm-1")
    assert [(o.decision_id, o.value) for o in outcomes] == [
        (first.decision_id, 200.0),
        (second.decision_id, 300.0),
    ]
    assert [e.event_id for e in events] == ["w", "a", "b"]


def test_the_same_report_from_many_at_once_counts_once(database_url: str, make_decision: Make) -> None:
    stores = [open_store(database_url) for _ in range(4)]
    decision = make_decision(made_at=NOW)
    stores[0].record_decision(decision)
    fates: list[str] = []

    def report(store: Store) -> None:
        for number in range(25):
            outcome = Outcome(f"o{number}", decision.decision_id, "clicked", NOW, "agent", 1.0)
            fates.extend(receipt.fate for receipt in store.outcomes.record([outcome]))

    threads = [threading.Thread(target=report, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fates) == ["accepted"] * 25 + ["duplicate"] * 75
    (cell,) = [c for c in stores[0].facts.lift(("slot",), "clicked") if c.group["slot"] == "agent"]
    assert cell.value == 25.0
    for store in stores:
        store.close()
