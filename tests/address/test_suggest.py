"""Autocomplete: parts in any order, the last word unfinished, one typo when nothing fits exactly."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.address.matcher import Matcher
from service.address.suggest import suggest_addresses
from service.model import MatchLevel

GOLDEN = Path(__file__).parent.parent / "golden" / "suggestions.csv"

# typed so far -> the first line
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


def golden_rows() -> list[dict[str, str]]:
    lines = [line for line in GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter=";"))


@pytest.mark.parametrize("row", golden_rows(), ids=lambda row: f"{row['limit']} {row['typed']}")
def test_golden_row(matcher: Matcher, row: dict[str, str]) -> None:
    found = suggest_addresses(matcher, row["typed"][1:-1], int(row["limit"]))
    assert " | ".join(line.text + ("" if line.complete else " …") for line in found) == row["lines"]


def test_a_line_carries_the_parts_that_a_form_fills_in(matcher: Matcher) -> None:
    street, house, unit, town = (
        suggest_addresses(matcher, typed, 1)[0]
        for typed in ("småkærvej", "småkærvej 48", "småkærvej 36, st.", "610")
    )
    assert (street.level, street.street, street.house_number, street.address_id, street.lat) == (
        MatchLevel.STREET, "Småkærvej", None, None, None,
    )  # fmt: skip
    assert (street.postcode, street.city) == ("6100", "Haderslev")
    assert (house.level, house.street, house.house_number, house.address_id) == (
        MatchLevel.HOUSE, "Småkærvej", "48", "sk48",
    )  # fmt: skip
    assert (house.lat, house.lon) == (pytest.approx(55.00486), pytest.approx(12.0))
    assert (unit.level, unit.address_id, unit.complete) == (MatchLevel.UNIT, "sk36", True)
    assert (town.level, town.street, town.postcode, town.city, town.complete) == (
        MatchLevel.POSTCODE, "", "6100", "Haderslev", False,
    )  # fmt: skip


# houses per street, so that the order of lines is that of their size
CROWD = [
    *(("Kirkevej", str(n), "4000") for n in range(1, 4)),
    *(("Kirkevænget", str(n), "4000") for n in range(1, 7)),
    *(("Kirkevej", str(n), "3700") for n in range(1, 6)),
    *(("Ny Kirkevej", str(n), "8000") for n in range(1, 9)),
    *((f"Kirkestien {letter}", "1", "7600") for letter in "ABCD"),
    *(("Lang Allé", str(n), "2100") for n in [1, 10, 11, 19, 20, 100, 109, 110, 199, 200]),
    *(("Lang Allé", "1" + letter, "2100") for letter in "ABC"),
]


@pytest.fixture(scope="module")
def crowd(country: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    folder = tmp_path_factory.mktemp("crowd")
    rows = [(f"c{at}", *place, {}) for at, place in enumerate(CROWD)]
    country.write(folder, country.staging_table(rows))
    return Matcher.open(folder)


def lines(matcher: Matcher, typed: str, limit: int = 50) -> list[str]:
    return [line.text for line in suggest_addresses(matcher, typed, limit)]


def test_a_name_wholly_typed_comes_first_and_then_the_largest_streets(crowd: Matcher) -> None:
    assert lines(crowd, "kirkev") == [
        "Kirkevænget, 4000 Roskilde", "Kirkevej, 3700 Rønne", "Kirkevej, 4000 Roskilde",
    ]  # fmt: skip
    assert lines(crowd, "kirkevej") == ["Kirkevej, 3700 Rønne", "Kirkevej, 4000 Roskilde"]
    assert lines(crowd, "kirke", 4) == [
        "Kirkevænget, 4000 Roskilde", "Kirkevej, 3700 Rønne", "Kirkevej, 4000 Roskilde",
        "Kirkestien A, 7600 Struer",
    ]  # fmt: skip
    assert lines(crowd, "kirkestien b") == ["Kirkestien B, 7600 Struer"]


def test_a_later_word_is_sought_only_where_no_name_begins_so(crowd: Matcher) -> None:
    assert "Ny Kirkevej, 8000 Aarhus C" not in lines(crowd, "kirkevej")
    assert lines(crowd, "kirkevej 8") == ["Ny Kirkevej 8, 8000 Aarhus C"]
    assert lines(crowd, "kirkevej aarhus") == ["Ny Kirkevej, 8000 Aarhus C"]


def test_an_unfinished_number_offers_itself_its_letters_and_what_begins_so(crowd: Matcher) -> None:
    def numbers(typed: str) -> list[str]:
        found = [line for line in lines(crowd, f"lang allé {typed}") if not line.startswith("Lang Allé,")]
        return [line.removeprefix("Lang Allé ").removesuffix(", 2100 København Ø") for line in found]

    assert numbers("1") == ["1", "1A", "1B", "1C", "10", "11", "19", "100", "109", "110", "199"]
    assert numbers("1 ") == ["1"]
    assert numbers("1b") == ["1B"]
    assert numbers("2") == ["20", "200"]
    assert numbers("10") == ["10", "100", "109"]
    assert numbers("11") == ["11", "110"]
    assert numbers("3") == []
    assert lines(crowd, "lang allé 1", 3) == [
        "Lang Allé 1, 2100 København Ø", "Lang Allé 1A, 2100 København Ø", "Lang Allé 1B, 2100 København Ø",
    ]  # fmt: skip


def test_a_limit_below_one_offers_nothing_and_fifty_is_the_most(crowd: Matcher) -> None:
    assert lines(crowd, "kirke", 0) == lines(crowd, "kirke", -3) == []
    assert len(lines(crowd, "kirke", 1)) == 1
    assert len(suggest_addresses(crowd, "kirke", 999)) == len(suggest_addresses(crowd, "kirke", 50))


def test_only_the_first_120_characters_are_read(crowd: Matcher) -> None:
    assert lines(crowd, " " * 113 + "kirkevænget") == ["Kirkevænget, 4000 Roskilde"]
    assert lines(crowd, " " * 114 + "kirkevænget") == lines(crowd, "kirkev")


def test_a_misspelt_beginning_is_found_from_five_letters_on(crowd: Matcher) -> None:
    assert lines(crowd, "kirev") == lines(crowd, "kirkev")
    assert lines(crowd, "krev") == []
    assert lines(crowd, "kirkvej 4") == ["Kirkevej 4, 3700 Rønne"]
    assert lines(crowd, "krikevej") == ["Kirkevej, 3700 Rønne", "Kirkevej, 4000 Roskilde"]
    assert lines(crowd, "kirxxvej") == []


def test_words_in_any_order_find_the_street_of_most_letters(crowd: Matcher) -> None:
    assert lines(crowd, "kirkevej ny") == ["Ny Kirkevej, 8000 Aarhus C"]
    assert lines(crowd, "kirkevej 3 ny") == ["Ny Kirkevej 3, 8000 Aarhus C"]
    assert lines(crowd, "aarhus kirkevej 3 ny") == ["Ny Kirkevej 3, 8000 Aarhus C"]
    assert lines(crowd, "allé lang 19 ") == ["Lang Allé 19, 2100 København Ø"]
