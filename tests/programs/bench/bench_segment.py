"""One distribution over segments, with its evidence: every question new, and the same one again."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from service.model import AddressMatch, Declared, Found, MatchCategory, MatchLevel, NextAction, Place
from service.segment.assign import SegmentModel
from service.segment.definitions import load_definitions
from service.tables import Release
from tests.programs.bench.measure import Row, quantiles, report, time_calls

REFERENCE_DATA = Path(__file__).parents[3] / "reference_data"
TODAY = date(2026, 11, 21)


def main() -> int:
    release = Release.open(REFERENCE_DATA)
    model = SegmentModel.load(release, "DK", load_definitions(REFERENCE_DATA / "policy" / "segments"))
    places = [Place("DK", {"polling_area": code}) for code in model.levels[0].rows]
    matches = [
        AddressMatch(
            "DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT, floor=floor, units_at_number=units
        )
        for floor, units in (("2", None), (None, None), (None, 1), ("1", 12))
    ]

    def new_question(i: int) -> object:
        declared = Declared(1945 + i % 61, (None, True, False)[i // 7 % 3])
        place = places[(i * 7919) % len(places)]
        return model.assign_segment(Found(matches[i % 4], place), declared, "da", TODAY)

    def same_question(_: int) -> object:
        return model.assign_segment(Found(matches[0], places[0]), Declared(), "da", TODAY)

    new, new_99 = quantiles(time_calls(new_question, 10_000, warm=2_000))
    same, same_99 = quantiles(time_calls(same_question, 20_000))
    return report(
        [
            Row("a question not asked before, median", new * 1e6, "µs", 60),
            Row("a question not asked before, p99", new_99 * 1e6, "µs", 400),
            Row("the same question again, median", same * 1e6, "µs", 60),
            Row("the same question again, p99", same_99 * 1e6, "µs"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
