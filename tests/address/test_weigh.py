"""What each oddity of a reading costs, and what a reading knows of the town and the words around it."""

from __future__ import annotations

import pytest

from service.address.matcher import Matcher
from service.address.reading import frame_text
from service.address.scan import scan_tokens
from service.address.streets import StreetHit, near_streets
from service.address.text import join_key, tokenise
from service.address.weigh import Reading, TownFit, Weigher


def read(matcher: Matcher, text: str, street: str, *, kind: int = 0, edits: int = 0) -> list[Reading]:
    """The readings of a text in which these words are the street, as written or as they are misspelt."""
    index, rules = matcher.index, matcher.rules
    scan = scan_tokens(tokenise(text, rules), index, matcher.towns, rules)
    words = tokenise(street, rules).folded
    start = next(n for n in range(len(scan.tokens)) if scan.tokens.folded[n : n + len(words)] == words)
    frame = frame_text(scan, start, start + len(words), matcher.towns, rules)
    weigher = Weigher(index, matcher.towns, rules)
    rows = index.key_rows(join_key(words, rules))
    names = {index.key_name[row]: 0 for row in rows}
    if edits:
        names = {hit.name: hit.edits for hit in near_streets(index, join_key(words, rules), None, rules)}
    return [
        reading
        for name, distance in names.items()
        for reading in weigher.weigh(scan, frame, StreetHit(name, distance, kind))
    ]


def one(matcher: Matcher, text: str, street: str = "nørrebrogade", **known: int) -> Reading:
    (reading,) = read(matcher, text, street, **known)
    return reading


# text, the words that are the street -> cost
COSTS = [
    ("Nørrebrogade 54, 2200 København N", "nørrebrogade", 0.0),
    ("Nørrebrogade 54, 2200", "nørrebrogade", 0.0),
    ("Noerrebrogade 54, 2200", "noerrebrogade", 0.1),  # folded alike, not written alike
    ("Brøndby Nordvej 82, 2605", "brøndby nordvej", 0.35),  # and its words split otherwise: 0.1 + 0.25
    ("Nørrebrogade 54, 2200 København", "nørrebrogade", 0.25),  # a town that is near
    ("Nørrebrogade 54, 2200 Købnhavn N", "nørrebrogade", 0.25),
    ("Nørrebrogade 54, 2200 Roskilde", "nørrebrogade", 1.5),  # another town
    ("Nørrebrogade 54, 2200 Roskilde, Struer", "nørrebrogade", 3.5),  # and one that is left over
    ("Nørrebrogade 54, 2200 Ingensteds", "nørrebrogade", 2.0),  # a word left over
    ("Nørrebrogade 54, 2200 Ingen steds", "nørrebrogade", 4.0),
    ("Nørrebrogade 54, 12345 123456, 2200", "nørrebrogade", 4.0),  # numbers left over
    ("Nørrebrogade 99, 2200", "nørrebrogade", 3.0),  # no such house
    ("Nørrebrogade, 2200", "nørrebrogade", 3.0),
    ("54 Nørrebrogade, 2200", "nørrebrogade", 0.125),  # the number comes first
    ("Nørrebrogade 54 2, 2200", "nørrebrogade", 0.75),  # a floor that nothing calls one
    ("Nørrebrogade 54, 2, 2200", "nørrebrogade", 0.0),
    ("Nørrebrogade 54 2. th, 2200", "nørrebrogade", 0.0),
]


@pytest.mark.parametrize(("text", "street", "cost"), COSTS, ids=[row[0] for row in COSTS])
def test_every_oddity_has_its_price(matcher: Matcher, text: str, street: str, cost: float) -> None:
    assert one(matcher, text, street).cost == pytest.approx(cost)


def test_an_edit_costs_one_and_an_abbreviation_a_half(matcher: Matcher) -> None:
    assert one(matcher, "Nørebrogade 54, 2200", "nørebrogade", edits=1).cost == 1.0
    assert one(matcher, "Nørrebrogade 54, 2200", kind=2).cost == 0.5
    assert one(matcher, "Nørrebrogade 54, 2200", kind=1).cost == 0.0  # a shorter name is a name


def test_what_lies_beyond_the_longest_text_counts_as_a_word_left_over(matcher: Matcher) -> None:
    reading = one(matcher, "Nørrebrogade 54, 2200, " + "x" * 400)
    assert reading.leftover == 2  # the word that was cut, and that it was


