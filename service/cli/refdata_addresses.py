"""`enrich refdata addresses`: address indexes from publishers' files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from service.address.index import AddressIndex
from service.address.layout import STATUSES
from service.config import load_config
from service.errors import ReleaseError
from service.refdata.addresses.importing import (
    FORMATS,
    Surroundings,
    import_addresses,
    origin_of,
    surroundings_of_geojson,
    surroundings_of_release,
)
from service.tables import Release


@click.group("addresses", short_help="Address indexes from publishers' files.")
def addresses() -> None:
    """Address indexes from publishers' files: the national register instead of the embedded extract."""


@addresses.command("import")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="Form of the files.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of the index."
)
@click.option("--vintage", required=True, help="Age of the data as its publisher states it, such as 2026-10.")
@click.option("--country", help="Country of the addresses; ENRICH_COUNTRY by default.")
@click.option(
    "--streets",
    multiple=True,
    type=click.Path(path_type=Path),
    help="dk-access: the files that name the street codes.",
)
@click.option(
    "--postcode-areas",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="GeoJSON of postcode polygons, for a country that the active release does not have.",
)
@click.option("--code-property", default="nr", show_default=True, help="GeoJSON property of the postcode.")
@click.option("--name-property", default="navn", show_default=True, help="GeoJSON property of the name.")
@click.option("--licence", default="", help="openaddresses: licence of the source.")
@click.option("--attribution", default="", help="openaddresses: who is to be named.")
def import_command(
    form: str,
    paths: tuple[Path, ...],
    out: Path,
    vintage: str,
    country: str | None,
    streets: tuple[Path, ...],
    postcode_areas: Path | None,
    code_property: str,
    name_property: str,
    licence: str,
    attribution: str,
) -> None:
    """Imports address files and replaces the index in --out; on any error the old index stays.

    Point ENRICH_ADDRESSES at the folder above (--out addresses/DK, ENRICH_ADDRESSES=addresses).
    """
    origin = origin_of(form, vintage, licence, attribution)
    config = load_config()
    country = (country or config.country).upper()
    if postcode_areas is not None:
        surroundings = surroundings_of_geojson(postcode_areas, code_property, name_property)
    else:
        surroundings = _of_active_release(config.reference_data, country)
    if surroundings.areas.postcodes is None:
        click.echo(
            "No postcode polygons: coordinates are not checked and missing postcodes not filled "
            "(--postcode-areas gives them).",
            err=True,
        )
    written, report = import_addresses(
        form, paths, out, country, origin, surroundings, streets=streets, progress=True
    )
    for line in report.lines():
        click.echo(line)
    for reason, rows in written.dropped.items():
        click.echo(f"  dropped  {rows:>9,}  {reason}")
    click.echo(
        f"Index: {written.houses:,} house numbers, {written.streets:,} streets, {written.units:,} units, "
        f"{written.bytes / 1e6:.1f} MB in {written.path}"
    )


@addresses.command("show")
@click.argument("folder", type=click.Path(path_type=Path))
def show_command(folder: Path) -> None:
    """What an index holds and whose it is."""
    index = AddressIndex.open(folder)
    statuses = Counter(bytes(index.house_flags))
    click.echo(f"{index.country}  {index.source}")
    click.echo(f"{index.attribution}")
    click.echo(
        f"{index.houses:,} house numbers on {index.streets:,} streets in {len(index.posts):,} postcodes"
    )
    for number, status in enumerate(STATUSES):
        click.echo(f"  {status:<12}{statuses[number]:>12,}")


def _of_active_release(reference_data: Path, country: str) -> Surroundings:
    try:
        return surroundings_of_release(Release.open(reference_data, verify=False), country)
    except ReleaseError:
        return Surroundings()
