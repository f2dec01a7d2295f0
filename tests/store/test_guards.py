"""The guardrails' memory: objections, spending, pauses, suppression lists, running experiments."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from service.errors import ConfigError, StoreError
from service.model import Decision
from service.store import Store, open_store
from service.store.guards import Spend, Totals

Make = Callable[..., Decision]
DAY = date(2026, 11, 21)  # of the decisions that `make_decision` makes


def test_an_objection_holds_at_once_and_everywhere(store: Store, database_url: str) -> None:
    other = open_store(database_url)
    assert not other.guards.objected("crm-1")
    first = store.guards.object_to_profiling("crm-1")
    assert other.guards.objected("crm-1")
    assert not other.guards.objected("crm-2")
    assert store.guards.object_to_profiling("crm-1") == first
    assert store.guards.withdraw_objection("crm-1")
    assert not other.guards.objected("crm-1")
    other.close()


def test_an_objection_is_kept_without_the_lead(store: Store) -> None:
    store.guards.object_to_profiling("crm-very-special")
    with store.database.reading() as connection:
        row = connection.execute(text("SELECT * FROM objections")).one()
    assert b"special" not in b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row)


def test_spending_is_summed_from_the_log_in_the_background(
    store: Store, database_url: str, make_decision: Make
) -> None:
    home = store.guards.household("some-address-id")
    spends = [Spend("bike-30d", 50.0, home), Spend("bag", 0.0)]
    store.record_decision(make_decision("a"), spends)
    store.record_decision(make_decision("b"), [Spend("bike-30d", 50.0)])
    assert store.guards.had(home) == {"bike-30d"}
    store.facts.fold()
    totals = store.guards.totals(DAY)
    assert totals.discount == 100.0
    assert totals.given == {"bike-30d": 2, "bag": 1}
    assert store.guards.had(home) == {"bike-30d"}
    assert store.guards.had(store.guards.household("another")) == frozenset()
    assert store.guards.totals(date(2026, 11, 22)).discount == 0.0
    twice = make_decision("c")
    store.record_decision(twice)
    with pytest.raises(StoreError):
        store.record_decision(twice, spends)
    store.facts.fold()
    assert store.guards.totals(DAY).discount == 100.0
    other = open_store(database_url)
    assert other.guards.totals(DAY).given["bike-30d"] == 2
    store.record_decision(make_decision("d"), [Spend("bike-30d", 50.0)])
    store.facts.fold()
    time.sleep(1.1)
    assert other.guards.totals(DAY).given["bike-30d"] == 3
    other.close()


def test_pauses(store: Store) -> None:
    assert store.guards.pause("offer", "bike-30d", "complaints above 2 %")
    assert not store.guards.pause("offer", "bike-30d", "again")
    assert store.guards.totals(DAY).paused == {"bike-30d"}
    assert store.guards.resume("offer", "bike-30d")
    assert store.guards.totals(DAY).paused == frozenset()


def test_a_suppression_list_is_replaced_whole(store: Store) -> None:
    taken = datetime(2026, 11, 1, tzinfo=UTC)
    assert store.guards.list_dates() == {}
    assert store.guards.replace_list("nix", [b"one", b"two", b"two"], taken) == 2
    assert store.guards.listed("nix", b"one")
    assert not store.guards.listed("robinson", b"one")
    store.guards.replace_list("nix", [b"three"], datetime(2026, 11, 20, tzinfo=UTC))
    assert not store.guards.listed("nix", b"one")
    assert store.guards.listed("nix", b"three")
    assert store.guards.list_dates() == {"nix": date(2026, 11, 20)}


def test_running_experiments(store: Store) -> None:
    store.guards.note_experiments({"holdout": "f0", "subject": "f1"})
    store.guards.note_experiments({"holdout": "f0", "headline": "f2"})
    assert store.guards.running_experiments() == {"holdout": "f0", "headline": "f2"}


def test_another_salt_is_refused_once_something_was_hashed_with_the_old_one(database_url: str) -> None:
    open_store(database_url, salt="first").close()
    changed = open_store(database_url, salt="second")  # nothing to lose yet
    changed.guards.object_to_profiling("crm-1")
    changed.close()
    with pytest.raises(ConfigError, match=r"ENRICH_SALT is not the salt .* set it back"):
        open_store(database_url, salt="third")
    with pytest.raises(ConfigError, match="ENRICH_SALT"):
        open_store(database_url, salt="")  # the one kept in the store is another one too
    again = open_store(database_url, salt="second")
    assert again.guards.objected("crm-1")
    again.close()
    open_store(database_url).close()  # hashes nothing about a person


def test_what_was_given_is_read_for_the_day_that_is_asked(store: Store, make_decision: Make) -> None:
    store.record_decision(make_decision("a"), [Spend("bike-30d", 50.0)])
    store.facts.fold()
    today = store.guards.totals(DAY)
    assert (today.day, today.discount, today.given, today.paused) == (
        "2026-11-21",
        50.0,
        {"bike-30d": 1},
        frozenset(),
    )
    tomorrow = store.guards.totals(date(2026, 11, 22))
    assert (tomorrow.day, tomorrow.discount, tomorrow.given) == ("2026-11-22", 0.0, {})
    assert store.guards.totals(DAY) == today


def test_a_store_that_cannot_be_read_leaves_the_last_sums_of_the_day_and_its_pauses(
    store: Store, make_decision: Make
) -> None:
    store.record_decision(make_decision("a"), [Spend("bike-30d", 50.0)])
    store.facts.fold()
    store.guards.pause("offer", "bag", "by hand")
    known = store.guards.totals(DAY)
    with store.database.writing() as connection:
        connection.execute(text("ALTER TABLE spending RENAME TO elsewhere"))
    time.sleep(1.05)
    assert store.guards.totals(DAY) == known
    assert store.guards.totals(date(2026, 11, 22)) == Totals("2026-11-22", paused=frozenset({"bag"}))
    with store.database.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO spending"))
    time.sleep(1.05)
    assert store.guards.totals(DAY) == known


def test_a_household_has_a_treatment_once_however_often_it_is_noted(
    store: Store, make_decision: Make
) -> None:
    home, other = store.guards.household("a"), store.guards.household("b")
    store.record_decision(make_decision("1"), [Spend("bike-30d", 1.0, home), Spend("bag", 0.0, other)])
    store.record_decision(make_decision("2"), [Spend("bike-30d", 1.0, home), Spend("case", 0.0, home)])
    assert store.guards.had(home) == {"bike-30d", "case"}
    assert store.guards.had(other) == {"bag"}
    assert store.latest_decision("2") is not None
    store.privacy.erase("1")
    assert store.guards.had(home) == {"case"}


def test_the_dates_of_lists_are_read_again_after_a_second(store: Store, database_url: str) -> None:
    other = open_store(database_url)
    assert store.guards.list_dates() == {}
    assert other.guards.replace_list("nix", [b"one"], datetime(2026, 11, 20, 23, 59, tzinfo=UTC)) == 1
    assert store.guards.list_dates() == {}
    time.sleep(1.05)
    assert store.guards.list_dates() == {"nix": date(2026, 11, 20)}
    assert other.guards.replace_list("nix", [], datetime(2026, 11, 21, tzinfo=UTC)) == 0
    assert not store.guards.listed("nix", b"one")
    other.close()


def test_an_experiment_that_ended_may_begin_again_in_another_form(store: Store) -> None:
    store.guards.note_experiments({"holdout": "f0", "subject": "f1"})
    store.guards.note_experiments({"holdout": "f0"})
    assert store.guards.running_experiments() == {"holdout": "f0"}
    store.guards.note_experiments({"holdout": "f0", "subject": "f2"})
    assert store.guards.running_experiments() == {"holdout": "f0", "subject": "f2"}
    with store.database.reading() as connection:
        rows = connection.execute(text("SELECT name, started_ms, ended_ms FROM experiments")).all()
    assert {row.name: row.ended_ms for row in rows} == {"holdout": None, "subject": None}
    assert all(abs(row.started_ms - time.time() * 1000) < 60_000 for row in rows)
