"""One database, whichever it is: connections per process, transactions, and errors as one sentence."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import URL, Connection, Table, create_engine, event, make_url, text
from sqlalchemy import Engine as Pool
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from service.errors import ConfigError, StoreError

_BUSY_MS = 10_000  # how long a writer waits for another one; a transaction here takes well under 10 ms
_GATE_S = 0.0003  # how often a waiting process looks whether another one has finished writing
_CHECKPOINT_PAGES = 20_000  # 80 MB: a backstop. The background loop checkpoints, so that no request has to


class Database:
    """Connections to one database. Safe to create before `fork`: each process opens its own."""

    def __init__(self, database_url: str) -> None:
        """Raises ConfigError when `database_url` is not a SQLite or PostgreSQL URL."""
        self.url, self._synchronous = _checked_url(database_url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._pool: Pool | None = None
        self._pid = 0
        self._opening = threading.Lock()
        # SQLite has one writer at a time, and makes the others sleep for up to 100 ms before they look
        # again. Ours wait here instead: threads at a lock, processes at a gate that they look at often.
        self._one_writer = threading.Lock()
        self._gate_file = -1
        # Idle SQLite connections for single statements: SQLAlchemy's pool takes longer to lend one and
        # have it back (7 µs, twice per decision) than most of these statements run.
        self._idle: deque[sqlite3.Connection] = deque()
        os.register_at_fork(before=partial(_close_before_fork, weakref.ref(self)))

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only look at the database. Raises StoreError."""
        with self._explained("read"), self._pool_here().connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Raises StoreError."""
        if not self.is_sqlite:
            with self._explained("written"), self._pool_here().begin() as connection:
                yield connection
            return
        with self._explained("written"), self._gate(), self._pool_here().connect() as connection:
            # IMMEDIATE: a transaction that reads and then writes must not find its snapshot outdated
            connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    def write_one(self, statement: str, parameters: Sequence[object]) -> None:
        """One statement as its own transaction, past SQLAlchemy: the path of every decision.

        `statement` marks its parameters with `?`. Raises StoreError.
        """
        try:
            if self.is_sqlite:
                with self._gate(), self._lent() as own:
                    own.execute(statement, parameters)
                return
            with self._pool_here().connect() as connection:
                connection.exec_driver_sql(statement.replace("?", "%s"), tuple(parameters))
                connection.commit()
        except (sqlite3.Error, SQLAlchemyError, OSError) as error:
            raise StoreError(self._sentence("written", error)) from None

    def read_one(self, statement: str, parameters: Sequence[object]) -> tuple[Any, ...] | None:
        """The first row of one query, past SQLAlchemy. Raises StoreError."""
        rows = self.read_all(statement, parameters)
        return rows[0] if rows else None

    def read_all(self, statement: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of one query, past SQLAlchemy. Raises StoreError."""
        if not self.is_sqlite and any(isinstance(value, str) and "\0" in value for value in parameters):
            return []  # PostgreSQL has no text with a NUL in it, so nothing equals one
        try:
            if self.is_sqlite:
                with self._lent() as own:
                    return own.execute(statement, parameters).fetchall()  # to the end: that ends the read
            fairy = self._pool_here().raw_connection()
            try:
                cursor = fairy.cursor()
                cursor.execute(statement.replace("?", "%s"), parameters)
                rows = cursor.fetchall()
                cursor.close()
                return list(rows)
            finally:
                fairy.close()
        except (sqlite3.Error, psycopg.Error, SQLAlchemyError, OSError) as error:
            raise StoreError(self._sentence("read", error)) from None

    def checkpoint(self) -> None:
        """Moves SQLite's write-ahead log into the file, away from the request path; else nothing."""
        if self.is_sqlite:
            self.read_one("PRAGMA wal_checkpoint(PASSIVE)", ())

    def close(self) -> None:
        """Closes this process's connections. The next use opens new ones."""
        if self._pool is not None and self._pid == os.getpid():
            self._pool.dispose()
            while self._idle:
                self._idle.pop().close()
        self._pool = None
        self._close_gate()

    def _close_gate(self) -> None:
        if self._gate_file >= 0:
            os.close(self._gate_file)
            self._gate_file = -1

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Lets one writer of all processes through at a time. A process that dies opens it again."""
        self._pool_here()
        with self._one_writer:
            ends = time.monotonic() + _BUSY_MS / 1000
            while True:
                try:
                    fcntl.flock(self._gate_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > ends:
                        raise OSError("another writer has kept it locked for too long") from None
                    time.sleep(_GATE_S)
            try:
                yield
            finally:
                fcntl.flock(self._gate_file, fcntl.LOCK_UN)

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        """An idle SQLite connection, or a new one; one that failed is not lent again."""
        pool, fresh = self._pool_here(), False
        try:
            connection = self._idle.pop()  # atomic, so threads need no lock
        except IndexError:
            where, how = pool.dialect.create_connect_args(self.url)
            connection = cast(sqlite3.Connection, pool.dialect.connect(*where, **how))
            fresh = True
        try:
            if fresh:
                self._prepare_sqlite(connection, None)
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _pool_here(self) -> Pool:
        if self._pool is None or self._pid != os.getpid():
            with self._opening:
                if self._pool is None or self._pid != os.getpid():
                    if self._pool is not None:  # a parent's sockets and locks are not ours to close
                        self._pool.dispose(close=False)
                        self._one_writer = threading.Lock()
                        self._close_gate()  # a lock that is shared with the parent keeps nobody out
                    self._pool = self._open_pool()
                    self._pid = os.getpid()
        return self._pool

    def _open_pool(self) -> Pool:
        if not self.is_sqlite:
            # pre-ping: a server restart costs one reconnect, not one failed request per connection
            return create_engine(
                self.url,
                pool_size=8,
                max_overflow=24,
                pool_timeout=10,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self._gate_file = os.open(
                f"{self.url.database}-gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        pool = create_engine(self.url, pool_size=8, max_overflow=56, pool_timeout=10, hide_parameters=True)
        event.listen(pool, "connect", self._prepare_sqlite)
        event.listen(pool, "begin", _begin)
        return pool

    def _prepare_sqlite(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see `_begin`
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(self._sentence(verb, error)) from error

    def _sentence(self, verb: str, error: Exception) -> str:
        # `orig` is the driver's own text: SQLAlchemy's carries the parameters, which are not for a log
        cause = getattr(error, "orig", None) or error
        if isinstance(error, SQLAlchemyError) and not isinstance(error, DBAPIError):
            cause = Exception(type(error).__name__)
        remedy = (
            "make the file and its folder writable for this user and the disk not full"
            if self.is_sqlite
            else "start the server, check user and password"
        )
        text = " ".join(str(cause).split()).rstrip(".")
        return (
            f"The store {self} cannot be {verb} ({text}): {remedy}, or let ENRICH_DATABASE_URL name another."
        )


def _close_before_fork(reference: weakref.ref[Database]) -> None:
    """A SQLite connection must not cross a fork, not even to be closed by the child."""
    database = reference()
    if database is not None and database.is_sqlite:
        with database._one_writer:
            database.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _checked_url(database_url: str) -> tuple[URL, str]:
    """The URL for SQLAlchemy with our drivers, and SQLite's `synchronous`."""
    allowed = "sqlite:///folder/file.sqlite or postgresql://user:password@host/database"
    try:
        url = make_url(database_url)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise ConfigError(f"ENRICH_DATABASE_URL is not a database URL; it must be {allowed}.") from None
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg"), ""
    if backend != "sqlite" or not url.database or url.database == ":memory:":
        raise ConfigError(
            f"ENRICH_DATABASE_URL names {backend!r} without a file or server; it must be {allowed}."
        )
    query: Mapping[str, tuple[str, ...] | str] = url.query
    synchronous = str(query.get("synchronous", "NORMAL")).upper()
    if synchronous not in ("NORMAL", "FULL", "EXTRA"):
        raise ConfigError("ENRICH_DATABASE_URL: synchronous must be NORMAL, FULL or EXTRA.")
    return url.difference_update_query(["synchronous"]), synchronous


def take_turns(connection: Connection, what: str) -> None:
    """Transactions that call this with the same word follow one another; in SQLite they do anyway.

    For changes that touch several rows in an order that callers choose, which could otherwise deadlock.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:what))"), {"what": what})


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, which both databases have in the same words."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Any:
    """The same for a dialect by name."""
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)


def insert_once(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Inserts a row unless its key is taken; whether it was inserted."""
    row = insert_into(connection, table).values(values).on_conflict_do_nothing()
    returned = connection.execute(row.returning(*table.primary_key.columns))
    return returned.first() is not None
