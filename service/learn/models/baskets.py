"""Products by segment, products bought together, leads that have gone silent. Pure functions over rows."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from service.learn.statistics import false_discoveries, wilson_interval

LEAST_BUYERS = 10  # a share of fewer people is neither shown nor safe to show


@dataclass(frozen=True, slots=True)
class ProductShare:
    """Share of a segment's customers who bought a product, with Wilson's 95 % interval, and its index
    (100 = as all customers).
    """

    product: str
    segment: str
    buyers: int
    customers: int
    share: float
    low: float
    high: float
    index: int


def product_by_segment(
    bought: Mapping[str, Iterable[str]], segment_of: Mapping[str, str]
) -> list[ProductShare]:
    """`bought`: lead -> products; `segment_of`: lead -> base segment, for all customers, buyers or not."""
    customers = Counter(segment_of.values())
    pairs: Counter[tuple[str, str]] = Counter()
    for lead, products in bought.items():
        if lead in segment_of:
            pairs.update((product, segment_of[lead]) for product in set(products))
    overall: Counter[str] = Counter()
    for (product, _), count in pairs.items():
        overall[product] += count
    everybody = sum(customers.values())
    out = []
    for (product, segment), buyers in sorted(pairs.items()):
        if buyers < LEAST_BUYERS:
            continue
        low, high = wilson_interval(buyers, customers[segment])
        share = buyers / customers[segment]
        index = round(100 * share / (overall[product] / everybody))
        out.append(ProductShare(product, segment, buyers, customers[segment], share, low, high, index))
    return out


@dataclass(frozen=True, slots=True)
class Together:
    """Two products in the same hands more often than by chance. `lift` 1 is chance; `stands` after
    Benjamini-Hochberg over all pairs.
    """

    first: str
    second: str
    customers: int
    expected: float
    lift: float
    stands: bool


def bought_together(bought: Mapping[str, Iterable[str]]) -> list[Together]:
    """Pairs held by at least LEAST_BUYERS customers, most surprising first (G-test of independence)."""
    single: Counter[str] = Counter()
    both: Counter[tuple[str, str]] = Counter()
    for products in bought.values():
        own = sorted(set(products))
        single.update(own)
        both.update(combinations(own, 2))
    total = len(bought)
    found, p_values = [], []
    for (a, b), count in sorted(both.items()):
        if count < LEAST_BUYERS:
            continue
        expected = single[a] * single[b] / total
        found.append((a, b, count, expected))
        p_values.append(_independence_p(count, single[a], single[b], total))
    stands = false_discoveries(p_values)
    pairs = [
        Together(a, b, count, expected, count / expected, stand)
        for (a, b, count, expected), stand in zip(found, stands, strict=True)
    ]
    return sorted(pairs, key=lambda t: (not t.stands, -t.lift))


def _independence_p(both: int, a: int, b: int, total: int) -> float:
    """p-value of the G-test on the 2 × 2 table (one degree of freedom)."""
    cells = ((both, a, b), (a - both, a, total - b), (b - both, total - a, b),
             (total - a - b + both, total - a, total - b))  # fmt: skip
    g = 2 * sum(seen * math.log(seen * total / (row * column)) for seen, row, column in cells if seen > 0)
    return math.erfc(math.sqrt(max(g, 0.0) / 2))


@dataclass(frozen=True, slots=True)
class SilentLead:
    """A lead from whom nothing has come for `days`, and the activation flow it should get."""

    lead_id: str
    segment: str
    days: int
    flow: str


def silent_leads(
    last_heard: Mapping[str, datetime],
    segment_of: Mapping[str, str],
    flows: Mapping[str, str],
    now: datetime,
    after_days: int = 90,
) -> dict[str, list[SilentLead]]:
    """Silent leads by base segment, longest first. `flows`: segment -> flow, "" for all others."""
    out: dict[str, list[SilentLead]] = defaultdict(list)
    for lead, heard in last_heard.items():
        days = (now - heard).days
        if days >= after_days:
            segment = segment_of.get(lead, "")
            out[segment].append(
                SilentLead(lead, segment, days, flows.get(segment, flows.get("", "reactivate")))
            )
    return {
        segment: sorted(leads, key=lambda s: (-s.days, s.lead_id)) for segment, leads in sorted(out.items())
    }


def products_of(rows: Sequence[tuple[str, str]]) -> dict[str, set[str]]:
    """lead -> products, from (lead, product) rows."""
    out: dict[str, set[str]] = defaultdict(set)
    for lead, product in rows:
        out[lead].add(product)
    return dict(out)
