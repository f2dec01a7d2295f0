"""Sharper lift from what was known before treatment, out of sums per small area.

CUPED (Deng et al. 2013) with the open figures of the area instead of past behaviour, which leads do not
have: outcome minus θ·(x − mean), θ by least squares over both sides (Lin 2013 shows it never hurts in large
samples). Needs only sums per area and side, because x is the same for all decisions of an area.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from service.learn.lift.compare import HOLDOUT, LEAST_DECISIONS, Sums
from service.learn.lift.sequential import Watched, watched_difference
from service.learn.values import FloatArray

RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Lift of the rate before and after adjustment. `spared` is the share of variance taken out."""

    slot: str
    plain: Watched
    adjusted: Watched
    spared: float
    variables: tuple[str, ...]


def adjust_by_area(
    cells: Iterable[Sums], figures: Callable[[str, str, str], Mapping[str, float]], variables: tuple[str, ...]
) -> list[Adjusted]:
    """Per slot, over areas whose `figures` (of country, level and code) have all `variables`."""
    by_slot: dict[str, list[tuple[FloatArray, bool, int, int]]] = {}
    for cell in cells:
        known = figures(*(cell.group[name] for name in ("country", "area_level", "area_code")))
        x = np.array([known.get(v, np.nan) for v in variables])
        if not np.isnan(x).any():
            side = cell.group["arm"] == HOLDOUT
            by_slot.setdefault(cell.group["slot"], []).append((x, side, cell.decisions, cell.with_outcome))
    found = (_adjust(slot, rows, variables) for slot, rows in sorted(by_slot.items()))
    return [a for a in found if a is not None]


def _adjust(
    slot: str, rows: list[tuple[FloatArray, bool, int, int]], variables: tuple[str, ...]
) -> Adjusted | None:
    x = np.array([r[0] for r in rows])
    held = np.array([r[1] for r in rows])
    n = np.array([float(r[2]) for r in rows])
    hits = np.array([float(r[3]) for r in rows])
    sizes = n[~held].sum(), n[held].sum()
    if min(sizes) < LEAST_DECISIONS:
        return None
    spread = np.sqrt(np.average((x - np.average(x, axis=0, weights=n)) ** 2, axis=0, weights=n))
    z = (x - np.average(x, axis=0, weights=n)) / np.where(spread > 0, spread, 1.0)
    rate = hits.sum() / n.sum()
    theta = np.linalg.solve(
        (z * n[:, None]).T @ z + RIDGE * n.sum() * np.eye(z.shape[1]), z.T @ (hits - n * rate)
    )
    guess = z @ theta
    plain = adjusted = 0.0
    plain_noise = adjusted_noise = 0.0
    for side, sign in ((~held, 1.0), (held, -1.0)):
        size, p = n[side].sum(), hits[side].sum() / n[side].sum()
        mean_guess = float(np.average(guess[side], weights=n[side]))
        spread_guess = float(np.average((guess[side] - mean_guess) ** 2, weights=n[side]))
        shared = float((guess[side] * hits[side]).sum() / size - mean_guess * p)
        plain += sign * p
        adjusted += sign * (p - mean_guess)
        plain_noise += p * (1 - p) / size
        adjusted_noise += max(p * (1 - p) + spread_guess - 2 * shared, 1e-12) / size
    informative = 4 * sizes[0] * sizes[1] / sum(sizes)
    return Adjusted(
        slot,
        watched_difference(plain, plain_noise, informative),
        watched_difference(adjusted, adjusted_noise, informative),
        1 - adjusted_noise / plain_noise if plain_noise else 0.0,
        variables,
    )
