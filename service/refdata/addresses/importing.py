"""From publishers' files to an address index that the service opens, in one step.

The country's areas (postcode and municipality polygons, post towns) come from a release, or the
postcode polygons from a GeoJSON file for a country that no release has yet. The index in the folder is
replaced only when the new one is whole; on any error the old one stays.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import shapely

from service.errors import SourceError
from service.refdata.addresses.areas import AreaPolygons
from service.refdata.addresses.dar import import_dar
from service.refdata.addresses.dk_access import import_dk_access
from service.refdata.addresses.openaddresses import import_openaddresses
from service.refdata.addresses.osm_csv import import_osm_csv
from service.refdata.addresses.osm_pbf import import_osm_pbf
from service.refdata.addresses.record import POSTCODES_SCHEMA
from service.refdata.addresses.report import ImportReport
from service.refdata.addresses.staging import CountryAreas
from service.refdata.addresses.writer import WrittenIndex, write_index
from service.refdata.countries.registry import buildable_countries
from service.tables import Release

FORMATS = ("dar", "dk-access", "openaddresses", "osm-pbf", "osm-csv")
_DAR = (
    "dk-addresses",
    "free public data",
    "Indeholder data fra Danmarks Adresseregister, Klimadatastyrelsen",
)
_OSM = ("osm-addresses", "ODbL 1.0", "© OpenStreetMap contributors, ODbL 1.0")
# format -> (source, licence, attribution); OpenAddresses differs per source and has none.
_ORIGIN = {"dar": _DAR, "dk-access": _DAR, "osm-pbf": _OSM, "osm-csv": _OSM}


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose addresses they are; shown with every match and in the catalogue of reference data."""

    source: str
    licence: str
    attribution: str
    vintage: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an import fills, checks and names with; everything may be empty."""

    areas: CountryAreas = field(default_factory=CountryAreas)
    postcodes: pa.Table = field(default_factory=POSTCODES_SCHEMA.empty_table)
    municipality_names: dict[str, str] = field(default_factory=dict)


def origin_of(form: str, vintage: str, licence: str = "", attribution: str = "") -> Origin:
    """The origin of a format's publisher; OpenAddresses needs licence and attribution of its source.

    Raises SourceError when these are missing.
    """
    source, known_licence, known_attribution = _ORIGIN.get(form, ("openaddresses", "", ""))
    licence, attribution = licence or known_licence, attribution or known_attribution
    if not licence or not attribution:
        raise SourceError(
            "OpenAddresses collects sources under different licences: give --licence and --attribution "
            "of the source (its page names both)."
        )
    return Origin(source, licence, attribution, vintage)


def surroundings_of_release(release: Release, country: str) -> Surroundings:
    """Areas, post towns and municipality names of a country as a release has them; empty if it has none."""
    if country not in release.countries:
        return Surroundings()
    postcodes = release.table(country, "postcodes") if release.has(country, "postcodes") else None
    named, known = _polygons(release, country, "municipality"), buildable_countries()
    towns = (
        dict(zip(postcodes["postcode"].to_pylist(), postcodes["city"].to_pylist(), strict=True))
        if postcodes is not None and country in known and known[country].official_towns
        else {}
    )
    return Surroundings(
        areas=CountryAreas(_polygons(release, country, "postcode"), named, towns),
        postcodes=POSTCODES_SCHEMA.empty_table() if postcodes is None else _fitted(postcodes),
        municipality_names=dict(named.names) if named else {},
    )


def surroundings_of_geojson(path: Path, code: str, name: str) -> Surroundings:
    """Postcode polygons from a GeoJSON file. Raises SourceError."""
    return Surroundings(areas=CountryAreas(AreaPolygons.from_geojson(path, code, name)))


def import_addresses(
    form: str,
    paths: Sequence[Path],
    folder: Path,
    country: str,
    origin: Origin,
    surroundings: Surroundings,
    streets: Sequence[Path] = (),
    progress: bool = False,
) -> tuple[WrittenIndex, ImportReport]:
    """Imports files of one of FORMATS and writes `folder/addresses.idx`.

    Raises SourceError (file, line and column) and leaves the index that is there as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=folder) as scratch:
        spill = Path(scratch) / "staging.arrow"
        readers: dict[str, Callable[[], tuple[pa.Table, ImportReport]]] = {
            "dar": lambda: import_dar(paths, surroundings.areas, progress=progress, spill=spill),
            "dk-access": lambda: import_dk_access(paths, streets, surroundings.areas, progress, spill),
            "openaddresses": lambda: import_openaddresses(paths, surroundings.areas, progress, spill),
            "osm-pbf": lambda: import_osm_pbf(_only(paths), surroundings.areas, progress, spill),
            "osm-csv": lambda: import_osm_csv(paths, surroundings.areas, progress),
        }
        staging, report = readers[form]()
        if staging.num_rows == 0:
            raise SourceError(
                "No address is left to index; the old index stays. " + " ".join(report.lines()[1:4])
            )
        written = write_index(
            staging,
            surroundings.postcodes,
            folder,
            country=country,
            source=f"{origin.source} {origin.vintage}",
            licence=origin.licence,
            attribution=origin.attribution,
            vintage=origin.vintage,
            municipalities=surroundings.municipality_names,
        )
    return written, report


def _only(paths: Sequence[Path]) -> Path:
    if len(paths) != 1:
        raise SourceError(
            f"An OpenStreetMap extract is one .osm.pbf file; {len(paths)} were given. Merge them first."
        )
    return paths[0]


def _polygons(release: Release, country: str, level: str) -> AreaPolygons | None:
    if not release.has(country, f"areas_{level}"):
        return None
    table = release.table(country, f"areas_{level}")
    codes = table["code"].to_pylist()
    names = dict(zip(codes, table["name"].to_pylist(), strict=True))
    return AreaPolygons(codes, shapely.from_wkb(table["wkb"].to_numpy(zero_copy_only=False)), names)


def _fitted(postcodes: pa.Table) -> pa.Table:
    return postcodes.select(POSTCODES_SCHEMA.names).cast(POSTCODES_SCHEMA)
