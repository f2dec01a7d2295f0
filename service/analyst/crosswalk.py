"""Licensed codes that a company may own (conzoom, Mosaic, target groups), tied to base segments by a
table that the company imports. No licensed code or name comes with the project.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from service.analyst.market import Market
from service.analyst.tables import AnalystTable
from service.errors import CheckError, InvalidInputError
from service.files.tables import read_records

COLUMNS = ("system", "licensed_code", "segment", "share")
CROSSWALK = "crosswalk.csv"
SUM_TOLERANCE = 0.005


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """`shares[(system, licensed code)][segment]` sums to 1."""

    shares: Mapping[tuple[str, str], Mapping[str, float]]

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(sorted({system for system, _ in self.shares}))

    def segments_of(self, system: str, licensed_code: str) -> Mapping[str, float]:
        """P(segment | licensed code). Raises KeyError for a code that the table does not have."""
        return self.shares[(system, licensed_code)]


def load_crosswalk(path: Path, segment_codes: Sequence[str]) -> Crosswalk:
    """Reads `system,licensed_code,segment,share`; a missing share is 1.

    Raises CheckError with every fault as `file:line: …`, InvalidInputError when it cannot be read.
    """
    faults: list[str] = []
    shares: dict[tuple[str, str], dict[str, float]] = {}
    where: dict[tuple[str, str], int] = {}
    for line, row in read_records(path, COLUMNS[:3]):
        key, segment = (row["system"], row["licensed_code"]), row["segment"]
        share = _share(row.get("share") or "1")
        if not all(key):
            faults.append(f"{path}:{line}: system and licensed_code must be filled")
        elif segment not in segment_codes:
            faults.append(f"{path}:{line}: no segment {segment!r}; known are {', '.join(segment_codes)}")
        elif share is None:
            faults.append(f"{path}:{line}: share {row.get('share')!r} is no number from 0 to 1")
        elif segment in shares.get(key, {}):
            faults.append(f"{path}:{line}: {key[0]} {key[1]} names segment {segment} twice")
        else:
            shares.setdefault(key, {})[segment] = share
            where.setdefault(key, line)
    for key, parts in shares.items():
        if abs(sum(parts.values()) - 1) > SUM_TOLERANCE:
            faults.append(
                f"{path}:{where[key]}: shares of {key[0]} {key[1]} sum to {sum(parts.values()):.3f}, not 1"
            )
    if faults:
        raise CheckError(f"{path}: the crosswalk is not imported.", tuple(faults))
    if not shares:
        raise CheckError(f"{path}: the crosswalk has no rows.", (f"{path}:2: write at least one row",))
    return Crosswalk(shares)


def import_crosswalk(path: Path, folder: Path, segment_codes: Sequence[str]) -> tuple[Crosswalk, Path]:
    """Checks the table and keeps it beside the definitions, replaced as a whole; raises as the load does."""
    crosswalk = load_crosswalk(path, segment_codes)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / CROSSWALK
    beside = target.with_suffix(".tmp")
    with beside.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for (system, code), parts in sorted(crosswalk.shares.items()):
            writer.writerows(
                (system, code, segment, f"{share:g}") for segment, share in sorted(parts.items())
            )
    os.replace(beside, target)
    return crosswalk, target


def _share(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def licensed_table(
    crosswalk: Crosswalk, system: str, counts: Mapping[str, int], market: Market, language: str = "en"
) -> AnalystTable:
    """A base that carries licensed codes, told in base segments. `counts`: licensed code -> customers.

    Raises InvalidInputError when no code of the base is in the table.
    """
    sums = dict.fromkeys(market.definitions.codes, 0.0)
    placed = 0
    for code, count in counts.items():
        if (system, code) in crosswalk.shares:
            placed += count
            for segment, share in crosswalk.segments_of(system, code).items():
                sums[segment] += share * count
    if placed == 0:
        known = ", ".join(crosswalk.systems)
        raise InvalidInputError(
            f"No licensed code of {system!r} in the base is in the table; it has {known}."
        )
    segments = market.definitions.segments
    base = [sums[segment.code] / placed for segment in segments]
    frame = pd.DataFrame(
        {
            "segment": [segment.code for segment in segments],
            "name": [segment.name(language) for segment in segments],
            "base": base,
            "market": market.shares,
            "index": [100 * share / whole for share, whole in zip(base, market.shares, strict=True)],
            "customers": [sums[segment.code] for segment in segments],
        }
    )
    return AnalystTable(
        "licensed_segments",
        f"Base by licensed codes ({system}) in base segments",
        frame,
        {
            "segment": "Code of the base segment.",
            "name": "Its name.",
            "base": f"Share of the {placed:,} customers whose licensed code is in the table.",
            "market": "Share of all households of the country.",
            "index": "base / market × 100.",
            "customers": "Customers of the segment by the table.",
        },
    )
