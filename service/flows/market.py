"""The market behind the segments, and the company's own leads against it.

Potential and correlations follow from the release alone. Own leads are counted per small area from the
folded log (no lead and no address in it) and count with the figures and the segments of their area.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.area.figures import area_names, variable_codes
from service.errors import InvalidInputError, NotFoundError
from service.flows.active import Assets
from service.flows.country import CountryTables
from service.segment.areas import LevelTable
from service.segment.assign import SegmentModel
from service.segment.compare import Z, base_means
from service.segment.correlate import Correlations, correlate_figures
from service.segment.potential import Potential, expected_households, segment_shares
from service.store.facts import LiftCell
from service.store.store import Store

Floats = NDArray[np.float64]


# ---------------------------------------------------------------- the market


@dataclass(frozen=True, slots=True)
class MarketPotential:
    """Expected households of one level. `order` lists the rows of `found` that were asked for, largest
    area first; `names` is of areas by code."""

    found: Potential
    names: Mapping[str, str]
    order: Sequence[int]

    @property
    def national(self) -> Floats:
        """Expected households of the country per segment, [segments]."""
        total: Floats = self.found.expected.sum(axis=0)
        return total

    def index(self, row: int) -> Floats:
        """Segments of one area against the country, 100 = alike, [segments]."""
        here = self.found.expected[row]
        index: Floats = 100 * here / max(float(here.sum()), 1e-9) / (self.national / self.national.sum())
        return index


def market_potential(assets: Assets, country: str, level: str, area: str | None = None) -> MarketPotential:
    """Expected households per segment and area of a level, or of the one `area`.

    Raises InvalidInputError for a country or level that is not there, NotFoundError for an area.
    """
    tables = assets.tables_of(country)
    found = expected_households(tables.segments, known_level(tables.segments, level))
    order: list[int] = np.argsort(-found.households, kind="stable").tolist()
    if area is not None:
        order = [row for row in order if found.codes[row] == area]
        if not order:
            raise NotFoundError(f"There is no {level} with this code; ask without `area` for all.")
    return MarketPotential(found, area_names(assets.release, tables.code, level), order)


def market_correlations(assets: Assets, country: str, level: str | None = None) -> tuple[str, Correlations]:
    """The level (the finest where none is asked for), and which of its open figures say the same.

    Raises InvalidInputError for a country or level that is not there.
    """
    tables = assets.tables_of(country)
    figures = tables.profiles.level(known_level(tables.segments, level or assets.release.finest(country)))
    values, households = figures.values.astype(np.float64), figures.households.astype(np.float64)
    return figures.level, correlate_figures(figures.variables, values, households)


def known_level(model: SegmentModel, level: str) -> str:
    """The level itself. Raises InvalidInputError for one without areas."""
    known = [table.level for table in model.levels]
    if level not in known:
        raise InvalidInputError(f"There are areas of {', '.join(known)} only.", "level")
    return level


# ---------------------------------------------------------------- own leads


@dataclass(frozen=True, slots=True)
class Compared:
    """One segment or variable: mean over own leads and over the market, index and its 95 % interval (NaN
    where too little is known), and the leads whose area has the figure."""

    code: str
    base: float
    market: float
    index: float
    index_low: float
    index_high: float
    leads: int


@dataclass(frozen=True, slots=True)
class LeadProfile:
    """Own leads against the market. `without_area` of `leads` are in no area that the release knows."""

    leads: int
    without_area: int
    segments: Sequence[Compared]
    variables: Sequence[Compared]


def profile_leads(store: Store, assets: Assets, country: str, slot: str, outcome: str = "") -> LeadProfile:
    """Leads that were decided on in a slot, or those of them with an outcome, against the market.

    Raises InvalidInputError for a country that is not there, and StoreError.
    """
    tables = assets.tables_of(country)
    model, codes = tables.segments, variable_codes(assets.release, tables.code)
    first = next(iter(assets.policy.slots))
    cells = store.facts.lift_by_area(outcome, slot=slot or first, country=tables.code)

    def weigh(cell: LiftCell) -> float:
        return cell.with_outcome if outcome else cell.decisions

    counts = {table.level: count_by_area(table, cells, weigh) for table in model.levels}
    figures = {table.level: area_figures(tables, table, codes) for table in model.levels}
    shares = {table.level: segment_shares(model, table) for table in model.levels}
    leads = int(sum(weigh(cell) for cell in cells))
    return LeadProfile(
        leads=leads,
        without_area=leads - int(sum(values.sum() for values in counts.values())),
        segments=_compare(model, shares, counts, model.definitions.codes, model.market),
        variables=_compare(model, figures, counts, codes, figures["country"][0]),
    )


def area_figures(tables: CountryTables, table: LevelTable, codes: Sequence[str]) -> Floats:
    """Open figures of a level's areas in the order of its joint table, [areas, variables]."""
    level = tables.profiles.level(table.level)
    return level.of_areas(table.rows)[:, [level.variables.index(code) for code in codes]]


def count_by_area(table: LevelTable, cells: Iterable[LiftCell], weigh: Callable[[LiftCell], float]) -> Floats:
    counts = np.zeros(len(table.rows))
    for cell in cells:
        if cell.group["area_level"] == table.level and cell.group["area_code"] in table.rows:
            counts[table.rows[cell.group["area_code"]]] += weigh(cell)
    return counts


def _compare(
    model: SegmentModel,
    values: Mapping[str, Floats],
    counts: Mapping[str, Floats],
    codes: Sequence[str],
    market: Floats,
) -> list[Compared]:
    parts = [(values[t.level], counts[t.level], t.households) for t in model.levels]
    mean, error, known = base_means(parts)
    rows = []
    for n, code in enumerate(codes):
        whole = float(market[n])
        scale = 100 / whole if whole else float("nan")
        low, high = (mean[n] - Z * error[n]) * scale, (mean[n] + Z * error[n]) * scale
        rows.append(Compared(code, mean[n], whole, mean[n] * scale, low, high, int(known[n])))
    return rows
