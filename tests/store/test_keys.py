"""API keys: what they open, for how long, and that nothing of them can be read from the store."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from service.cli.keys import keys
from service.errors import InvalidInputError, NotFoundError, StoreError
from service.store import Store, open_store
from service.store.connect import Database
from service.store.keys import SCOPES


def test_a_new_key_opens_at_once_and_only_its_hash_is_stored(store: Store) -> None:
    token, key = store.keys.create("crm", "secret", ["enrich", "leads"])
    assert token.startswith("sk_")
    found = store.keys.authenticate(token)
    assert found is not None
    assert (found.key_id, found.kind, found.scopes) == (key.key_id, "secret", {"enrich", "leads"})
    assert store.keys.authenticate(token + "x") is None
    with store.database.reading() as connection:
        row = connection.execute(text("SELECT * FROM api_keys")).one()
    assert token[7:].encode() not in b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row)


def test_a_key_expires(store: Store) -> None:
    now = datetime.now(UTC)
    holds, _ = store.keys.create("new", "secret", expires_at=now + timedelta(minutes=5))
    ended, _ = store.keys.create("old", "secret", expires_at=now)
    assert store.keys.authenticate(holds)
    assert store.keys.authenticate(ended) is None


def test_a_revoked_key_is_refused_by_another_process_within_five_seconds(
    store: Store, database_url: str
) -> None:
    token, key = store.keys.create("gone", "secret")
    other = open_store(database_url)
    assert other.keys.authenticate(token)
    store.keys.revoke(key.key_id)
    assert store.keys.authenticate(token) is None
    deadline = time.monotonic() + 5
    while other.keys.authenticate(token) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    other.close()
    with pytest.raises(NotFoundError, match="enrich keys list"):
        store.keys.revoke(key.key_id)


def test_rotation_leaves_both_keys_for_a_while(store: Store) -> None:
    token, key = store.keys.create("shop", "publishable", origins=["https://shop.example"])
    new_token, new_key = store.keys.rotate(key.key_id, timedelta(days=1))
    both = [store.keys.authenticate(token), store.keys.authenticate(new_token)]
    assert [k.name for k in both if k] == ["shop", "shop"]
    assert new_key.origins == key.origins
    listed = {k.key_id: k for k in store.keys.all()}
    assert listed[key.key_id].expires_at is not None
    assert listed[new_key.key_id].expires_at is None


def test_a_key_that_is_given_no_limits_of_its_own_gets_those_of_its_kind(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    token, secret = store.keys.create("crm", "secret")
    _, form = store.keys.create("form", "publishable", origins=["https://b.example", "https://a.example"])
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    _, own = store.keys.create("own", "secret", ["desk"], expires_at=ends, per_minute=7)
    assert (secret.per_minute, secret.scopes, secret.expires_at) == (60_000, frozenset(SCOPES), None)
    assert (form.per_minute, form.scopes) == (600, {"enrich"})
    assert (own.per_minute, own.scopes, own.expires_at) == (7, {"desk"}, ends)
    assert secret.hint == token[:7]
    assert secret.created_at is not None
    assert before < secret.created_at <= datetime.now(UTC)
    assert store.keys.authenticate(token) == secret
    assert sorted(store.keys.all(), key=lambda k: k.name) == sorted([secret, form, own], key=lambda k: k.name)


def test_the_newest_key_is_listed_first_and_a_revoked_one_stays_listed(store: Store) -> None:
    _, old = store.keys.create("old", "secret")
    time.sleep(0.003)
    _, new = store.keys.create("new", "secret")
    store.keys.revoke(old.key_id)
    first, second = store.keys.all()
    assert first == new
    assert (second.key_id, second.name) == (old.key_id, "old")
    assert second.revoked_at is not None
    assert datetime.now(UTC) - second.revoked_at < timedelta(seconds=5)


def test_rotation_keeps_what_the_key_may_and_never_lengthens_its_life(store: Store) -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    later = soon + timedelta(days=30)
    for ends, expected in ((soon, soon), (later, None)):
        _, key = store.keys.create("crm", "secret", ["desk", "leads"], expires_at=ends, per_minute=90)
        _, new = store.keys.rotate(key.key_id, timedelta(days=2))
        assert (new.scopes, new.per_minute, new.name) == ({"desk", "leads"}, 90, "crm")
        assert new.expires_at is None
        old = next(k for k in store.keys.all() if k.key_id == key.key_id)
        assert old.expires_at is not None
        if expected is not None:
            assert old.expires_at == expected
        else:
            wait = old.expires_at - datetime.now(UTC)
            assert timedelta(days=1, hours=23) < wait <= timedelta(days=2)
    store.keys.revoke(key.key_id)
    for unknown in (key.key_id, "key_none"):
        with pytest.raises(NotFoundError, match=f"no key {unknown} in force"):
            store.keys.rotate(unknown, timedelta(days=1))


def test_an_unknown_key_makes_the_ring_be_read_four_times_a_second_at_most(
    store: Store, database_url: str
) -> None:
    other = open_store(database_url)
    assert store.keys.authenticate("sk_unknown") is None  # has read the ring just now
    token, _ = other.keys.create("crm", "secret")
    assert store.keys.authenticate(token) is None
    time.sleep(0.3)
    assert store.keys.authenticate(token)
    other.close()


def test_publishable_keys_need_origins_and_cannot_have_other_scopes(store: Store) -> None:
    with pytest.raises(InvalidInputError, match="origins"):
        store.keys.create("form", "publishable")
    with pytest.raises(InvalidInputError, match="cannot have leads"):
        store.keys.create("form", "publishable", ["leads"], ["https://shop.example"])
    with pytest.raises(InvalidInputError, match="cannot have everything"):
        store.keys.create("crm", "secret", ["everything"])


def test_origins(store: Store) -> None:
    _, key = store.keys.create("form", "publishable", origins=["https://shop.example", "http://localhost:*"])
    assert key.origins == {"https://shop.example", "http://localhost:*"}
    assert store.keys.all_origins() == {"https://shop.example", "http://localhost:*"}


def test_demo_keys_exist_only_where_asked_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    assert open_store(url).keys.authenticate("sk_demo") is None
    demo = open_store(url, demo_keys=True)
    secret, publishable = demo.keys.authenticate("sk_demo"), demo.keys.authenticate("pk_demo")
    assert secret is not None
    assert publishable is not None
    assert (secret.kind, publishable.kind) == ("secret", "publishable")
    assert "http://127.0.0.1:*" in publishable.origins
    demo.close()


def test_keys_outlive_a_store_that_fails(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'x.sqlite'}")
    token, _ = store.keys.create("crm", "secret")
    assert store.keys.authenticate(token)
    with sqlite3.connect(tmp_path / "x.sqlite") as other:
        other.execute("ALTER TABLE api_keys RENAME TO elsewhere")
    other.close()
    store.keys._read_at = float("-inf")
    assert store.keys.authenticate(token)
    store.close()


def test_the_command_line_makes_lists_rotates_and_revokes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(keys, [*arguments, "--database-url", url], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "no keys yet" in run("list")
    token = run("create", "call centre", "--scope", "desk", "--days", "30").splitlines()[0]
    store = open_store(url)
    key = store.keys.authenticate(token)
    assert key is not None
    assert key.scopes == {"desk"}
    assert key.expires_at is not None
    listed = run("list")
    assert "call centre" in listed
    assert token not in listed
    assert "ends in 7 days" in run("rotate", key.key_id)
    run("revoke", key.key_id)
    assert store.keys.authenticate(token) is None or time.sleep(2.5) or store.keys.authenticate(token) is None
    store.close()


def test_a_ring_that_is_being_read_makes_nobody_wait_in_vain(store: Store, database_url: str) -> None:
    """The first calls of a fresh worker come all at once; each waits for the thread that reads."""
    token, _ = store.keys.create("crm", "secret")
    for _ in range(5):
        fresh = open_store(database_url)
        with ThreadPoolExecutor(32) as clients:
            found = list(clients.map(lambda _, ring=fresh.keys: ring.authenticate(token), range(64)))
        fresh.close()
        assert all(found)


def test_without_the_store_a_known_key_goes_on_and_an_unknown_one_is_not_called_unknown(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, _ = store.keys.create("crm", "secret")
    assert store.keys.read()
    assert store.keys.authenticate(token)

    def gone(self: Database) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(Database, "reading", gone)
    store.keys._read_at = float("-inf")
    assert store.keys.authenticate(token)
    with pytest.raises(StoreError, match="cannot be read"):
        store.keys.authenticate("sk_unknown")
    assert not store.keys.read()
