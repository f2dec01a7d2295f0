"""Brings the schema up to date at start, under the database's own lock: workers may start together."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from service.errors import StoreError
from service.store.connect import Database

_LOCK = 0x446F6F7273746570  # "Doorstep": the number of our advisory lock in PostgreSQL


def run_migrations(database: Database) -> None:
    """Applies the migrations that the database has not seen, in one transaction.

    Raises StoreError when the database cannot be written or was made by another version.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    with database.writing() as connection:  # SQLite: BEGIN IMMEDIATE keeps other starters waiting here
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        current = _current(connection)
        if current == script.get_current_head():
            return
        if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
            raise StoreError(
                f"The store {database} was made by another version (schema {current}): "
                "install that version, or let ENRICH_DATABASE_URL name another."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
