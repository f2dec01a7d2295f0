"""`enrich learn curve`, `drivers` and `products`: what geography is worth, what marks good customers."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.errors import LearnError
from service.learn.models.baskets import bought_together, product_by_segment, products_of
from service.learn.models.columns import read_columns
from service.learn.models.curve_page import curve_parts
from service.learn.models.drivers import drivers as find_drivers
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.geo_value import GeoCurve, Panel, value_of_geography, weights_toml
from service.learn.models.outcome import column_of, read_outcome
from service.learn.models.table import as_text, parse_numbers, read_table
from service.learn.page import page
from service.learn.statistics import Z
from service.learn.values import FloatArray

_TABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@click.command()
@click.option("--data", "table", type=_TABLE, required=True, help="One row per customer and moment.")
@click.option("--outcome", required=True, help="What happened afterwards: yes/no.")
@click.option("--tenure", required=True, help="Column with days as a customer at that moment.")
@click.option("--customer", required=True, help="Column that names the customer.")
@click.option("--geo", required=True, help="Columns known from the address, separated by commas.")
@click.option("--behaviour", required=True, help="Columns known from behaviour so far.")
@click.option("--segment", help="Column with the base segment: one curve each as well.")
@click.option("--out", type=_FILE, help="HTML page with the curve.")
@click.option("--weights", type=_FILE, help="weights.toml to write, with basis = fitted.")
def curve(
    table: Path,
    outcome: str,
    tenure: str,
    customer: str,
    geo: str,
    behaviour: str,
    segment: str | None,
    out: Path | None,
    weights: Path | None,
) -> None:
    """How much of the predictive gain is due to geography at each tenure, and the weight w_geo(t) fitted."""
    frame = read_table(table)
    panel = _panel(frame, outcome, tenure, customer, _names(geo), _names(behaviour))
    whole = value_of_geography(panel)
    by_segment: dict[str, GeoCurve] = {}
    if segment is not None:
        codes = np.array([t or "" for t in as_text(column_of(frame, segment, "segment"))])
        by_segment = {
            c: value_of_geography(_part(panel, codes == c)) for c in sorted(set(codes.tolist())) if c
        }
    for point in whole.points:
        click.echo(
            f"{point.tenure_days:6.0f} days: geography {point.share:.0%} ± {Z * point.error:.0%} "
            f"of the gain ({point.rows:,} rows, {point.events:,} outcomes)"
        )
    if whole.half_life_days is None:
        raise LearnError(
            "Too few spans of tenure have enough outcomes to fit w_geo(t); at least three are needed."
        )
    click.echo(f"w_geo(t): half-life {whole.half_life_days:.0f} days, floor {whole.floor:.2f}")
    if out is not None:
        parts = curve_parts(whole)
        for code, own in by_segment.items():
            parts += curve_parts(own, f"Segment {code}")
        out.write_text(page("The value of geodata", parts), encoding="utf-8")
    if weights is not None:
        weights.write_text(weights_toml(whole, by_segment, table.name), encoding="utf-8")


def _panel(
    frame: pd.DataFrame, outcome: str, tenure: str, customer: str, geo: list[str], behaviour: list[str]
) -> Panel:
    read = read_outcome(frame, outcome)
    if read.task != "binary":
        raise LearnError(f"The outcome {outcome!r} must be yes/no for a curve.")
    days = parse_numbers(column_of(frame, tenure, "tenure"))
    if days is None:
        raise LearnError(f"The column {tenure!r} must hold days.")
    keep = ~np.isnan(read.y) & ~np.isnan(days[0])
    codes, _ = pd.factorize(np.array(as_text(column_of(frame, customer, "customer")), dtype=object))
    panel = Panel(
        days[0], _matrix(frame, geo), _matrix(frame, behaviour), np.nan_to_num(read.y), codes.astype(np.int64)
    )
    return _part(panel, keep)


def _matrix(frame: pd.DataFrame, names: list[str]) -> FloatArray:
    """Numbers as they are, categories as one indicator per level; refused columns stop the command."""
    for name in names:
        column_of(frame, name, "named in --geo or --behaviour")
    reading, matrix = read_columns(frame[names], ())
    if reading.refused:
        column, topic = next(iter(reading.refused.items()))
        raise LearnError(f"{column} speaks of {topic}, which is never used.")
    blocks = []
    for at in range(matrix.shape[1]):
        if at in reading.encoder.category_positions:
            levels = np.unique(matrix[~np.isnan(matrix[:, at]), at])
            blocks.append((matrix[:, at][:, None] == levels).astype(float))
        else:
            blocks.append(matrix[:, at][:, None])
    if not blocks:
        raise LearnError(f"None of {', '.join(names)} can be used: {reading.dropped}.")
    return np.hstack(blocks)


def _part(panel: Panel, keep: NDArray[np.bool_]) -> Panel:
    rows = np.flatnonzero(keep)
    return Panel(
        panel.tenure_days[rows], panel.geo[rows], panel.behaviour[rows], panel.y[rows], panel.customer[rows]
    )


@click.command()
@click.option("--data", "table", type=_TABLE, required=True, help="Customers and what became of them.")
@click.option("--outcome", required=True, help="What makes a good customer: yes/no, or a number.")
@click.option("--exclude", default="", help="Columns to leave out, separated by commas.")
@click.option("--top", default=20, show_default=True, help="How many to show.")
def drivers(table: Path, outcome: str, exclude: str, top: int) -> None:
    """What marks good and bad customers; columns that say the same are named together."""
    fitted = fit_table(read_table(table), FitOptions(outcome, exclude=_names(exclude)))
    for driver in find_drivers(fitted.response, fitted.matrix, fitted.encoder.names, fitted.y, 0)[:top]:
        sign = {1: "more with", -1: "less with", 0: "depends on"}[driver.direction]
        click.echo(f"{driver.loss:9.5f}  {sign} {', '.join(driver.columns)}")
        if driver.warning:
            click.echo(f"           ! {driver.warning}")
    click.echo("Figures are how much worse outcomes are predicted without it; they are marks, not causes.")


@click.command()
@click.option("--data", "table", type=_TABLE, required=True, help="One row per customer and product bought.")
@click.option("--customer", required=True, help="Column that names the customer.")
@click.option("--product", required=True, help="Column with the product; empty for customers without any.")
@click.option("--segment", help="Column with the base segment.")
def products(table: Path, customer: str, product: str, segment: str | None) -> None:
    """Which products go with which segment, and which are bought together more than by chance."""
    frame = read_table(table)
    leads, bought = (as_text(column_of(frame, c, c)) for c in (customer, product))
    held = products_of([(a, b) for a, b in zip(leads, bought, strict=True) if a and b])
    if segment is not None:
        codes = as_text(column_of(frame, segment, "segment"))
        segment_of = {a: c for a, c in zip(leads, codes, strict=True) if a and c}
        for share in product_by_segment(held, segment_of):
            click.echo(
                f"{share.product} in {share.segment}: {share.share:.1%} [{share.low:.1%}, {share.high:.1%}], "
                f"index {share.index}"
            )
    for pair in bought_together(held):
        mark = "*" if pair.stands else " "
        click.echo(
            f"{mark} {pair.first} + {pair.second}: {pair.customers} customers, {pair.expected:.0f} by chance"
        )
