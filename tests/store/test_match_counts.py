"""How addresses were matched, counted from the log: whole, bounded, and without a letter of any address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import orjson
from sqlalchemy import func, select, update

from service.model import AddressMatch, Decision, MatchCategory, MatchLevel, NextAction
from service.store import Store
from service.store.match_counts import MOST_PATTERNS, OTHER
from service.store.tables import decisions, match_cells

Make = Callable[..., Decision]
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
DAY = "2026-11-18"
SHAPES = ["".join(f"{sign} " for sign in signs).strip() for signs in product("WLNPDF", repeat=4)]


def failed(pattern: str | None, reason: str = "unknown_street", country: str = "DK") -> AddressMatch:
    return AddressMatch(
        country, MatchLevel.POSTCODE, MatchCategory.C, NextAction.FIX, reason=reason, pattern=pattern
    )


def log(store: Store, make: Make, matches: list[AddressMatch], at: datetime = NOON) -> None:
    store.record_decisions([make(f"lead-{n}", made_at=at, address=m) for n, m in enumerate(matches)])


def test_every_decision_is_counted_once_by_day_and_outcome(store: Store, make_decision: Make) -> None:
    exact = AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT, pattern=None)
    log(store, make_decision, [exact] * 30 + [failed("W N, P W")] * 4 + [failed("", "nothing_recognised")])
    log(store, make_decision, [exact, failed("P", country="FI")], NOON + timedelta(days=1))
    counted = [
        (c.day, c.country, c.level, c.category, c.reason, c.pattern, c.count)
        for c in store.facts.match_counts()
    ]
    assert counted == [
        (DAY, "DK", "house", "A", "", "", 30),
        (DAY, "DK", "postcode", "C", "nothing_recognised", "", 1),
        (DAY, "DK", "postcode", "C", "unknown_street", "W N, P W", 4),
        ("2026-11-19", "DK", "house", "A", "", "", 1),
        ("2026-11-19", "DK", "postcode", "C", "unknown_street", "P", 1),
    ]
    assert [c.day for c in store.facts.match_counts("2026-11-19", "2026-11-19")] == ["2026-11-19"] * 2
    assert store.facts.match_counts(country="SE") == []
    store.facts.fold()
    assert sum(c.count for c in store.facts.match_counts()) == 37


def test_countries_are_told_apart(store: Store, make_decision: Make) -> None:
    store.record_decisions([make_decision(f"l{cc}", country=cc, made_at=NOON) for cc in ("DK", "FI", "FI")])
    assert [(c.country, c.count) for c in store.facts.match_counts()] == [("DK", 1), ("FI", 2)]
    assert [c.count for c in store.facts.match_counts(country="FI")] == [2]


def test_what_was_never_looked_up_is_no_failure(store: Store, make_decision: Make) -> None:
    log(store, make_decision, [failed(None), failed("W")])
    assert [(c.pattern, c.count) for c in store.facts.match_counts()] == [("W", 1)]


def test_decisions_of_an_older_version_are_read_and_not_counted(store: Store, make_decision: Make) -> None:
    made = make_decision(made_at=NOON)
    store.record_decision(made)
    with store.database.writing() as connection:
        body = orjson.loads(bytes(connection.execute(select(decisions.c.body)).scalar_one()))
        body["match"] = body["match"][:5]
        connection.execute(update(decisions).values(body=orjson.dumps(body)))
    kept = store.decision(made.decision_id)
    assert kept is not None
    assert (kept.address.reason, kept.address.pattern) == ("corrected", None)
    assert store.facts.match_counts() == []


def test_a_shape_comes_back_and_a_text_in_its_place_does_not(store: Store, make_decision: Make) -> None:
    def stored(pattern: str) -> str | None:
        made = make_decision(address=failed(pattern))
        store.record_decision(made)
        kept = store.decision(made.decision_id)
        assert kept is not None
        return kept.address.pattern

    assert stored("W N, F, P W …") == "W N, F, P W …"
    assert stored("W 52C") is None
    assert stored("Hemmelighedsgade") is None
    assert stored("W" * 500) == "W" * 80


def test_nobody_can_fill_the_table(store: Store, make_decision: Make) -> None:
    """Hundreds of odd shapes in a day: the frequent one stays, the rest is merged, and none is lost."""
    odd = SHAPES[: 3 * MOST_PATTERNS]
    matches = [failed(shape, "unknown_street" if n % 3 else "ambiguous") for n, shape in enumerate(odd)]
    for at in range(0, len(matches), 10):
        matches[at : at + 1] = [failed("W N, P W"), matches[at]]
    log(store, make_decision, matches)
    counted = Counter[str]()
    for cell in store.facts.match_counts():
        counted[cell.pattern] += cell.count
    assert counted.total() == len(matches)
    assert counted["W N, P W"] == len(matches) - len(odd)
    assert counted[OTHER] > 0
    assert len(counted) <= 2 * MOST_PATTERNS + 1
    with store.database.reading() as connection:
        reasons = select(match_cells.c.reason, func.sum(match_cells.c.n)).group_by(match_cells.c.reason)
        by_reason = {reason: int(n) for reason, n in connection.execute(reasons)}
    assert by_reason["ambiguous"] == sum(m.reason == "ambiguous" for m in matches)
