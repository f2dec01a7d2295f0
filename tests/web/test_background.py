"""The process beside the workers: it works, comes back when it is killed, and ends with its master."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest

from service.flows.background import Background
from service.model import (
    AddressMatch,
    Decision,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Segment,
    Versions,
    Weights,
)
from service.store import open_store
from service.store.ids import new_id
from service.store.privacy import Retention
from service.web.background import Supervisor
from service.web.webhooks import Sender


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/store.sqlite"


@pytest.fixture
def store(url):
    opened = open_store(url)
    yield opened
    opened.close()


def decision(lead_id="l"):
    match = AddressMatch("DK", MatchLevel.NONE, MatchCategory.C, NextAction.FIX)
    nothing = Segment(None, None, None, True, (), (), None)
    return Decision(
        new_id("dec"), lead_id, "fallback", "x", datetime.now(UTC), "DK", "da", "app", match, Place("DK", {}),
        None, nothing, None, Weights(), {}, Versions("r", "p"),
    )  # fmt: skip


def wait_until(true, seconds=20.0):
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


def unfolded(store):
    return store.database.read_one("SELECT count(*) FROM decisions WHERE NOT folded", ())[0]


def holder(store):
    row = store.database.read_one("SELECT holder FROM leases WHERE name = 'background'", ())
    return None if row is None else int(row[0].rpartition("/")[2])


def test_one_of_two_holds_the_lease_and_works(store, monkeypatch):
    first = Background(store, Sender(), Retention())
    assert first.run_round() is False
    monkeypatch.setattr("service.store.leases._holder", lambda: "another/1")
    second = Background(store, Sender(), Retention())
    store.record_decision(decision())
    assert second.run_round() is False
    assert unfolded(store) == 1
    monkeypatch.undo()
    assert first.run_round() is True
    assert unfolded(store) == 0


def test_a_round_that_breaks_off_is_tried_again(store, caplog):
    background = Background(store, Sender(), Retention())
    store.record_decision(decision())
    with store.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE decision_facts RENAME TO elsewhere")
        connection.exec_driver_sql("ALTER TABLE lift_cells RENAME TO elsewhere_too")
    with store.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE messages RENAME TO elsewhere_three")
    stop = threading.Event()
    running = threading.Thread(target=background.run, args=(stop,))
    running.start()
    wait_until(lambda: "broke off" in caplog.text)
    with store.database.writing() as connection:
        for old, new in (
            ("elsewhere", "decision_facts"),
            ("elsewhere_too", "lift_cells"),
            ("elsewhere_three", "messages"),
        ):
            connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")
    wait_until(lambda: unfolded(store) == 0)
    stop.set()
    running.join(20)
    assert not running.is_alive()


def test_it_is_started_again_when_killed_and_stops_when_told(store, url, monkeypatch):
    monkeypatch.setenv("ENRICH_DATABASE_URL", url)
    supervisor = Supervisor()
    supervisor.start()
    try:
        wait_until(lambda: holder(store) is not None)
        killed = holder(store)
        os.kill(killed, signal.SIGKILL)
        store.record_decision(decision())
        wait_until(lambda: unfolded(store) == 0, 60)  # the dead one's lease lapses first
        assert holder(store) != killed
        last = holder(store)
    finally:
        supervisor.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


def test_it_ends_when_its_master_is_killed(store, url):
    """kill -9 leaves nobody to say goodbye: the end of standard input says it."""
    master = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time; from service.web.background import Supervisor\n"
            "supervisor = Supervisor(); supervisor.start(); time.sleep(99)",
        ],
        env={**os.environ, "ENRICH_DATABASE_URL": url},
    )
    try:
        wait_until(lambda: holder(store) is not None)
        child = holder(store)
        assert child not in (None, master.pid)
    finally:
        master.kill()
        master.wait()
    wait_until(lambda: not os.path.exists(f"/proc/{child}") or b"Z" in _state(child))


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0]
    except OSError:
        return b"Z"
