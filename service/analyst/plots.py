"""Plots of analysts' tables, as PNG and SVG. People look at pictures rather than tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from service.analyst.market import Market
from service.tables import Release

Floats = NDArray[np.float64]
FAR_INDEX = 300.0
MORE, LESS, PLAIN, GREY = "#1b7f79", "#c8553d", "#35618f", "#c9ced6"
mpl.rcParams.update(
    {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "x"}
)


def plot_index(frame: pd.DataFrame, label: str, title: str, most: int = 25) -> Figure:
    """Index with its interval per row, the market at 100."""
    known = frame[np.isfinite(frame["index"])].head(most)[::-1]
    figure = Figure(figsize=(7.5, 0.6 + 0.27 * max(len(known), 3)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(known))
    colours = np.where(known["index"] >= 100, MORE, LESS)
    axes.barh(places, known["index"] - 100, left=100, color=colours, height=0.62)
    low, high = known["index"] - known["index_low"], known["index_high"] - known["index"]
    spread = np.nan_to_num(np.stack([low, high]), nan=0.0).clip(min=0)
    axes.errorbar(known["index"], places, xerr=spread, fmt="none", ecolor="#222", elinewidth=0.9, capsize=2)
    axes.axvline(100, color="#222", linewidth=0.8)
    codes = [f"{code} " for code in known["segment"]] if "segment" in known else [""] * len(known)
    axes.set_yticks(places, [_short(code + text) for code, text in zip(codes, known[label], strict=True)])
    left, right = axes.get_xlim()
    axes.set_xlim(max(left, 0.0), min(right, FAR_INDEX))  # one index of 1,400 would hide all others
    axes.set_xlabel("index, market = 100 (bar), 95 % interval (line)")
    axes.set_title(title, loc="left", fontweight="bold")
    return figure


def plot_bars(names: Sequence[str], values: Sequence[float], axis: str, title: str) -> Figure:
    """Plain horizontal bars, largest on top as given."""
    figure = Figure(figsize=(7.5, 0.6 + 0.3 * max(len(names), 3)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(names))[::-1]
    axes.barh(places, list(values), color=PLAIN, height=0.65)
    axes.set_yticks(places, [_short(name) for name in names])
    axes.set_xlabel(axis)
    axes.set_title(title, loc="left", fontweight="bold")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


def plot_map(
    release: Release, market: Market, level: str, values: Floats, title: str, centre: float = 100
) -> Figure:
    """Areas of a level coloured by an index; grey where unknown."""
    table = release.table(market.country, f"areas_{level}")
    row = market.level(level).row
    figure = Figure(figsize=(7.5, 6.2), layout="constrained")
    axes = figure.subplots()
    land = shapely.from_wkb(release.table(market.country, "areas_country")["wkb"].to_pylist())[0]
    # Postcodes are drawn out to sea; only their land is shown.
    polygons = shapely.intersection(shapely.from_wkb(table["wkb"].to_pylist()), land)
    shapes, colours = [], []
    for code, polygon in zip(table["code"].to_pylist(), polygons, strict=True):
        value = values[row[code]] if code in row else np.nan
        for part in shapely.get_parts(polygon):
            if part.geom_type == "Polygon" and not part.is_empty:
                shapes.append(shapely.get_coordinates(part.exterior))
                colours.append(value)
    collection = PolyCollection(
        shapes,
        array=np.ma.masked_invalid(colours),
        cmap=mpl.colormaps["BrBG"].with_extremes(bad=GREY),
        linewidths=0.2,
        edgecolors="#8d97a3",
    )
    collection.set_clim(0, 2 * centre)
    axes.add_collection(collection)
    axes.autoscale_view()
    middle = np.mean([shape[:, 1].mean() for shape in shapes])
    axes.set_aspect(1 / np.cos(np.radians(middle)))
    axes.set_axis_off()
    figure.colorbar(collection, ax=axes, shrink=0.6, label=f"index, country = {centre:g}")
    axes.set_title(title, loc="left", fontweight="bold")
    return figure


def plot_matrix(matrix: Floats, names: Sequence[str], title: str) -> Figure:
    """Correlations, ordered so that what says the same stands together."""
    distance = 1 - np.abs(matrix)
    np.fill_diagonal(distance, 0.0)
    order = leaves_list(linkage(squareform(distance, checks=False), method="average"))
    figure = Figure(figsize=(9, 8.2), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(matrix[np.ix_(order, order)], cmap="RdBu", vmin=-1, vmax=1)
    axes.set_xticks(range(len(order)), [names[n] for n in order], rotation=90, fontsize=5)
    axes.set_yticks(range(len(order)), [names[n] for n in order], fontsize=5)
    figure.colorbar(image, ax=axes, shrink=0.6, label="correlation over areas")
    axes.set_title(title, loc="left", fontweight="bold")
    return figure


def write_plot(figure: Figure, folder: Path, name: str) -> list[Path]:
    """`<name>.png` and `<name>.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    figure.savefig(paths[0], dpi=130)
    figure.savefig(paths[1], metadata={"Date": None})
    return paths


def png_bytes(figure: Figure) -> bytes:
    """The plot as PNG, to be placed inside a page."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return stream.getvalue()


def _short(text: str) -> str:
    return text if len(text) <= 46 else text[:45] + "…"
