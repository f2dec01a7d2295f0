"""Explains what is wrong with segment definitions: overlaps, households left out, segments too small."""

from __future__ import annotations

from pathlib import Path

from service.analyst.market import load_market
from service.segment.definitions import Definitions, check_partition, compile_map, read_definitions
from service.tables import Release

LEAST_SHARE = 0.01  # of the country's households; under it a treatment can hardly be measured
LEAST_HOUSEHOLDS = 10_000.0


def explain_definitions(folder: Path, release: Release | None = None) -> list[str]:
    """Every fault as a sentence `file:line: …`, empty when the definitions are sound.

    With a release, also segments that are too small in a country of it: their share and what to do.
    """
    segments, faults, version = read_definitions(folder)
    faults += check_partition(segments)
    if faults or release is None:
        return faults
    definitions = Definitions(segments, compile_map(segments), version)
    for country in release.countries:
        market = load_market(release, country, definitions)
        households = market.finest.expected.sum(axis=0)
        for segment, share, count in zip(segments, market.shares, households, strict=True):
            if share < LEAST_SHARE or count < LEAST_HOUSEHOLDS:
                faults.append(
                    f"{segment.where}: segment {segment.code} is too small in {country}: {count:,.0f} "
                    f"households, {share:.1%} of all (least {LEAST_SHARE:.0%} and {LEAST_HOUSEHOLDS:,.0f}); "
                    "widen its rules or merge it with a neighbour"
                )
    return faults
