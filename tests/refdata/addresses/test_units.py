"""House numbers and units as registers and volunteers write them."""

from __future__ import annotations

import pytest

from service.refdata.addresses.house_numbers import HouseNumber, plain_number, split_house_numbers
from service.refdata.addresses.units import unit_key, unit_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("52", "52"),
        ("052c", "52C"),
        ("52 c", "52C"),
        (" 7 ", "7"),
        ("7æ", "7Æ"),
        ("0", None),
        ("", None),
        ("12-14", None),
        ("H0201", None),
        ("12345", None),
    ],
)
def test_a_plain_number_is_digits_and_at_most_one_letter(text: str, number: str | None) -> None:
    assert plain_number(text) == number


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("57-59", ["57", "59"]),
        ("34–36 B", ["34", "36B"]),
        ("72 A-D", ["72A", "72D"]),
        ("18;20;22", ["18", "20", "22"]),
        ("7 B, sisäpiha", ["7B"]),
        ("18-20, 2. krs./Level 2", ["18", "20"]),
        ("29-27", []),
        ("18-2", []),
        ("1 A 24", []),
        ("A-D", []),
        ("x" * 500, []),
    ],
)
def test_ranges_and_lists_give_what_they_state(text: str, numbers: list[str]) -> None:
    assert [found.number for found in split_house_numbers(text)] == numbers


def test_a_number_with_a_unit_keeps_it() -> None:
    assert split_house_numbers("28A, 1.th") == [HouseNumber("28A", "1|th")]
    assert split_house_numbers("22 kld th.") == [HouseNumber("22", "kl|th")]
    assert split_house_numbers("26, 14. krs.") == [HouseNumber("26", "14|")]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1.th", "1|th"),
        ("2. 14", "2|14"),
        ("1. sal tv", "1|tv"),
        ("st", "st|"),
        ("kld. mf", "kl|mf"),
        ("24", None),
        ("c/o Park", None),
        ("", None),
    ],
)
def test_a_unit_is_read_only_when_it_is_one(text: str, unit: str | None) -> None:
    assert unit_of(text) == unit


def test_register_floors_are_folded() -> None:
    assert unit_key("ST", "TH") == "st|th"
    assert unit_key("01", "") == "1|"
    assert unit_key("", "14") == "|14"
    assert unit_key(None, "") is None
