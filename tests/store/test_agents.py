"""Agents as the desk knows them: states, capacities, and what each had to do lately."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from service.errors import PreconditionError
from service.store import Store
from service.store.desk import Reservation, WaitingLead


def _reserve(store: Store, lead_id: str, agent: str = "ann", market: tuple[str, str] = ("DK", "da")) -> None:
    made = store.desk.reserve(lead_id, None, [agent], {agent: 9}, market=market)
    assert isinstance(made, Reservation)


def test_an_agent_without_a_state_is_available_and_has_nothing_to_do(store: Store) -> None:
    unseen = store.agents.state("ann")
    assert (unseen.agent_id, unseen.state, unseen.active, unseen.version, unseen.since) == (
        "ann",
        "available",
        0,
        0,
        None,
    )
    assert store.agents.states() == {}
    assert store.agents.declared() == {}


def test_a_state_says_since_when_and_every_change_is_a_version(store: Store) -> None:
    busy = store.agents.set_state("ann", "busy", 2)
    assert busy.since is not None
    assert datetime.now(UTC) - timedelta(seconds=5) < busy.since <= datetime.now(UTC)
    time.sleep(0.005)
    away = store.agents.set_state("ann", "away", 2, busy.version)
    assert (away.state, away.version) == ("away", busy.version + 1)
    assert away.since is not None
    assert away.since > busy.since
    assert store.agents.states() == {"ann": away}
    with pytest.raises(PreconditionError, match=f"it is version {away.version} now"):
        store.agents.set_state("ann", "busy", 2, busy.version)
    with pytest.raises(PreconditionError, match="it is version 0 now"):
        store.agents.set_state("bo", "busy", 2, if_version=1)
    assert "bo" not in store.agents.states()


def test_taking_and_giving_back_a_seat_are_versions_too(store: Store) -> None:
    _reserve(store, "l1")
    held = store.agents.state("ann")
    assert (held.active, held.version) == (1, 2)
    store.desk.release("l1")
    freed = store.agents.state("ann")
    assert (freed.active, freed.version) == (0, 3)


def test_what_is_declared_is_told_back_and_changes_the_capacity(store: Store) -> None:
    first = store.agents.declare("cleo", {"languages": ["da"]}, 1)
    assert (first.state, first.active, first.version) == ("available", 0, 2)
    assert isinstance(store.desk.reserve("l1", None, ["cleo"], {"cleo": 1}), Reservation)
    assert isinstance(store.desk.reserve("l2", None, ["cleo"], {"cleo": 1}), WaitingLead)
    again = store.agents.declare("cleo", {"languages": ["da", "fi"]}, 2)
    assert (again.active, again.version) == (1, 4)
    assert isinstance(store.desk.reserve("l2", None, ["cleo"], {"cleo": 2}), Reservation)
    store.agents.set_state("dan", "busy", 1)
    assert store.agents.declared() == {"cleo": {"languages": ["da", "fi"]}}


def test_the_load_counts_by_country_and_language_from_a_moment_on(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=2)
    _reserve(store, "l1")
    _reserve(store, "l2")
    _reserve(store, "l3", market=("SE", "sv"))
    _reserve(store, "l4", "bo")
    store.desk.complete("l1")  # done, but done today
    assert store.agents.load(before) == {
        ("ann", "DK", "da"): 2,
        ("ann", "SE", "sv"): 1,
        ("bo", "DK", "da"): 1,
    }
    with store.database.writing() as connection:
        connection.execute(text("UPDATE reservations SET made_ms = made_ms - 3600000 WHERE lead_id <> 'l3'"))
    assert store.agents.load(before) == {("ann", "SE", "sv"): 1}
    newest = store.desk.reservation("l3")
    assert newest is not None
    assert store.agents.load(newest.made_at) == {("ann", "SE", "sv"): 1}
    assert store.agents.load(newest.made_at + timedelta(milliseconds=1)) == {}
