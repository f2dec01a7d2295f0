"""A store that is locked, stopped or full: nobody waits longer than they said, and nothing is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.errors import StoreError
from service.model import Decision
from service.store import Store, open_store
from service.store.patience import at_most, is_limited, left_s
from service.store.spool import Spool, Waiting, read_waiting

Make = Callable[..., Decision]


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Another program holds the SQLite file."""
    other = sqlite3.connect(str(store.database.url.database), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def stopped(store: Store) -> Iterator[None]:
    """The PostgreSQL server is stopped: it neither answers nor hangs up."""
    with store.database.reading() as connection:
        backends = connection.exec_driver_sql("SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL").all()
        master = connection.exec_driver_sql("SELECT pg_postmaster_start_time()").scalar()
    assert master
    children = [int(row[0]) for row in backends]
    parent = int(Path(f"/proc/{children[0]}/stat").read_text().rsplit(")", 1)[1].split()[1])
    everyone = [parent, *children]
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in everyone:
            os.kill(pid, signal.SIGCONT)


def in_trouble(store: Store):
    return locked(store) if store.database.is_sqlite else stopped(store)


def again_and_again(act: Callable[[], object]) -> None:
    for _ in range(2000):
        act()


def seconds_until_refused(store: Store, decision: Decision, patience: float) -> float:
    began = time.monotonic()
    with pytest.raises(StoreError), at_most(patience):
        store.record_decision(decision)
    return time.monotonic() - began


def wait_until_it_answers(store: Store) -> None:
    ends = time.monotonic() + 10
    while store.database.health.is_away:
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_a_limit_holds_for_all_waits_within_and_an_outer_one_that_ends_sooner() -> None:
    assert not is_limited()
    assert left_s(7.0) == 7.0
    with at_most(1.0):
        assert 0.9 < left_s(7.0) <= 1.0
        assert left_s(0.2) == 0.2
        with at_most(60.0):
            assert left_s(7.0) <= 1.0
        with at_most(0.0):
            assert left_s(7.0) == 0.0
        assert left_s(7.0) > 0.9
    assert not is_limited()


def test_whoever_is_in_a_hurry_is_told_in_time_the_next_at_once(make_decision: Make, store: Store) -> None:
    store.record_decision(make_decision("l"))
    with in_trouble(store):
        assert 0.15 < seconds_until_refused(store, make_decision("l"), 0.2) < 0.45
        assert store.database.health.is_away
        assert seconds_until_refused(store, make_decision("l"), 0.2) < 0.1
        with pytest.raises(StoreError, match="did not answer in time a moment ago"), at_most(5.0):
            store.latest_decision("l")
    wait_until_it_answers(store)
    store.record_decision(make_decision("l"))


def test_a_new_connection_to_a_server_that_is_stopped_is_given_up_in_time(store: Store) -> None:
    store.latest_decision("l")
    with in_trouble(store):
        store.database.close()
        if not store.database.is_sqlite:
            began = time.monotonic()
            with pytest.raises(StoreError), at_most(0.3):
                store.latest_decision("l")
            assert time.monotonic() - began < 0.6
    wait_until_it_answers(store)


def test_a_decision_that_was_written_behind_is_in_the_log_once_however_often_it_is_drained(
    make_decision: Make, store: Store, tmp_path: Path
) -> None:
    decision = make_decision("behind")
    with in_trouble(store):
        store.record_behind(decision)
    assert store.spool.waiting_bytes() > 0
    wait_until_it_answers(store)
    kept = next(store.spool.folder.glob("*")).read_bytes()
    assert store.decisions.drain() == 1
    assert store.spool.waiting_bytes() == 0
    (store.spool.folder / "decisions.waiting.99").write_bytes(kept)
    assert store.decisions.drain() == 1
    assert store.decisions.drain() == 0
    stored = store.latest_decision("behind")
    assert stored is not None
    assert stored.decision_id == decision.decision_id
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM decisions").scalar() == 1


def test_many_writers_and_a_drain_at_once_lose_nothing(make_decision: Make, store: Store) -> None:
    made = [make_decision(f"l-{number}") for number in range(200)]
    drained: list[int] = []

    def write(part: int) -> None:
        for decision in made[part::4]:
            store.record_behind(decision)

    writers = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        drained.append(store.decisions.drain())
    drained.append(store.decisions.drain())
    assert sum(drained) == len(made)
    assert set(store.decisions_of([d.decision_id for d in made])) == {d.decision_id for d in made}


def test_a_line_that_a_killed_process_left_half_written_is_passed_over(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    for number in range(3):
        spool.add(Waiting(f"dec_{number}", "l", number, b'{"a":1}', ((b"\x01\x02", "gift"),)))
    path = spool.claim()
    assert path is not None
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert [w.decision_id for w in read_waiting(path)] == ["dec_0", "dec_1"]
    assert read_waiting(path)[0].households == ((b"\x01\x02", "gift"),)
    assert path.stat().st_mode & 0o077 == 0


def test_what_waits_is_bounded_and_says_so(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", most_bytes=300)
    spool.add(Waiting("dec_1", "l", 1, b"{}"))
    with pytest.raises(StoreError, match="is full"):
        again_and_again(lambda: spool.add(Waiting("dec_2", "l", 1, b"{}")))
    assert spool.waiting_bytes() <= 300


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_not_ready_and_a_half_line_is_taken_back(make_decision: Make, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine mounts nothing")
    try:
        store = open_store(f"sqlite:///{small}/store.sqlite")
        store.check_writable()
        with (small / "filler").open("ab", buffering=0) as filler, pytest.raises(OSError, match="No space"):
            again_and_again(lambda: filler.write(b"x" * 4096))
        with pytest.raises(StoreError):
            again_and_again(store.check_writable)
        with pytest.raises(StoreError):
            again_and_again(lambda: store.record_behind(make_decision("l")))
        store.close()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(store: Store) -> None:
    with store.database.writing() as connection:
        hour = store.database.now_ms() + 3_600_000
        connection.exec_driver_sql(
            f"INSERT INTO leases (name, holder, until_ms) VALUES ('background', 'elsewhere/1', {hour})"
        )
    assert store.leases.take("background", 10.0)


def test_a_lease_that_another_process_really_holds_is_left_to_it(store: Store) -> None:
    with store.database.writing() as connection:
        soon = store.database.now_ms() + 5_000
        connection.exec_driver_sql(
            f"INSERT INTO leases (name, holder, until_ms) VALUES ('background', 'elsewhere/1', {soon})"
        )
    assert not store.leases.take("background", 10.0)
