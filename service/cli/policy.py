"""`enrich policy`: the marketer's files checked before they are activated, and looked at as a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import click

from service.cli.policy_page import draw_page
from service.config import load_config
from service.decide.experiments import check_experiment_unchanged
from service.decide.policy import Policy, list_expired, load_policy
from service.errors import CheckError
from service.segment.definitions import Definitions, load_definitions

_FOLDER = click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
_DAY = click.option(
    "--today",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Check as of this day, such as the first day of a campaign; today by default.",
)


@click.group(short_help="The policy files, checked and shown.")
def policy() -> None:
    """The policy files: what is said, offered and asked, to whom, by which rules."""


@policy.command()
@_FOLDER
@_DAY
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The policy that is active: its running experiments may not be changed.",
)
def check(folder: Path | None, today: datetime | None, against: Path | None) -> None:
    """Checks all files of FOLDER (the embedded policy by default): one line per fault, with file and line."""
    found, definitions = _load(folder)
    day = today.date() if today else datetime.now(UTC).date()
    faults = tuple(str(fault) for fault in list_expired(found, day))
    if faults:
        raise CheckError(f"{len(faults)} dates have passed on {day}.", faults)
    if against is not None:
        active, _ = _load(against)
        check_experiment_unchanged(active.experiments.fingerprints, found.experiments)
    rules = [rule for listed in found.treatments.values() for rule in listed]
    click.secho("The policy is right.", fg="green", bold=True)
    click.echo(f"  {found.version}")
    click.echo(f"  {len(definitions.codes)} segments · {len(found.slots)} slots · {len(rules)} treatments")
    click.echo(f"  {len(found.agents.agents)} agents · languages {', '.join(found.company.languages)}")
    click.echo(
        f"  markets {', '.join(found.company.markets)} · holdout {found.experiments.holdout_share:.0%}"
    )
    soon = sorted((rule.valid_until, rule.id) for rule in rules if rule.valid_until is not None)
    if soon:
        click.echo(f"  first to run out: {soon[0][1]} on {soon[0][0]}, in {(soon[0][0] - day).days} days")


@policy.command()
@_FOLDER
@_DAY
@click.option("--language", default="", help="Language of the copy; the first market's by default.")
@click.option("--country", default="", help="Market that is shown; the first one by default.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("policy.html"),
    show_default=True,
    help="File to write.",
)
def preview(folder: Path | None, today: datetime | None, language: str, country: str, out: Path) -> None:
    """Writes one page with everything that FOLDER would say: segment by slot, e-mails, weights."""
    found, definitions = _load(folder)
    market = found.company.markets.get(country.upper()) or next(iter(found.company.markets.values()))
    if country and market.country != country.upper():
        raise click.BadParameter(f"{country}: the policy sells in {', '.join(found.company.markets)}.")
    if language and language not in found.company.languages:
        raise click.BadParameter(f"{language}: the policy writes {', '.join(found.company.languages)}.")
    words = language or market.language
    names = {segment.code: segment.name(words) for segment in definitions.segments}
    page = draw_page(found, names, replace(market, language=words), today.date() if today else _today())
    out.write_text(page, encoding="utf-8")
    click.echo(f"{out}: {len(page) // 1024} kB, open it in a browser")


def _today() -> date:
    return datetime.now(UTC).date()


def _load(folder: Path | None) -> tuple[Policy, Definitions]:
    path = folder or load_config().reference_data / "policy"
    definitions = load_definitions(path / "segments")
    return load_policy(path, definitions.codes), definitions