@pytest.mark.parametrize(
    ("text", "fit"),
    [
        ("Nørrebrogade 54, 2200", TownFit.NONE),
        ("Nørrebrogade 54, 2200 København N", TownFit.EXACT),
        ("Nørrebrogade 54, 2200 Kbh. N", TownFit.NEAR),
        ("Nørrebrogade 54, 2200 København", TownFit.NEAR),
        ("Nørrebrogade 54, 2200 N", TownFit.NEAR),
        ("Nørrebrogade 54, 2200 Struer", TownFit.OTHER),
        ("Nørrebrogade 54, København N", TownFit.EXACT),
        ("Nørrebrogade 54, København", TownFit.NEAR),
        ("Nørrebrogade 54, Købnhavn N", TownFit.NEAR),
        ("Nørrebrogade 54", TownFit.NONE),
    ],
)
def test_the_typed_town_is_the_postcodes_or_near_it_or_another(
    matcher: Matcher, text: str, fit: TownFit
) -> None:
    reading = one(matcher, text)
    assert reading.town is fit
    assert reading.has_postcode is ("2200" in text)
    assert reading.leftover == 0


def test_a_municipality_is_near_its_postcodes(matcher: Matcher) -> None:
    assert one(matcher, "Egevej 7, 3700 Bornholm", "egevej").town is TownFit.NEAR
    assert one(matcher, "Egevej 7, Bornholm", "egevej").town is TownFit.NEAR


def test_a_supplementary_name_is_as_good_as_the_town(matcher: Matcher) -> None:
    assert one(matcher, "Småkærvej 36, Hejsager, 6100", "småkærvej").town is TownFit.EXACT
    assert one(matcher, "Småkærvej 36, Hejsager", "småkærvej").town is TownFit.NEAR
    assert one(matcher, "Småkærvej 36, Hejsagr, 6100", "småkærvej").town is TownFit.NEAR
    assert one(matcher, "Småkærvej 36, Hjsagr, 6100", "småkærvej").town is TownFit.NEAR
    near = one(matcher, "Småkærvej 36, Hejsxyz, 6100", "småkærvej")
    assert (near.town, near.leftover) == (TownFit.NONE, 1)


def test_a_street_that_is_not_in_the_postcode_is_read_elsewhere_unless_misspelt(matcher: Matcher) -> None:
    reading = one(matcher, "Østerbrogade 52, 2200", "østerbrogade")
    assert (reading.elsewhere, reading.has_postcode, len(reading.houses)) == (True, True, 1)
    assert read(matcher, "Østrbrogade 52, 2200", "østrbrogade", edits=1) == []
    assert not one(matcher, "Nørrebrogade 54, 2200").elsewhere


def test_a_street_of_another_town_than_typed_is_not_meant_without_a_postcode(matcher: Matcher) -> None:
    assert read(matcher, "Nørrebrogade 54, Roskilde", "nørrebrogade") == []
    (roskilde,) = read(matcher, "Vestergade 17, Roskilde", "vestergade")
    assert [matcher.index.posts[matcher.index.seg_post[s]].postcode for s in roskilde.segments] == ["4000"]
    elsewhere = one(matcher, "Nørrebrogade 54, 3700 Roskilde", "nørrebrogade")
    assert (elsewhere.elsewhere, elsewhere.town) == (True, TownFit.NONE)


def test_a_mail_receivers_postcode_stands_for_its_town(matcher: Matcher) -> None:
    reading = one(matcher, "Girostrøget 1, 0800", "girostrøget")
    assert (reading.bulk, reading.has_postcode, reading.town) == (True, False, TownFit.EXACT)
    assert not reading.elsewhere


@pytest.mark.parametrize(
    ("text", "beside", "opens"),
    [
        ("Nørrebrogade 54, 2200", 0, True),
        ("Hansen, Nørrebrogade 54, 2200", 0, True),
        ("Hansen Nørrebrogade 54, 2200", 1, False),
        ("Niels Hansen Nørrebrogade 54, 2200", 2, False),
        ("Firma, Niels Hansen Nørrebrogade 54, 2200", 2, False),
        ("2200 Nørrebrogade 54", 0, True),
        ("2200 København N Nørrebrogade 54", 0, False),  # its town stands there
        ("2200 Roskilde Nørrebrogade 54", 1, False),  # another town may be part of a name
    ],
)
def test_words_right_before_a_street_may_be_part_of_its_name(
    matcher: Matcher, text: str, beside: int, opens: bool
) -> None:
    reading = one(matcher, text)
    assert (reading.beside, reading.opens) == (beside, opens)


