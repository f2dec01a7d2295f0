"""Moments and hashes as the store writes them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

from service.store import open_store
from service.store.clock import DAY_MS, from_ms, now_ms, to_day, to_ms
from service.store.salts import salted_hash


def test_a_moment_is_whole_milliseconds_and_comes_back_in_utc() -> None:
    noon = datetime(2026, 11, 21, 12, 0, 0, 123_400, tzinfo=UTC)
    assert to_ms(noon) == 1_795_262_400_123
    assert from_ms(to_ms(noon)) == noon.replace(microsecond=123_000)
    assert to_ms(noon + timedelta(microseconds=200)) == to_ms(noon) + 1  # rounded, not cut
    assert to_ms(noon.astimezone(timezone(timedelta(hours=2)))) == to_ms(noon)
    assert from_ms(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert abs(now_ms() - time.time() * 1000) < 1000


def test_a_day_is_that_of_utc() -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    assert to_day(to_ms(midnight)) == "2026-11-21"
    assert to_day(to_ms(midnight) - 1) == "2026-11-20"
    assert to_day(to_ms(midnight) + DAY_MS) == "2026-11-22"


def test_a_hash_depends_on_salt_purpose_and_text_and_holds_none_of_them() -> None:
    same = salted_hash("salt", "objection", "crm-1")
    assert same == salted_hash("salt", "objection", "crm-1")
    assert len(same) == 32
    others = {
        salted_hash("other", "objection", "crm-1"),
        salted_hash("salt", "household", "crm-1"),
        salted_hash("salt", "objection", "crm-2"),
        salted_hash("salt", "objectioncrm-1", ""),
        salted_hash("salt", "", "objectioncrm-1"),
    }
    assert len(others) == 5
    assert same not in others
    assert salted_hash("salt", "objection", "Bodil \ud83c") != salted_hash("salt", "objection", "Bodil ")


def test_a_salt_of_the_store_is_made_once_and_a_given_one_is_kept_apart(database_url: str) -> None:
    first = open_store(database_url)
    second = open_store(database_url)
    assert first.salt == second.salt
    assert bytes.fromhex(first.salt) != bytes(32)
    given = open_store(database_url, salt="given")
    assert given.guards.household("x") != first.guards.household("x")
    assert first.guards.household("x") == second.guards.household("x")
    for store in (first, second, given):
        store.close()
