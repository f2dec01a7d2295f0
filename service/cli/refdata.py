"""`enrich refdata`: the reference tables as releases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from service.cli.refdata_addresses import addresses
from service.config import load_config
from service.refdata.activation import (
    activate_release,
    active_or_none,
    list_releases,
    next_release_id,
    read_activations,
    roll_back,
)
from service.refdata.build import build_release
from service.tables import Release

raw_option = click.option(
    "--raw",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ENRICH_RAW_DATA",
    required=True,
    help="Folder of the publishers' files (or ENRICH_RAW_DATA).",
)
who_option = click.option("--who", default="", help="Name for the log; your user name by default.")


@click.group(short_help="The reference tables as releases.")
def refdata() -> None:
    """The reference tables as releases: build, check, compare, publish, roll back."""


@refdata.command("list")
def list_command() -> None:
    """Built releases, which is active, and who activated what."""
    folder = _reference_data()
    active = active_or_none(folder)
    for release_id in list_releases(folder):
        release = Release.open(folder, release_id, verify=False)
        size = sum(t["bytes"] for c in release.manifest["countries"].values() for t in c["tables"])
        mark = "active" if release_id == active else ""
        click.echo(f"{release_id:<16}{'+'.join(release.countries):<10}{size / 1e6:6.1f} MB  {mark}")
    for entry in read_activations(folder)[-10:]:
        click.echo(
            f"  {entry.at}  {entry.action} {entry.release} (before: {entry.previous or '-'}) by {entry.who}"
        )


@refdata.command("build")
@raw_option
@click.option(
    "--release", "release_id", default="", help="Id such as 2026-11-21.1; the next of today by default."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of releases to write to."
)
def build_command(raw: Path, release_id: str, out: Path | None) -> None:
    """Builds a release from the raw files, without activating it."""
    folder = _reference_data()
    name = release_id or next_release_id(folder, datetime.now(UTC).date().isoformat())
    built = build_release(raw, folder, name, out, step=lambda text: click.echo(f"  … {text}", err=True))
    for correction, what in built.corrections.items():
        click.echo(f"  {correction}: {what}")
    click.echo(f"Built {built.id}: {built.bytes / 1e6:.1f} MB in {built.folder}")


@refdata.command("publish")
@click.argument("release_id")
@who_option
def publish_command(release_id: str, who: str) -> None:
    """Makes a built release the active one, after verifying it."""
    done = activate_release(_reference_data(), release_id, who)
    click.echo(f"Active: {done.release} (before: {done.previous or 'none'})")


refdata.add_command(publish_command, "activate")
refdata.add_command(addresses)


@refdata.command("rollback")
@who_option
def rollback_command(who: str) -> None:
    """Goes back to the release that was active before this one."""
    done = roll_back(_reference_data(), who)
    click.echo(f"Active: {done.release} (before: {done.previous})")


def _reference_data() -> Path:
    return load_config().reference_data
