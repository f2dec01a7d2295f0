"""A PostgreSQL connection that waits no longer than the thread that uses it may.

A server that is stopped, or a network that swallows packets, answers nothing at all: no time limit of
the server's own helps then. So the client stops waiting, closes the connection and says so.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

from service.store.patience import left_s

LONGEST_S = 60.0  # also without a limit of one's own nobody waits for ever
_LOOK_S = 0.1


class PatientConnection(psycopg.Connection[Any]):
    """psycopg's, with the patience of the calling thread around every wait."""

    def wait(self, gen: Any, interval: float = _LOOK_S, timeout: float | None = None) -> Any:
        """Waits as psycopg does. Raises OperationalError, and closes, when patience ends."""
        patience = left_s(LONGEST_S) if timeout is None else min(timeout, left_s(LONGEST_S))
        ends = time.monotonic() + patience
        try:
            return super().wait(gen, interval, patience)
        except psycopg.OperationalError:
            if time.monotonic() >= ends:
                self.pgconn.finish()  # its state is unknown: it must not be used again
                raise psycopg.OperationalError("the server did not answer in time") from None
            raise

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Generator[Any, Any, Any]:
        # psycopg's own limit is two seconds at the least, which a signup form has not got. This generator
        # is resumed ten times a second while it waits; there is no public place to look at the clock.
        ends = time.monotonic() + left_s(LONGEST_S)
        waiting = super()._connect_gen(conninfo)
        wanted = next(waiting)
        while True:
            ready = yield wanted
            if time.monotonic() >= ends:
                waiting.close()
                raise psycopg.OperationalError("the server did not answer in time")
            try:
                wanted = waiting.send(ready)
            except StopIteration as done:
                return done.value
