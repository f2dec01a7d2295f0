"""Floor and door after the house number: what is read, and where reading stops."""

from __future__ import annotations

import pytest

from service.address.rules import load_rules
from service.address.text import tokenise
from service.address.units import UnitText, read_unit

DK, FI, NO, SE = map(load_rules, ("DK", "FI", "NO", "SE"))
X = "x, "  # something before, and a comma

# typed -> floor, door, how many words are left, whether it is a number alone
DANISH = [
    ("2", "2", None, 0, True),
    ("20", "20", None, 0, True),
    ("21", None, "21", 0, True),  # too high for a floor that nothing calls one
    ("21. sal", "21", None, 0, False),
    ("99. sal", "99", None, 0, False),
    ("100. sal", None, None, 2, False),  # higher than any floor
    ("012", "12", None, 0, True),
    ("0012", None, None, 1, False),
    ("2 3", "2", "3", 0, False),
    ("2 3 4", "2", "3", 1, False),
    ("2 1304", "2", "1304", 0, False),
    ("2 014", "2", "14", 0, False),
    ("2 000", "2", "0", 0, False),
    ("2 12a", "2", "12a", 0, False),
    ("2 12 a", "2", "12", 1, False),
    ("2 12ab", "2", "12", 1, False),
    ("2 12a b", "2", "12a", 1, False),
    ("2 b", "2", "b", 0, False),
    ("2, b", "2", None, 1, True),  # a comma: the letter is something else
    ("b", None, None, 1, False),
    ("b 2", None, None, 2, False),
    ("2 bc", "2", None, 1, True),
    ("st st", "st", None, 1, False),
    ("th tv", None, "th", 1, False),
    ("2 th tv", "2", "th", 1, False),
    ("t v", None, "tv", 0, False),
    ("2 th t v", "2", "th", 2, False),
    ("th 2", "2", "th", 0, False),
    ("sal", None, None, 0, False),
    ("th sal", None, "th", 1, False),
    ("2 sal th", "2", "th", 0, False),
    ("lejl 12", None, "12", 0, False),
    ("lejl 12 th", None, "12", 1, False),
    ("lejl 1304", None, "1304", 0, False),
    ("lejl 13045", None, None, 2, False),
    ("lejl", None, None, 1, False),
    ("lejl th", None, None, 2, False),
    ("lejl 12 3", "3", "12", 0, False),
    ("2 lejl 12", "2", "12", 0, False),
    ("th lejl 12", None, "th", 2, False),
    ("h0201", None, "H0201", 0, False),
    ("h 0201", None, None, 2, False),
    ("h020", None, None, 2, False),
    ("h02011", None, None, 2, False),
    ("", None, None, 0, False),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "floor", "door", "left", "bare"), DANISH, ids=[row[0] for row in DANISH])
def test_floor_and_door_are_read_until_something_is_neither(
    typed: str, floor: str | None, door: str | None, left: int, bare: bool
) -> None:
    tokens = tokenise(typed, DK)
    assert read_unit(tokens, 0, len(tokens), DK) == UnitText(floor, door, len(tokens) - left, bare)


@pytest.mark.parametrize(
    ("typed", "floor", "door", "left", "bare"),
    [
        ("101", None, "101", 0, True),  # higher than any floor, after a comma: a door
        ("1011", None, None, 1, False),
        ("2", "2", None, 0, False),  # after a comma it is meant as a floor
        ("21", "21", None, 0, False),
        ("2 101", "2", "101", 0, False),
        ("2, 101", "2", "101", 0, False),
    ],
)
def test_a_number_after_a_comma_is_a_floor_or_a_door(
    typed: str, floor: str | None, door: str | None, left: int, bare: bool
) -> None:
    tokens = tokenise(X + typed, DK)
    assert read_unit(tokens, 1, len(tokens), DK) == UnitText(floor, door, len(tokens) - left, bare)
    without_comma = tokenise(f"x {typed}", DK)
    if typed.startswith("1"):
        assert read_unit(without_comma, 1, len(without_comma), DK).end == 1


def test_nothing_is_read_beyond_the_part_that_may_be_a_unit() -> None:
    tokens = tokenise("2 th 3700", DK)
    assert read_unit(tokens, 0, 1, DK) == UnitText("2", None, 1, True)
    assert read_unit(tokens, 0, 2, DK) == UnitText("2", "th", 2)
    assert read_unit(tokenise("t v", DK), 0, 1, DK) == UnitText(None, None, 0)
    assert read_unit(tokenise("lejl 12", DK), 0, 1, DK) == UnitText(None, None, 0)
    assert read_unit(tokenise("h0201", DK), 0, 1, DK) == UnitText(None, None, 0)
    assert read_unit(tokenise("2 12a", DK), 0, 2, DK) == UnitText("2", "12", 2)


@pytest.mark.parametrize(
    ("typed", "floor", "door", "left"),
    [
        ("A 5", None, "A 5", 0), ("a 05", None, "A 5", 0), ("A 5b", None, "A 5b", 0), ("A", None, None, 1),
        ("AB 5", None, None, 2), ("as 3", None, "3", 0), ("2 krs A", "2", "a", 0), ("2 A 5", "2", "a", 1),
        ("A 5 B 6", None, "A 5", 2), ("A 13045", None, None, 2),
    ],
)  # fmt: skip
def test_a_finnish_stairway_comes_before_the_number_of_the_home(
    typed: str, floor: str | None, door: str | None, left: int
) -> None:
    tokens = tokenise(typed, FI)
    unit = read_unit(tokens, 0, len(tokens), FI)
    assert (unit.floor, unit.door, unit.end) == (floor, door, len(tokens) - left)


def test_each_country_has_words_of_its_own() -> None:
    for rules, typed, floor, door in (
        (SE, "2 tr ög", "2", "og"),
        (SE, "nb lgh 1001", "nb", "1001"),
        (NO, "2. etg. leil. 14", "2", "14"),
        (NO, "u H0101", "u", "H0101"),
    ):
        tokens = tokenise(typed, rules)
        unit = read_unit(tokens, 0, len(tokens), rules)
        assert (unit.floor, unit.door, unit.end) == (floor, door, len(tokens))
