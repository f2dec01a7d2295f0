"""Products, what is bought together and silence, counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from scipy.stats import chi2_contingency

from service.learn.models.baskets import (
    LEAST_BUYERS,
    SilentLead,
    bought_together,
    product_by_segment,
    products_of,
    silent_leads,
)
from service.learn.statistics import wilson_interval


def test_a_share_is_of_the_segments_customers_and_its_index_of_all() -> None:
    """Forty customers in A1 and sixty in B1; bicycles: 20 and 10, and one buyer whom nobody knows."""
    segment_of = {f"l{n}": "A1" if n < 40 else "B1" for n in range(100)}
    bought = {f"l{n}": ["cykel", "cykel"] for n in [*range(20), *range(40, 50)]} | {"x": ["cykel"]}
    bought |= {f"l{n}": ["bog"] for n in range(90, 90 + LEAST_BUYERS - 1)}
    first, second = product_by_segment(bought, segment_of)
    assert (first.product, first.segment, first.buyers, first.customers) == ("cykel", "A1", 20, 40)
    assert (first.share, first.index) == (0.5, 167)
    assert (first.low, first.high) == wilson_interval(20, 40)
    assert (second.segment, second.buyers, second.share, second.index) == ("B1", 10, pytest.approx(1 / 6), 56)


def pairs(both: int, a: int, b: int, total: int) -> dict[str, set[str]]:
    """`both` customers with a and b, and so many with a, with b and in all."""
    own = [{"a", "b"}] * both + [{"a"}] * (a - both) + [{"b"}] * (b - both)
    own += [set()] * (total - len(own))
    return {str(n): products for n, products in enumerate(own)}


@pytest.mark.parametrize(("both", "stands"), [(30, True), (17, False)])
def test_a_pair_stands_by_the_g_test(both: int, stands: bool) -> None:
    """Of 200 customers 50 have a and 60 have b: 15 with both by chance."""
    (found,) = bought_together(pairs(both, 50, 60, 200))
    assert (found.first, found.second, found.customers, found.expected) == ("a", "b", both, 15.0)
    assert found.lift == both / 15
    table = [[both, 50 - both], [60 - both, 200 - 110 + both]]
    p = chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
    assert (p <= 0.05) == stands == found.stands


def test_too_few_with_both_are_not_named() -> None:
    assert bought_together(pairs(LEAST_BUYERS - 1, 50, 60, 200)) == []
    assert len(bought_together(pairs(LEAST_BUYERS, 50, 60, 200))) == 1
    assert bought_together(pairs(12, 12, 12, 12))[0].lift == 1.0  # everybody has both: no surprise


def test_what_stands_comes_first_and_then_the_most_surprising() -> None:
    rows = pairs(30, 50, 60, 400) | {f"c{n}": {"c", "d"} for n in range(20)}
    rows |= {f"e{n}": {"a", "e"} for n in range(12)} | {f"f{n}": {"e"} for n in range(60)}
    found = bought_together(rows)
    assert [(t.first, t.second) for t in found] == [("c", "d"), ("a", "b"), ("a", "e")]
    assert [t.stands for t in found] == [True, True, False]


def test_a_lead_is_silent_from_the_day_on() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    heard = {f"l{days}": now - timedelta(days=days) for days in (89, 90, 91)} | {
        "x": now - timedelta(days=99)
    }
    found = silent_leads(heard, {"l90": "B1", "l91": "B1"}, {"B1": "win-back"}, now)
    assert list(found) == ["", "B1"]
    assert found["B1"] == [SilentLead("l91", "B1", 91, "win-back"), SilentLead("l90", "B1", 90, "win-back")]
    assert found[""] == [SilentLead("x", "", 99, "reactivate")]
    both = silent_leads({"b": heard["x"], "a": heard["x"]}, {}, {"": "remind"}, now, 99)
    assert [lead.lead_id for lead in both[""]] == ["a", "b"]
    assert both[""][0].flow == "remind"


def test_rows_become_products_of_each_lead() -> None:
    assert products_of([("a", "x"), ("b", "x"), ("a", "y"), ("a", "x")]) == {"a": {"x", "y"}, "b": {"x"}}
