"""`enrich refdata`: the reference tables as releases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from service.analyst.definition_check import explain_definitions
from service.cli.progress import step_bar
from service.cli.refdata_addresses import addresses
from service.config import Config, load_config
from service.errors import CheckError, ConflictError
from service.flows.release_diff import Touched, find_touched
from service.refdata.activation import (
    activate_release,
    active_or_none,
    list_releases,
    newest_release,
    next_release_id,
    read_activations,
    roll_back,
)
from service.refdata.build import build_release
from service.refdata.catalogue import load_catalogue
from service.refdata.diff.compare import compare_releases
from service.refdata.diff.report import diff_json, write_diff
from service.refdata.diff.text import diff_text
from service.refdata.fetching import Fetcher
from service.refdata.refresh import fetchable, inspect_release, refresh
from service.refdata.refresh_report import summary_lines, write_reports
from service.refdata.steps import Steps
from service.segment.definitions import Definitions, load_definitions
from service.tables import Release

FOLDER = click.Path(file_okay=False, path_type=Path)
raw_option = click.option(
    "--raw",
    type=FOLDER,
    envvar="ENRICH_RAW_DATA",
    required=True,
    show_envvar=True,
    help="Folder of the publishers' files (or ENRICH_RAW_DATA).",
)
who_option = click.option("--who", default="", help="Name for the log; your user name by default.")
accept_option = click.option(
    "--accept", multiple=True, metavar="RULE", help="A real change that this rule finds; may be repeated."
)
report_option = click.option(
    "--report",
    "report_folder",
    type=FOLDER,
    default=Path("refdata-report"),
    show_default=True,
    help="Folder for the report of the check and the difference.",
)


@click.group(short_help="The reference tables as releases.")
def refdata() -> None:
    """The reference tables as releases: refresh, build, check, compare, publish, roll back."""


refdata.add_command(addresses)


@refdata.command("list")
def list_command() -> None:
    """Built releases, which is active, and who activated what."""
    folder = load_config().reference_data
    active = active_or_none(folder)
    for release_id in list_releases(folder):
        release = Release.open(folder, release_id, verify=False)
        size = sum(t["bytes"] for c in release.manifest["countries"].values() for t in c["tables"])
        mark = "active" if release_id == active else ""
        click.echo(f"{release_id:<16}{'+'.join(release.countries):<10}{size / 1e6:6.1f} MB  {mark}")
    for entry in read_activations(folder)[-10:]:
        before = entry.previous or "-"
        despite = f", accepting {', '.join(entry.accepted)}" if entry.accepted else ""
        click.echo(f"  {entry.at}  {entry.action} {entry.release} (before: {before}) by {entry.who}{despite}")


@refdata.command("sources")
def sources_command() -> None:
    """The source catalogue: publisher, licence, vintage, how often it changes, corrections."""
    for source in load_catalogue(load_config().reference_data / "sources").values():
        how = "fetched" if fetchable(source) else "by hand" if not source.fetch.get("base") else "needs a key"
        click.echo(f"{source.id:<24}{source.country}  {source.vintage:<30}{how:<13}{source.licence}")
        click.echo(f"    {source.title}")
        for correction in source.corrections:
            click.echo(f"    {correction.name}: {correction.status}")


@refdata.command("build")
@raw_option
@click.option(
    "--release", "release_id", default="", help="Id such as 2026-11-21.1; the next of today by default."
)
@click.option("--out", type=FOLDER, help="Folder of releases to write to.")
def build_command(raw: Path, release_id: str, out: Path | None) -> None:
    """Builds a release from the raw files, without activating it."""
    folder = load_config().reference_data
    name = release_id or next_release_id(folder, _today().isoformat())
    with step_bar() as bar:
        built = build_release(raw, folder, name, out, Steps(bar))
    for correction, what in built.corrections.items():
        click.echo(f"  {correction}: {what}")
    click.echo(f"Built {built.id}: {built.bytes / 1e6:.1f} MB in {built.folder}")


@refdata.command("check")
@click.argument("release_id", required=False)
@click.option(
    "--raw", type=FOLDER, envvar="ENRICH_RAW_DATA", help="Also compare with other tables fetched there."
)
@click.option("--against", help="Release to compare with; the active one by default.")
@accept_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check_command(
    release_id: str | None, raw: Path | None, against: str | None, accept: tuple[str, ...], as_json: bool
) -> None:
    """Checks a release (the newest by default) and the segment definitions; exit 1 on faults."""
    folder = load_config().reference_data
    name = release_id or newest_release(folder)
    report = inspect_release(folder, name, raw, _today(), against)
    click.echo(report.json() if as_json else report.text())
    report.raise_errors(frozenset(accept))
    wrong = explain_definitions(folder / "policy" / "segments", Release.open(folder, name, verify=False))
    if wrong:
        raise CheckError("The segment definitions need a look.", tuple(wrong))


@refdata.command("diff")
@click.argument("new", required=False)
@click.option("--against", help="Release to compare with; the active one by default.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@report_option
def diff_command(new: str | None, against: str | None, as_json: bool, report_folder: Path) -> None:
    """What a release changes: areas, variables, and the segments of households and logged leads."""
    config = load_config()
    folder = config.reference_data
    name = new or newest_release(folder)
    before = against or active_or_none(folder)
    if before is None:
        raise ConflictError(
            "No release is active; there is nothing to compare with. Give one with --against."
        )
    old, new_release = (Release.open(folder, r) for r in (before, name))
    definitions = load_definitions(folder / "policy" / "segments")
    touched = _touched(config, definitions)
    difference = compare_releases(old, new_release, definitions, touched.leads, touched.treatments)
    write_diff(difference, new_release, report_folder)
    click.echo(diff_json(difference) if as_json else diff_text(difference))
    click.echo(f"Page with map and plots: {report_folder / 'diff.html'}", err=True)


@refdata.command("refresh")
@raw_option
@click.option("--offline", is_flag=True, help="Use the folder's files as they are; fetch nothing.")
@click.option(
    "--source", "only", multiple=True, metavar="ID", help="Fetch only this source; may be repeated."
)
@click.option("--publish", is_flag=True, help="Activate the release when every check passes.")
@accept_option
@click.option("--attempts", default=6, show_default=True, help="How often a busy publisher is asked.")
@click.option("--release", "release_id", default="", help="Id; the next of today by default.")
@report_option
@who_option
def refresh_command(
    raw: Path,
    offline: bool,
    only: tuple[str, ...],
    publish: bool,
    accept: tuple[str, ...],
    attempts: int,
    release_id: str,
    report_folder: Path,
    who: str,
) -> None:
    """Fetch, build, check, compare, and with --publish activate. Run it again after any failure."""
    config = load_config()
    folder = config.reference_data
    definitions = load_definitions(folder / "policy" / "segments")
    touched = _touched(config, definitions)
    with step_bar() as bar:
        result = refresh(
            raw,
            folder,
            release_id or next_release_id(folder, _today().isoformat()),
            _today(),
            definitions,
            None if offline else Fetcher(attempts, progress=bar.bytes),
            bar,
            only=only,
            leads=touched.leads,
            treatments=touched.treatments,
            publish=publish,
            accepted=frozenset(accept),
            who=who,
            keep_report=lambda result: write_reports(result, folder, report_folder),
        )
    click.echo("\n".join(summary_lines(result, report_folder, offline)))


@refdata.command("publish")
@click.argument("release_id", required=False)
@accept_option
@who_option
def publish_command(release_id: str | None, accept: tuple[str, ...], who: str) -> None:
    """Makes a built release (the newest by default) the active one, after verifying and checking it."""
    folder = load_config().reference_data
    name = release_id or newest_release(folder)
    inspect_release(folder, name, None, _today()).raise_errors(frozenset(accept))
    done = activate_release(folder, name, who, accepted=accept)
    click.echo(f"Active: {done.release} (before: {done.previous or 'none'})")


@refdata.command("rollback")
@who_option
def rollback_command(who: str) -> None:
    """Goes back to the release that was active before this one."""
    done = roll_back(load_config().reference_data, who)
    click.echo(f"Active: {done.release} (before: {done.previous})")


def _touched(config: Config, definitions: Definitions) -> Touched:
    touched = find_touched(config.database_url, config.reference_data / "policy", definitions.codes)
    if touched.warning:
        click.echo(f"warning: {touched.warning}", err=True)
    return touched


def _today() -> date:
    return datetime.now(UTC).date()
