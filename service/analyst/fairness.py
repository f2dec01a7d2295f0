"""Offline fairness audit: who is left with less, and a gate.

The only place that reads the share of foreign origin. It is read from the publisher's file at the
moment of the audit, used to sort areas into three groups, and forgotten: no table of a release, no
answer and no file that the audit writes holds it per area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.analyst.customers import CustomerBase
from service.analyst.market import Market, MarketLevel
from service.analyst.tables import AnalystTable
from service.errors import InvalidInputError
from service.files.strict import read_rows
from service.segment.compare import area_groups, thirds

Floats = NDArray[np.float64]

# A group, segment or area must be left with at least this part of what everybody gets on average: the
# four-fifths rule of the US Uniform Guidelines (1978), used widely for want of a better line.
BAND = 0.80
LEAST_AREA = 100.0  # households or leads of an area that is judged on its own
INCOME = "household_income_mean"
ORIGIN_FILE = "dk/polling_areas/Indvandrere_og_efterkommere_fordelt_efter_oprin___.csv"
ORIGIN_KEY = "ValgstedId"


Row = tuple[str, str, str, float, float, float]


@dataclass(frozen=True, slots=True)
class Audit:
    """What everybody and each group gets. `faults` are sentences; empty when the gate is open."""

    table: AnalystTable
    faults: tuple[str, ...]


def audit_fairness(
    market: Market, measures: Mapping[str, Floats], raw: Path | None = None, band: float = BAND
) -> Audit:
    """What the policy would give: each measure over groups of areas, segments and single areas.

    `measures`: name -> value per segment [segments] (what a lead of it gets). With `raw`, groups by share
    of foreign origin are audited too (Denmark). Raises InvalidInputError for `raw` in a country without such
    a file.
    """
    finest = market.finest
    groups = _groups(market, finest, raw)
    rows: list[Row] = []
    for name, per_segment in measures.items():
        by_area = finest.shares @ per_segment
        everybody = float(np.average(by_area, weights=finest.households))
        rows += _compare(name, by_area, finest.households, everybody, groups, finest)
        for number, segment in enumerate(market.definitions.segments):
            households = float(finest.expected[:, number].sum())
            rows.append((name, "segment", segment.code, float(per_segment[number]), everybody, households))
    return _judge(rows, band, "households")


def audit_decisions(
    market: Market, bases: Mapping[str, CustomerBase], raw: Path | None = None, band: float = BAND
) -> Audit:
    """What leads did get, from a file of decisions: `bases` maps each measured column to its counts.

    Only leads that the file places in a finest area are audited; groups weigh leads, not households. Raises
    InvalidInputError when it places none.
    """
    finest = market.finest
    groups = _groups(market, finest, raw)
    rows: list[Row] = []
    for name, base in bases.items():
        leads, sums = base.counts[finest.level], base.outcome_sums[finest.level]
        if leads.sum() == 0:
            raise InvalidInputError(
                f"No decision names a {finest.level}; export them with doorstep_area_level and doorstep_area."
            )
        by_area = np.divide(sums, leads, out=np.zeros_like(sums), where=leads > 0)
        per_household = np.divide(
            leads, finest.households, out=np.zeros_like(leads), where=finest.households > 0
        )
        weighted = [(kind, group, weights * per_household) for kind, group, weights in groups]
        rows += _compare(name, by_area, leads, float(sums.sum() / leads.sum()), weighted, finest)
    return _judge(rows, band, "leads")


def _compare(
    name: str,
    by_area: Floats,
    counts: Floats,
    everybody: float,
    groups: list[tuple[str, str, Floats]],
    finest: MarketLevel,
) -> list[Row]:
    rows: list[Row] = [
        (name, kind, group, float(np.average(by_area, weights=weights)), everybody, float(weights.sum()))
        for kind, group, weights in groups
        if weights.sum() > 0
    ]
    judged = np.flatnonzero(counts >= LEAST_AREA)
    if len(judged):
        worst = int(judged[by_area[judged].argmin()])
        rows.append(
            (
                name,
                "area left with least",
                finest.codes[worst],
                float(by_area[worst]),
                everybody,
                float(counts[worst]),
            )
        )
    return rows


def _judge(rows: list[Row], band: float, unit: str) -> Audit:
    frame = pd.DataFrame(rows, columns=["measure", "kind", "group", "mean", "everybody", unit])
    frame["ratio"] = np.where(frame["everybody"] > 0, frame["mean"] / frame["everybody"], 1.0)
    frame["within_band"] = frame["ratio"] >= band
    faults = tuple(
        f"{row.measure}: {row.kind} {row.group} is left with {row.ratio:.0%} of what everybody gets "
        f"(at least {band:.0%}); change its treatment, or state the reason and lower the band"
        for row in frame[~frame["within_band"]].itertuples()
    )
    table = AnalystTable(
        "fairness",
        "Who gets what",
        frame,
        {
            "measure": "What a lead gets: value of the offer, reach of treatments, seniority of the agent.",
            "kind": "How leads are grouped.",
            "group": "The group.",
            "mean": f"Mean of the measure over the group's {unit}.",
            "everybody": f"Mean over all {unit}.",
            unit: f"How many {unit} the group has (expected, for a segment).",
            "ratio": "mean / everybody.",
            "within_band": f"Whether the group is left with at least {band:.0%}.",
        },
    )
    return Audit(table, faults)


def _groups(market: Market, finest: MarketLevel, raw: Path | None) -> list[tuple[str, str, Floats]]:
    codes = [note.code for note in market.variables]
    income = finest.figures[:, codes.index(INCOME)] if INCOME in codes else None
    groups = area_groups(finest.households, finest.urbanity, income)
    if raw is not None:
        share = _origin_share(raw, market, finest)
        groups += thirds("share of foreign origin in the area", share, finest.households)
    return groups


def _origin_share(raw: Path, market: Market, finest: MarketLevel) -> Floats:
    """Immigrants and descendants per household of each finest area: sorts areas, leaves with the audit."""
    if Path(ORIGIN_FILE).parts[0] != market.country.lower():  # raw files lie in their country's folder
        raise InvalidInputError(
            f"The audit has no publisher's file of origin for {market.country}; run it without --raw."
        )
    path = raw / ORIGIN_FILE
    header, rows = read_rows(path)
    key = header.index(ORIGIN_KEY)
    persons = {
        row[key]: sum(float(value) for n, value in enumerate(row) if n != key and value) for row in rows
    }
    found = np.array([persons.get(code, np.nan) for code in finest.codes])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(finest.households > 0, found / finest.households, np.nan)
