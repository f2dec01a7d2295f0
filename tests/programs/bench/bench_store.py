"""The store: what a request pays for its decision, its key and its allowance, and lift over ten million."""

from __future__ import annotations

import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import psycopg
from sqlalchemy import insert

from service.model import (
    AddressMatch,
    Decision,
    Evidence,
    Figure,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Profile,
    Segment,
    SegmentShare,
    Treatment,
    Versions,
    Weights,
)
from service.store import Store, open_store
from service.store.ids import new_id
from service.store.tables import lift_cells
from service.web.limits import Limits
from tests.postgres_server import find_binaries, throwaway_postgres
from tests.programs.bench.measure import Row, quantiles, report, time_calls

DECISIONS = 10_000_000
DAYS = 365
FIGURES = {
    f"variable_{i}": Figure(0.1 * i, "share of dwellings", 25, "polling_area", "2020-01-01", "dst", 5120)
    for i in range(40)
}


def main() -> int:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        with opened(f"sqlite:///{folder}/a.sqlite") as store:
            rows += request_path(store, "SQLite", 100.0)
            rows += folding(store)
        with opened(f"sqlite:///{folder}/b.sqlite") as store:
            rows += lift(store)
        binaries = find_binaries()
        if binaries is None:
            print("PostgreSQL: no server binary on this machine, so not measured.")
        else:
            with throwaway_postgres(binaries, fsync=True) as server:
                with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
                    admin.execute("CREATE DATABASE bench")
                with opened(f"{server}/bench") as store:
                    rows += request_path(store, "PostgreSQL", None)
    return report(rows)


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = open_store(url, demo_keys=True)
    yield store
    store.close()


def request_path(store: Store, name: str, target_us: float | None) -> list[Row]:
    made = iter([decision(i) for i in range(4000)])
    p50, p99 = quantiles(time_calls(lambda i: store.record_decision(next(made)), 3500))
    read, read_p99 = quantiles(time_calls(lambda i: store.latest_decision(f"crm-{i % 3000}"), 3000))
    objected, _ = quantiles(time_calls(lambda i: store.guards.objected(f"crm-{i}"), 3000))
    rows = [
        Row(f"{name}: a decision recorded, p50", p50 * 1e6, "µs", target_us),
        Row(f"{name}: a decision recorded, p99", p99 * 1e6, "µs"),
        Row(f"{name}: the latest decision of a lead, p50", read * 1e6, "µs"),
        Row(f"{name}: the latest decision of a lead, p99", read_p99 * 1e6, "µs"),
        Row(f"{name}: has the lead objected, p50", objected * 1e6, "µs"),
    ]
    if store.database.is_sqlite:
        token, key = store.keys.create("bench", "secret")
        limits = Limits()
        found, _ = quantiles(time_calls(lambda i: store.keys.authenticate(token), 20_000))
        charged, _ = quantiles(time_calls(lambda i: limits.charge(key.key_id, 10_000_000), 20_000))
        rows += [
            Row("a key looked up, p50", found * 1e6, "µs", 5.0),
            Row("an allowance charged, shared by all workers, p50", charged * 1e6, "µs"),
        ]
    return rows


def folding(store: Store) -> list[Row]:
    store.record_decisions([decision(i) for i in range(4000)])
    start = time.perf_counter()
    folded = store.facts.fold()
    return [
        Row("decisions folded per second, in the background", folded / (time.perf_counter() - start), "/s")
    ]


def lift(store: Store) -> list[Row]:
    """The sums that ten million decisions of a year leave behind, and the questions asked of them."""
    count = fill_cells(store)
    questions = {
        "slot × treatment": ("slot", "treatment", "arm"),
        "slot × treatment × segment × channel": ("slot", "treatment", "arm", "segment", "channel"),
        "slot × treatment × day": ("slot", "treatment", "arm", "day"),
    }
    rows = [Row(f"rows of sums behind {DECISIONS:,} decisions", count, "")]
    for words, by in questions.items():
        start = time.perf_counter()
        cells = store.facts.lift(by, "bought")
        seconds = time.perf_counter() - start
        assert sum(cell.decisions for cell in cells if cell.group["slot"] == "offer") == DECISIONS
        rows.append(Row(f"lift by {words} ({len(cells):,} groups)", seconds, "s", 2.0))
    return rows


def fill_cells(store: Store) -> int:
    """Five slots, twelve segments with two treatments each, six channels, two arms, four kinds of outcome."""
    rng = random.Random(1)
    cells = list(itertools.product(range(DAYS), range(12), range(2), ("treated", "holdout"), range(6)))
    per_cell, rest = divmod(DECISIONS, len(cells))
    count = 0
    for slot in ("greeting", "offer", "first_email", "agent", "channel"):
        rows = []
        for number, (day, segment, treatment, arm, channel) in enumerate(cells):
            n = per_cell + (number < rest)
            key = {
                "slot": slot,
                "treatment": f"{slot}-{segment}-{treatment}",
                "arm": arm,
                "segment": f"S{segment}",
                "channel": f"channel-{channel}",
                "country": "DK",
                "day": (date(2026, 1, 1) + timedelta(days=day)).isoformat(),
            }
            rows.append(
                {**key, "outcome": "", "n": n, "value": 0.0, "value_squared": 0.0, "propensity": n * 0.95}
            )
            for outcome in ("opened", "clicked", "bought", "complained"):
                had = rng.randrange(n // 4)
                if had:
                    sums = {
                        "n": had,
                        "value": had * 9.0,
                        "value_squared": had * 81.0,
                        "propensity": had * 0.95,
                    }
                    rows.append({**key, "outcome": outcome, **sums})
        with store.database.writing() as connection:
            connection.execute(insert(lift_cells), rows)
        count += len(rows)
    return count


def decision(number: int) -> Decision:
    """As large as a real one: forty figures, twelve segments, four slots."""
    return Decision(
        decision_id=new_id("dec"),
        lead_id=f"crm-{number % 3000}",
        status="ok",
        reason=None,
        made_at=datetime.now(UTC),
        country="DK",
        language="da",
        channel="web_form",
        address=AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT, source="dk 2026-10"),
        place=Place("DK", {"polling_area": "101016", "postcode": "2200", "municipality": "0101"}),
        profile=Profile("DK", "polling_area", "101016", 5120.0, 2, FIGURES),
        segment=Segment(
            "A1", "Unge i byen", 0.71, False,
            tuple(SegmentShare(f"A{i}", 0.08) for i in range(12)),
            tuple(Evidence(f"fact {i}", "flat", 0.9, "polling_area", "2020-01-01", 25) for i in range(6)),
            "polling_area",
        ),
        sub_segment=None,
        weights=Weights(),
        treatments={
            slot: Treatment(slot, f"{slot}-1", "treated", 0.95, {"headline": "Velkommen", "text": "x" * 250})
            for slot in ("greeting", "offer", "first_email", "agent")
        },
        versions=Versions("2026-11-20.1", "sha256:" + "a" * 64),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
