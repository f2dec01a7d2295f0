"""What is read in a text before any street is known: postcode, country, and where a street may stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.address.matcher import Matcher
from service.address.rules import load_rules
from service.address.scan import Scan, open_spans, scan_tokens, spans
from service.address.text import tokenise


def scan(matcher: Matcher, text: str) -> Scan:
    return scan_tokens(tokenise(text, matcher.rules), matcher.index, matcher.towns, matcher.rules)


def words(found: Scan, first: int, end: int) -> str:
    return " ".join(found.tokens.folded[first:end])


# text -> postcode, words that are done with, words of its town
POSTCODES = [
    ("Nørrebrogade 52C, 2200 København N", "2200", "2200", "kobenhavn n"),
    ("2200 N", "2200", "2200", "n"),
    ("2200 NV", "2200", "2200", ""),
    ("2200 København", "2200", "2200", "kobenhavn"),
    ("København N 2200", "2200", "2200", "kobenhavn n"),
    ("København 2200", "2200", "2200", "kobenhavn"),
    ("N 2200", "2200", "2200", ""),
    ("2200 Aarhus C", "2200", "2200", ""),
    ("Struer 7600", "7600", "7600", "struer"),
    # of several the one beside its town, else the last
    ("2200 2400 København NV", "2400", "2400", "kobenhavn nv"),
    ("2400 København NV 2200", "2400", "2400", "kobenhavn nv"),
    ("2200 2400", "2400", "2400", ""),
    ("2200 7600", "7600", "7600", ""),
    ("7600 Struer 2200", "7600", "7600", "struer"),
    # a zero that a spreadsheet lost, beside its town and another number
    ("Girostrøget 1, 800 Høje Taastrup", "0800", "800", "hoje tastrup"),
    ("800 Høje Taastrup", None, "", ""),
    ("Girostrøget 1, 800 Rønne", None, "", ""),
    ("Girostrøget 1, 800", None, "", ""),
    ("Girostrøget 1, 80 Høje Taastrup", None, "", ""),
    ("800 Høje Taastrup 4000 Roskilde", "4000", "4000", "roskilde"),
    ("800 Høje Taastrup, 4000", "0800", "800", "hoje tastrup"),
    # the country before it
    ("DK-2200", "2200", "dk 2200", ""),
    ("DK 2200", "2200", "dk 2200", ""),
    ("D-2200", "2200", "d 2200", ""),
    ("D 2200", "2200", "2200", ""),
    ("Danmark 2200", "2200", "danmark 2200", ""),
    ("X-2200", "2200", "2200", ""),
    ("Torvet 3 Danmark", None, "danmark", ""),
    ("Danmark Torvet 3", None, "", ""),
    ("Torvet dk", None, "", ""),
    ("22001", None, "", ""),
    ("220", None, "", ""),
]


@pytest.mark.parametrize(("text", "postcode", "used", "town"), POSTCODES, ids=[row[0] for row in POSTCODES])
def test_a_postcode_is_recognised_and_never_corrected(
    matcher: Matcher, text: str, postcode: str | None, used: str, town: str
) -> None:
    found = scan(matcher, text)
    assert (matcher.index.posts[found.post].postcode if found.post is not None else None) == postcode
    assert " ".join(w for w, is_used in zip(found.tokens.folded, found.used, strict=True) if is_used) == used
    assert words(found, *found.town_span) == town
    assert (found.post_at >= 0) == (postcode is not None)
    if postcode is not None:
        assert found.tokens.folded[found.post_at] in (postcode, postcode.lstrip("0"))


def test_digits_of_a_postcodes_form_that_none_has_are_told(matcher: Matcher) -> None:
    assert scan(matcher, "Torvet 3, 9999").unknown_postcode
    assert not scan(matcher, "Torvet 3, 999").unknown_postcode
    assert not scan(matcher, "Torvet 3, 2200").unknown_postcode


def test_a_swedish_postcode_may_stand_in_two_parts(matcher: Matcher) -> None:
    """With the small country's index and the rules of Sweden but for the digits: 22 00 is 2200."""
    rules = replace(matcher.rules, postcode_parts=(2, 2))

    def told(text: str) -> tuple[str | None, list[bool]]:
        found = scan_tokens(tokenise(text, rules), matcher.index, matcher.towns, rules)
        return matcher.index.posts[found.post].postcode if found.post is not None else None, found.used

    assert told("22 00 København N") == ("2200", [True, True, False, False])
    assert told("Torvet 3, 22 00") == ("2200", [False, False, True, True])
    for text in ("22, 00", "22 000", "222 00", "22", "22 x"):
        assert told(text)[0] is None, text


