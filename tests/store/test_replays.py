"""Idempotency keys and leases."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from service.store import Store, open_store
from service.store.replays import Begun, InFlight, Kept, OtherBody


def test_first_in_flight_kept_other(store: Store) -> None:
    begin = store.replays.begin
    assert begin("key_a", "w", b"POST /x {}") == Begun()
    assert begin("key_a", "w", b"POST /x {}") == InFlight()
    assert begin("key_a", "w", b"POST /x {1}") == OtherBody()
    assert begin("key_b", "w", b"POST /x {1}") == Begun()  # another caller's word is another word
    store.replays.settle("key_a", "w", 201, b"answer")
    assert begin("key_a", "w", b"POST /x {}") == Kept(201, b"answer")
    assert begin("key_a", "w", b"POST /x {1}") == OtherBody()


def test_a_dropped_call_may_be_made_again_with_another_body_but_a_kept_one_not(store: Store) -> None:
    store.replays.begin("k", "w", b"wrong")
    store.replays.drop("k", "w")
    assert store.replays.begin("k", "w", b"right") == Begun()
    store.replays.settle("k", "w", 200, b"")
    store.replays.drop("k", "w")
    assert store.replays.begin("k", "w", b"right") == Kept(200, b"")


@pytest.mark.parametrize(("age_s", "expected"), [(61, Begun()), (30, InFlight())])
def test_a_call_whose_worker_died_may_be_made_again_after_a_minute(
    store: Store, age_s: int, expected: object
) -> None:
    store.replays.begin("k", "w", b"body")
    with store.database.writing() as connection:
        connection.execute(text(f"UPDATE idempotency SET started_ms = started_ms - {age_s * 1000}"))
    assert store.replays.begin("k", "w", b"body") == expected


def test_nothing_of_request_or_word_is_stored(store: Store) -> None:
    store.replays.begin("k", "my-word", b"Hemmelighedsgade 5")
    with store.database.reading() as connection:
        row = connection.execute(text("SELECT * FROM idempotency")).one()
    kept = b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    assert b"Hemmelig" not in kept
    assert b"my-word" not in kept


def test_of_many_at_once_one_begins(database_url: str) -> None:
    stores = [open_store(database_url) for _ in range(3)]
    found: list[object] = []

    def begin(store: Store) -> None:
        found.append(store.replays.begin("k", "w", b"body"))

    threads = [threading.Thread(target=begin, args=(stores[i % 3],)) for i in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(f).__name__ for f in found) == ["Begun"] + ["InFlight"] * 8
    for store in stores:
        store.close()


def test_a_lease_has_one_holder_until_it_lapses(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.leases.take("background", 0.3)
    assert store.leases.take("background", 0.3)
    monkeypatch.setattr("service.store.leases._holder", lambda: "another/1")
    assert not store.leases.take("background", 0.3)
    assert store.leases.take("other job", 0.3)
    time.sleep(0.35)
    assert store.leases.take("background", 5)
    store.leases.give_back("background")
    monkeypatch.undo()
    assert store.leases.take("background", 5)
