"""Times in the store are whole milliseconds since 1970 UTC, alike in every database."""

from __future__ import annotations

import time
from datetime import UTC, datetime

DAY_MS = 86_400_000


def now_ms() -> int:
    """The present moment."""
    return time.time_ns() // 1_000_000


def to_ms(moment: datetime) -> int:
    """Milliseconds of a timezone-aware moment."""
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The moment of `ms`, in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def to_day(ms: int) -> str:
    """The UTC day of `ms`, such as `2026-11-21`; as text it sorts and reads alike everywhere."""
    return from_ms(ms).date().isoformat()
