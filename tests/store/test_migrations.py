"""The schema: one definition, reached by migrations, from several starters at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from service.errors import StoreError
from service.store import migrate, open_store
from service.store.connect import Database
from service.store.tables import metadata


def test_migrations_lead_to_the_tables_of_the_code(database_url: str) -> None:
    store = open_store(database_url)
    with store.database.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    store.close()
    assert differences == []


def _made_by_version(database_url: str, revision: str) -> None:
    """Leaves an empty database as that version of the service made it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    database = Database(database_url)
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        paused = "INSERT INTO pauses (slot, treatment, reason, paused_ms) VALUES ('offer', 'bag', 'old', 1)"
        connection.execute(text(paused))
    database.close()


@pytest.mark.parametrize("revision", ["2026.1", "2026.2"])
def test_a_database_of_an_older_version_is_brought_up_to_date(database_url: str, revision: str) -> None:
    _made_by_version(database_url, revision)
    store = open_store(database_url)
    with store.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert store.facts.match_counts() == []
    (pause,) = store.guards.pauses()  # what was paused before stays so
    assert (pause.slot, pause.treatment, pause.reason) == ("offer", "bag", "old")
    store.close()


def test_starters_that_come_together_wait_for_each_other(database_url: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from service.store import open_store; print(open_store(sys.argv[1]).salt)",
    ]
    started = [
        subprocess.Popen([*command, database_url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0] * 4, answers
    assert len({out for out, _ in answers}) == 1


def test_a_store_of_a_newer_version_is_refused(database_url: str) -> None:
    store = open_store(database_url)
    with store.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match=r"another version \(schema 9999\): install"):
        open_store(database_url)
