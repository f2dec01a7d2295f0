"""Autocomplete: parts in any order, the last word unfinished, one typo when nothing fits exactly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.address.matcher import Matcher
from service.address.suggest import suggest_addresses
from service.model import MatchLevel

# typed so far -> the first line, and how many lines at least
FIRST_LINES = [
    ("nørreb", "Nørrebrogade, 2200 København N"),
    ("NOERREB", "Nørrebrogade, 2200 København N"),
    ("nørrebrogade 52", "Nørrebrogade 52, 2200 København N"),
    ("nørrebrogade 52c", "Nørrebrogade 52C, 2200 København N"),
    ("nørrebrogade 52c 2", "Nørrebrogade 52C, 2. th, 2200 København N"),
    ("nørrebrogade 52c 2 tv", "Nørrebrogade 52C, 2. tv, 2200 København N"),
    ("nørrebrogade 52c, st. t", "Nørrebrogade 52C, st. th, 2200 København N"),
    ("52c nørreb", "Nørrebrogade 52C, 2200 København N"),
    ("2200 nørreb", "Nørrebrogade, 2200 København N"),
    ("vestergade 17 aar", "Vestergade 17, 8000 Aarhus C"),
    ("vestergade 17 ros", "Vestergade 17, 4000 Roskilde"),
    ("rentemest 110 2 th", "Rentemestervej 110, 2. th, 2400 København NV"),
    ("Rentemest 110, 2. th,", "Rentemestervej 110, 2. th, 2400 København NV"),
    ("hc andersen", "H.C. Andersens Boulevard, 1550 København V"),
    ("andersens boul", "H.C. Andersens Boulevard, 1550 København V"),
    ("2.Tværvej", "2. Tværvej, 2400 København NV"),
    ("Haveforeningen af 10. maj", "Haveforeningen af 10. maj 1918, 2400 København NV"),
    ("småkærvej 36, st., hejs", "Småkærvej 36, st., Hejsager, 6100 Haderslev"),
    ("engtoften 4", "Engtoften 4A, 8260 Viby J"),
    ("ravnsnæsvej 36", "Ravnsnæsvej 36A, 3460 Birkerød"),
    ("sankt morten", "Sankt Mortens Gade, 3700 Rønne"),
    ("snkt morten", "Sankt Mortens Gade, 3700 Rønne"),
    ("mortens gade 3700", "Sankt Mortens Gade, 3700 Rønne"),
    ("gade mortens 3700", "Sankt Mortens Gade, 3700 Rønne"),
    ("3700 Rønne sankt mortens gade 3", "Sankt Mortens Gade 3, 3700 Rønne"),
    ("Rønne sankt mortens gade 12", "Sankt Mortens Gade 12, 3700 Rønne"),
    ("3700 rønne mort ga", "Sankt Mortens Gade, 3700 Rønne"),
    ("3, 3700 Rønne sankt mortens gade", "Sankt Mortens Gade 3, 3700 Rønne"),
    ("gade 14 rønne sankt", "Sankt Mortens Gade 14, 3700 Rønne"),
    ("københavn nv 110, 2. th rentemest", "Rentemestervej 110, 2. th, 2400 København NV"),
    ("1550 københavn v boulevard andersens h.c.", "H.C. Andersens Boulevard, 1550 København V"),
    ("kongevej gammel 5", "Gammel Kongevej 5, 3700 Rønne"),
    ("2605", "2605 Brøndby"),
    ("260", "2605 Brøndby"),
    ("køben", "1550 København V"),
    ("2200 kø", "2200 København N"),
]


@pytest.mark.parametrize(("typed", "first"), FIRST_LINES, ids=[typed for typed, _ in FIRST_LINES])
def test_first_line(matcher: Matcher, typed: str, first: str) -> None:
    assert suggest_addresses(matcher, typed, 5)[0].text == first


def test_street_is_not_complete_and_a_house_is(matcher: Matcher) -> None:
    assert not suggest_addresses(matcher, "nørrebrogade", 1)[0].complete
    flats, villa = (suggest_addresses(matcher, f"nørrebrogade {n} ", 1)[0] for n in ("52c", "54"))
    assert (flats.level, flats.complete) == (MatchLevel.HOUSE, False)
    assert (villa.level, villa.complete) == (MatchLevel.HOUSE, True)
    assert villa.address_id == "n54"
    assert villa.lat is not None


def test_former_numbers_are_not_suggested(matcher: Matcher) -> None:
    lines = [line.text for line in suggest_addresses(matcher, "rådhuspladsen 7", 10)]
    assert lines == ["Rådhuspladsen 75, 1550 København V"]


@pytest.mark.parametrize("typed", ["", "   ", "zzzzqq", "9999", "nørrebrogade 999999", "🏠", "(" * 5_000])
def test_nothing_fits(matcher: Matcher, typed: str) -> None:
    assert suggest_addresses(matcher, typed, 5) == ()


@given(st.text(max_size=200), st.integers(-1, 80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_bounded(matcher: Matcher, text: str, limit: int) -> None:
    lines = suggest_addresses(matcher, text, limit)
    assert len(lines) <= max(0, min(limit, 50))


@given(st.sampled_from(["Nørrebrogade 52C, 2200 København N", "Vestergade 17, 4000 Roskilde"]), st.data())
def test_every_beginning_of_an_address_suggests_it(matcher: Matcher, line: str, data: st.DataObject) -> None:
    typed = line[: data.draw(st.integers(3, len(line)))]
    street = line.split(" ", maxsplit=1)[0]
    assert street in {suggestion.street for suggestion in suggest_addresses(matcher, typed, 20)}


@given(st.permutations(["sankt", "mortens", "gade", "14", "3700 Rønne"]))
@settings(max_examples=120, deadline=None)
def test_the_words_of_an_address_find_it_in_any_order(matcher: Matcher, words: list[str]) -> None:
    found = {line.text for line in suggest_addresses(matcher, " ".join(words), 5)}
    assert "Sankt Mortens Gade 14, 3700 Rønne" in found


@pytest.mark.parametrize("typed", ["gade mortens 2200", "aarhus sankt mortens gade", "gade mortens sankt 5"])
def test_words_in_any_order_do_not_invent_a_place(matcher: Matcher, typed: str) -> None:
    assert "Sankt Mortens Gade" not in {line.street for line in suggest_addresses(matcher, typed, 50)}
