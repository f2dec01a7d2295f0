"""What a new release changes: rows, areas, variables, and which segment households would move to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.analyst.market import Market, load_market
from service.refdata.diff.migration import (
    LEAST_FLOW,
    Aligned,
    AreaMove,
    align_areas,
    area_flows,
    area_moves,
    common_variables,
    lead_flows,
    moved_by,
    moved_most,
    spread_of,
)
from service.segment.definitions import Definitions
from service.tables import Release

Floats = NDArray[np.float64]
MOST_VARIABLES = 15
ROUNDING = 1e-5  # of float32


@dataclass(frozen=True, slots=True)
class VariableMove:
    """One variable: country figures, and how far its areas moved (household-weighted mean |change|)."""

    code: str
    label: str
    unit: str
    old: float
    new: float
    mean_change: float
    standard: float
    most_moved: tuple[tuple[str, str, float, float], ...]


@dataclass(frozen=True, slots=True)
class CountryDiff:
    """One country. Matrices are [from segment, to segment]: households, and expected logged leads.

    `levels`: per level the areas compared, those whose figures moved, and the variable that moved most.
    """

    country: str
    finest: str
    rows: tuple[tuple[str, int, int], ...]
    gained: Mapping[str, tuple[str, ...]]
    lost: Mapping[str, tuple[str, ...]]
    levels: tuple[tuple[str, int, int, str], ...]
    variables: tuple[VariableMove, ...]
    segments: tuple[str, ...]
    segment_names: tuple[str, ...]
    households: tuple[tuple[float, ...], ...]
    leads: tuple[tuple[float, ...], ...]
    areas: tuple[AreaMove, ...]
    moved_by: Mapping[str, str]
    treatments: Mapping[str, tuple[str, ...]]
    moving_share: Mapping[str, float]

    @property
    def moving_households(self) -> float:
        """Households that would change segment."""
        matrix = np.array(self.households)
        return float(matrix.sum() - np.trace(matrix))

    @property
    def moving_leads(self) -> float:
        """Logged leads that would be expected to change segment."""
        matrix = np.array(self.leads)
        return float(matrix.sum() - np.trace(matrix))


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """Two releases compared, country by country; new and gone countries by name."""

    old: str
    new: str
    countries: tuple[CountryDiff, ...]
    new_countries: tuple[str, ...]
    lost_countries: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain content for `json.dumps`."""
        return asdict(self)


def compare_releases(
    old: Release,
    new: Release,
    definitions: Definitions,
    leads: Mapping[tuple[str, str, str, str], int],
    treatments: Mapping[str, Sequence[str]],
    language: str = "en",
) -> ReleaseDiff:
    """Compares every country that both have.

    `leads`: (country, level, area code, segment) -> logged leads; `treatments`: segment -> what it gets.
    Segments are those of `definitions` for both, so that only the data's own change shows.
    """
    both = [country for country in old.countries if country in new.countries]
    return ReleaseDiff(
        old.id,
        new.id,
        tuple(_compare_country(old, new, c, definitions, leads, treatments, language) for c in both),
        tuple(c for c in new.countries if c not in both),
        tuple(c for c in old.countries if c not in both),
    )


def _compare_country(
    old: Release,
    new: Release,
    country: str,
    definitions: Definitions,
    leads: Mapping[tuple[str, str, str, str], int],
    treatments: Mapping[str, Sequence[str]],
    language: str,
) -> CountryDiff:
    before, after = (load_market(r, country, definitions, language) for r in (old, new))
    was, now = align_areas(before.finest, after.finest)
    flows = area_flows(was.shares, now.shares, now.households)
    codes = definitions.codes
    off = flows.copy()
    off[:, np.arange(len(codes)), np.arange(len(codes))] = 0
    moving = off.sum(axis=(1, 2))
    movers = moved_most(before, after, was, now)
    touched = [c for n, c in enumerate(codes) if off[:, n].sum() + off[:, :, n].sum() >= LEAST_FLOW]
    households = np.maximum(now.households, 1e-9)
    return CountryDiff(
        country=country,
        finest=after.finest.level,
        rows=_rows(old, new, country),
        **_gained_and_lost(old, new, country),
        levels=_levels(old, new, country),
        variables=_variables(before, after, was, now),
        segments=codes,
        segment_names=tuple(s.name(language) for s in definitions.segments),
        households=_plain(flows.sum(axis=0)),
        leads=_plain(lead_flows(before, after, country, codes, leads)),
        areas=area_moves(now, off, moving, movers, codes),
        moved_by=moved_by(off, movers, codes),
        treatments={code: tuple(treatments.get(code, ())) for code in touched},
        moving_share=dict(zip(now.codes, (moving / households).round(6).tolist(), strict=True)),
    )


