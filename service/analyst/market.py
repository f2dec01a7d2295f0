"""The market that a base is compared with: every area's households, segments and open figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.area.figures import area_names, read_figures
from service.segment.assign import SegmentModel
from service.segment.definitions import Definitions
from service.segment.potential import segment_shares
from service.tables import Release

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VariableNote:
    """What `variables.json` says of one variable."""

    code: str
    label: str
    unit: str
    topic: str
    vintage: str
    source: str


@dataclass(frozen=True, slots=True)
class MarketLevel:
    """One level of areas. `row`: code -> position; `households` [areas] (0 where unknown); `shares`
    [areas, segments]; `figures` [areas, variables], NaN unknown; `urbanity` [areas, 3] shares.
    """

    level: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    row: Mapping[str, int]
    households: Floats
    shares: Floats
    figures: Floats
    urbanity: Floats

    @property
    def expected(self) -> Floats:
        """Expected households per segment, [areas, segments]."""
        return self.shares * self.households[:, None]


@dataclass(frozen=True, slots=True)
class Market:
    """One country of one release. `levels` are those with joint tables, finest first."""

    country: str
    release: str
    definitions: Definitions
    levels: tuple[MarketLevel, ...]
    variables: tuple[VariableNote, ...]
    national: Floats
    shares: Floats

    @property
    def finest(self) -> MarketLevel:
        return self.levels[0]

    def level(self, name: str) -> MarketLevel:
        """The level of that name. Raises KeyError."""
        return {level.level: level for level in self.levels}[name]


def load_market(release: Release, country: str, definitions: Definitions, language: str = "en") -> Market:
    """Reads a country's joint tables and profiles. Raises ReleaseError."""
    model = SegmentModel.load(release, country, definitions)
    notes = tuple(
        VariableNote(
            entry["code"],
            entry["label"].get(language, entry["label"]["en"]),
            entry["unit"],
            entry["topic"],
            entry["vintage"],
            entry["source"],
        )
        for entry in release.json(country, "variables")
    )
    codes = [note.code for note in notes]
    levels = []
    for table in model.levels:
        names = area_names(release, country, table.level)
        named = tuple(names.get(code, code) for code in table.rows)
        figures = read_figures(release, country, table.level, codes).of_areas(table.rows)
        levels.append(
            MarketLevel(
                table.level,
                tuple(table.rows),
                named,
                table.rows,
                table.households,
                segment_shares(model, table),
                figures,
                table.urbanity,
            )
        )
    return Market(country, release.id, definitions, tuple(levels), notes, levels[-1].figures[0], model.market)
