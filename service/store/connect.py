"""One database, whichever it is: connections per process, transactions, and errors as one sentence."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, create_engine, event
from sqlalchemy import Engine as Pool
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from service.errors import StoreError
from service.store.clock import now_ms
from service.store.database_url import checked_url
from service.store.gate import BUSY_MS, Gate, execute_patiently
from service.store.health import Health
from service.store.patience import is_limited, left_s
from service.store.patient_postgres import LONGEST_S, PatientConnection

_HEARTBEAT = """INSERT INTO keepsakes (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
# The server ends what nobody waits for any more, and the kernel a connection whose packets are lost.
_POSTGRES: Mapping[str, object] = {
    "connect_timeout": 10,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "options": f"-c statement_timeout={round(LONGEST_S * 1000)} -c idle_in_transaction_session_timeout=60000",
}
_CHECKPOINT_PAGES = 20_000  # 80 MB: a backstop. The background loop checkpoints, so that no request has to


class Database:
    """Connections to one database. Safe to create before `fork`: each process opens its own."""

    def __init__(self, database_url: str) -> None:
        """Raises ConfigError when `database_url` is not a SQLite or PostgreSQL URL."""
        self.url, self._synchronous = checked_url(database_url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._pool: Pool | None = None
        self._pid = 0
        self._opening = threading.Lock()
        self._gate = Gate(f"{self.url.database}-gate") if self.is_sqlite else None
        # Idle SQLite connections for single statements: SQLAlchemy's pool takes longer to lend one and
        # have it back (7 µs, twice per decision) than most of these statements run.
        self._idle: deque[sqlite3.Connection] = deque()
        self.health = Health(self.check_writable)
        os.register_at_fork(before=partial(_close_before_fork, weakref.ref(self)))

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only look at the database. Raises StoreError."""
        with self._explained("read"), self._pool_here().connect() as connection:
            self._hurry(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Raises StoreError."""
        if not self.is_sqlite:
            with self._explained("written"), self._pool_here().begin() as connection:
                yield connection
            return
        with self._explained("written"), self._one_writer(), self._pool_here().connect() as connection:
            self._hurry(connection)
            # IMMEDIATE: a transaction that reads and then writes must not find its snapshot outdated
            connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    def write_one(self, statement: str, parameters: Sequence[object]) -> None:
        """One statement as its own transaction, past SQLAlchemy: the path of every decision.

        `statement` marks its parameters with `?`. Raises StoreError.
        """
        try:
            self._check_here()
            if self.is_sqlite:
                with self._one_writer(), self._lent() as own:
                    execute_patiently(own, statement, parameters)
                return
            with self._pool_here().connect() as connection:
                connection.exec_driver_sql(statement.replace("?", "%s"), tuple(parameters))
                connection.commit()
        except (sqlite3.Error, SQLAlchemyError, OSError) as error:
            raise self._failed("written", error) from None

    def read_one(self, statement: str, parameters: Sequence[object]) -> tuple[Any, ...] | None:
        """The first row of one query, past SQLAlchemy. Raises StoreError."""
        rows = self.read_all(statement, parameters)
        return rows[0] if rows else None

    def read_all(self, statement: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of one query, past SQLAlchemy. Raises StoreError."""
        if not self.is_sqlite and any(isinstance(value, str) and "\0" in value for value in parameters):
            return []  # PostgreSQL has no text with a NUL in it, so nothing equals one
        try:
            self._check_here()
            if self.is_sqlite:
                with self._lent() as own:
                    return execute_patiently(
                        own, statement, parameters
                    ).fetchall()  # to the end: that ends the read
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
            raise self._failed("read", error) from None

    def check_writable(self) -> None:
        """Makes a real write, of one row that is always the same. Raises StoreError when it cannot."""
        self.write_one(_HEARTBEAT, ("heartbeat", time.time_ns().to_bytes(8, "big")))

    def now_ms(self) -> int:
        """The present moment, by PostgreSQL's clock where several machines share it. Raises StoreError."""
        if self.is_sqlite:
            return now_ms()
        row = self.read_one("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", ())
        assert row is not None  # a SELECT without a table has one row
        return int(row[0])

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
        if self._gate is not None:
            self._gate.close()

    def _one_writer(self) -> AbstractContextManager[None]:
        self._pool_here()
        assert self._gate is not None  # only SQLite needs one
        return self._gate.pass_through(left_s(BUSY_MS / 1000))

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
                connection.execute("PRAGMA busy_timeout=0")  # `execute_patiently` waits
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
                        if self._gate is not None:
                            self._gate.renew()
                    self._pool = self._open_pool()
                    self._pid = os.getpid()
        return self._pool

    def _open_pool(self) -> Pool:
        if not self.is_sqlite:
            # pre-ping: a server restart costs one reconnect, not one failed request per connection
            pool = create_engine(
                self.url,
                pool_size=8,
                max_overflow=56,
                pool_timeout=10,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args=_POSTGRES,
            )
            event.listen(pool, "do_connect", _connect_patiently)
            return pool
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            assert self._gate is not None
            self._gate.open()
        pool = create_engine(self.url, pool_size=8, max_overflow=56, pool_timeout=10, hide_parameters=True)
        event.listen(pool, "connect", self._prepare_sqlite)
        event.listen(pool, "begin", _begin)
        return pool

    def _prepare_sqlite(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see `_begin`
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")

    def _hurry(self, connection: Connection) -> None:
        """Makes a SQLite connection wait no longer for another program than this thread may."""
        patience_ms = round(left_s(BUSY_MS / 1000) * 1000)
        if self.is_sqlite and connection.info.get("busy_ms", BUSY_MS) != patience_ms:
            own = cast(sqlite3.Connection, connection.connection.driver_connection)
            own.execute(f"PRAGMA busy_timeout={patience_ms}")
            connection.info["busy_ms"] = patience_ms

    def _check_here(self) -> None:
        """Raises TimeoutError at once for whoever is in a hurry while the store is away."""
        if is_limited() and self.health.is_away and not self.health.is_trying:
            raise TimeoutError("it did not answer in time a moment ago")

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            self._check_here()
            yield
        except (SQLAlchemyError, OSError) as error:
            raise self._failed(verb, error) from error

    def _failed(self, verb: str, error: Exception) -> StoreError:
        """The error for the caller. Whoever was in a hurry has found out for the others too."""
        if is_limited() and not isinstance(error, IntegrityError):
            self.health.gave_up()
        return StoreError(self._sentence(verb, error))

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
        assert database._gate is not None
        with database._gate.threads:
            database.close()


def _connect_patiently(_dialect: object, _record: object, where: Any, how: Any) -> PatientConnection:
    return PatientConnection.connect(*where, **how)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