def _variables(before: Market, after: Market, was: Aligned, now: Aligned) -> tuple[VariableMove, ...]:
    spreads = spread_of(was.figures)
    moves = []
    for a, b in common_variables(before, after):
        note = after.variables[b]
        change = np.abs(now.figures[:, b] - was.figures[:, a])
        known = np.isfinite(change) & (now.households > 0)
        national = float(before.national[a]), float(after.national[b])
        if not known.any() or (change[known].max() == 0 and national[0] == national[1]):
            continue
        mean = float(np.average(change[known], weights=now.households[known]))
        order = np.argsort(-np.nan_to_num(change), kind="stable")[:5]
        most = tuple(
            (now.codes[n], now.names[n], float(was.figures[n, a]), float(now.figures[n, b]))
            for n in order.tolist()
            if np.nan_to_num(change[n]) > 0
        )
        standard = float(np.nan_to_num(mean / spreads[a]))
        moves.append(VariableMove(note.code, note.label, note.unit, *national, mean, standard, most))
    moves.sort(key=lambda m: -m.standard)
    return tuple(moves[:MOST_VARIABLES])


def _levels(old: Release, new: Release, country: str) -> tuple[tuple[str, int, int, str], ...]:
    found = []
    for level in new.levels(country):
        if not old.has(country, f"profiles_{level}"):
            continue
        pair = [r.table(country, f"profiles_{level}").to_pandas().set_index("code") for r in (old, new)]
        both = pair[0].index.intersection(pair[1].index)
        shared = [c for c in pair[1].columns if c in pair[0].columns and c != "name"]
        was, now = (p.loc[both, shared].to_numpy(dtype=np.float64) for p in pair)
        change = np.nan_to_num(np.abs(now - was))
        moved = change > ROUNDING * np.maximum(np.abs(np.nan_to_num(was)), 1e-3)
        spread = spread_of(was)
        size = np.where(np.isnan(spread), np.abs(np.nan_to_num(was)).mean(axis=0), spread)
        typical = np.divide(change.mean(axis=0), size, out=np.zeros(len(shared)), where=size > 0)
        most = shared[int(typical.argmax())] if moved.any() else ""
        found.append((level, len(both), int(moved.any(axis=1).sum()), most))
    return tuple(found)


def _rows(old: Release, new: Release, country: str) -> tuple[tuple[str, int, int], ...]:
    counts = [
        {t["path"]: int(t["rows"]) for t in r.manifest["countries"][country]["tables"]} for r in (old, new)
    ]
    return tuple(
        (path, counts[0].get(path, 0), counts[1].get(path, 0)) for path in sorted({*counts[0], *counts[1]})
    )


def _gained_and_lost(old: Release, new: Release, country: str) -> dict[str, dict[str, tuple[str, ...]]]:
    gained, lost = {}, {}
    for level in new.levels(country):
        if level not in old.levels(country):
            continue
        codes = [set(r.table(country, f"profiles_{level}").column("code").to_pylist()) for r in (old, new)]
        if codes[0] != codes[1]:
            gained[level], lost[level] = (
                tuple(sorted(codes[1] - codes[0])),
                tuple(sorted(codes[0] - codes[1])),
            )
    return {"gained": gained, "lost": lost}


def _plain(matrix: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(v), 3) for v in row) for row in matrix)
