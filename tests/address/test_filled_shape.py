"""The shape of a failed address, filled where addresses are matched, over the embedded index."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.address.matcher import Matcher
from service.address.pattern import address_pattern
from service.address.rules import load_rules
from service.config import load_config
from service.flows.country import CountryTables
from service.model import AddressQuery, MatchCategory
from service.store.bodies import _shape
from service.tables import Release

WORDS = st.sampled_from(
    [
        "Store",
        "Torvegade",
        "Sankt",
        "Mortens",
        "3700",
        "Rønne",
        "52C",
        "2.",
        "th",
        ",",
        "\n",
        "c/o",
        "ærø",
        "🏠",
    ]
)


@pytest.fixture(scope="module")
def tables() -> CountryTables:
    """Denmark of the embedded release, with its addresses only."""
    release = Release.open(load_config({}).reference_data)
    matcher = Matcher.open(release.path("DK", "addresses"))
    nothing: dict[str, None] = dict.fromkeys(("areas", "profiles", "segments"))
    return CountryTables(code="DK", matcher=matcher, **nothing)  # type: ignore[arg-type]


def test_failures_have_a_shape_and_the_rest_has_none(tables: CountryTables) -> None:
    def ask(text: str) -> tuple[MatchCategory, str | None]:
        match = tables.match_address(AddressQuery("DK", text), 300)
        return match.category, match.pattern

    assert ask("Sankt Mortens Gade 3, 3700 Rønne") == (MatchCategory.A, None)
    assert ask("Snkt Mortens Gade 3, 3700 Rønne") == (MatchCategory.B, None)
    assert ask("Findesikkevej 17B, 3700 Rønne") == (MatchCategory.C, "W N, P W")
    assert ask("🏠") == (MatchCategory.C, "")


@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=30).map(" ".join)))
@settings(max_examples=300, deadline=None)
def test_no_letter_or_digit_of_an_address_is_in_it(tables: CountryTables, text: str) -> None:
    match = tables.match_address(AddressQuery("DK", text), 300)
    assert (match.pattern is not None) == (match.category is MatchCategory.C)
    shape = match.pattern or ""
    assert re.fullmatch(r"(?:[WLNPDF…],? ?){0,13}", shape)
    assert _shape(match.pattern) == match.pattern  # the store keeps it as it is


@pytest.mark.parametrize("country", ["DK", "FI", "NO", "SE"])
def test_every_shape_can_be_stored(country: str) -> None:

    query = AddressQuery(country, "Vej 12 C, 2. th 1, 111 22 4711 12345 123456789, st. a, x y z w v")
    shape = address_pattern(query, load_rules(country))
    assert shape
    assert _shape(shape) == shape
