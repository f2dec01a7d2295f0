"""Around a street's words: which number is the house's, what is the unit, and what the other words say."""

from __future__ import annotations

import pytest

from service.address.layout import written_number
from service.address.matcher import Matcher
from service.address.reading import Frame, frame_text
from service.address.rules import load_rules
from service.address.scan import scan_tokens
from service.address.text import tokenise


def frame(matcher: Matcher, text: str, country: str = "DK") -> Frame:
    """The frame around the word "vej" (or "vej" and what is glued to it by "_")."""
    rules = matcher.rules if country == "DK" else load_rules(country)
    scan = scan_tokens(tokenise(text, rules), matcher.index, matcher.towns, rules)
    start = scan.tokens.folded.index("vej")
    return frame_text(scan, start, start + 1, matcher.towns, rules)


def number(found: Frame) -> str:
    """The number as read: its codes, with "–" for a range, "?" for a letter that none has, "<" before."""
    if found.number is None:
        return ""
    codes = ["?" if code is None else written_number(code) for code in found.number.codes]
    told = (" – " if found.number.is_range else " or ").join(codes)
    return ("< " if found.swapped else "") + told


NUMBERS = [
    ("vej 5", "5"), ("vej 5b", "5B"), ("vej 5 b", "5B"), ("vej 5. b", "5B"), ("vej 5, b", "5"),
    ("vej 5-b", "5"),
    ("vej 5bc", "5"), ("vej 5ae", "5Æ"), ("vej 5æ", "5Æ"), ("vej 5é", "5E"), ("vej 5ж", "?"),
    ("vej, 5", "5"), ("vej nr 5", "5"),
    ("vej nr. 5 b", "5B"), ("vej nr", ""), ("vej 005", "5"), ("vej 999", "999"), ("vej 1000", ""),
    ("vej 0001000", ""),
    ("vej 5 6", "5"), ("vej 5t v", "5"), ("vej 5 t. h.", "5"), ("vej 5t", "5T"), ("vej 5 st", "5"),
    ("vej 5h0201", "5"), ("vej 5 h 0201", "5H"), ("vej 5h", "5H"),
    # ranges
    ("vej 5-7", "5 – 7"), ("vej 5 - 7", "5 – 7"), ("vej 5/7", "5 – 7"), ("vej 5–7", "5 – 7"),
    ("vej 5 . 7", "5"),
    ("vej 5-7b", "5 – 7B"), ("vej 5a-7", "5A – 7"), ("vej 5a-c", "5A – 5C"), ("vej 5 a - c", "5A – 5C"),
    ("vej 5a-7b", "5A – 7B"), ("vej 5a-cd", "5A"), ("vej 5a-st", "5A"), ("vej 5-999", "5 – 999"),
    ("vej 5-1000", "5"), ("vej 5-2200", "5"),
    # a floor after a spaced dash
    ("vej 5 - 2. th", "5"), ("vej 5 - 2 th", "5"), ("vej 5 - 2 sal", "5"), ("vej 5 - 2 t v", "5"),
    ("vej 5-2 th", "5 – 2"), ("vej 5 - 2", "5 – 2"), ("vej 5 - 2 x", "5 – 2X"), ("vej 5 - 2 by", "5 – 2"),
    ("vej 5 - 2.x", "5"),
    # before the street
    ("5 vej", "< 5"), ("5b vej", "< 5B"), ("5 b vej", "< 5B"), ("5, vej", "< 5"), ("5 b, vej", "< 5B"),
    ("5 bc vej", ""), ("b vej", ""), ("5 6 vej", "< 6"), ("5-7 vej", "< 7"), ("1000 vej", ""),
    ("5x6 vej", "< 6"),
    # elsewhere, if it is the only one and stands for itself
    ("vej, by, 5", "< 5"), ("vej, by 5", ""), ("vej, by, 5, 6", ""), ("5, by, vej", ""),
    ("by, 5, by vej", "< 5"),
    ("vej by, 5", "< 5"), ("vej, by, 1000", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), NUMBERS, ids=[text for text, _ in NUMBERS])
def test_the_house_number_stands_after_the_street_or_before_it_or_alone(
    matcher: Matcher, text: str, told: str
) -> None:
    assert number(frame(matcher, text)) == told


