"""Any text at all gives an answer: never an error, never a slow one, and never more than it can know."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.address.matcher import Matcher
from service.model import AddressMatch, AddressQuery, MatchCategory, MatchLevel, NextAction

HARD_TEXTS = [
    "",
    " ",
    "\x00\x01\x02",
    "(" * 10_000,
    "1 " * 5_000,
    "a" * 10_000,
    "Nørrebrogade " * 800,
    "52C, " * 2_000,
    "🏠" * 1_000,
    "\u202eedagorberrøN 52",
    "'; DROP TABLE leads; --",
    "Nørrebrogade 99999999999999999999999999, 2200",
    "Nørrebrogade ２２, ２２００",
    "another regexp bomb on invalid input with extremely long street 13: A 15c",
    "٣٤ شارع",
    "ſſſ İİİ ﬁﬁﬁ",
]


def check_whole(match: AddressMatch) -> None:
    """What holds for every answer."""
    assert match.country == "DK"
    assert len(match.alternatives) <= 5
    assert len(match.points) <= 8
    if match.category in (MatchCategory.A, MatchCategory.B):
        assert match.level in (MatchLevel.HOUSE, MatchLevel.UNIT)
        assert match.address_id
        assert match.street
        assert match.house_number
    if match.category is not MatchCategory.A:
        assert match.reason
    if match.level is MatchLevel.STREET:
        assert match.street
        assert match.house_number is None
        assert match.address_id is None
    if match.level in (MatchLevel.POSTCODE, MatchLevel.MUNICIPALITY, MatchLevel.NONE):
        assert match.street is None
        assert not match.points
    assert (match.next_action is NextAction.ACCEPT) == (match.category is MatchCategory.A)


@pytest.mark.parametrize("text", HARD_TEXTS, ids=range(len(HARD_TEXTS)))
def test_hard_text(matcher: Matcher, text: str) -> None:
    check_whole(matcher.match_address(AddressQuery("DK", text=text)))


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text(matcher: Matcher, text: str) -> None:
    check_whole(matcher.match_address(AddressQuery("DK", text=text)))


WORDS = st.sampled_from(
    [
        "Nørrebrogade",
        "Vestergade",
        "52",
        "52C",
        "17",
        "2200",
        "4000",
        "9999",
        "2.",
        "th",
        "st",
        "tv",
        "-",
        "København",
        "N",
        "Aarhus",
        "C",
        "kl",
        "1. sal",
        "Gl.",
    ]
)


@given(st.lists(WORDS, max_size=12).map(" ".join))
@settings(max_examples=500, deadline=None)
def test_any_mixture_of_address_words(matcher: Matcher, text: str) -> None:
    match = matcher.match_address(AddressQuery("DK", text=text))
    check_whole(match)
    if match.house_number:
        # a number is never made up: its digits were typed (a renamed street has its own)
        assert match.reason == "renamed" or match.house_number.rstrip("ABC") in text


@given(st.lists(st.text(max_size=40), min_size=6, max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_parts(matcher: Matcher, parts: list[str]) -> None:
    street, number, floor, door, postcode, city = parts
    query = AddressQuery(
        "DK", street=street, house_number=number, floor=floor, door=door, postcode=postcode, city=city
    )
    check_whole(matcher.match_address(query))
