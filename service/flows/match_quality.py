"""How well typed addresses were matched over time, and what fails most: from sums without any address."""

from __future__ import annotations

from service.learn.live.match_quality import MatchQuality, Period, match_quality
from service.store.store import Store


def measure_match_quality(
    store: Store,
    period: Period = "week",
    top: int = 20,
    first_day: str = "",
    last_day: str = "9999",
    country: str | None = None,
) -> MatchQuality:
    """The report over decisions of these days (both included, such as 2026-11-21), all countries if None.

    `top` failures are named. Raises StoreError.
    """
    cells = store.facts.match_counts(first_day, last_day, country and country.upper())
    return match_quality(cells, period, top)
