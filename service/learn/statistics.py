"""Statistics that several rooms of learning need. Standard library only, for serving."""

from __future__ import annotations

import math
from collections.abc import Sequence

ALPHA = 0.05
Z = 1.959964  # two-sided 95 %


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, 1927); (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    share, z2 = hits / total, Z * Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def false_discoveries(p_values: Sequence[float], level: float = ALPHA) -> list[bool]:
    """Which of several comparisons stand at this false discovery rate (Benjamini & Hochberg 1995)."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    last = -1
    for rank, i in enumerate(order, start=1):
        if p_values[i] <= level * rank / len(order):
            last = rank
    kept = set(order[:last]) if last > 0 else set()
    return [i in kept for i in range(len(p_values))]
