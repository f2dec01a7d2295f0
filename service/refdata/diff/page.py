"""The difference of two releases as one HTML page with a map and plots."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from service.analyst.page import Report, render_page
from service.analyst.plots import plot_bars
from service.analyst.tables import AnalystTable
from service.refdata.diff.compare import CountryDiff, ReleaseDiff
from service.refdata.diff.text import diff_text
from service.tables import Release

_FLOWS = 30


def diff_page(diff: ReleaseDiff, new: Release) -> str:
    """One self-contained HTML page: no script, no file beside it."""
    about = f"Release {diff.new} against the active one, {diff.old}; today's segment definitions for both."
    report = Report(f"What {diff.new} changes", about)
    report.findings += [
        line.strip() for line in diff_text(diff).splitlines()[1:] if not line.startswith("    ")
    ]
    for country in diff.countries:
        _add_country(report, country, new)
    if not report.tables:
        report.findings.append("The releases have no country in common: there is nothing to compare.")
    return render_page(report)


def _add_country(report: Report, diff: CountryDiff, new: Release) -> None:
    names = [f"{c} {n}" for c, n in zip(diff.segments, diff.segment_names, strict=True)]
    title = f"{diff.country}: households from segment (row) to segment"
    flows = plot_flows(np.array(diff.households), names, "Households that change segment")
    report.add(
        _matrix(f"{diff.country}_migration", title, names, diff, diff.households),
        (f"{diff.country}_matrix", flows),
        (f"{diff.country}_map", plot_moving(new, diff.country, diff.finest, diff.moving_share)),
    )
    report.add(_flows(diff))
    if np.array(diff.leads).sum() > 0:
        title = f"{diff.country}: logged leads expected to go from segment (row) to segment"
        report.add(_matrix(f"{diff.country}_leads", title, names, diff, diff.leads))
    frame = pd.DataFrame(
        [(m.code, m.label, m.unit, m.old, m.new, m.mean_change, m.standard) for m in diff.variables],
        columns=["variable", "label", "unit", "old", "new", "mean_change", "standard"],
    )
    picture = plot_bars(
        [m.label for m in diff.variables],
        [m.standard * 100 for m in diff.variables],
        "mean move of an area, % of the standard deviation between areas",
        "Variables that moved most",
    )
    report.add(
        AnalystTable(
            f"{diff.country}_variables",
            f"{diff.country}: variables that moved most",
            frame,
            {
                "variable": "Code of the variable.",
                "label": "Its name.",
                "unit": "Its unit.",
                "old": "Figure of the country before.",
                "new": "Figure of the country now.",
                "mean_change": "Mean absolute change of an area, weighted by households.",
                "standard": "The same in standard deviations between areas.",
            },
        ),
        *([(f"{diff.country}_moves", picture)] if diff.variables else []),
    )
    areas = pd.DataFrame(
        [
            (a.code, a.name, a.households, a.moving, a.from_segment, a.to_segment, a.variable, a.old, a.new)
            for a in diff.areas
        ],
        columns=["area", "name", "households", "moving", "from", "to", "variable", "old", "new"],
    )
    report.add(
        AnalystTable(
            f"{diff.country}_areas",
            f"{diff.country}: areas with most moving households",
            areas,
            {
                "area": "Code.",
                "name": "Name.",
                "households": "Households.",
                "moving": "Households that would change segment.",
                "from": "Segment that loses most.",
                "to": "Segment that gains most from it.",
                "variable": "Variable that moved most there.",
                "old": "Its figure before.",
                "new": "Its figure now.",
            },
        )
    )
    touched = pd.DataFrame(
        [(code, what) for code, treatments in diff.treatments.items() for what in treatments],
        columns=["segment", "treatment"],
    )
    report.add(
        AnalystTable(
            f"{diff.country}_treatments",
            f"{diff.country}: treatments of the segments that change",
            touched,
            {"segment": "Code of the segment.", "treatment": "Slot and treatment that leads of it get."},
        )
    )


def _flows(diff: CountryDiff) -> AnalystTable:
    """The largest flows with the variable behind each."""
    place = {code: n for n, code in enumerate(diff.segments)}
    rows = []
    for pair, variable in diff.moved_by.items():
        source, target = pair.split(">")
        households = diff.households[place[source]][place[target]]
        leads = diff.leads[place[source]][place[target]]
        rows.append((source, target, households, leads, variable))
    rows.sort(key=lambda row: -row[2])
    return AnalystTable(
        f"{diff.country}_flows",
        f"{diff.country}: largest flows, and what moved them",
        pd.DataFrame(rows[:_FLOWS], columns=["from", "to", "households", "leads", "moved_by"]),
        {
            "from": "Segment before.",
            "to": "Segment now.",
            "households": "Households that move.",
            "leads": "Logged leads expected to move.",
            "moved_by": "Variable that moved most in the areas that carry most of the flow.",
        },
    )


def _matrix(
    name: str, title: str, names: list[str], diff: CountryDiff, matrix: tuple[tuple[float, ...], ...]
) -> AnalystTable:
    frame = pd.DataFrame(matrix, columns=list(diff.segments))
    frame.insert(0, "from", names)
    columns = {"from": "Segment before."} | {
        c: f"Now in {n}." for c, n in zip(diff.segments, names, strict=True)
    }
    return AnalystTable(name, title, frame, columns)


def plot_flows(matrix: np.ndarray, names: list[str], title: str) -> Figure:
    """The migration matrix without its diagonal, darker for more."""
    moving = matrix.copy()
    np.fill_diagonal(moving, np.nan)
    figure = Figure(figsize=(8.2, 4.4), layout="constrained")
    axes = figure.subplots()
    colours = mpl.colormaps["Blues"].with_extremes(bad="#eef0f3")
    image = axes.imshow(moving, cmap=colours, vmin=0, vmax=max(float(np.nan_to_num(moving).max()), 1.0))
    codes = [name.split(" ")[0] for name in names]
    axes.set_xticks(range(len(names)), codes)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_xlabel("to")
    figure.colorbar(image, ax=axes, shrink=0.6, label="households")
    axes.set_title(title, loc="left", fontweight="bold")
    return figure


def plot_moving(release: Release, country: str, level: str, moving: Mapping[str, float]) -> Figure:
    """Map of the share of households that change segment; grey where an area is new or unknown."""
    table = release.table(country, f"areas_{level}")
    shapes, values = [], []
    polygons = shapely.from_wkb(table.column("wkb").to_pylist())
    for code, polygon in zip(table.column("code").to_pylist(), polygons, strict=True):
        for part in shapely.get_parts(polygon):
            if part.geom_type == "Polygon":
                shapes.append(shapely.get_coordinates(part.exterior))
                values.append(100 * moving.get(code, np.nan))
    figure = Figure(figsize=(7.5, 6.2), layout="constrained")
    axes = figure.subplots()
    colours = mpl.colormaps["YlOrRd"].with_extremes(bad="#c9ced6")
    drawn = PolyCollection(shapes, array=np.ma.masked_invalid(values), cmap=colours, linewidths=0.1)
    drawn.set_clim(0, max(float(np.nan_to_num(values).max()), 1.0))
    axes.add_collection(drawn)
    axes.autoscale_view()
    middle = float(np.mean([shape[:, 1].mean() for shape in shapes]))
    axes.set_aspect(1 / np.cos(np.radians(middle)))
    axes.set_axis_off()
    figure.colorbar(drawn, ax=axes, shrink=0.6, label="% of households that change segment")
    axes.set_title(f"{country}: where households change segment, by {level}", loc="left", fontweight="bold")
    return figure
