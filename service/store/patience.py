"""How long this thread may wait for the store.

A signup form waits for a stated time and no longer. Whoever answers it says so once, around the whole
answer; every wait below (for a lock, a connection, a server that says nothing) looks here how long it
may still take.
"""

from __future__ import annotations

import threading
import time


class _Here(threading.local):
    ends: float | None = None  # on the monotonic clock


_here = _Here()


class at_most:  # noqa: N801 - read as a phrase: with at_most(0.3)
    """Within, this thread waits for the store `seconds` in all; an outer limit that ends sooner holds.

    A class, because a generator costs twice as much and every request enters at least one.
    """

    __slots__ = ("_outer", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._outer: float | None = None

    def __enter__(self) -> None:
        self._outer = outer = _here.ends
        ends = time.monotonic() + self._seconds
        _here.ends = ends if outer is None else min(outer, ends)

    def __exit__(self, *_: object) -> None:
        _here.ends = self._outer


def left_s(otherwise: float) -> float:
    """Seconds that may still be waited, never below zero; `otherwise` where nobody has set a limit."""
    return otherwise if _here.ends is None else max(0.0, min(otherwise, _here.ends - time.monotonic()))


def is_limited() -> bool:
    """Whether this thread has a limit."""
    return _here.ends is not None
