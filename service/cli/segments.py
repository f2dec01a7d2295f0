"""`enrich segments`: what the segments mean for a market and for one's own customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from service.analyst.crosswalk import CROSSWALK, import_crosswalk, licensed_table, load_crosswalk
from service.analyst.customers import count_customers, count_values
from service.analyst.fairness import BAND, audit_decisions, audit_fairness
from service.analyst.market import Market, load_market
from service.analyst.maturity import maturity_table
from service.analyst.page import Report
from service.analyst.plots import plot_bars
from service.analyst.related import related_table, survey_table
from service.analyst.tables import FORMATS, read_per_segment
from service.analyst.uncertainty import uncertainty_table
from service.analyst.views import add_correlation, add_focus, add_potential, add_profile, new_report
from service.cli.policy_files import active_policy
from service.config import load_config
from service.errors import CheckError
from service.flows.fairness import measure_policy
from service.segment.definitions import load_definitions
from service.tables import Release

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


def report_options(command: Callable[..., None]) -> Callable[..., None]:
    """Options that every analyst's command has."""
    for option in (
        click.option(
            "--country",
            default=lambda: load_config().country,
            show_default="ENRICH_COUNTRY",
            help="Country of the release.",
        ),
        click.option("--language", default="en", show_default=True, help="Language of names."),
        click.option(
            "--out",
            type=FOLDER,
            default=Path("segments-report"),
            show_default=True,
            help="Folder for tables, plots and report.html.",
        ),
        click.option(
            "--format",
            "formats",
            multiple=True,
            type=click.Choice(FORMATS),
            default=("csv",),
            show_default=True,
            help="Form of the tables; may be given twice.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def segments() -> None:
    """Market potential, base against market, and which variables say the same."""


@segments.command()
@click.option("--level", default="", help="polling_area, postcode or municipality; all without it.")
@click.option("--customers", type=FILE, help="Own customers: adds penetration, index and white spots.")
@report_options
def potential(
    level: str, customers: Path | None, country: str, language: str, out: Path, formats: tuple[str, ...]
) -> None:
    """Expected households per segment and area; own penetration and white spots with a customer file."""
    release, market = _market(country, language)
    known = [area.level for area in market.levels]
    if level and level not in known:
        raise click.UsageError(f"No level {level!r} in {market.country}; known are {', '.join(known)}.")
    base = count_customers(customers, market) if customers else None
    page = new_report(f"Market potential, {country}", market)
    levels = [level] if level else [name for name in known if name != "region"]
    add_potential(page, release, market, levels, base, language)
    _finish(page, out, formats)


@segments.command()
@click.argument("file", type=FILE)
@click.option("--target", type=FILE, help="Declared target group: CSV with segment,share.")
@click.option(
    "--licensed", default="", metavar="SYSTEM=COLUMN", help="Column of licensed codes; see crosswalk."
)
@report_options
def profile(
    file: Path,
    target: Path | None,
    licensed: str,
    country: str,
    language: str,
    out: Path,
    formats: tuple[str, ...],
) -> None:
    """Base against market: index and interval per variable and segment; declared target against the real."""
    _, market = _market(country, language)
    page = new_report(f"Base against market, {file.name}", market)
    declared = _per_segment(target, market, "share")
    add_profile(page, market, count_customers(file, market), declared, language)
    if licensed:
        system, _, column = licensed.partition("=")
        table = load_crosswalk(_definitions_folder() / CROSSWALK, market.definitions.codes)
        page.add(licensed_table(table, system, count_values(file, column), market, language))
    _finish(page, out, formats)


@segments.command()
@click.option("--customers", type=FILE, help="Customer file with an outcome.")
@click.option("--outcome", default="", help="Column of the outcome, 0/1 or an amount.")
@report_options
def correlation(
    customers: Path | None, outcome: str, country: str, language: str, out: Path, formats: tuple[str, ...]
) -> None:
    """Which variables say the same: pairs, clusters, variance inflation, association with an outcome."""
    if bool(customers) != bool(outcome):
        raise click.UsageError("--customers and --outcome belong together.")
    _, market = _market(country, language)
    page = new_report(f"Which variables say the same, {country}", market)
    base = count_customers(customers, market, outcome) if customers else None
    add_correlation(page, market, base, outcome)
    _finish(page, out, formats)


@segments.command()
@click.option("--customers", type=FILE, help="Own customers: adds profile, penetration and focus on them.")
@click.option("--target", type=FILE, help="Declared target group: CSV with segment,share.")
@click.option("--margins", type=FILE, help="CSV with segment,margin.")
@click.option("--outcome", default="", help="Column of the customer file to find associations with.")
@report_options
def report(
    customers: Path | None,
    target: Path | None,
    margins: Path | None,
    outcome: str,
    country: str,
    language: str,
    out: Path,
    formats: tuple[str, ...],
) -> None:
    """Everything on one page: potential, profile, white spots, focus, related, correlation, uncertainty."""
    release, market = _market(country, language)
    base = count_customers(customers, market, outcome) if customers else None
    page = new_report(f"Segments, {country}", market)
    if base is not None:
        add_profile(page, market, base, _per_segment(target, market, "share"), language)
    add_focus(page, market, base, _per_segment(margins, market, "margin"), language)
    levels = [name for name in ("municipality", "postcode") if name in {a.level for a in market.levels}]
    add_potential(page, release, market, levels, base, language)
    page.add(related_table(market, language))
    add_correlation(page, market, base, outcome)
    page.add(uncertainty_table(release, market, language))
    _finish(page, out, formats)


@segments.command()
@report_options
def related(country: str, language: str, out: Path, formats: tuple[str, ...]) -> None:
    """Related segments: who lives in the same kind of places."""
    _, market = _market(country, language)
    page = new_report(f"Related segments, {country}", market)
    page.add(related_table(market, language))
    _finish(page, out, formats)


@segments.command()
@click.option("--customers", type=FILE, help="Own customers.")
@click.option("--margins", type=FILE, help="CSV with segment,margin.")
@report_options
def focus(
    customers: Path | None,
    margins: Path | None,
    country: str,
    language: str,
    out: Path,
    formats: tuple[str, ...],
) -> None:
    """Where to begin: potential × index × margin."""
    _, market = _market(country, language)
    base = count_customers(customers, market) if customers else None
    page = new_report(f"Where to begin, {country}", market)
    add_focus(page, market, base, _per_segment(margins, market, "margin"), language)
    _finish(page, out, formats)


@segments.command()
@click.argument("file", type=FILE)
@click.option("--question", "questions", multiple=True, required=True, help="Column; may be given twice.")
@report_options
def survey(
    file: Path, questions: tuple[str, ...], country: str, language: str, out: Path, formats: tuple[str, ...]
) -> None:
    """Survey answers joined by segment."""
    _, market = _market(country, language)
    page = new_report(f"Survey by segment, {file.name}", market)
    page.add(survey_table(file, market, list(questions), language))
    _finish(page, out, formats)


@segments.command()
@click.option("--draws", default=40, show_default=True, type=click.IntRange(10, 1000))
@report_options
def uncertainty(draws: int, country: str, language: str, out: Path, formats: tuple[str, ...]) -> None:
    """How sure the estimator is of each segment, by resampling."""
    release, market = _market(country, language)
    page = new_report(f"Uncertainty of segments, {country}", market)
    page.add(uncertainty_table(release, market, language, draws))
    _finish(page, out, formats)


@segments.command()
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--out", type=FOLDER, default=Path("segments-report"), show_default=True)
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), default=("csv",))
def maturity(files: tuple[Path, ...], out: Path, formats: tuple[str, ...]) -> None:
    """Which kinds of data are filled (demographic to predictive), and the next step."""
    table = maturity_table(files)
    page = Report("Data maturity", f"Read from {', '.join(path.name for path in files)}.")
    fill = plot_bars(
        table.frame["kind"].tolist(), (100 * table.frame["fill"]).tolist(), "% of rows filled", "Filled"
    )
    page.add(table, ("maturity", fill))
    _finish(page, out, formats)


