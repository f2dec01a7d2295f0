"""The wash category: what makes an answer sure, what makes it one to confirm, and what makes it unsure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.address.reading import Frame, NumberText, TownText
from service.address.units import UnitText
from service.address.verdict import next_action, wash_category
from service.address.weigh import Reading, TownFit
from service.model import MatchCategory, NextAction

NUMBER = NumberText([160], 1, 2)
FRAME = Frame(0, 1, NUMBER, UnitText(None, None, 2), TownText())
# A street as it is written, its house, its postcode and its town.
SURE = Reading(
    frame=FRAME, name=0, edits=0, kind=0, segments=[0], houses=[0], code=160, spacing=False,
    town=TownFit.EXACT, town_edits=0, leftover=0, has_postcode=True, bulk=False,
)  # fmt: skip
NO_POSTCODE = replace(SURE, has_postcode=False)
RANGE = replace(FRAME, number=NumberText([160, 192], 1, 3, is_range=True))


@pytest.mark.parametrize(
    ("reading", "unit", "status", "category", "reason"),
    [
        (SURE, "none", "current", "A", None),
        (SURE, "equal", "current", "A", None),
        (SURE, "echoed", "current", "A", None),
        (replace(SURE, town=TownFit.NONE), "none", "current", "A", None),
        (replace(SURE, kind=1), "none", "current", "A", None),  # a shorter name that the register has
        (SURE, "none", "historic", "A", "renamed"),
        # one safe reading after a correction
        (replace(SURE, edits=1), "none", "current", "B", "street_corrected"),
        (replace(SURE, edits=3), "none", "current", "B", "street_corrected"),
        (replace(SURE, kind=2), "none", "current", "B", "street_corrected"),
        (replace(SURE, spacing=True), "none", "current", "B", "street_corrected"),
        (replace(SURE, town=TownFit.NEAR), "none", "current", "B", "town_corrected"),
        (replace(SURE, town=TownFit.OTHER), "none", "current", "B", "town_corrected"),
        (SURE, "none", "preliminary", "B", "preliminary"),
        (NO_POSTCODE, "none", "current", "B", "no_postcode"),
        (replace(NO_POSTCODE, bulk=True), "none", "current", "A", None),
        # unsure
        (replace(SURE, edits=4), "none", "current", "C", "several_streets_near"),
        (replace(SURE, edits=1, is_name_elsewhere=True), "none", "current", "C", "street_exists_elsewhere"),
        (replace(NO_POSTCODE, town=TownFit.NEAR), "none", "current", "C", "no_postcode"),
        (replace(NO_POSTCODE, town=TownFit.NONE), "none", "current", "C", "no_postcode"),
        (replace(SURE, leftover=1), "none", "current", "C", "leftover_words"),
        (SURE, "unexplained", "current", "C", "leftover_words"),
        (replace(SURE, frame=RANGE), "none", "current", "C", "number_range"),
        (replace(SURE, frame=replace(FRAME, number=None)), "none", "current", "A", None),
        (SURE, "unknown", "current", "C", "unknown_unit"),
        (SURE, "several", "current", "C", "ambiguous_unit"),
        # the first of several reasons is told
        (replace(SURE, leftover=1, frame=RANGE, edits=9), "unknown", "current", "C", "leftover_words"),
        (replace(SURE, frame=RANGE, edits=9), "unknown", "current", "C", "number_range"),
        (replace(SURE, edits=9, is_name_elsewhere=True), "unknown", "current", "C", "unknown_unit"),
        (replace(SURE, edits=9, is_name_elsewhere=True), "none", "current", "C", "street_exists_elsewhere"),
        (replace(SURE, edits=1, town=TownFit.NEAR), "none", "preliminary", "B", "street_corrected"),
    ],
)
def test_a_reading_has_the_category_of_its_weakest_part(
    reading: Reading, unit: str, status: str, category: str, reason: str | None
) -> None:
    assert wash_category(reading, unit, status, is_nearest=True) == (MatchCategory(category), reason)


def test_another_street_as_near_makes_any_correction_unsure() -> None:
    for reading in (SURE, replace(SURE, edits=1)):
        told = wash_category(reading, "none", "current", is_nearest=False)
        assert told == (MatchCategory.C, "several_streets_near")


@pytest.mark.parametrize(
    ("category", "has_choice", "action"),
    [
        ("A", True, "accept"), ("A", False, "accept"), ("B", True, "confirm"), ("B", False, "confirm"),
        ("C", True, "confirm"), ("C", False, "fix"),
    ],
)  # fmt: skip
def test_a_form_accepts_the_sure_confirms_a_choice_and_has_the_rest_mended(
    category: str, has_choice: bool, action: str
) -> None:
    assert next_action(MatchCategory(category), has_choice=has_choice) is NextAction(action)
