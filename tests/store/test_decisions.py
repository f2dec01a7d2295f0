"""The decision log: what comes back, and what must never have gone in."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from service.errors import ConfigError, StoreError
from service.model import Decision
from service.store import Store, open_store
from service.store.ids import new_id

Make = Callable[..., Decision]


def test_a_decision_comes_back_whole_but_for_its_address(store: Store, make_decision: Make) -> None:
    made = make_decision()
    store.record_decision(made)
    kept = store.latest_decision("crm-1")
    assert kept is not None
    assert kept == store.decision(made.decision_id)
    for field in dataclasses.fields(Decision):
        if field.name not in ("address", "unit", "profile"):
            assert getattr(kept, field.name) == getattr(made, field.name), field.name
    assert made.profile is not None
    assert kept.profile == dataclasses.replace(made.profile, figures={})  # they follow from the release
    shown = {
        field.name
        for field in dataclasses.fields(kept.address)
        if getattr(kept.address, field.name) not in (None, ())
    }
    assert shown == {"country", "level", "category", "next_action", "reason", "source"}
    assert kept.unit is not None
    assert (kept.unit.dwelling, kept.unit.tenure) == ("flat", "owner")
    assert (kept.unit.area_m2, kept.unit.rooms, kept.unit.year_built) == (None, None, None)


def test_no_address_in_any_column_of_any_table(store: Store, make_decision: Make) -> None:
    store.record_decision(make_decision())
    store.record_decisions([make_decision("crm-2"), make_decision("crm-3")])
    with store.database.reading() as connection:
        names = _tables(store)
        everything = [
            bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
            for name in names
            for row in connection.execute(text(f'SELECT * FROM "{name}"'))
            for value in row
        ]
    assert len(names) > 15
    assert sum(b"crm-" in value for value in everything) >= 3  # the search does see what is stored
    for secret in ("emmelighed", "Hemelighed", "987C", "55.692", "12.553", "secret-id"):
        assert not [value for value in everything if secret.encode() in value], secret


def _tables(store: Store) -> list[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if store.database.is_sqlite
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    with store.database.reading() as connection:
        return [row[0] for row in connection.execute(text(query))]


def test_the_newest_decision_of_a_lead_is_the_latest(store: Store, make_decision: Make) -> None:
    first, other, second = make_decision("a"), make_decision("b"), make_decision("a")
    for decision in (first, other, second):
        store.record_decision(decision)
    latest = store.latest_decision("a")
    assert latest is not None
    assert latest.decision_id == second.decision_id
    assert store.latest_decision("nobody") is None
    assert store.decision("dec_none") is None


def test_many_are_stored_or_none(store: Store, make_decision: Make) -> None:
    twice = make_decision("x")
    with pytest.raises(StoreError):
        store.record_decisions([make_decision("y"), twice, twice])
    assert store.latest_decision("y") is None
    assert store.latest_decision("x") is None


def test_a_decision_recorded_twice_is_refused_and_the_sentence_holds_no_content(
    store: Store, make_decision: Make
) -> None:
    decision = make_decision()
    store.record_decision(decision)
    with pytest.raises(StoreError) as error:
        store.record_decision(decision)
    assert "Nørrebro" not in str(error.value)
    assert "cannot be written" in str(error.value)


def test_ids_are_unique_and_sort_by_time() -> None:
    made = [new_id("dec") for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(len(i) == 30 and i.startswith("dec_01") for i in made)
    stamps = [i[4:14] for i in made]
    assert stamps == sorted(stamps)


def test_every_process_opens_its_own_connections_after_a_fork(store: Store, make_decision: Make) -> None:
    store.record_decision(make_decision("parent"))
    children = []
    for number in range(3):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                for turn in range(20):
                    store.record_decision(make_decision(f"child-{number}-{turn}"))
                code = 0 if store.latest_decision("parent") else 2
            finally:
                os._exit(code)
        children.append(pid)
    for turn in range(20):
        store.record_decision(make_decision(f"parent-{turn}"))
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0]
    for number in range(3):
        assert all(store.latest_decision(f"child-{number}-{turn}") for turn in range(20))


def test_what_was_acknowledged_survives_kill_minus_nine(database_url: str) -> None:
    """A process that writes and prints each id as soon as it is stored, killed in the middle."""
    open_store(database_url).close()
    writer = (
        "import sys; from datetime import UTC, datetime; from service.model import *; "
        "from service.store import open_store; from service.store.ids import new_id\n"
        "store = open_store(sys.argv[1])\n"
        "match = AddressMatch('DK', MatchLevel.NONE, MatchCategory.C, NextAction.FIX)\n"
        "nothing = Segment(None, None, None, True, (), (), None)\n"
        "while True:\n"
        "    made = Decision(new_id('dec'), 'crm', 'fallback', 'x', datetime.now(UTC), 'DK', 'da', 'app',"
        " match, Place('DK', {}), None, nothing, None, Weights(), {}, Versions('r', 'p'))\n"
        "    store.record_decision(made); print(made.decision_id, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", writer, database_url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(200)]
        process.kill()
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
    again = open_store(database_url)
    assert len(acknowledged) >= 200
    assert all(again.decision(decision_id) is not None for decision_id in acknowledged)
    again.close()


def test_an_open_store_holds_no_connection(tmp_path: Path) -> None:
    """gunicorn forks after opening it: a SQLite connection must not cross a fork."""
    path = tmp_path / "x.sqlite"
    store = open_store(f"sqlite:///{path}")
    open_files = {os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _exists(fd)}
    assert not [name for name in open_files if name.startswith(str(path))]
    store.close()


def test_an_open_connection_does_not_cross_a_fork(tmp_path: Path, make_decision: Make) -> None:
    """The child would otherwise close it, and with it the locks and the log that others rely on."""
    path = tmp_path / "x.sqlite"
    store = open_store(f"sqlite:///{path}")
    store.record_decision(make_decision())  # now the parent has a connection
    pid = os.fork()
    if pid == 0:
        held = {os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _exists(fd)}
        os._exit(1 if any(name.startswith(str(path)) for name in held) else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert store.latest_decision("crm-1")
    store.close()


def _exists(fd: str) -> bool:
    return os.path.islink(f"/proc/self/fd/{fd}")


def test_an_unwritable_store_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match=r"writable.*ENRICH_DATABASE_URL"):
        open_store(f"sqlite:///{tmp_path}/file/x.sqlite")
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"this is no database " * 500)
    with pytest.raises(StoreError, match=r"not a database.*ENRICH_DATABASE_URL"):
        open_store(f"sqlite:///{damaged}")


def test_an_unreachable_server_says_what_to_do_without_the_password() -> None:
    with pytest.raises(StoreError, match="start the server") as error:
        open_store("postgresql://someone:hunter2@127.0.0.1:1/nothing")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://a/b", "sqlite://", "sqlite:///x?synchronous=OFF"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="ENRICH_DATABASE_URL"):
        open_store(url)


def test_a_store_that_fails_later_raises_and_recovers(tmp_path: Path, make_decision: Make) -> None:
    path = tmp_path / "x.sqlite"
    store = open_store(f"sqlite:///{path}")
    with sqlite3.connect(path) as other:
        other.execute("ALTER TABLE decisions RENAME TO elsewhere")
    with pytest.raises(StoreError):
        store.record_decision(make_decision())
    with pytest.raises(StoreError):
        store.latest_decision("crm-1")
    with sqlite3.connect(path) as other:
        other.execute("ALTER TABLE elsewhere RENAME TO decisions")
    other.close()
    store.record_decision(make_decision())
    assert store.latest_decision("crm-1")
    store.close()


def test_the_salt_is_kept_and_a_setting_overrules_it(database_url: str) -> None:
    first, again = open_store(database_url), open_store(database_url)
    assert first.salt == again.salt
    assert len(first.salt) == 64
    mine = open_store(database_url, salt="mine")
    assert mine.salt == "mine"
    for opened in (first, again, mine):
        opened.close()


@pytest.mark.postgres
def test_a_connection_that_the_server_dropped_is_replaced(postgres_server: str, make_decision: Make) -> None:
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE dropped")
        store = open_store(f"{postgres_server}/dropped")
        store.record_decision(make_decision("before"))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'dropped'")
        store.record_decision(make_decision("after"))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'dropped'")
        assert store.latest_decision("after")
        store.close()
        admin.execute("DROP DATABASE dropped WITH (FORCE)")
