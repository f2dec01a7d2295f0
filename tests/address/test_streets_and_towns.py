"""What a misspelt street may mean and what it may not, and which towns words stand for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rapidfuzz.distance import OSA

from service.address.index import AddressIndex
from service.address.matcher import Matcher
from service.address.rules import load_rules
from service.address.streets import is_misspelling, near_streets, split_ending
from service.address.text import fold_key
from service.address.towns import TownHit, Towns
from service.model import AddressQuery

DK = load_rules("DK")
STREETS = [
    "Avej", "Elmegade", "Elmevej", "Bøgevej", "Nørrebrogade", "Rentemestervej", "Kystlinien", "Strand",
    "Peder Lykkes Vej", "Hovedgaden", "Vej 11", "Ærøvej", "Toftebakken",
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, country: SimpleNamespace) -> AddressIndex:
    folder = tmp_path_factory.mktemp("streets")
    rows = [(f"s{at}", street, "1", "3700", {}) for at, street in enumerate(STREETS)]
    country.write(folder, country.staging_table([*rows, ("other", "Toftebakken", "1", "4000", {})]))
    return AddressIndex.open(folder)


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("elmevej", ("elme", "vej")), ("elmevejen", ("elme", "vejen")), ("vejen", ("vejen", "")),
        ("strand", ("strand", "")), ("hovedgaden", ("hoved", "gaden")), ("avej", ("a", "vej")),
    ],
)  # fmt: skip
def test_a_key_ends_in_the_longest_generic_ending_that_leaves_a_stem(
    key: str, parts: tuple[str, str]
) -> None:
    assert split_ending(key, DK) == parts


# typed, street, whether it is that street misspelt
CASES = [
    # the stem: nothing of one or two letters, one edit of three, two of four to seven, then three
    ("bvej", "avej", False),
    ("aavej", "avej", True),  # one letter too many leaves the whole stem standing
    ("aerovejj", "aerovej", True),
    ("elmegae", "elmegade", True),
    ("almevej", "elmevej", True),
    ("alnevej", "elmevej", True),
    ("alnavej", "elmevej", False),
    ("norebrogade", "norrebrogade", True),
    ("narebrogade", "norrebrogade", True),
    ("narebragade", "norrebrogade", True),
    ("narebrxgadx", "norrebrogade", False),
    # the ending: another one is another street, a misspelt one is not
    ("elmeplads", "elmevej", False),
    ("elmevejen", "elmevej", True),
    ("elmevje", "elmevej", True),
    ("elmevxx", "elmevej", True),
    ("elmexxx", "elmevej", False),
    ("rentemesterevj", "rentemestervej", True),
    ("rantemesterevj", "rentemestervej", True),
    ("hovedgadne", "hovedgaden", True),
    ("hovedgade", "hovedgaden", True),
    # without a generic ending the whole name is the stem
    ("strnd", "strand", True),
    ("srtnd", "strand", True),
    ("srtn", "strand", False),
    ("kystlinin", "kystlinien", True),
    ("kystlimim", "kystlinien", True),
    ("kistlimim", "kystlinien", False),
    # a stem that other streets have is itself, from two edits on
    ("bogavej", "bogevej", True),
    ("elmebakken", "toftebakken", False),
    ("bogegade", "elmegade", False),
    # digits are never misspelt
    ("vej12", "vej11", False),
    ("vj11", "vej11", True),
    ("vej1", "vej11", False),
]


@pytest.mark.parametrize(("typed", "street", "is_it"), CASES, ids=[f"{typed}-{to}" for typed, to, _ in CASES])
def test_edits_are_weighed_against_the_stem_that_they_change(
    index: AddressIndex, typed: str, street: str, is_it: bool
) -> None:
    assert street in {fold_key(name, DK) for name in STREETS}
    assert is_misspelling(index, typed, street, OSA.distance(typed, street), DK) is is_it


def names(index: AddressIndex, key: str, **known: object) -> list[tuple[str, int]]:
    rows = known.pop("rows", None)
    hits = near_streets(index, key, rows, DK, **known)  # type: ignore[arg-type]
    return [(index.name(hit.name), hit.edits) for hit in hits]


def test_the_nearest_streets_come_first_and_none_much_farther(index: AddressIndex) -> None:
    assert names(index, "elmevaj") == [("Elmevej", 1)]
    assert names(index, "norrbrogde") == [("Nørrebrogade", 2)]
    assert (
        names(index, "kystliminxen")
        == [("Kystlinien", 3)][: 1 if OSA.distance("kystliminxen", "kystlinien") <= 3 else 0]
    )
    assert names(index, "elmevej") == [("Elmevej", 0)] or names(index, "elmevej") == []
    assert names(index, "abcdefgh") == []


def test_a_limit_on_edits_is_kept(index: AddressIndex) -> None:
    assert names(index, "norrbrogde", limit=1) == []
    assert names(index, "norrbrogde", limit=2) == [("Nørrebrogade", 2)]


def test_only_the_given_keys_are_compared(index: AddressIndex) -> None:
    post = index.post_keys(index.post_row["4000"])
    assert names(index, "tofebakken", rows=post) == [("Toftebakken", 1)]
    assert names(index, "elmevaj", rows=post) == []
    assert names(index, "elmevaj", rows=np.empty(0, np.uint32)) == []


def test_three_letters_may_be_a_misspelt_street_and_two_may_not(index: AddressIndex) -> None:
    def found(text: str) -> tuple[str | None, str]:
        match = Matcher(index).match_address(AddressQuery("DK", text))
        return match.street, match.category

    assert found("Avj 1, 3700 Rønne") == ("Avej", "B")
    assert found("Aj 1, 3700 Rønne") == (None, "C")


@pytest.fixture(scope="module")
def towns(matcher: Matcher) -> Towns:
    return matcher.towns


def postcodes(matcher: Matcher, rows: set[int]) -> list[str]:
    return sorted(matcher.index.posts[row].postcode for row in rows)


def told(matcher: Matcher, hit: TownHit | None) -> tuple[list[str], list[str], str | None, bool]:
    """Postcodes written exactly so, those of the town without district letters, municipality, short form."""
    assert hit is not None
    return postcodes(matcher, hit.exact), postcodes(matcher, hit.base), hit.municipality, hit.is_short


COPENHAGEN = ["1550", "2100", "2200", "2400"]


@pytest.mark.parametrize(
    ("words", "exact", "base", "municipality", "short"),
    [
        ("kobenhavn n", ["2200"], [], None, False),
        ("kobenhavn", [], COPENHAGEN, "0101", False),
        ("kbh n", ["2200"], [], None, True),
        ("kbh", [], COPENHAGEN, "0101", True),
        ("cph", [], COPENHAGEN, "0101", True),
        ("kobenhavns kommune", None, None, None, False),
        ("kobenhavn kommune", [], COPENHAGEN, "0101", False),
        ("struer by", ["7600"], ["7600"], "0671", False),
        ("by", None, None, None, False),
        ("ronne", ["3700"], ["3700"], None, False),
        ("bornholm", [], [], "0400", False),
        ("viby j", ["8260"], [], None, False),
        ("viby", [], ["8260"], None, False),
        ("ingensteds", None, None, None, False),
    ],
)
def test_words_that_are_a_town(
    matcher: Matcher, towns: Towns, words: str, exact: list[str] | None, base: list[str] | None,
    municipality: str | None, short: bool,
) -> None:  # fmt: skip
    hit = towns.lookup(words.split())
    if exact is None:
        assert hit is None
    else:
        assert told(matcher, hit) == (exact, base, municipality, short)
        assert hit is not None
        assert hit.posts == (hit.exact or hit.base)


def test_a_supplementary_town_name_is_known_as_one(matcher: Matcher, towns: Towns) -> None:
    hit = towns.lookup(["hejsager"])
    assert hit is not None
    assert [matcher.index.supplementary[row] for row in hit.supplementary] == ["Hejsager"]
    assert hit.posts == set()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ronn", ["3700"]),
        ("rone", ["3700"]),
        ("rne", []),  # three letters are too few to be misspelt
        ("rosklide", ["4000"]),
        ("rosilde", ["4000"]),
        ("haderslov", ["6100"]),
        ("hatterslov", []),
        ("hadarslov", ["6100"]),
        ("kobenhvan", COPENHAGEN),
        ("strur", ["7600"]),
        ("viby", ["8260"]),
        ("vixx", []),
    ],
)
def test_a_misspelt_town_is_the_one_that_is_near(
    matcher: Matcher, towns: Towns, words: str, found: list[str]
) -> None:
    hit = towns.nearest(words.split())
    assert postcodes(matcher, hit.posts) == found if hit is not None else found == []


def test_of_two_towns_as_near_none_is_meant(matcher: Matcher, towns: Towns) -> None:
    near_both = towns.nearest(["kobenhavnx"])  # a letter from "københavn n", "københavn v" and "københavn ø"
    assert near_both is None
    hit = towns.nearest(["kobenhavnx", "n"])
    assert hit is not None
    assert (postcodes(matcher, hit.posts), hit.edits) == (["2200"], 1)


@pytest.mark.parametrize(
    ("words", "postcode", "near"),
    [
        ("kobenhavn", "2200", True), ("n", "2200", True), ("v", "2200", False), ("kobnhavn n", "2200", True),
        ("kobnhavn", "2200", True), ("kbnhvn n", "2200", True), ("kbhvn n", "2200", False),
        ("kbnhv n", "2200", True), ("kbnhv", "2200", False),
        ("ronn", "3700", True), ("ron", "3700", False), ("rxnx", "3700", False),
        ("roskilde", "3700", False), ("nv", "2400", True), ("", "3700", False),
    ],
)  # fmt: skip
def test_a_town_beside_its_postcode_may_lose_a_third_of_its_letters(
    matcher: Matcher, towns: Towns, words: str, postcode: str, near: bool
) -> None:
    assert towns.near_post(words.split(), matcher.index.post_row[postcode]) is near


def test_towns_that_begin_so(matcher: Matcher, towns: Towns) -> None:
    def begun(words: str) -> list[str]:
        hits = towns.beginning(words.split())
        return postcodes(matcher, set().union(*(hit.exact for hit in hits)))

    assert begun("kobenhavn") == COPENHAGEN
    assert begun("kbh") == COPENHAGEN
    assert begun("kobenhavn n") == ["2200", "2400"]
    assert begun("r") == ["3700", "4000"]
    assert begun("zz") == []


def test_a_towns_municipality_knows_its_postcodes(matcher: Matcher, towns: Towns) -> None:
    assert postcodes(matcher, towns.by_municipality["0101"]) == COPENHAGEN
    assert postcodes(matcher, towns.by_municipality["0751"]) == ["8000", "8260", "8270", "8520"]


def test_other_names_of_a_town_are_the_town(tmp_path: Path, country: SimpleNamespace) -> None:
    rows = [("a", "Elmevej", "1", "8000", {"city": "Århus C"}), ("b", "Elmevej", "2", "8000", {})]
    country.write(tmp_path, country.staging_table(rows))
    matcher = Matcher.open(tmp_path)
    for words in (["arhus", "c"], ["aarhus", "c"]):
        hit = matcher.towns.lookup([fold_key(word, DK) for word in words])
        assert hit is not None
        assert postcodes(matcher, hit.exact) == ["8000"]
