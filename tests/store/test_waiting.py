"""The queue of leads: who waits since when, who is left out, and what a reservation changes about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import text

from service.errors import NotFoundError
from service.model import Decision, Treatment
from service.store import Store
from service.store.desk import Reservation, WaitingLead

Make = Callable[..., Decision]
NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def _decide(store: Store, make: Make, lead: str, at: datetime, allowed: bool = True) -> Decision:
    content = {"allowed": allowed, "preferred_agents": ["ann"]}
    decision = make(
        lead, made_at=at, treatments={"agent": Treatment("agent", "ann", "treated", 1.0, content)}
    )
    store.record_decision(decision)
    return decision


def _reserve(store: Store, lead: str, agent: str = "ann", hold_s: float = 60) -> Reservation:
    made = store.desk.reserve(lead, "dec_1", [agent], {"ann": 9, "bo": 9}, hold_s)
    assert isinstance(made, Reservation)
    return made


def _waiting(store: Store) -> list[str]:
    return [lead.lead_id for lead in store.desk.queue()]


def test_leads_wait_in_the_order_in_which_they_were_decided(store: Store, make_decision: Make) -> None:
    made = {
        lead: _decide(store, make_decision, lead, NOW - age * MINUTE)
        for lead, age in (("b", 2), ("c", 1), ("a", 3), ("d", 1))
    }
    store.facts.fold()
    queue = store.desk.queue()
    assert [(w.lead_id, w.position) for w in queue] == [("a", 1), ("b", 2), ("c", 3), ("d", 4)]
    assert queue[0] == WaitingLead("a", made["a"].decision_id, NOW - 3 * MINUTE, (), 1)
    assert [(w.lead_id, w.position) for w in store.desk.queue(2, after=1)] == [("b", 2), ("c", 3)]
    assert store.desk.waiting_lead("b") == queue[1]
    assert store.desk.waiting_lead("d").position == 3  # as long as c, so nobody is ahead of the other
    with pytest.raises(NotFoundError, match="not waiting"):
        store.desk.waiting_lead("nobody")


def test_a_newer_decision_keeps_the_place_and_one_that_bars_takes_it(
    store: Store, make_decision: Make
) -> None:
    _decide(store, make_decision, "a", NOW - 5 * MINUTE)
    _decide(store, make_decision, "b", NOW - 4 * MINUTE)
    store.facts.fold()
    newer = _decide(store, make_decision, "a", NOW)
    _decide(store, make_decision, "b", NOW, allowed=False)
    _decide(store, make_decision, "c", NOW)
    _decide(store, make_decision, "c", NOW, allowed=False)  # of several at once the last one counts
    _decide(store, make_decision, "d", NOW, allowed=False)
    _decide(store, make_decision, "d", NOW + MINUTE)
    store.facts.fold()
    first, second = store.desk.queue()
    assert (first.lead_id, first.decision_id, first.since) == ("a", newer.decision_id, NOW - 5 * MINUTE)
    assert second.lead_id == "d"


def test_a_lead_that_is_held_or_was_called_this_week_does_not_wait(store: Store, make_decision: Make) -> None:
    for lead in ("held", "accepted", "called", "called-before", "released"):
        _reserve(store, lead)
    store.desk.accept("accepted")
    store.desk.complete("called")
    store.desk.complete("called-before")
    store.desk.release("released")
    with store.database.writing() as connection:
        ago = round(timedelta(days=7, minutes=1).total_seconds() * 1000)
        past = f"UPDATE reservations SET ended_ms = ended_ms - {ago} WHERE lead_id = 'called-before'"
        connection.execute(text(past))
        nearly = f"UPDATE reservations SET ended_ms = ended_ms - {ago - 120_000} WHERE lead_id = 'called'"
        connection.execute(text(nearly))
        connection.execute(text("DELETE FROM waiting"))
    for lead in ("held", "accepted", "called", "called-before", "released"):
        _decide(store, make_decision, lead, NOW)
    store.facts.fold()
    assert _waiting(store) == ["called-before", "released"]


def test_who_objects_waits_no_more(store: Store, make_decision: Make) -> None:
    for lead in ("a", "b"):
        _decide(store, make_decision, lead, NOW)
    store.facts.fold()
    store.guards.object_to_profiling("a")
    assert _waiting(store) == ["b"]


def test_a_reservation_ends_the_waiting_and_giving_it_back_restores_the_place(
    store: Store, make_decision: Make
) -> None:
    decision = _decide(store, make_decision, "a", NOW)
    store.facts.fold()
    held = store.desk.reserve("a", decision.decision_id, ["ann"], {"ann": 1})
    assert isinstance(held, Reservation)
    assert _waiting(store) == []
    time.sleep(0.005)
    store.desk.release("a", held.reservation_id)
    assert store.desk.waiting_lead("a") == WaitingLead("a", decision.decision_id, held.made_at, (), 1)
    again = _reserve(store, "a")
    assert store.desk.complete("a", again.reservation_id).state == "completed"
    assert _waiting(store) == []


def test_who_refused_lately_is_named_once_in_order_and_after_a_day_no_more(store: Store) -> None:
    for agent in ("bo", "ann", "bo"):
        _reserve(store, "l1", agent)
        store.desk.reject("l1")
    _reserve(store, "l1", "ann")
    store.desk.release("l1")  # no refusal
    lapsed = _reserve(store, "l2", "ann", hold_s=0.01)
    time.sleep(0.02)
    assert store.desk.expire_due() == 1
    assert store.desk.expire_due() == 0
    assert {w.lead_id: w.refused_by for w in store.desk.queue()} == {"l1": ("bo", "ann"), "l2": ("ann",)}
    newest = store.desk.reservation("l2")
    assert newest is not None
    assert (newest.reservation_id, newest.state) == (lapsed.reservation_id, "expired")
    with store.database.writing() as connection:
        ago = round((DAY + MINUTE).total_seconds() * 1000)
        connection.execute(text(f"UPDATE reservations SET made_ms = made_ms - {ago} WHERE agent_id = 'bo'"))
    assert store.desk.waiting_lead("l1").refused_by == ("ann",)


def test_a_reservation_lasts_as_long_as_said_and_an_accepted_call_four_hours(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    held = _reserve(store, "l1", hold_s=90)
    assert before < held.made_at <= datetime.now(UTC)
    assert held.expires_at - held.made_at == timedelta(seconds=90)
    assert (held.state, held.ended_at, held.decision_id) == ("reserved", None, "dec_1")
    usual = store.desk.reserve("l2", None, ["ann"], {"ann": 9})
    assert isinstance(usual, Reservation)
    assert usual.expires_at - usual.made_at == timedelta(seconds=120)
    accepted = store.desk.accept("l1")
    wait = accepted.expires_at - datetime.now(UTC)
    assert timedelta(hours=4) - MINUTE < wait <= timedelta(hours=4)
    assert [r.lead_id for r in store.desk.live_reservations()] == ["l1", "l2"]
    released = store.desk.release("l1")
    assert released.ended_at is not None
    assert before < released.ended_at <= datetime.now(UTC)
    assert store.desk.reservation("l1") == released
    assert [r.lead_id for r in store.desk.live_reservations()] == ["l2"]
    assert store.desk.reservation("nobody") is None


def test_a_reservation_is_told_to_the_webhooks(store: Store) -> None:
    hook = store.outbox.add_webhook("https://shop.example/hook", ["agent.reserved"])
    held = _reserve(store, "l1")
    (message,) = store.outbox.messages(hook.webhook_id)
    assert orjson.loads(message.body)["data"] == {
        "reservation_id": held.reservation_id,
        "lead_id": "l1",
        "agent_id": "ann",
        "decision_id": "dec_1",
        "expires_at": held.expires_at.isoformat(),
    }
