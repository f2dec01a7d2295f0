"""A circuit breaker: after some failures in a row a service is left alone for a while.

Closed: calls go out. Open: none does. Half open, when the pause is over: one call may try; its outcome
closes or opens the circuit again. (The pattern as M. Nygard, "Release It!", describes it.)

Own code, because the libraries do not bear our threads. Eight calls at once of a service that takes 100 ms:
pybreaker 1.4.1 holds its lock while it calls, so they take 0.8 s, which is past every deadline here; its
`calling()` does not, but then eight calls instead of one try the service after its rest, and so do eight
with circuitbreaker 2.1.3. Here they take 0.1 s, and one tries.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Thread-safe. `failures` in a row open the circuit for `pause_s` seconds."""

    def __init__(
        self, failures: int = 5, pause_s: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._pause_s, self._clock = failures, pause_s, clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._opened_at: float | None = None
        self._trying = False

    def allows_call(self) -> bool:
        """Whether a call may go out now; after each True one of the two `record_` methods must follow."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._trying or self._clock() - self._opened_at < self._pause_s:
                return False
            self._trying = True
            return True

    def record_success(self) -> None:
        """The service answered, whatever it answered."""
        with self._lock:
            self._in_a_row, self._opened_at, self._trying = 0, None, False

    def record_failure(self) -> None:
        """The service did not answer, or not usably."""
        with self._lock:
            self._in_a_row += 1
            if self._trying or self._in_a_row >= self._limit:
                self._opened_at = self._clock()
            self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether calls are being held back (also while one is trying)."""
        with self._lock:
            return self._opened_at is not None
