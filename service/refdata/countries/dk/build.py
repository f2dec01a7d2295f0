"""The Danish part of a release, step by step: raw files in, tables out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import shapely

from service.refdata.countries.dk.addresses import write_addresses
from service.refdata.countries.dk.areas import EPSG, LEVELS, DanishAreas, find_parents, load_areas
from service.refdata.countries.dk.joint import write_joints
from service.refdata.countries.dk.margins import count_levels, load_margins
from service.refdata.countries.dk.postcodes import SOURCES, WITHIN_SCHEMA, load_postcodes, share_out
from service.refdata.countries.dk.published import READERS
from service.refdata.countries.dk.units import write_units
from service.refdata.countries.tables import Given
from service.refdata.geometry import cut_by_density, overlap_weights
from service.refdata.published import read_published
from service.refdata.steps import Step

__all__ = ["LEVELS", "steps"]

# Metres. Of 45,007 known addresses 23 change polling area and 38 fall off a simplified shore (serving gives
# these the nearest area); 2 change parish, 10 postcode, none municipality.
TOLERANCE = {"polling_area": 100.0, "parish": 100.0, "postcode": 20.0, "municipality": 100.0, "region": 400.0,
             "country": 400.0}  # fmt: skip
DAGI = ("dagi-2021", "dagi-2024")


def steps(given: Given) -> list[Step]:
    """What builds the country, in order; each step stands on those before it."""
    build = _Build(given)
    return [
        ("counts per polling area", build.read_counts),
        ("polygons", build.read_areas),
        ("overlaps", build.lay_over),
        ("variables", build.describe),
        ("geometry", build.draw),
        ("postcodes", build.list_postcodes),
        ("joint tables", build.join),
        ("units", lambda: write_units(given)),
        ("addresses", lambda: write_addresses(given, build.areas.levels, build.towns)),
    ]


class _Build:
    """`weights`: level -> overlaps of zones with its areas; `parents` as `find_parents` gives them."""

    margins: dict[str, pd.DataFrame]
    areas: DanishAreas
    weights: dict[str, pd.DataFrame]
    in_municipality: dict[str, pd.DataFrame]
    parents: Mapping[str, pd.Series]
    counts: dict[str, pd.DataFrame]
    towns: pa.Table

    def __init__(self, given: Given) -> None:
        self.given, self.base = given, (given.source.id, *DAGI)

    def read_counts(self) -> None:
        self.margins = load_margins(self.given.raw, self.given.source.file.parent, self.given.ledger)

    def read_areas(self) -> None:
        given = self.given
        self.areas = load_areas(given.raw, given.sources, self.margins["areas"], given.ledger)

    def lay_over(self) -> None:
        levels = self.areas.levels
        # Counts are spread by the population of parishes. Measured on Bornholm's 29,811 addresses this
        # misplaces 3 % of them between postcodes (spread evenly: 10 %) and 5 % between parishes (37 %).
        parishes = levels["parish"]
        people = parishes["population"].astype(float) / shapely.area(parishes["geometry"].to_numpy())
        pieces = cut_by_density(self.areas.zones, parishes, people)
        self.weights = {level: overlap_weights(pieces, levels[level]) for level in ("parish", "postcode")}
        self.in_municipality = {
            level: overlap_weights(levels[level], levels["municipality"]) for level in self.weights
        }

    def describe(self) -> None:
        given, levels = self.given, self.areas.levels
        self.parents = find_parents(
            self.margins["areas"], self.areas, self.in_municipality, given.source, given.ledger
        )
        self.counts = count_levels(self.margins, self.areas, self.weights, self.parents)
        published, variables = read_published(given, levels, READERS)
        names = {level: frame["name"] for level, frame in levels.items()}
        given.tables.profiles(variables, self.counts, names, published, self.base)

    def draw(self) -> None:
        for level, drawn in self.areas.levels.items():
            used = DAGI if level == "polling_area" else DAGI[:1]
            vintage = max(self.given.sources[name].vintage for name in used)
            self.given.tables.areas(level, drawn, EPSG, TOLERANCE[level], used, vintage)

    def list_postcodes(self) -> None:
        given, tables = self.given, self.given.tables
        overlaps = self.in_municipality["postcode"]
        listed = load_postcodes(given.raw, given.sources, overlaps, given.ledger)
        self.towns = tables.postcodes(listed, SOURCES, given.sources["postnumre"].vintage)
        dwellings = self.counts["polling_area"].filter(like="dwelling_households.").sum(axis=1)
        within = share_out(dwellings, self.areas, self.weights["postcode"], self.parents)
        tables.frame("postcode_within", "within", within, WITHIN_SCHEMA, self.base)

    def join(self) -> None:
        write_joints(self.given, self.margins, self.areas, self.weights["postcode"], self.parents)
