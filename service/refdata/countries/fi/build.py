"""The Finnish part of a release, step by step: Paavo's postal areas in, tables out."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from service.refdata.countries.fi.addresses import write_addresses
from service.refdata.countries.fi.areas import EPSG, LEVELS, load_areas
from service.refdata.countries.fi.joint import write_joints
from service.refdata.countries.fi.margins import count_levels, load_margins
from service.refdata.countries.tables import Given
from service.refdata.published import read_published
from service.refdata.steps import Step

__all__ = ["LEVELS", "steps"]

# Metres. Postal areas of Finland are large and their borders run through forest and water.
TOLERANCE = {"postcode": 250.0, "municipality": 600.0, "country": 2000.0}


def steps(given: Given) -> list[Step]:
    """What builds the country, in order; each step stands on those before it."""
    build = _Build(given)
    return [
        ("counts per postal area", build.read_counts),
        ("polygons", build.read_areas),
        ("variables", build.describe),
        ("geometry", build.draw),
        ("postcodes", build.list_postcodes),
        ("joint tables", lambda: write_joints(given, build.margins)),
        ("addresses", lambda: write_addresses(given, build.levels, build.towns)),
    ]


class _Build:
    margins: dict[str, pd.DataFrame]
    levels: dict[str, pd.DataFrame]
    towns: pa.Table

    def __init__(self, given: Given) -> None:
        self.given, self.base = given, (given.source.id,)

    def read_counts(self) -> None:
        self.margins = load_margins(self.given.raw, self.given.source, self.given.ledger)

    def read_areas(self) -> None:
        self.levels = load_areas(self.given.raw, self.given.source, self.margins["areas"])

    def describe(self) -> None:
        counts = count_levels(self.margins, self.levels)
        published, variables = read_published(self.given, self.levels, {})
        names = {level: frame["name"] for level, frame in self.levels.items()}
        self.given.tables.profiles(variables, counts, names, published, self.base)

    def draw(self) -> None:
        for level, drawn in self.levels.items():
            self.given.tables.areas(level, drawn, EPSG, TOLERANCE[level], self.base)

    def list_postcodes(self) -> None:
        areas = self.margins["areas"]
        listed = pd.DataFrame(
            {
                "postcode": areas.index.to_numpy(),
                "city": areas["name"].to_numpy(),
                "bulk": False,
                "municipalities": [[code] for code in areas["municipality"]],
            }
        )
        self.towns = self.given.tables.postcodes(listed, self.base)