@segments.command()
@click.option(
    "--raw",
    type=FOLDER,
    envvar="ENRICH_RAW_DATA",
    help="Folder of raw files: adds groups by share of foreign origin, in the audit only.",
)
@click.option("--decisions", type=FILE, help="File of decisions made: audits what leads did get.")
@click.option("--measure", "columns", multiple=True, help="Number column of --decisions; may be given twice.")
@click.option("--band", default=BAND, show_default=True, type=click.FloatRange(0, 1))
@report_options
def fairness(
    raw: Path | None,
    decisions: Path | None,
    columns: tuple[str, ...],
    band: float,
    country: str,
    language: str,
    out: Path,
    formats: tuple[str, ...],
) -> None:
    """Who gets what: offers, reach and agents over income, urbanity and origin; fails outside the band."""
    if bool(decisions) != bool(columns):
        raise click.UsageError("--decisions and --measure belong together.")
    _, market = _market(country, language)
    if decisions:
        bases = {column: count_customers(decisions, market, column) for column in columns}
        audit = audit_decisions(market, bases, raw, band)
    else:
        policy, today = active_policy(load_config()), datetime.now(UTC).date()
        measures = measure_policy(policy, market.definitions.codes, country, today)
        audit = audit_fairness(market, measures, raw, band)
    page = new_report(f"Fairness audit, {country}", market)
    page.findings += audit.faults or (f"Every group, segment and area gets at least {band:.0%}.",)
    page.add(audit.table)
    _finish(page, out, formats)
    if audit.faults:
        raise CheckError("The fairness gate is closed.", audit.faults)


@segments.command()
@click.argument("file", type=FILE)
def crosswalk(file: Path) -> None:
    """Imports a table of licensed codes (system,licensed_code,segment,share) that the company owns."""
    folder = _definitions_folder()
    found, target = import_crosswalk(file, folder, load_definitions(folder).codes)
    click.echo(f"{len(found.shares):,} codes of {', '.join(found.systems)} imported into {target}.")


def _definitions_folder() -> Path:
    return load_config().reference_data / "policy" / "segments"


def _market(country: str, language: str) -> tuple[Release, Market]:
    release = Release.open(load_config().reference_data)
    return release, load_market(release, country.upper(), load_definitions(_definitions_folder()), language)


def _per_segment(path: Path | None, market: Market, column: str) -> dict[str, float]:
    return read_per_segment(path, market.definitions.codes, column) if path else {}


def _finish(report: Report, out: Path, formats: tuple[str, ...]) -> None:
    written = report.write(out, formats)
    for finding in report.findings:
        click.echo(finding)
    click.echo(f"{len(written)} files in {out}; begin with {out / 'report.html'}.")
