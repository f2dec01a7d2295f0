"""`enrich keys`: API keys for callers. A token is shown once, when it is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from service.config import load_config
from service.store import Store, open_store
from service.store.keys import SCOPES, ApiKey, Kind

_DATABASE = click.option(
    "--database-url", help="SQLAlchemy URL of the store; by default ENRICH_DATABASE_URL.", metavar="URL"
)


@click.group()
def keys() -> None:
    """API keys: create, list, rotate, revoke."""


@keys.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["secret", "publishable"]),
    default="secret",
    show_default=True,
    help="publishable: for browsers; it gets the form's part of an answer only",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(SCOPES)),
    help="May be repeated; all by default.",
)
@click.option(
    "--origin", "origins", multiple=True, help="Origin of the pages that may use a publishable key."
)
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; never by default.")
@click.option("--per-minute", type=click.IntRange(1, 10_000_000), help="Requests per minute granted.")
@_DATABASE
def create(
    name: str,
    kind: Kind,
    scopes: tuple[str, ...],
    origins: tuple[str, ...],
    days: int | None,
    per_minute: int | None,
    database_url: str | None,
) -> None:
    """Makes a key for NAME, say the system that will call, and prints it this once."""
    ends = None if days is None else datetime.now(UTC) + timedelta(days=days)
    token, key = _open(database_url).keys.create(name, kind, scopes, origins, ends, per_minute)
    _show_token(token, key)


@keys.command("list")
@_DATABASE
def list_(database_url: str | None) -> None:
    """Every key: its id, kind, name, state, scopes and origins; never the key itself."""
    found = _open(database_url).keys.all()
    for key in found:
        may = ",".join(sorted(key.scopes)) + "".join(f" {origin}" for origin in sorted(key.origins))
        click.echo(f"{key.key_id}  {key.hint}…  {_state(key):<18}  {key.name}  {may}")
    if not found:
        click.echo("There are no keys yet; `enrich keys create NAME` makes one.")


@keys.command()
@click.argument("key_id")
@click.option(
    "--overlap-days",
    type=click.IntRange(0, 365),
    default=7,
    show_default=True,
    help="Days that the old one stays.",
)
@_DATABASE
def rotate(key_id: str, overlap_days: int, database_url: str | None) -> None:
    """Makes a new key like KEY_ID; the old one ends after the overlap."""
    token, key = _open(database_url).keys.rotate(key_id, timedelta(days=overlap_days))
    _show_token(token, key)
    click.echo(f"{key_id} ends in {overlap_days} days.")


@keys.command()
@click.argument("key_id")
@_DATABASE
def revoke(key_id: str, database_url: str | None) -> None:
    """Ends KEY_ID now; running workers refuse it within two seconds."""
    _open(database_url).keys.revoke(key_id)
    click.echo(f"{key_id} is revoked.")


def _open(database_url: str | None) -> Store:
    return open_store(database_url or load_config().database_url)


def _show_token(token: str, key: ApiKey) -> None:
    click.echo(token)
    click.echo(
        f"This is {key.key_id} ({key.kind}). Keep the line above: it is not stored and not shown again."
    )


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "in force"
    return f"{'expired' if key.expires_at <= datetime.now(UTC) else 'until'} {key.expires_at:%Y-%m-%d}"
