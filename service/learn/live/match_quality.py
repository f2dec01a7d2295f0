"""The `match-quality` report: how well typed addresses were matched over time, and what fails most.

A pure function over counts; nothing of an address is in them. A failure is a match of category C. Shares
are of all requests of a period; `interval` is the 95 % Wilson score interval of the share of A and B
(E. B. Wilson, 1927), so that a quiet week does not look like a trend.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol, get_args

from service.errors import InvalidInputError
from service.learn.statistics import wilson_interval

LEVELS = ("unit", "house", "street", "postcode", "municipality", "none")
CATEGORIES = ("A", "B", "C")
Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = get_args(Period)


class MatchCount(Protocol):
    """How often one outcome happened on one day, which is text such as "2026-11-21". `pattern` is a shape
    without letters or digits, or "".
    """

    @property
    def day(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def pattern(self) -> str: ...
    @property
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class PeriodQuality:
    """One period: shares of all its requests by level and category, all levels and categories named."""

    start: date
    requests: int
    levels: Mapping[str, float]
    categories: Mapping[str, float]
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class FrequentFailure:
    """One reason and shape of category C; `share` is of all requests."""

    reason: str
    pattern: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class MatchQuality:
    """The report. `total` sums all periods; both are empty when nothing was counted."""

    period: Period
    total: PeriodQuality | None
    periods: tuple[PeriodQuality, ...]
    failures: tuple[FrequentFailure, ...]
    failures_not_shown: int


def match_quality(counts: Iterable[MatchCount], period: Period = "week", top: int = 20) -> MatchQuality:
    """The report of some counts, periods oldest first, the `top` failures by count.

    Raises InvalidInputError for a level or category that does not exist, a negative count or another period.
    """
    if period not in PERIODS:
        raise InvalidInputError(f"A period is day, week or month, not {period!r}.", "period")
    by_period: defaultdict[date, Counter[tuple[str, str]]] = defaultdict(Counter)
    failures: Counter[tuple[str, str]] = Counter()
    for row in counts:
        if row.level not in LEVELS or row.category not in CATEGORIES or row.count < 0:
            raise InvalidInputError(
                f"Not a match outcome: level {row.level!r}, category {row.category!r}, count {row.count}.",
                "counts",
            )
        by_period[_start(date.fromisoformat(row.day), period)][row.level, row.category] += row.count
        if row.category == "C":
            failures[row.reason or "unknown", row.pattern] += row.count
    everything: Counter[tuple[str, str]] = Counter()
    for outcomes in by_period.values():
        everything.update(outcomes)
    total = _quality(min(by_period), everything) if everything.total() else None
    ordered = sorted(((n, key) for key, n in failures.items() if n), key=lambda pair: (-pair[0], pair[1]))
    return MatchQuality(
        period=period,
        total=total,
        periods=tuple(
            _quality(start, by_period[start]) for start in sorted(by_period) if by_period[start].total()
        ),
        failures=tuple(
            FrequentFailure(reason, pattern, n, n / everything.total())
            for n, (reason, pattern) in ordered[:top]
        ),
        failures_not_shown=sum(n for n, _ in ordered[top:]),
    )


def quality_text(report: MatchQuality) -> str:
    """The report for a terminal."""
    if report.total is None:
        return "No address has been matched yet.\n"
    lines = [f"{'':<12}{'requests':>10}" + "".join(f"{name:>14}" for name in (*CATEGORIES, *LEVELS))]
    for name, row in [*((str(one.start), one) for one in report.periods), ("all", report.total)]:
        shares = [*(row.categories[c] for c in CATEGORIES), *(row.levels[level] for level in LEVELS)]
        lines.append(f"{name:<12}{row.requests:>10,}" + "".join(f"{share:>14.1%}" for share in shares))
    low, high = report.total.interval
    lines.append(f"Named one address (A or B): between {low:.1%} and {high:.1%} with 95 % confidence.")
    if report.failures:
        lines += ["", f"{'failures':>10}{'of all':>9}  reason and shape"]
        lines += [f"{f.count:>10,}{f.share:>9.2%}  {f.reason}: {f.pattern or '-'}" for f in report.failures]
    if report.failures_not_shown:
        lines.append(f"{report.failures_not_shown:>10,}           other failures")
    return "\n".join(lines) + "\n"


def quality_csv(report: MatchQuality) -> str:
    """The report as one flat table: section, period, key, pattern, requests, share, low, high."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("section", "period", "key", "pattern", "requests", "share", "low", "high"))
    for row in report.periods:
        start = row.start.isoformat()
        rows.writerow(("named", start, "A+B", "", row.requests, "", *(f"{x:.6f}" for x in row.interval)))
        for section, shares in (("category", row.categories), ("level", row.levels)):
            for key, share in shares.items():
                rows.writerow((section, start, key, "", row.requests, f"{share:.6f}", "", ""))
    for failure in report.failures:
        rows.writerow(
            ("failure", "", failure.reason, failure.pattern, failure.count, f"{failure.share:.6f}", "", "")
        )
    return out.getvalue()


def _start(day: date, period: Period) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _quality(start: date, outcomes: Counter[tuple[str, str]]) -> PeriodQuality:
    requests = outcomes.total()
    levels: Counter[str] = Counter()
    categories: Counter[str] = Counter()
    for (level, category), count in outcomes.items():
        levels[level] += count
        categories[category] += count
    return PeriodQuality(
        start=start,
        requests=requests,
        levels={level: levels[level] / requests for level in LEVELS},
        categories={category: categories[category] / requests for category in CATEGORIES},
        interval=wilson_interval(categories["A"] + categories["B"], requests),
    )
