"""Folding, tokens, floors and doors, misspelling against invention: the parts that matching is made of."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from service.address.layout import key_signature, number_code, written_number
from service.address.matcher import Matcher
from service.address.rules import load_rules
from service.address.streets import is_misspelling, near_streets
from service.address.text import MAX_CHARS, MAX_TOKENS, expand_words, fold_key, name_words, tokenise
from service.address.units import read_unit
from service.errors import ReleaseError
from service.model import AddressQuery

DK = load_rules("DK")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nørrebrogade", "Noerrebrogade"),
        ("Nørrebrogade", "NORREBROGADE"),
        ("Åvej", "Aavej"),
        ("Åvej", "avej"),
        ("Ærøvej", "Aeroevej"),
        ("Søengen", "Soeengen"),
        ("Allé", "alle"),
        ("Lüneborgvej", "Luneborgvej"),
        ("Rentemester vej", "Rentemestervej"),
        ("H.C. Andersens Boulevard", "HC Andersens Boulevard"),
        ("Bank-Mikkelsens Vej", "Bank Mikkelsens Vej"),
        ("Christian X's Vej", "Christian Xs Vej"),
        ("No\u0308rrebrogade", "Nörrebrogade"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert fold_key(one, DK) == fold_key(other, DK)


def test_different_names_have_different_keys() -> None:
    names = ["Nørrebrogade", "Nørregade", "Vestergade", "Vesterågade", "Åvej", "Øvej", "Ævej", "Egevej"]
    assert len({fold_key(name, DK) for name in names}) == len(names)


@given(st.text(max_size=60))
def test_folding_is_stable(text: str) -> None:
    key = fold_key(text, DK)
    assert fold_key(key, DK) == key


@given(st.text(max_size=3_000))
def test_tokens_point_into_the_text(text: str) -> None:
    tokens = tokenise(text, DK)
    assert len(tokens) <= MAX_TOKENS
    assert len(tokens.raw) <= MAX_CHARS
    for at in range(len(tokens)):
        assert tokens.start[at] < tokens.end[at] <= len(tokens.raw)


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("norrebrog", "norrebrogade"),
        ("gl kongevej", "gammel kongevej"),
        ("skt mortens g", "sankt mortens gade"),
    ],
)
def test_abbreviations_are_written_in_full(typed: str, full: str) -> None:
    assert full.split() in expand_words(typed.split(), DK)


def test_initials_are_one_word() -> None:
    assert name_words("H. C. Andersens Boulevard", DK) == ("hc", "andersens", "boulevard")


# typed after the house number -> floor, door
UNITS = [
    ("2. tv", "2", "tv"),
    ("2.tv", "2", "tv"),
    ("2,th", "2", "th"),
    ("2 th", "2", "th"),
    ("2th", "2", "th"),
    ("st. th", "st", "th"),
    ("st.tv.", "st", "tv"),
    ("st 2", "st", "2"),
    ("stuen mf", "st", "mf"),
    ("kl", "kl", None),
    ("kld. 1", "kl", "1"),
    ("kælder th", "kl", "th"),
    ("1. sal", "1", None),
    ("1. sal tv", "1", "tv"),
    ("1. sal, dør 3", "1", "3"),
    ("2. 14", "2", "14"),
    ("02 014", "2", "14"),
    ("4 t.v.", "4", "tv"),
    ("3 t. h.", "3", "th"),
    ("2. til venstre", "2", "tv"),
    ("lgh 1304", None, "1304"),
    ("lejl. 12", None, "12"),
    ("H0201", None, "H0201"),
    ("th", None, "th"),
    ("12. sal th", "12", "th"),
    ("2. A", "2", "a"),
]


@pytest.mark.parametrize(("typed", "floor", "door"), UNITS, ids=[typed for typed, _, _ in UNITS])
def test_floor_and_door(typed: str, floor: str | None, door: str | None) -> None:
    tokens = tokenise(typed, DK)
    unit = read_unit(tokens, 0, len(tokens), DK)
    assert (unit.floor, unit.door, unit.end) == (floor, door, len(tokens))


@pytest.mark.parametrize(("typed", "floor", "door"), UNITS, ids=[typed for typed, _, _ in UNITS])
def test_floor_is_no_house_number(matcher: Matcher, typed: str, floor: str | None, door: str | None) -> None:
    match = matcher.match_address(AddressQuery("DK", text=f"Nørrebrogade 54, {typed}, 2200 København N"))
    assert (match.house_number, match.floor, match.door) == ("54", floor, door)
    assert match.category == "A"


@given(st.integers(0, 99_999), st.sampled_from(["", *"ABCXYZÆØÅ"]))
def test_house_numbers_come_back(number: int, letter: str) -> None:
    code = number_code(number, letter)
    assert code is not None
    assert written_number(code) == f"{number}{letter}"


@given(st.text("abcdefgh", min_size=4, max_size=20), st.integers(0, 30), st.sampled_from("abcxyz"))
def test_one_edit_changes_at_most_two_bits(key: str, at: int, letter: str) -> None:
    at %= len(key)
    for other in (key[:at] + letter + key[at + 1 :], key[:at] + key[at + 1 :], key[:at] + letter + key[at:]):
        assert (key_signature(key) ^ key_signature(other)).bit_count() <= 2


@pytest.mark.parametrize(
    ("typed", "street", "is_it"),
    [
        ("norebrogade", "norrebrogade", True),
        ("norrebrogaed", "norrebrogade", True),
        ("rantemestervej", "rentemestervej", True),
        ("norrebroplads", "norrebrogade", False),  # another kind of street
        ("elmevej", "egevej", False),  # another tree, and a stem that streets have
        ("vej12", "vej11", False),  # digits are not misspelt
        ("xavej", "avej", True),
        ("byvej", "avej", False),
    ],
)
def test_misspelt_or_another_street(matcher: Matcher, typed: str, street: str, is_it: bool) -> None:
    distance = OSA.distance(typed, street)
    assert is_misspelling(matcher.index, typed, street, distance, DK) is is_it


def test_nearest_street_of_the_country(matcher: Matcher) -> None:
    hits = near_streets(matcher.index, "rantemestrvej", None, DK)
    assert [(matcher.index.name(hit.name), hit.edits) for hit in hits] == [("Rentemestervej", 2)]


def test_unknown_country_names_the_known_ones() -> None:
    with pytest.raises(ReleaseError, match="DK, FI, NO, SE"):
        load_rules("XX")


def test_a_repeated_text_is_not_read_over_and_over(matcher: Matcher) -> None:
    start = time.process_time()
    for _ in range(20):
        matcher.match_address(AddressQuery("DK", text="Vestergade 17 " * 700))
    # processor time, with a hundredfold margin: this guards against unbounded work, not for speed
    assert time.process_time() - start < 20
