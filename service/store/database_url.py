"""Which database a URL names, with the driver that we bring."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from service.errors import ConfigError


def checked_url(database_url: str) -> tuple[URL, str]:
    """The URL for SQLAlchemy with our drivers, and SQLite's `synchronous`. Raises ConfigError."""
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