def test_chunks_are_what_stands_between_commas_and_what_is_done_with(matcher: Matcher) -> None:
    found = scan(matcher, "a b, c 1 d\n(e) 2200 f")
    assert [words(found, *chunk) for chunk in found.chunks()] == ["a b", "c 1 d", "e", "f"]
    assert list(scan(matcher, "2200").chunks()) == []
    assert list(scan(matcher, "2200 x 2400").chunks()) == [(0, 2)]


def test_a_street_is_sought_first_from_the_start_of_a_part_up_to_a_number(matcher: Matcher) -> None:
    found = scan(matcher, "Sankt Mortens Gade 3 3700 Rønne")
    assert [words(found, *span) for span in spans(found)] == [
        "sankt mortens gade", "ronne", "sankt mortens gade 3", "sankt mortens", "sankt",
        "mortens gade 3", "mortens gade", "mortens", "gade 3", "gade",
    ]  # fmt: skip


def test_a_number_before_a_number_may_end_a_streets_name(matcher: Matcher) -> None:
    found = scan(matcher, "Vej 1918 3 torv")
    assert [words(found, *span) for span in spans(found)][:2] == ["vej", "vej 1918"]
    assert [words(found, *span) for span in open_spans(found)] == ["vej 1918", "vej", "torv"]
    last = scan(matcher, "Vej 1918 3")
    assert [words(last, *span) for span in spans(last)] == ["vej", "vej 1918", "vej 1918 3"]
    assert [words(last, *span) for span in open_spans(last)] == ["vej 1918", "vej"]
    alone = scan(matcher, "Vej 1918")
    assert [words(alone, *span) for span in spans(alone)] == ["vej", "vej 1918"]
    assert [words(alone, *span) for span in open_spans(alone)] == ["vej"]


def test_a_name_may_have_a_comma_in_it(matcher: Matcher) -> None:
    found = scan(matcher, "Brøndby Nord, Vej 82, x")
    assert [words(found, *span) for span in spans(found)] == [
        "brondby nord", "vej", "x", "brondby nord vej", "brondby", "nord", "vej 82",
    ]  # fmt: skip
    numbered = scan(matcher, "Torvet 82, x")
    assert [words(numbered, *span) for span in spans(numbered)] == ["torvet", "x", "torvet 82"]


def test_a_name_has_seven_words_at_most(matcher: Matcher) -> None:
    seven, eight = (scan(matcher, " ".join("abcdefghi"[:n])) for n in (7, 8))
    assert next(spans(scan(matcher, "en to tre fire fem seks syv")), None) == (0, 7)
    assert list(spans(seven))[:1] == [(0, 7)]
    assert list(spans(eight)) == []  # nothing but single letters
    long = scan(matcher, "en to tre fire fem seks syv otte")
    assert next(iter(spans(long))) == (0, 7)
    assert (0, 8) not in set(spans(long))
    assert open_spans(long) == [(start, 8) for start in range(1, 8)]


def test_no_text_is_looked_through_without_end(matcher: Matcher) -> None:
    many = scan(matcher, " ".join(["vej"] * 40))
    found = list(spans(many))
    assert len(found) == len(set(found)) == 90
    assert len(open_spans(scan(matcher, ", ".join(["en to tre"] * 12)))) == 12


def test_misspelt_streets_are_sought_before_numbers_and_not_in_the_postcodes_town(matcher: Matcher) -> None:
    def told(text: str) -> list[str]:
        found = scan(matcher, text)
        return [words(found, *span) for span in open_spans(found)]

    assert told("Nørebrogade 52C, 2200 København N") == ["norebrogade"]
    assert told("2200 København N Nørebrogade 5") == ["norebrogade"]
    assert told("København N, Nørebrogade 5") == ["kobenhavn n", "norebrogade"]
    assert told("10 Boulevard Nord") == ["boulevard nord", "nord", "10 boulevard nord"]
    assert told("Af 10. maj 1918 3") == ["af", "maj 1918", "maj"]
    assert told("vej 1 gade 2 sti 3 torv 4 plads 5") == ["vej", "gade", "sti"]
    assert told("12 34") == ["12 34"]
    assert told("12") == told("a") == []


def test_every_country_reads_its_own_postcodes() -> None:
    widths = {code: load_rules(code).postcode_digits for code in ("DK", "NO", "SE", "FI")}
    assert widths == {"DK": 4, "NO": 4, "SE": 5, "FI": 5}
    assert load_rules("SE").postcode_parts == (3, 2)
