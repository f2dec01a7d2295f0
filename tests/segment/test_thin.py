"""When a lead is treated as nobody in particular: four thresholds, each met from its own number on."""

from __future__ import annotations

import pytest

from service.segment.thin import thin_reason

ENOUGH = {"households": 100.0, "probability": 0.2, "index": 130.0, "bits": 0.1}


def test_what_just_reaches_every_threshold_is_not_thin() -> None:
    assert thin_reason(**ENOUGH) is None


@pytest.mark.parametrize(
    ("short", "reason"),
    [
        ({"households": 99.0}, "few_households"),
        ({"probability": 0.199}, "not_distinct"),
        ({"index": 129.0}, "not_distinct"),
        ({"bits": 0.099}, "not_distinct"),
    ],
)
def test_one_threshold_missed_is_thin_however_much_the_others_say(
    short: dict[str, float], reason: str
) -> None:
    plenty = {"households": 5000.0, "probability": 0.9, "index": 900.0, "bits": 3.0}
    assert thin_reason(**plenty | short) == reason


def test_few_households_are_told_before_anything_they_say() -> None:
    assert thin_reason(households=20.0, probability=0.1, index=90.0, bits=0.01) == "few_households"
