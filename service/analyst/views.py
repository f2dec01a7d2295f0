"""The views of an analyst, each added to a report as tables, plots and findings in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.analyst.correlation import (
    correlation_pairs,
    outcome_association,
    redundancy_clusters,
    variable_correlations,
)
from service.analyst.customers import CustomerBase
from service.analyst.market import Market
from service.analyst.page import Report
from service.analyst.plots import plot_bars, plot_index, plot_map, plot_matrix
from service.analyst.potential import (
    expected_customers,
    focus_table,
    penetration_table,
    potential_table,
)
from service.analyst.profile import profile_segments, profile_variables
from service.tables import Release


def new_report(title: str, market: Market) -> Report:
    """An empty report that says which release it reads and what a segment is."""
    vintage = max((note.vintage for note in market.variables), default="")
    return Report(
        title,
        f"Release {market.release}. Open figures of areas, newest of {vintage}; segments are expectations "
        "over households, not facts about persons. Each figure's own vintage is in the tables.",
    )


def add_potential(
    report: Report,
    release: Release,
    market: Market,
    levels: Sequence[str],
    base: CustomerBase | None,
    language: str,
) -> None:
    """Expected households by level; with a base also penetration, a map and white spots."""
    names = [f"{segment.code} {segment.name(language)}" for segment in market.definitions.segments]
    national = market.finest.expected.sum(axis=0).tolist()
    bars = plot_bars(names, national, "expected households", f"Segments in {market.country}")
    for number, name in enumerate(levels):
        report.add(potential_table(market, name), *([("potential_segments", bars)] if number == 0 else []))
        if base is None or base.counts[name].sum() == 0:
            continue
        expected = expected_customers(market, base, name)
        with np.errstate(invalid="ignore", divide="ignore"):
            index = np.where(expected > 0, 100 * base.counts[name] / expected, np.nan)
        picture = plot_map(release, market, name, index, f"Customers against expected, by {name}")
        table = penetration_table(market, base, name)
        report.add(table, (f"penetration_map_{name}", picture))
        spots = table.frame[table.frame["white_spot"]]
        report.findings.append(
            f"{len(spots)} white spots among {len(table.frame):,} areas of level {name}: "
            f"{spots['missing'].sum():,.0f} customers fewer than their households promise."
        )


def add_profile(
    report: Report, market: Market, base: CustomerBase, target: dict[str, float] | None, language: str
) -> None:
    """Base against market per segment and variable."""
    by_segment, by_variable = (
        profile_segments(base, market, target, language),
        profile_variables(base, market),
    )
    told = f"{base.placed:,} of {base.rows:,} customers are placed in an area"
    unknown = f"; {base.unplaced:,} name none that the release knows" if base.unplaced else ""
    top = by_segment.frame.sort_values("index", ascending=False).iloc[0]
    report.findings += [
        f"{told}{unknown}.",
        f"Most over-represented: {top['segment']} {top['name']}, index {top['index']:.0f} "
        f"({top['index_low']:.0f} to {top['index_high']:.0f}).",
    ]
    report.add(by_segment, ("profile_segments", plot_index(by_segment.frame, "name", "Segments")))
    report.add(by_variable, ("profile_variables", plot_index(by_variable.frame, "label", "Open figures")))


def add_correlation(report: Report, market: Market, base: CustomerBase | None, outcome: str) -> None:
    """Which variables say the same; with a base, what goes with its outcome."""
    notes, matrix = variable_correlations(market)
    clusters = redundancy_clusters(notes, matrix)
    picture = plot_matrix(matrix, [note.code for note in notes], "Correlations over areas")
    report.add(clusters, ("correlation_matrix", picture))
    report.add(correlation_pairs(notes, matrix))
    report.findings.append(
        f"{len(matrix)} variables say {clusters.frame['cluster'].nunique()} different things "
        "(|r| of 0.7 or more is one)."
    )
    if base is not None and outcome:
        report.add(outcome_association(market, base, outcome))


def add_focus(
    report: Report, market: Market, base: CustomerBase | None, margins: Mapping[str, float], language: str
) -> None:
    """Where to begin."""
    table = focus_table(market, base, margins, language)
    names = [f"{row.segment} {row.name}" for row in table.frame[["segment", "name"]].itertuples(index=False)]
    picture = plot_bars(names, table.frame["score"].tolist(), "score, best = 100", "Focus")
    report.add(table, ("focus", picture))
    first = table.frame.iloc[0]
    report.findings.append(
        f"Begin with {first['segment']} {first['name']}: {first['potential']:,.0f} households."
    )
