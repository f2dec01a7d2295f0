"""What a new release changes: rows, areas, variables, and which segment households would move to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.refdata.analyst.market import Market, MarketLevel, load_market
from service.segment.definitions import Definitions
from service.tables import Release

Floats = NDArray[np.float64]
MOST_AREAS, MOST_VARIABLES = 20, 15
_LEAST_FLOW = 0.5  # households: less is rounding


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
class AreaMove:
    """One area: households that would change segment, the largest flow, and the variable that moved most."""

    code: str
    name: str
    households: float
    moving: float
    from_segment: str
    to_segment: str
    variable: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class CountryDiff:
    """One country. Matrices are [from segment, to segment]: households, and expected logged leads."""

    country: str
    finest: str
    rows: tuple[tuple[str, int, int], ...]
    gained: Mapping[str, tuple[str, ...]]
    lost: Mapping[str, tuple[str, ...]]
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
    old: Release, new: Release, country: str, definitions: Definitions,
    leads: Mapping[tuple[str, str, str, str], int], treatments: Mapping[str, Sequence[str]], language: str,
) -> CountryDiff:  # fmt: skip
    before, after = (load_market(r, country, definitions, language) for r in (old, new))
    was, now = _align(before.finest, after.finest)
    flows = area_flows(was.shares, now.shares, now.households)
    codes = definitions.codes
    off = flows.copy()
    off[:, np.arange(len(codes)), np.arange(len(codes))] = 0
    moving = off.sum(axis=(1, 2))
    movers = _movers(before, after, was, now)
    touched = [c for n, c in enumerate(codes) if off[:, n].sum() + off[:, :, n].sum() >= _LEAST_FLOW]
    households = np.maximum(now.households, 1e-9)
    return CountryDiff(
        country=country,
        finest=after.finest.level,
        rows=_rows(old, new, country),
        **_gained_and_lost(old, new, country),
        variables=_variables(before, after, was, now),
        segments=codes,
        segment_names=tuple(s.name(language) for s in definitions.segments),
        households=_plain(flows.sum(axis=0)),
        leads=_plain(_lead_flows(before, after, country, codes, leads)),
        areas=_area_moves(now, off, moving, movers, codes),
        moved_by=_moved_by(off, movers, codes),
        treatments={code: tuple(treatments.get(code, ())) for code in touched},
        moving_share=dict(zip(now.codes, (moving / households).round(6).tolist(), strict=True)),
    )


def area_flows(was: Floats, now: Floats, households: Floats) -> Floats:
    """Households from segment to segment, [areas, from, to], from shares [areas, segments] of two releases.

    As few as can explain the change: what both have stays; what one segment loses goes to the gaining
    ones in proportion to their gain. A lower bound: households that trade places are not seen.
    """
    stay = np.minimum(was, now)
    leaving, arriving = was - stay, now - stay
    total = arriving.sum(axis=1, keepdims=True)
    toward = np.divide(arriving, total, out=np.zeros_like(arriving), where=total > 0)
    flows = leaving[:, :, None] * toward[:, None, :]
    diagonal = np.arange(was.shape[1])
    flows[:, diagonal, diagonal] += stay
    scaled: Floats = flows * households[:, None, None]
    return scaled


@dataclass(frozen=True, slots=True)
class _Aligned:
    codes: tuple[str, ...]
    names: tuple[str, ...]
    households: Floats
    shares: Floats
    figures: Floats


def _align(before: MarketLevel, after: MarketLevel) -> tuple[_Aligned, _Aligned]:
    """Both releases' rows of the areas that both have, in the same order."""
    codes = tuple(code for code in after.codes if code in before.row)

    def rows(level: MarketLevel) -> _Aligned:
        order = [level.row[code] for code in codes]
        names = tuple(level.names[n] for n in order)
        known = np.nan_to_num(level.households[order].astype(np.float64))
        return _Aligned(codes, names, known, level.shares[order].astype(np.float64), level.figures[order])

    return rows(before), rows(after)