def test_a_reading_is_whole_when_nothing_can_be_better(matcher: Matcher) -> None:
    for text, street, whole in (
        ("Nørrebrogade 54, 2200", "nørrebrogade", True),
        ("Noerrebrogade 54, 2200", "noerrebrogade", True),
        ("54 Nørrebrogade, 2200", "nørrebrogade", False),
        ("Nørrebrogade 99, 2200", "nørrebrogade", False),
        ("Nørrebrogade 54, x, 2200", "nørrebrogade", False),
        ("Nørrebrogade 54, 2200 Struer", "nørrebrogade", False),
        ("Østerbrogade 52, 2200", "østerbrogade", False),
    ):
        assert one(matcher, text, street).is_whole is whole, text
    assert not any(one(matcher, "Nørrebrogade 54, 2200", kind=kind).is_whole for kind in (1, 2))
    assert one(matcher, "Nørrebrogade 54, 2200 Struer").explains_all
    assert not one(matcher, "Nørrebrogade 99, 2200").explains_all


def test_only_a_name_that_is_not_written_as_it_is_can_be_tied(matcher: Matcher) -> None:
    exact, folded = (
        one(matcher, "Nørrebrogade 54, 2200"),
        one(matcher, "Noerrebrogade 54, 2200", "noerrebrogade"),
    )
    misspelt = one(matcher, "Nørebrogade 54, 2200", "nørebrogade", edits=1)
    short = one(matcher, "Nørrebrogade 54, 2200", kind=2)
    assert (exact.cost, folded.cost, short.cost, misspelt.cost) == (0.0, 0.1, 0.5, 1.0)
    assert exact.is_tied_with(exact)
    assert not exact.is_tied_with(folded)
    assert not folded.is_tied_with(short)
    assert short.is_tied_with(misspelt)  # half a point apart
    assert misspelt.is_tied_with(short)
    near = one(matcher, "Nørebrogade 54, 2200 København", "nørebrogade", edits=1)
    far = one(matcher, "Nørebrogade 54 2, 2200", "nørebrogade", edits=1)
    assert (near.cost, far.cost) == (1.25, 1.75)
    assert near.is_tied_with(far)
    assert not short.is_tied_with(near)


def test_a_range_finds_the_first_of_its_numbers_that_exists(matcher: Matcher) -> None:
    index = matcher.index
    for text, found in (
        ("52ж-54", "n54"),
        ("52-54", "n52"),
        ("50-54", "n54"),
        ("53-55", None),
        ("52C-54", "n52c"),
    ):
        reading = one(matcher, f"Nørrebrogade {text}, 2200")
        assert [index.house_id(house) for house in reading.houses] == ([found] if found else [])
        assert (reading.code is None) is (found is None)


def test_misspelt_streets_are_sought_in_the_postcode_else_in_the_town_else_everywhere(
    matcher: Matcher,
) -> None:
    index, rules = matcher.index, matcher.rules
    weigher = Weigher(index, matcher.towns, rules)

    def sought(text: str) -> set[str] | None:
        scan = scan_tokens(tokenise(text, rules), index, matcher.towns, rules)
        rows = weigher.key_rows_for(scan, frame_text(scan, 0, 1, matcher.towns, rules))
        return None if rows is None else {index.name(index.key_name[row]) for row in rows.tolist()}

    assert sought("Xvej 1, 2100") == {"Østerbrogade"}
    assert sought("Xvej 1, 2100 Roskilde") == {"Østerbrogade"}
    assert sought("Xvej 1, København Ø") == {"Østerbrogade"}
    assert sought("Xvej 1, København") == sought("Xvej 1, København Ø") | sought("Xvej 1, 2200") | sought(
        "Xvej 1, 1550"
    ) | sought("Xvej 1, 2400")  # type: ignore[operator]
    assert sought("Xvej 1, Bornholm") == sought("Xvej 1, 3700")
    assert sought("Xvej 1") is None
    assert sought("Xvej 1, 0800") is None
