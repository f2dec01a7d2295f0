"""How addresses matched, from the decisions of the log."""

from __future__ import annotations

from dataclasses import replace

from service.flows.match_quality import measure_match_quality
from service.model import MatchCategory
from service.store.store import Store
from tests.logged import MADE, logged


def test_days_country_and_failures_are_chosen(store: Store) -> None:
    good = logged(0)
    failed = replace(good.address, category=MatchCategory.C, reason="unknown_street", pattern="W N, P")
    store.record_decisions(
        [
            *(logged(n) for n in range(3)),
            *(logged(n, address=failed) for n in range(3, 5)),
            logged(5, country="FI", address=replace(failed, country="FI", reason="nothing_recognised")),
        ]
    )
    report = measure_match_quality(store, "day")
    assert report.total is not None
    assert report.total.requests == 6
    assert [(f.reason, f.count) for f in report.failures] == [
        ("unknown_street", 2),
        ("nothing_recognised", 1),
    ]
    finnish = measure_match_quality(store, country="fi")
    assert finnish.total is not None
    assert finnish.total.requests == 1
    few = measure_match_quality(store, top=1)
    assert (len(few.failures), few.failures_not_shown) == (1, 1)
    today = MADE.date().isoformat()
    of_today = measure_match_quality(store, "day", first_day=today, last_day=today)
    assert of_today.total == report.total
    assert measure_match_quality(store, last_day="2000-01-01").total is None
