"""Agents and reservations: states, time-outs, the queue, and no seat given twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from service.errors import ConflictError, NotFoundError, PreconditionError, StoreError
from service.store import Store, open_store
from service.store.desk import Reservation, WaitingLead

ROSTER = {"ann": 1, "bo": 2}


def _reserve(store: Store, lead_id: str, *preferred: str, hold_s: float = 60) -> Reservation | WaitingLead:
    return store.desk.reserve(lead_id, "dec_1", preferred or ("ann", "bo"), ROSTER, hold_s)


def _reserved(store: Store, lead_id: str, *preferred: str, hold_s: float = 60) -> Reservation:
    made = _reserve(store, lead_id, *preferred, hold_s=hold_s)
    assert isinstance(made, Reservation)
    return made


def test_a_state_changes_only_as_the_caller_last_saw_it(store: Store) -> None:
    unseen = store.agents.state("ann")
    assert (unseen.state, unseen.version) == ("available", 0)
    first = store.agents.set_state("ann", "busy", 1, if_version=0)
    assert (first.state, first.active) == ("busy", 0)
    second = store.agents.set_state("ann", "away", 1, if_version=first.version)
    assert second.version > first.version
    with pytest.raises(PreconditionError, match="Read it again"):
        store.agents.set_state("ann", "available", 1, if_version=first.version)
    assert store.agents.state("ann") == second
    assert store.agents.set_state("ann", "available", 1).state == "available"


def test_the_preferred_agent_is_held_then_the_next_then_the_lead_waits(store: Store) -> None:
    assert _reserved(store, "l1").agent_id == "ann"
    assert _reserved(store, "l2").agent_id == "bo"
    assert _reserved(store, "l3").agent_id == "bo"
    waits = _reserve(store, "l4")
    assert isinstance(waits, WaitingLead)
    assert waits.position == 1
    assert [(s.agent_id, s.active) for s in store.agents.states().values()] == [("ann", 1), ("bo", 2)]
    store.desk.complete("l2")
    assert _reserved(store, "l4").agent_id == "bo"
    assert store.desk.queue() == []
    assert store.agents.load(datetime.now(UTC) - timedelta(minutes=5)) == {
        ("ann", "", ""): 1,
        ("bo", "", ""): 3,
    }


def test_busy_and_away_agents_are_not_reserved(store: Store) -> None:
    store.agents.set_state("ann", "busy", 1)
    assert _reserved(store, "l1").agent_id == "bo"
    store.agents.set_state("bo", "away", 2)
    assert isinstance(_reserve(store, "l2"), WaitingLead)
    assert isinstance(_reserve(store, "l3", "unknown-agent"), WaitingLead)


def test_a_lead_has_one_reservation_at_a_time(store: Store) -> None:
    held = _reserved(store, "l1")
    with pytest.raises(
        ConflictError, match=f"reserved by ann until .*{held.reservation_id}.*release that first"
    ):
        _reserve(store, "l1")
    store.desk.release("l1")
    assert _reserved(store, "l1").reservation_id != held.reservation_id


def test_accept_complete_and_what_cannot_follow(store: Store) -> None:
    held = _reserved(store, "l1")
    accepted = store.desk.accept("l1", held.reservation_id)
    assert accepted.state == "accepted"
    assert accepted.expires_at > held.expires_at
    with pytest.raises(ConflictError, match="accepted cannot become rejected: complete or release it"):
        store.desk.reject("l1")
    done = store.desk.complete("l1")
    assert done.state == "completed"
    assert done.ended_at is not None
    assert store.agents.state("ann").active == 0
    with pytest.raises(ConflictError, match="completed cannot become accepted"):
        store.desk.accept("l1")
    with pytest.raises(NotFoundError, match="reserve an agent first"):
        store.desk.accept("stranger")


def test_a_rejecting_agent_comes_last_for_that_lead(store: Store) -> None:
    assert _reserved(store, "l1").agent_id == "ann"
    store.desk.reject("l1")
    (waits,) = store.desk.queue()
    assert (waits.lead_id, waits.refused_by) == ("l1", ("ann",))
    assert _reserved(store, "l1").agent_id == "bo"
    store.desk.reject("l1")
    assert _reserved(store, "l1", "ann").agent_id == "ann"  # who refused comes last, not never


def test_an_expired_reservation_frees_the_agent_and_says_what_to_do(store: Store) -> None:
    held = _reserved(store, "l1", hold_s=0.2)
    time.sleep(0.25)
    with pytest.raises(ConflictError, match=r"expired at .* reserve an agent again"):
        store.desk.accept("l1", held.reservation_id)
    assert store.agents.state("ann").active == 0
    assert [w.lead_id for w in store.desk.queue()] == ["l1"]
    newest = store.desk.reservation("l1")
    assert newest is not None
    assert newest.state == "expired"
    again = _reserved(store, "l1")
    assert again.agent_id == "bo"
    with pytest.raises(ConflictError, match="reserve an agent again"):
        store.desk.complete("l1", held.reservation_id)  # the old one is not the new one


def test_an_old_reservation_id_does_not_end_a_newer_reservation(store: Store) -> None:
    first = _reserved(store, "l1")
    store.desk.release("l1", first.reservation_id)
    second = _reserved(store, "l1")
    with pytest.raises(ConflictError, match=f"{second.reservation_id}"):
        store.desk.complete("l1", first.reservation_id)
    with pytest.raises(NotFoundError):
        store.desk.complete("l1", "res_nothing")


def test_declared_agents(store: Store) -> None:
    before = store.agents.declare("cleo", {"languages": ["da"]}, 3)
    after = store.agents.declare("cleo", {"languages": ["da", "sv"]}, 1)
    assert after.version > before.version
    assert store.agents.declared() == {"cleo": {"languages": ["da", "sv"]}}


def test_a_lowered_capacity_waits_for_what_is_in_hand(store: Store) -> None:
    _reserved(store, "l1", "bo")
    _reserved(store, "l2", "bo")
    store.agents.declare("bo", {}, 1)
    assert isinstance(store.desk.reserve("l3", None, ["bo"], {"bo": 1}), WaitingLead)
    store.desk.complete("l1")
    assert isinstance(store.desk.reserve("l3", None, ["bo"], {"bo": 1}), WaitingLead)
    store.desk.complete("l2")
    assert isinstance(store.desk.reserve("l3", None, ["bo"], {"bo": 1}), Reservation)


def test_the_database_itself_refuses_a_double_booking(store: Store) -> None:
    _reserved(store, "l1")
    with pytest.raises(StoreError), store.database.writing() as connection:
        connection.execute(text("UPDATE agents SET active = 2 WHERE agent_id = 'ann'"))
    with pytest.raises(StoreError), store.database.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO reservations (reservation_id, lead_id, agent_id, state, made_ms, expires_ms)"
                " VALUES ('res_x', 'l1', 'bo', 'reserved', 0, 1)"
            )
        )


def test_many_callers_at_once_never_share_a_seat_or_a_lead(database_url: str) -> None:
    """12 callers in 3 stores compete for 3 agents and 8 leads; every step is checked against the rows."""
    stores = [open_store(database_url) for _ in range(3)]
    roster = {"a": 1, "b": 1, "c": 2}
    done: Counter[str] = Counter()
    faults: list[BaseException] = []
    wanted, ends = 40, time.monotonic() + 120  # however slow the machine is just now

    def call(number: int) -> None:
        store = stores[number % 3]
        while done["completed"] < wanted and time.monotonic() < ends and not faults:
            lead = f"lead-{(number + done['turns']) % 8}"
            done["turns"] += 1
            try:
                made = store.desk.reserve(lead, None, ["a", "b", "c"], roster, 30)
                if isinstance(made, Reservation):
                    live = Counter(r.agent_id for r in store.desk.live_reservations())
                    over = {agent: count for agent, count in live.items() if count > roster[agent]}
                    assert not over, over
                    store.desk.accept(lead, made.reservation_id)
                    assert store.desk.complete(lead, made.reservation_id).agent_id == made.agent_id
                    done["completed"] += 1
            except ConflictError:
                done["conflicts"] += 1
            except BaseException as fault:
                faults.append(fault)

    callers = [threading.Thread(target=call, args=(number,)) for number in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert faults == []
    assert done["completed"] >= wanted, done
    assert {s.active for s in stores[0].agents.states().values()} == {0}
    for store in stores:
        store.close()
