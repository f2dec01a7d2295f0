"""Whether the store answers. One caller finds out that it does not; the others need not wait for that.

When a wait was given up, the store counts as away: those with a limited patience are then told at once.
A thread of its own tries again until a real write succeeds, because no request should be the one to try.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from service.errors import StoreError
from service.store.patience import at_most

log = logging.getLogger(__name__)

_PROBE_EVERY_S = 0.25
_PROBE_PATIENCE_S = 2.0


class Health:
    """The state of one database as this process sees it. `write` makes a real write; it raises StoreError."""

    def __init__(self, write: Callable[[], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._away = False
        self._pid = os.getpid()
        self._trying = threading.local()

    @property
    def is_trying(self) -> bool:
        """Whether this thread is the one that tries whether the store answers again."""
        return getattr(self._trying, "here", False)

    @property
    def is_away(self) -> bool:
        """Whether waiting for the store was given up and no write has succeeded since."""
        return self._away and self._pid == os.getpid()  # the thread that tries does not cross a fork

    def gave_up(self) -> None:
        """A wait was given up: until a write succeeds the store is away."""
        with self._lock:
            if self.is_away:
                return
            self._away, self._pid = True, os.getpid()
        log.warning("the store does not answer in time; answers go on without it")
        threading.Thread(target=self._try_until_it_answers, name="doorstep-store", daemon=True).start()

    def _try_until_it_answers(self) -> None:
        began, self._trying.here = time.monotonic(), True
        while True:
            time.sleep(_PROBE_EVERY_S)
            try:
                with at_most(_PROBE_PATIENCE_S):
                    self._write()
            except StoreError:
                continue
            self._away = False
            log.warning("the store answers again", extra={"away_s": round(time.monotonic() - began, 1)})
            return
