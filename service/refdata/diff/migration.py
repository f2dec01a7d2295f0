"""The segment migration matrix: which households and leads a new release would move, and what moved them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.analyst.market import Market, MarketLevel

Floats = NDArray[np.float64]
Mover = tuple[str, float, float]
MOST_AREAS = 20
LEAST_FLOW = 0.5  # households: less is rounding


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
class Aligned:
    codes: tuple[str, ...]
    names: tuple[str, ...]
    households: Floats
    shares: Floats
    figures: Floats


def align_areas(before: MarketLevel, after: MarketLevel) -> tuple[Aligned, Aligned]:
    """Both releases' rows of the areas that both have, in the same order."""
    codes = tuple(code for code in after.codes if code in before.row)

    def rows(level: MarketLevel) -> Aligned:
        order = [level.row[code] for code in codes]
        names = tuple(level.names[n] for n in order)
        known = np.nan_to_num(level.households[order].astype(np.float64))
        return Aligned(codes, names, known, level.shares[order].astype(np.float64), level.figures[order])

    return rows(before), rows(after)


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


def common_variables(before: Market, after: Market) -> list[tuple[int, int]]:
    place = {note.code: n for n, note in enumerate(before.variables)}
    return [(place[note.code], n) for n, note in enumerate(after.variables) if note.code in place]


def moved_most(before: Market, after: Market, was: Aligned, now: Aligned) -> list[Mover]:
    """Per area: the variable that moved most, measured by how much it varies between areas."""
    pairs = common_variables(before, after)
    old = np.stack([was.figures[:, a] for a, _ in pairs], axis=1)
    new = np.stack([now.figures[:, b] for _, b in pairs], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.nan_to_num(np.abs(new - old) / spread_of(old))
    best = score.argmax(axis=1)
    codes = [after.variables[b].code for _, b in pairs]
    return [
        (codes[n] if score[area, n] > 0 else "", float(old[area, n]), float(new[area, n]))
        for area, n in enumerate(best.tolist())
    ]


def spread_of(figures: Floats) -> Floats:
    """Standard deviation between areas, per variable; NaN where it does not vary or nothing is known."""
    known = np.isfinite(figures)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, figures, 0).sum(axis=0) / count
    variance = (np.where(known, figures - mean, 0) ** 2).sum(axis=0) / count
    spread: Floats = np.where(variance > 0, np.sqrt(variance), np.nan)
    return spread


def lead_flows(
    before: Market,
    after: Market,
    country: str,
    codes: tuple[str, ...],
    leads: Mapping[tuple[str, str, str, str], int],
) -> Floats:
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


def area_moves(
    now: Aligned, off: Floats, moving: Floats, movers: list[Mover], codes: tuple[str, ...]
) -> tuple[AreaMove, ...]:
    moves = []
    for n in np.argsort(-moving, kind="stable")[:MOST_AREAS].tolist():
        if moving[n] < LEAST_FLOW:
            break
        source, target = np.unravel_index(int(off[n].argmax()), off[n].shape)
        moves.append(
            AreaMove(
                now.codes[n],
                now.names[n],
                float(now.households[n]),
                float(moving[n]),
                codes[int(source)],
                codes[int(target)],
                *movers[n],
            )
        )
    return tuple(moves)


def moved_by(off: Floats, movers: list[Mover], codes: tuple[str, ...]) -> dict[str, str]:
    """`A1>B2` -> the variable that moved most in the areas that carry most of that flow."""
    names = pd.Series([variable for variable, _, _ in movers])
    answer = {}
    for source in range(len(codes)):
        for target in range(len(codes)):
            flow = off[:, source, target]
            if source != target and flow.sum() >= LEAST_FLOW:
                by_variable = pd.Series(flow).groupby(names).sum().drop("", errors="ignore")
                if len(by_variable):
                    answer[f"{codes[source]}>{codes[target]}"] = str(by_variable.idxmax())
    return answer
