"""`enrich refdata`: the reference tables as releases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NoReturn

import click
from tqdm import tqdm

from service.analyst.definition_check import explain_definitions
from service.cli.refdata_addresses import addresses
from service.cli.refdata_logged import logged_leads, treatments_of_segments
from service.config import load_config
from service.errors import CheckError, ConflictError
from service.refdata.activation import (
    activate_release,
    active_or_none,
    list_releases,
    next_release_id,
    read_activations,
    roll_back,
)
from service.refdata.build import build_release
from service.refdata.catalogue import load_catalogue
from service.refdata.diff.compare import compare_releases
from service.refdata.diff.page import diff_page, diff_text
from service.refdata.fetching import Fetcher
from service.refdata.refresh import RefreshResult, fetchable, inspect_release, refresh
from service.segment.definitions import load_definitions
from service.tables import Release

FOLDER = click.Path(file_okay=False, path_type=Path)
BUILD_STEPS = 13  # of Denmark and Finland
raw_option = click.option(
    "--raw", type=FOLDER, envvar="ENRICH_RAW_DATA", required=True, show_envvar=True,
    help="Folder of the publishers' files (or ENRICH_RAW_DATA).",
)  # fmt: skip
who_option = click.option("--who", default="", help="Name for the log; your user name by default.")
report_option = click.option(
    "--report", "report_folder", type=FOLDER, default=Path("refdata-report"), show_default=True,
    help="Folder for the report of the check and the difference.",
)  # fmt: skip


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
    with _bar(BUILD_STEPS) as step:
        built = build_release(raw, folder, name, out, step=step)
    for correction, what in built.corrections.items():
        click.echo(f"  {correction}: {what}")
    click.echo(f"Built {built.id}: {built.bytes / 1e6:.1f} MB in {built.folder}")


@refdata.command("check")
@click.argument("release_id", required=False)
@click.option(
    "--raw", type=FOLDER, envvar="ENRICH_RAW_DATA", help="Also compare with other tables fetched there."
)
@click.option("--against", help="Release to compare with; the active one by default.")
@click.option(
    "--accept", multiple=True, metavar="RULE", help="A real change that this rule finds; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check_command(
    release_id: str | None, raw: Path | None, against: str | None, accept: tuple[str, ...], as_json: bool
) -> None:
    """Checks a release (the newest by default) and the segment definitions; exit 1 on faults."""
    folder = load_config().reference_data
    name = release_id or _newest(folder)
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
    name = new or _newest(folder)
    before = against or active_or_none(folder)
    if before is None:
        raise ConflictError(
            "No release is active; there is nothing to compare with. Give one with --against."
        )
    releases = [Release.open(folder, r) for r in (before, name)]
    definitions = load_definitions(folder / "policy" / "segments")
    leads = logged_leads(config.database_url)
    touched = treatments_of_segments(folder / "policy", definitions.codes)
    difference = compare_releases(releases[0], releases[1], definitions, leads, touched)
    content = json.dumps(difference.as_json(), ensure_ascii=False, indent=1)
    report_folder.mkdir(parents=True, exist_ok=True)
    (report_folder / "diff.json").write_text(content, encoding="utf-8")
    (report_folder / "diff.html").write_text(diff_page(difference, releases[1]), encoding="utf-8")
    click.echo(content if as_json else diff_text(difference))
    click.echo(f"Page with map and plots: {report_folder / 'diff.html'}", err=True)


@refdata.command("refresh")
@raw_option
@click.option("--offline", is_flag=True, help="Use the folder's files as they are; fetch nothing.")
@click.option(
    "--source", "only", multiple=True, metavar="ID", help="Fetch only this source; may be repeated."
)
@click.option("--publish", is_flag=True, help="Activate the release when every check passes.")
@click.option(
    "--accept", multiple=True, metavar="RULE", help="A real change that this rule finds; may be repeated."
)
@click.option("--attempts", default=6, show_default=True, help="How often a busy publisher is asked.")
@click.option("--release", "release_id", default="", help="Id; the next of today by default.")
@report_option
@who_option
def refresh_command(
    raw: Path, offline: bool, only: tuple[str, ...], publish: bool, accept: tuple[str, ...],
    attempts: int, release_id: str, report_folder: Path, who: str,
) -> None:  # fmt: skip
    """Fetch, build, check, compare, and with --publish activate. Run it again after any failure."""
    config = load_config()
    folder = config.reference_data
    definitions = load_definitions(folder / "policy" / "segments")
    sources = load_catalogue(folder / "sources")
    fetched = 0 if offline else len(only) or sum(fetchable(s) for s in sources.values())
    with _bar(BUILD_STEPS + fetched + 2 + publish) as step:
        result = refresh(
            raw, folder, release_id or next_release_id(folder, _today().isoformat()), _today(), definitions,
            None if offline else Fetcher(attempts, progress=step.bytes), step, only=only,
            leads=logged_leads(config.database_url), publish=publish, accepted=frozenset(accept), who=who,
            treatments=treatments_of_segments(folder / "policy", definitions.codes),
            keep_report=lambda result: _write_reports(result, folder, report_folder),
        )  # fmt: skip
    _summary(result, report_folder, offline)


@refdata.command("publish")
@click.argument("release_id", required=False)
@click.option(
    "--accept", multiple=True, metavar="RULE", help="A real change that this rule finds; may be repeated."
)
@who_option
def publish_command(release_id: str | None, accept: tuple[str, ...], who: str) -> None:
    """Makes a built release (the newest by default) the active one, after verifying and checking it."""
    folder = load_config().reference_data
    name = release_id or _newest(folder)
    inspect_release(folder, name, None, _today()).raise_errors(frozenset(accept))
    done = activate_release(folder, name, who, accepted=accept)
    click.echo(f"Active: {done.release} (before: {done.previous or 'none'})")


@refdata.command("rollback")
@who_option
def rollback_command(who: str) -> None:
    """Goes back to the release that was active before this one."""
    done = roll_back(load_config().reference_data, who)
    click.echo(f"Active: {done.release} (before: {done.previous})")


class _Bar:
    """Called with what begins now; `bytes` with what a download has so far."""

    def __init__(self, bar: tqdm[NoReturn]) -> None:
        self._bar, self._begun = bar, False

    def __call__(self, text: str) -> None:
        if self._begun:
            self._bar.update()
        self._begun = True
        self._bar.set_postfix_str("")
        self._bar.set_description(text)

    def bytes(self, name: str, have: int, total: int | None) -> None:
        of = f" of {total / 1e6:,.1f}" if total else ""
        self._bar.set_postfix_str(f"{name} {have / 1e6:,.1f}{of} MB")


@contextmanager
def _bar(steps: int) -> Iterator[_Bar]:
    with tqdm(total=steps, unit="step", dynamic_ncols=True) as bar:
        yield _Bar(bar)


def _write_reports(result: RefreshResult, reference_data: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if result.report:
        (folder / "check.txt").write_text(result.report.text() + "\n", encoding="utf-8")
        (folder / "check.json").write_text(result.report.json() + "\n", encoding="utf-8")
    if result.diff and result.release:
        content = json.dumps(result.diff.as_json(), ensure_ascii=False, indent=1)
        new = Release.open(reference_data, result.release, verify=False)
        (folder / "diff.txt").write_text(diff_text(result.diff) + "\n", encoding="utf-8")
        (folder / "diff.json").write_text(content + "\n", encoding="utf-8")
        (folder / "diff.html").write_text(diff_page(result.diff, new), encoding="utf-8")


def _summary(result: RefreshResult, folder: Path, offline: bool) -> None:
    files = [f for done in result.fetched.values() for f in done]
    if not offline:
        changed = sum(f.changed for f in files)
        click.echo(f"Fetched {len(files)} files of {len(result.fetched)} sources, {changed} changed.")
        click.echo(f"Taken from files saved by hand: {', '.join(result.by_hand)}")
        for message in result.refused.values():
            click.echo(f"Refused, old file kept: {message}")
    if result.release is None:
        click.echo(f"Nothing changed: {result.active} stays active.")
        return
    if result.built:
        size, corrections = result.built.bytes / 1e6, len(result.built.corrections)
        click.echo(f"Built {result.release}: {size:.1f} MB, {corrections} corrections.")
    if result.report:
        warnings = sum(f.severity == "warning" for f in result.report.faults)
        click.echo(f"Checked {len(result.report.applied)} rules: {warnings} to look at.")
    if result.diff:
        click.echo(diff_text(result.diff))
    click.echo(f"Reports: {folder}")
    state = (
        "Active" if result.published else f"Not active; publish with: enrich refdata publish {result.release}"
    )
    click.echo(f"{state}: {result.release}" if result.published else state)


def _newest(folder: Path) -> str:
    releases = list_releases(folder)
    if not releases:
        raise ConflictError(f"There is no release in {folder}; build one with `enrich refdata build`.")
    return releases[-1]


def _today() -> date:
    return datetime.now(UTC).date()