def test_initials_of_a_street_are_not_the_letter_of_a_number(matcher: Matcher) -> None:
    rules = matcher.rules
    scan = scan_tokens(tokenise("10 h c vej", rules), matcher.index, matcher.towns, rules)
    found = frame_text(scan, 1, 4, matcher.towns, rules)
    assert number(found) == "< 10"
    glued = scan_tokens(tokenise("10h c vej", rules), matcher.index, matcher.towns, rules)
    assert number(frame_text(glued, 1, 4, matcher.towns, rules)) == ""


@pytest.mark.parametrize(
    ("text", "told", "stairway"),
    [
        ("vej 6 A", "6A or 6", "A"), ("vej 6A", "6A", ""), ("vej 6 A 12", "6", ""),
        ("vej 6 A, 12", "6A or 6", "A"),
        ("vej 6A 12", "6A", ""), ("vej 6", "6", ""), ("vej 6 A - 2. krs", "6", ""),
        ("vej 6-8", "6 – 8", ""), ("vej 6 A-C", "6A – 6 – 6C", ""), ("vej 1000", "1000", ""),
    ],
)  # fmt: skip
def test_a_finnish_letter_may_be_a_stairway(matcher: Matcher, text: str, told: str, stairway: str) -> None:
    found = frame(matcher, text, "FI")
    assert number(found) == told
    assert found.number is not None
    assert found.number.stairway == stairway


@pytest.mark.parametrize(
    ("text", "floor", "door", "numbers", "unknown"),
    [
        ("vej 5 2 th", "2", "th", 0, []),
        ("vej 5 b 2 th", "2", "th", 0, []),
        ("vej 5, 2. th, x", "2", "th", 0, ["x"]),
        ("vej 2 th", None, "th", 0, []),
        ("vej th", None, None, 0, ["th"]),  # without a number there is no unit
        ("5 vej 2 th", None, "th", 1, []),
        ("vej 5 2 th 7", "2", "th", 1, []),
        ("vej 5, 12345, 6", None, None, 2, []),
        ("nr vej 5 nr", None, None, 0, ["nr", "nr"]),
        ("vej nr 5", None, None, 0, []),
        ("a b vej 5 c, d e", None, None, 0, ["a b", "d e"]),
    ],
)
def test_what_is_left_is_units_numbers_and_words(
    matcher: Matcher, text: str, floor: str | None, door: str | None, numbers: int, unknown: list[str]
) -> None:
    found = frame(matcher, text)
    assert (found.unit.floor, found.unit.door, found.town.numbers) == (floor, door, numbers)
    assert [" ".join(words) for words in found.town.unknown] == unknown


@pytest.mark.parametrize(
    ("text", "hits", "unknown", "spoken", "ends", "town_ends"),
    [
        ("vej 5, København N", ["kobenhavn n"], [], (2, 4), {4: 2}, {4}),
        ("vej 5, København NV x", ["kobenhavn nv"], ["x"], (2, 4), {4: 2, 5: 1}, {4}),
        ("vej 5, by x København", ["kobenhavn"], ["by x"], (4, 5), {5: 1}, {5}),
        ("vej 5, Danmark Rønne", ["ronne"], [], (3, 4), {4: 1}, {4}),
        ("vej 5, Rønne, Struer", ["ronne", "struer"], [], (2, 3), {3: 1, 4: 1}, {3, 4}),
        ("vej 5, a b c", [], ["a b c"], (2, 5), {5: 3}, set()),
        ("a b, vej 5, c", [], ["a b", "c"], (0, 2), {2: 2, 5: 1}, set()),
        ("Rønne vej 5", ["ronne"], [], (0, 1), {1: 1}, {1}),
        ("vej 5", [], [], None, {}, set()),
    ],
)
def test_runs_of_words_are_towns_where_they_can_be(
    matcher: Matcher, text: str, hits: list[str], unknown: list[str], spoken: tuple[int, int] | None,
    ends: dict[int, int], town_ends: set[int],
) -> None:  # fmt: skip
    town = frame(matcher, text).town
    assert [" ".join(words) for words, _ in town.hits] == hits
    assert [" ".join(words) for words in town.unknown] == unknown
    assert (town.spoken, town.ends, town.town_ends) == (spoken, ends, town_ends)
