"""What is kept of a lead can be seen, erased, and ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import text

from service.model import Decision
from service.store import Store
from service.store.guards import Spend
from service.store.outcomes import LeadEvent, Outcome
from service.store.privacy import Retention
from service.store.tables import metadata

Make = Callable[..., Decision]
NOW = datetime.now(UTC)


def _fill(store: Store, make: Make, lead_id: str, at: datetime = NOW) -> Decision:
    decision = make(lead_id, made_at=at)
    store.outbox.add_webhook("https://receiver.example/x", ["decision.made", "agent.reserved"])
    store.record_decision(decision, [Spend("bike", 1.0, store.guards.household(lead_id))])
    store.outcomes.record([Outcome(f"o-{lead_id}", decision.decision_id, "bought", at, "agent", 5.0)])
    store.outcomes.record_events([LeadEvent(f"e-{lead_id}", lead_id, "web", at, "page")])
    store.facts.fold()
    store.desk.reserve(lead_id, decision.decision_id, ["ann"], {"ann": 9})
    return decision


def _everything(store: Store) -> bytes:
    found = []
    with store.database.reading() as connection:
        for table in metadata.tables:
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                found += [bytes(v) if isinstance(v, (bytes, memoryview)) else str(v).encode() for v in row]
    return b"\n".join(found)


def test_export_shows_all_that_is_kept_of_a_lead_and_of_no_other(store: Store, make_decision: Make) -> None:
    decision = _fill(store, make_decision, "crm-one")
    _fill(store, make_decision, "crm-two")
    shown = store.privacy.export("crm-one")
    assert shown["objected"] is False
    assert [d["id"] for d in shown["decisions"]] == [decision.decision_id]
    assert [o["value"] for o in shown["outcomes"]] == [5.0]
    assert [e["event_id"] for e in shown["events"]] == ["e-crm-one"]
    assert [r["state"] for r in shown["reservations"]] == ["reserved"]
    assert b"crm-two" not in orjson.dumps(shown)
    assert store.privacy.export("nobody")["decisions"] == []


def test_erasure_leaves_nothing_under_the_id_but_frees_the_agent_and_keeps_objection_and_sums(
    store: Store, make_decision: Make
) -> None:
    _fill(store, make_decision, "crm-one")
    _fill(store, make_decision, "crm-two")
    store.guards.object_to_profiling("crm-one")
    sums = [(c.decisions, c.value) for c in store.facts.lift(("slot",), "bought")]
    assert b"crm-one" in _everything(store)
    erased = store.privacy.erase("crm-one")
    assert erased["decisions"] == 1
    assert erased["reservations"] == 1
    assert b"crm-one" not in _everything(store)
    assert b"crm-two" in _everything(store)
    assert store.guards.objected("crm-one")
    assert store.agents.state("ann").active == 1
    assert [(c.decisions, c.value) for c in store.facts.lift(("slot",), "bought")] == sums
    assert set(store.privacy.erase("crm-one").values()) == {0}


def test_what_is_older_than_its_retention_is_deleted(store: Store, make_decision: Make) -> None:
    old = _fill(store, make_decision, "crm-old", NOW - timedelta(days=500))
    new = _fill(store, make_decision, "crm-new", NOW - timedelta(days=399))
    unfolded = make_decision("crm-unfolded", made_at=NOW - timedelta(days=500))
    store.record_decision(unfolded)
    deleted = store.privacy.delete_old(Retention(events=450))
    assert (deleted["decisions"], deleted["outcomes"], deleted["events"]) == (1, 1, 1)
    assert store.decision(old.decision_id) is None
    assert store.decision(new.decision_id) is not None
    assert store.decision(unfolded.decision_id) is not None  # not before it has been counted
    assert set(store.privacy.delete_old(Retention(events=450)).values()) == {0}


def test_a_batch_is_not_the_limit(store: Store, make_decision: Make) -> None:
    store.record_decisions([make_decision(f"l{i}", made_at=NOW - timedelta(days=900)) for i in range(1200)])
    store.facts.fold()
    assert store.privacy.delete_old(Retention())["decisions"] == 1200
