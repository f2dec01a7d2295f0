"""What another policy would have decided for logged leads, for whom it differs, and what it is worth.

The log holds no address, but all that a choice reads: segment, status, channel, country. Expected value is
off-policy: outcomes of leads for whom both policies agree, weighted by one over the logged propensity
(Horvitz & Thompson 1952; self-normalised as in Swaminathan & Joachims 2015).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.learn.models.estimates import Estimate, mean_estimate


@dataclass(frozen=True, slots=True)
class Replayed:
    """One logged choice in one slot, and the probability of every treatment under the other policy."""

    segment: str
    logged: str
    propensity: float
    would: str
    probability: float  # that the other policy gives what was logged
    outcome: float


@dataclass(frozen=True, slots=True)
class SlotReplay:
    """What changes in a slot. `moves` are (segment, from, to, leads); value is outcome per lead."""

    slot: str
    leads: int
    changed: int
    moves: tuple[tuple[str, str, str, int], ...]
    logged_value: Estimate
    expected_value: Estimate | None
    gain: Estimate | None
    effective_leads: float
    warning: str


LEAST_EFFECTIVE = 100.0
LEAST_COVERED = 0.9


def replay_slot(slot: str, rows: Sequence[Replayed]) -> SlotReplay:
    """Sums up one slot. Without enough agreement between the policies no value is claimed."""
    moves = Counter((r.segment, r.logged, r.would) for r in rows if r.logged != r.would)
    y = np.array([r.outcome for r in rows])
    weight = np.array([r.probability / r.propensity for r in rows])
    logged = mean_estimate(y)
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if weight.any() else 0.0
    covered = float(weight.mean())  # 1 in expectation, where the log tried all that the other would give
    expected = gain = None
    warning = ""
    if effective < LEAST_EFFECTIVE:
        warning = f"only {effective:.0f} effective leads got what the other policy would give"
    elif covered < LEAST_COVERED:
        warning = (
            f"{1 - covered:.0%} of what the other policy would give was never tried on such leads; "
            "run it as an arm of an experiment first"
        )
    else:
        value = float((weight * y).mean()) / covered
        spread = weight * (y - value) / covered
        expected = Estimate(value, mean_estimate(spread).error)
        gain = Estimate(value - logged.value, mean_estimate(spread - (y - logged.value)).error)
    top = tuple((*key, count) for key, count in moves.most_common())
    return SlotReplay(slot, len(rows), sum(moves.values()), top, logged, expected, gain, effective, warning)
