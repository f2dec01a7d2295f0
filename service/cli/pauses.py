"""`enrich pauses`: treatments that are not given for now."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import click

from service.config import load_config
from service.decide.policy import load_policy
from service.flows.pauses import list_pauses, pause_treatment, resume_treatment
from service.segment.definitions import load_definitions
from service.store import Store, open_store
from service.store.pauses import Pause

_SLOT, _TREATMENT = click.argument("slot"), click.argument("treatment")
_DATABASE = click.option(
    "--database-url", help="SQLAlchemy URL of the store; by default ENRICH_DATABASE_URL.", metavar="URL"
)


@click.group()
def pauses() -> None:
    """Treatments that are not given for now: list, pause, resume. Running workers follow within a second."""


@pauses.command("list")
@_DATABASE
def list_(database_url: str | None) -> None:
    """What is paused, since when and why, the oldest pause first."""
    with closing(_open(database_url)) as store:
        _show(list_pauses(store))


@pauses.command()
@_SLOT
@_TREATMENT
@click.option("--reason", default="paused by hand", show_default=True, help="For those who read the list.")
@_DATABASE
def pause(slot: str, treatment: str, reason: str, database_url: str | None) -> None:
    """Pauses TREATMENT of SLOT until it is resumed; '*' '*' pauses everything but the standard flow."""
    folder = load_config().reference_data / "policy"
    policy = load_policy(folder, load_definitions(folder / "segments").codes)
    with closing(_open(database_url)) as store:
        _show(pause_treatment(store, policy, slot, treatment, reason))


@pauses.command()
@_SLOT
@_TREATMENT
@_DATABASE
def resume(slot: str, treatment: str, database_url: str | None) -> None:
    """Lets TREATMENT of SLOT be given again; complaints about it are counted anew."""
    with closing(_open(database_url)) as store:
        _show(resume_treatment(store, slot, treatment))


def _open(database_url: str | None) -> Store:
    return open_store(database_url or load_config().database_url)


def _show(found: Sequence[Pause]) -> None:
    for one in found:
        click.echo(f"{one.slot}/{one.treatment}  since {one.since:%Y-%m-%d %H:%M} UTC  {one.reason}")
    if not found:
        click.echo("Nothing is paused.")
