"""One writer of a SQLite file at a time, among all threads and processes of the service.

SQLite has one writer at a time too, but makes the others sleep for up to 100 ms before they look again.
Ours wait here instead: threads at a lock, processes at a file lock that they look at often.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from service.store.patience import left_s

BUSY_MS = 10_000  # how long a writer waits for another one; a transaction here takes well under 10 ms
_LOOK_S = 0.0003  # how often a waiting process looks whether another one has finished writing
_BUSY_LOOK_S = 0.002  # how often a single statement looks whether another program has let go
_LOCKED = "another writer has kept it locked for too long"


class Gate:
    """The gate of one file. `threads` is its inner half."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1
        self.threads = threading.Lock()

    def open(self) -> None:
        """Opens the file lock. Raises OSError."""
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        """Closes the file lock; the next use of the database opens it again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def renew(self) -> None:
        """After a fork: a lock that is shared with the parent keeps nobody out."""
        self.threads = threading.Lock()
        self.close()

    @contextmanager
    def pass_through(self, patience_s: float) -> Iterator[None]:
        """Lets one writer through; a process that dies opens the gate again.

        Raises TimeoutError (an OSError) when the gate did not open within `patience_s`.
        """
        ends = time.monotonic() + patience_s
        if not self.threads.acquire(timeout=patience_s):
            raise TimeoutError(_LOCKED)
        try:
            while True:
                try:
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > ends:
                        raise TimeoutError(_LOCKED) from None
                    time.sleep(_LOOK_S)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self.threads.release()


def execute_patiently(
    connection: sqlite3.Connection, statement: str, parameters: Sequence[object]
) -> sqlite3.Cursor:
    """One statement, tried again while another program keeps the file locked, as long as this thread may.

    SQLite's own waiting is set per connection and blind to who is waiting; asking it each time would cost
    every request two statements.
    """
    ends = 0.0
    while True:
        try:
            return connection.execute(statement, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            ends = ends or time.monotonic() + left_s(BUSY_MS / 1000)
            if time.monotonic() >= ends:
                raise
            time.sleep(_BUSY_LOOK_S)
