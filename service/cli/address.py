"""`enrich address "…"`: one address washed, or completed as it is typed; for people or as JSON."""

from __future__ import annotations

import click
import orjson

from service.address.lines import one_line
from service.address.matcher import Matcher
from service.address.suggest import suggest_addresses
from service.config import Config, load_config
from service.errors import ReleaseError
from service.model import AddressMatch, AddressQuery, NextAction
from service.tables import Release
from service.web.answer import match_block, suggestion_block

_COLOURS = {NextAction.ACCEPT: "green", NextAction.CONFIRM: "yellow", NextAction.FIX: "red"}
_CATEGORIES = {"A": "exact", "B": "one safe reading", "C": "unsure"}


@click.command()
@click.argument("text")
@click.option("--country", default="", help="ISO code; ENRICH_COUNTRY (DK) when not given.")
@click.option("--suggest", is_flag=True, help="Complete TEXT, as a form does while somebody types.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 50), help="Lines to suggest.")
@click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")
def address(text: str, country: str, suggest: bool, limit: int, as_json: bool) -> None:
    """Washes TEXT: the address that was meant, how sure that is, and what was changed."""
    matcher = open_matcher(load_config(), country.upper())
    if suggest:
        lines = suggest_addresses(matcher, text, limit)
        if as_json:
            _print_json({"suggestions": [suggestion_block(line) for line in lines]})
            return
        for line in lines:
            click.echo(line.text + ("" if line.complete else " …"))
        if not lines:
            click.echo("Nothing fits.")
        return
    match = matcher.match_address(AddressQuery(country=matcher.index.country, text=text))
    if as_json:
        _print_json(match_block(match) | {"text": one_line(match)})
    else:
        _print(match, matcher)


def open_matcher(config: Config, country: str = "") -> Matcher:
    """The matcher of a country: its own index (ENRICH_ADDRESSES) before the release's.

    Raises ReleaseError for a country without tables.
    """
    code = country or config.country
    own = config.addresses / code if config.addresses else None
    if own is not None and own.exists():
        return Matcher.open(own)
    release = Release.open(config.reference_data, verify=False)
    if code not in release.countries:
        raise ReleaseError(f"The release has tables for {', '.join(release.countries)}, not for {code}.")
    return Matcher.open(release.path(code, "addresses"))


def _print_json(value: object) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _print(match: AddressMatch, matcher: Matcher) -> None:
    click.secho(one_line(match) or "No address recognised", bold=True, fg=_COLOURS[match.next_action])
    sure = _CATEGORIES[match.category]
    click.echo(f"  {match.level} · category {match.category} ({sure}) · {match.next_action}", nl=False)
    click.echo(f" · {match.reason}" if match.reason else "")
    if match.status and match.status != "current":
        click.echo(f"  this address is {match.status}")
    for change in match.changes:
        click.echo(f"  changed   {change}")
    for other in match.alternatives:
        click.echo(f"  or        {other}")
    if match.municipality_code:
        name = matcher.index.municipality_names.get(match.municipality_code, "")
        click.echo(f"  in        {name} ({match.municipality_code})")
    if match.lat is not None and match.lon is not None:
        click.echo(f"  at        {match.lat:.5f}, {match.lon:.5f}")
    if match.neighbour_distance_m is not None:
        click.echo(f"  nearest house number of the street: {match.neighbour_distance_m:.0f} m")
    click.echo(f"  source    {match.source}; {matcher.index.attribution}")
