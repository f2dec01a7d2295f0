"""Match to areas, areas to figures: in-process times over random inhabited points of Denmark."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from service.area.locate import AreaIndex
from service.area.profile import Profiles
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction
from service.tables import Release

REFERENCE = Path(__file__).resolve().parents[3] / "reference_data"
COUNT = 4000


def timed(calls: list[Callable[[], object]]) -> tuple[float, float]:
    """Median and 99th percentile, microseconds."""
    seconds = []
    for call in calls:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    return seconds[len(seconds) // 2] * 1e6, seconds[int(len(seconds) * 0.99)] * 1e6


def main() -> int:
    start = time.perf_counter()
    release = Release.open(REFERENCE)
    index, profiles = AreaIndex.load(release, "DK"), Profiles.load(release, "DK")
    loaded = time.perf_counter() - start
    dice = random.Random(1)
    rows = release.table("DK", "areas_parish").select(["lat", "lon"]).to_pylist()
    points = [(r["lat"] + dice.uniform(-0.01, 0.01), r["lon"] + dice.uniform(-0.01, 0.01)) for r in rows * 2]
    matches = [
        AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT, lat=lat, lon=lon)
        for lat, lon in points[:COUNT]
    ]
    places = [index.locate_match(m) for m in matches]
    for place in places:
        profiles.profile_place(place)
    table = [
        ("locate a house", *timed([lambda m=m: index.locate_match(m) for m in matches]), 100.0),
        ("profile of a place", *timed([lambda p=p: profiles.profile_place(p) for p in places]), 50.0),
    ]
    print(f"{'area (µs)':<24}{'median':>10}{'p99':>10}{'target':>10}")
    red = False
    for name, median, p99, target in table:
        red |= median > target
        print(f"{name:<24}{median:>10.1f}{p99:>10.1f}{target:>10.0f}  {'RED' if median > target else 'ok'}")
    print(
        f"{'open, verify, load (s)':<24}{loaded:>10.2f}{'':>10}{1.0:>10.1f}  {'RED' if loaded > 1 else 'ok'}"
    )
    return int(red or loaded > 1)


if __name__ == "__main__":
    sys.exit(main())
