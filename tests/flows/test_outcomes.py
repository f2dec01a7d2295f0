"""What happened is taken in once, what is wrong is named, and what annoys is paused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.flows.outcomes import MESSAGES, Recorded, Unreadable, derived_id, record_events, record_outcomes
from service.store.store import Store
from tests.logged import MADE, logged

AFTER = MADE + timedelta(hours=1)


@pytest.fixture
def store(store: Store) -> Store:
    store.record_decisions([logged(number) for number in range(150)])
    return store


def fates(recorded: Recorded) -> list[tuple[str, str | None]]:
    return [(result.fate, result.reason) for result in recorded.results]


def test_each_report_is_answered_in_its_place_and_a_wrong_one_stops_no_other(store: Store) -> None:
    bought = {"decision_id": "dec_1", "kind": "bought", "at": AFTER, "value": 10.0}
    recorded = record_outcomes(
        store,
        [
            bought | {"event_id": "a"},
            Unreadable("b", "kind: Not a valid string."),
            bought | {"event_id": "c", "decision_id": "dec_nobody"},
            bought | {"event_id": "a"},
            bought | {"event_id": "a", "value": 11.0},
            bought | {"event_id": "d", "at": MADE + timedelta(days=1), "slot": "offer"},
        ],
    )
    assert fates(recorded) == [
        ("accepted", None),
        ("refused", "invalid"),
        ("refused", "unknown_decision"),
        ("duplicate", None),
        ("refused", "different_under_same_id"),
        ("accepted", None),
    ]
    assert [result.event_id for result in recorded.results] == ["a", "b", "c", "a", "a", "d"]
    assert recorded.results[1].message == "kind: Not a valid string."
    assert recorded.results[2].message == MESSAGES["unknown_decision"]
    assert recorded.results[0].message is None
    assert [recorded.count(fate) for fate in ("accepted", "duplicate", "refused")] == [2, 1, 3]
    assert recorded.paused == ()


def test_a_report_without_an_id_counts_once_however_often_it_is_sent(store: Store) -> None:
    event = {"lead_id": "lead-1", "kind": "purchase", "at": AFTER, "value": 5.0}
    assert fates(record_events(store, [event, event])) == [("accepted", None), ("duplicate", None)]
    assert fates(record_events(store, [event | {"value": 6.0}])) == [("accepted", None)]
    assert (
        derived_id(event) == derived_id(event | {"event_id": "mine"}) != derived_id(event | {"kind": "web"})
    )
    assert store.facts.lift(("slot",), "bought")[0].value == 11.0


def test_when_nothing_could_be_read_the_store_is_not_asked(store: Store) -> None:
    store.close()
    assert fates(record_events(store, [Unreadable(None, "no")])) == [("refused", "invalid")]


@pytest.mark.parametrize("as_events", [True, False])
def test_complaints_that_are_too_many_for_certain_pause_the_treatment_once(
    store: Store, as_events: bool
) -> None:
    if as_events:
        reports = [{"lead_id": f"lead-{n}", "kind": "complaint", "at": AFTER} for n in range(60)]
    else:
        reports = [{"decision_id": f"dec_{n}", "kind": "complained", "at": AFTER} for n in range(60)]
    record = record_events if as_events else record_outcomes
    assert record(store, reports[:1]).paused == ()
    assert record(store, reports[1:]).paused == ("offer/offer-bike",)
    assert record(store, reports).paused == ()
    assert store.guards.totals(AFTER.date()).paused == {"offer-bike"}
