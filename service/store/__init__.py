"""Decisions, outcomes, agents' state, keys: SQLAlchemy Core over a SQLite file (default) or PostgreSQL.

`open_store(database_url)` brings the schema up to date and gives a `Store`. Everything that a method
returns from a write is on its way to disk: with SQLite in the write-ahead log (kernel page cache), which
outlives `kill -9` of any process; `?synchronous=FULL` in the URL makes it outlive a power cut as well.
"""

from service.store.store import Store, open_store

__all__ = ["Store", "open_store"]
