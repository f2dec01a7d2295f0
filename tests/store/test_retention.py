"""What is kept ends by itself: each kind of row after its own time, and not a day before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from service.model import Decision
from service.store import Store
from service.store.guards import Spend
from service.store.outcomes import LeadEvent, Outcome
from service.store.privacy import Retention
from service.store.replays import Begun
from service.store.tables import metadata

Make = Callable[..., Decision]

# table, its column of age, days that it is kept, and what makes a row old enough to go
KINDS = [
    ("outcomes", "at_ms", 400),
    ("events", "at_ms", 730),
    ("reservations", "ended_ms", 90),
    ("waiting", "since_ms", 14),
    ("messages", "created_ms", 30),
    ("idempotency", "started_ms", 1),
    ("household_treatments", "at_ms", 400),
]


def _fill(store: Store, make: Make) -> None:
    store.outbox.add_webhook("https://receiver.example/x", ["agent.reserved"])
    decision = make("crm-1", made_at=datetime.now(UTC))
    store.record_decision(decision, [Spend("bike", 1.0, store.guards.household("home"))])
    store.outcomes.record([Outcome("o", decision.decision_id, "bought", datetime.now(UTC), "agent", 5.0)])
    store.outcomes.record_events([LeadEvent("e", "crm-1", "web", datetime.now(UTC))])
    store.facts.fold()
    store.desk.reserve("crm-1", None, ["ann"], {"ann": 1})
    store.desk.complete("crm-1")
    store.desk.reserve("crm-2", None, ["nobody"], {"ann": 1})
    store.replays.begin("key", "word", b"call")
    for message, _ in store.outbox.claim_due():
        store.outbox.settle(message, True, "200")


def _rows(store: Store, table: str) -> int:
    with store.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one()


@pytest.mark.parametrize(("table", "column", "days"), KINDS, ids=[kind[0] for kind in KINDS])
def test_a_row_goes_after_its_own_time_and_not_before(
    store: Store, make_decision: Make, table: str, column: str, days: int
) -> None:
    _fill(store, make_decision)
    assert _rows(store, table) == 1

    def age(by: timedelta) -> None:
        with store.database.writing() as connection:
            older = text(f"UPDATE {table} SET {column} = {column} - {round(by.total_seconds() * 1000)}")
            connection.execute(older)

    age(timedelta(days=days) - timedelta(minutes=5))
    assert store.privacy.delete_old(Retention())[table] == 0
    age(timedelta(minutes=10))
    deleted = store.privacy.delete_old(Retention())
    assert deleted[table] == 1
    assert {kind: count for kind, count in deleted.items() if count} == {table: 1}
    assert _rows(store, table) == 0


def test_what_is_still_to_be_counted_sent_or_ended_stays(store: Store, make_decision: Make) -> None:
    _fill(store, make_decision)
    late = make_decision("crm-3", made_at=datetime.now(UTC))
    store.record_decision(late)
    store.outcomes.record([Outcome("o2", late.decision_id, "bought", datetime.now(UTC), "agent", 5.0)])
    store.outbox.add_webhook("https://receiver.example/y", ["treatment.paused"])
    store.guards.pause("offer", "bike", "by hand")
    store.desk.reserve("crm-4", None, ["ann"], {"ann": 1})
    years = 5 * 365 * 86_400_000
    with store.database.writing() as connection:
        for change in (
            f"UPDATE decisions SET made_ms = made_ms - {years}",
            f"UPDATE outcomes SET at_ms = at_ms - {years}",
            f"UPDATE messages SET created_ms = created_ms - {years} WHERE type = 'treatment.paused'",
            f"UPDATE reservations SET made_ms = made_ms - {years}",
        ):
            connection.execute(text(change))
    deleted = store.privacy.delete_old(Retention())
    assert {kind: count for kind, count in deleted.items() if count} == {"decisions": 1, "outcomes": 1}
    assert store.decision(late.decision_id) is not None
    assert [o.event_id for o in store.outcomes.of_lead("crm-3")[0]] == ["o2"]
    assert store.outbox.backlog() >= 1
    live = store.desk.live_reservations()
    assert [r.lead_id for r in live] == ["crm-4"]
    assert [_rows(store, table) for table in ("decision_facts", "decision_values")] == [0, 0]
    store.facts.fold()
    assert _rows(store, "decision_facts") == 2  # of the one that had still to be counted


def test_what_was_given_is_kept_by_day_as_long_as_the_desk(store: Store) -> None:
    with store.database.writing() as connection:
        for days in (0, 89, 92):
            day = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
            connection.execute(
                text("INSERT INTO spending (name, period, amount, uses) VALUES ('discount', :day, 1.0, 1)"),
                {"day": day},
            )
    assert store.privacy.delete_old(Retention())["spending"] == 1
    assert _rows(store, "spending") == 2


def test_an_export_is_readable_by_people(store: Store, make_decision: Make) -> None:
    _fill(store, make_decision)
    shown = store.privacy.export("crm-1")
    (reservation,) = shown["reservations"]
    assert set(reservation) >= {"reservation_id", "agent_id", "state", "made", "expires", "ended"}
    assert datetime.fromisoformat(reservation["made"]) > datetime.now(UTC) - timedelta(minutes=1)
    (outcome,) = shown["outcomes"]
    assert set(outcome) == {
        "event_id", "decision_id", "lead_id", "slot", "kind", "value", "at", "received", "attributed",
    }  # fmt: skip
    (household,) = shown["household_treatments"]
    assert set(household) == {"treatment", "lead_id", "at"}
    store.desk.reserve("crm-9", None, ["ann"], {"ann": 1})
    assert store.privacy.export("crm-9")["reservations"][0]["ended"] is None
    store.guards.object_to_profiling("crm-9")
    assert store.privacy.export("crm-9")["objected"] is True


def test_answers_kept_for_repeated_calls_go_with_the_lead_they_name(store: Store) -> None:
    answers = {
        "plain": b'{"lead_id":"crm-1"}',
        "inside": b'{"answer":"{\\"lead_id\\":\\"crm-1\\"}"}',
        "longer": b'{"lead_id":"crm-10"}',
        "other": b'{"lead_id":"crm-2"}',
    }
    for word, answer in answers.items():
        store.replays.begin("key", word, word.encode())
        store.replays.settle("key", word, 200, answer)
    store.replays.begin("key", "open", b"open")  # not answered yet
    assert store.privacy.erase("crm-1")["idempotency"] == 2
    again = {word: store.replays.begin("key", word, word.encode()) for word in (*answers, "open")}
    assert {word for word, found in again.items() if found != Begun()} == {"longer", "other", "open"}
