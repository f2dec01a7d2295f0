"""Statements that both databases have in nearly the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite


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
