"""The shape of a text: which letter stands for what, in every country's own widths."""

from __future__ import annotations

import pytest

from service.address.pattern import address_pattern
from service.address.rules import load_rules
from service.model import AddressQuery

SHAPES = [
    ("DK", "Nørrebrogade 52C, 2. th, 2200 København N", "W N, N F, P W L"),
    ("DK", "Nørrebrogade 52 C, st.", "W N L, F"),
    ("DK", "Nørrebrogade 52CD", "W N W"),
    ("DK", "Nørrebrogade 52C1", "W N N"),
    ("DK", "x 12345 1234 123", "L D P N"),
    ("DK", "1. sal tv", "N F F"),
    ("DK", "st", "F"),
    ("DK", "a\nb", "L, L"),
    ("DK", "", ""),
    ("DK", "🏠, 5", "N"),
    ("SE", "Storgatan 1, 112 01 Stockholm", "W N, P W"),
    ("SE", "Storgatan 1, 11201 Stockholm", "W N, P W"),
    ("SE", "Storgatan 112, 01", "W N, N"),
    ("SE", "Storgatan 112 011", "W N N"),
    ("SE", "Storgatan 12 01", "W N N"),
    ("SE", "Storgatan 112", "W N"),
    ("SE", "Storgatan 1234 123456", "W N D"),
    ("FI", "Kalevankatu 12 A 5, 60100 Seinäjoki", "W N L N, P W"),
]


@pytest.mark.parametrize(("country", "text", "shape"), SHAPES, ids=[row[1] or "nothing" for row in SHAPES])
def test_a_shape_tells_words_numbers_and_postcodes_apart(country: str, text: str, shape: str) -> None:
    assert address_pattern(AddressQuery(country, text), load_rules(country)) == shape


def test_parts_of_a_form_have_the_shape_of_the_text_that_they_are_read_as() -> None:
    form = AddressQuery("DK", street="Torvet", house_number="3", floor="2", door="th", postcode="3700")
    assert address_pattern(form, load_rules("DK")) == "W N, N F, P"


def test_twelve_marks_are_told_and_that_there_was_more() -> None:
    twelve, more = "a " * 12, "a " * 13
    rules = load_rules("DK")
    assert address_pattern(AddressQuery("DK", twelve), rules) == "L L L L L L L L L L L L"
    assert address_pattern(AddressQuery("DK", more), rules) == "L L L L L L L L L L L L …"