def _common(before: Market, after: Market) -> list[tuple[int, int]]:
    place = {note.code: n for n, note in enumerate(before.variables)}
    return [(place[note.code], n) for n, note in enumerate(after.variables) if note.code in place]


def _movers(before: Market, after: Market, was: _Aligned, now: _Aligned) -> list[tuple[str, float, float]]:
    """Per area: the variable that moved most, measured by how much it varies between areas."""
    pairs = _common(before, after)
    old = np.stack([was.figures[:, a] for a, _ in pairs], axis=1)
    new = np.stack([now.figures[:, b] for _, b in pairs], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.nan_to_num(np.abs(new - old) / _spread(old))
    best = score.argmax(axis=1)
    codes = [after.variables[b].code for _, b in pairs]
    return [
        (codes[n] if score[area, n] > 0 else "", float(old[area, n]), float(new[area, n]))
        for area, n in enumerate(best.tolist())
    ]


def _spread(figures: Floats) -> Floats:
    """Standard deviation between areas, per variable; NaN where it does not vary or nothing is known."""
    known = np.isfinite(figures)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, figures, 0).sum(axis=0) / count
    variance = (np.where(known, figures - mean, 0) ** 2).sum(axis=0) / count
    spread: Floats = np.where(variance > 0, np.sqrt(variance), np.nan)
    return spread


def _variables(before: Market, after: Market, was: _Aligned, now: _Aligned) -> tuple[VariableMove, ...]:
    spreads = _spread(was.figures)
    moves = []
    for a, b in _common(before, after):
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


def _lead_flows(
    before: Market, after: Market, country: str, codes: tuple[str, ...],
    leads: Mapping[tuple[str, str, str, str], int],
) -> Floats:  # fmt: skip
    """Expected leads from segment to segment: each moves as households of its segment and area do."""
    matrix = np.zeros((len(codes), len(codes)))
    levels = {level.level: level for level in after.levels}
    known = {level.level: level for level in before.levels}
    for (of, level, area, segment), count in leads.items():
        if of != country or segment not in codes or level not in levels or level not in known:
            continue
        if area not in levels[level].row or area not in known[level].row:
            continue
        was = known[level].shares[known[level].row[area]].astype(np.float64)
        now = levels[level].shares[levels[level].row[area]].astype(np.float64)
        flow = area_flows(was[None], now[None], np.ones(1))[0]
        row = codes.index(segment)
        total = flow[row].sum()
        if total > 0:
            matrix[row] += count * flow[row] / total
        else:
            matrix[row, row] += count
    return matrix


def _area_moves(
    now: _Aligned, off: Floats, moving: Floats, movers: list[tuple[str, float, float]], codes: tuple[str, ...]
) -> tuple[AreaMove, ...]:
    moves = []
    for n in np.argsort(-moving, kind="stable")[:MOST_AREAS].tolist():
        if moving[n] < _LEAST_FLOW:
            break
        source, target = np.unravel_index(int(off[n].argmax()), off[n].shape)
        moves.append(
            AreaMove(
                now.codes[n], now.names[n], float(now.households[n]), float(moving[n]),
                codes[int(source)], codes[int(target)], *movers[n],
            )
        )  # fmt: skip
    return tuple(moves)


def _moved_by(off: Floats, movers: list[tuple[str, float, float]], codes: tuple[str, ...]) -> dict[str, str]:
    """`A1>B2` -> the variable that moved most in the areas that carry most of that flow."""
    names = pd.Series([variable for variable, _, _ in movers])
    answer = {}
    for source in range(len(codes)):
        for target in range(len(codes)):
            flow = off[:, source, target]
            if source != target and flow.sum() >= _LEAST_FLOW:
                by_variable = pd.Series(flow).groupby(names).sum().drop("", errors="ignore")
                if len(by_variable):
                    answer[f"{codes[source]}>{codes[target]}"] = str(by_variable.idxmax())
    return answer


def _plain(matrix: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(v), 3) for v in row) for row in matrix)
