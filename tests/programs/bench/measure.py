"""What every bench shares: repeated timing, a row against its target, and a table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure. `target` None means that it is shown for comparison only."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target


def quantiles(samples: Iterable[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    ordered = sorted(samples)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def time_calls(call: Callable[[int], object], repeats: int, warm: int = 50) -> list[float]:
    """Seconds of each of `repeats` calls; the argument counts up, so that inputs can vary."""
    for i in range(warm):
        call(i)
    samples = []
    for i in range(repeats):
        start = time.perf_counter()
        call(i)
        samples.append(time.perf_counter() - start)
    return samples


def report(rows: Iterable[Row]) -> int:
    """Prints the table; 1 when a target was missed."""
    missed = 0
    print(f"{'':<58}{'measured':>14}  {'target':>14}")
    for row in rows:
        target = "" if row.target is None else f"{'≥' if row.at_least else '≤'} {row.target:g} {row.unit}"
        mark = "" if row.target is None else ("ok" if row.met else "RED")
        missed += not row.met
        print(f"{row.name:<58}{row.value:>10.4g} {row.unit:<5} {target:>13} {mark}")
    sys.stdout.flush()
    return 1 if missed else 0
