"""Cleaning, tokens, folding and abbreviations: what is kept of a text, and where it is cut."""

from __future__ import annotations

import pytest

from service.address.rules import load_rules
from service.address.text import (
    clean_text,
    expand_words,
    fold_key,
    fold_word,
    join_initials,
    join_key,
    name_words,
    raw_words,
    tokenise,
)

DK, FI, NO, SE = map(load_rules, ("DK", "FI", "NO", "SE"))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  Nørrebrogade \t 52C  ", "Nørrebrogade 52C"),
        ("Torvet 1\r\n\r\n  3700   Rønne \n", "Torvet 1\n3700 Rønne"),
        ("Torvet 1\\n3700 Rønne\\t", "Torvet 1 3700 Rønne"),
        ("Christian X's Vej, l’Îlot `a", "Christian Xs Vej, lÎlot a"),
        ("Ｔｏｒｖｅｔ １ ﬁ", "Torvet 1 fi"),
        (" \n ", ""),
    ],
)
def test_spaces_line_ends_apostrophes_and_wide_letters_are_made_plain(text: str, clean: str) -> None:
    assert clean_text(text) == (clean, False)


def test_four_hundred_characters_are_read_and_what_is_beyond_is_said() -> None:
    assert clean_text("a" * 400) == ("a" * 400, False)
    assert clean_text("a" * 401) == ("a" * 400, True)
    assert clean_text("a" * 400 + "   ") == ("a" * 400, False)


def test_of_a_longer_text_only_blanks_may_be_lost_unsaid() -> None:
    """Four times as many characters are looked at, for a text may be spaced out."""
    spaced = "a" + " " * 1599
    assert clean_text(spaced) == ("a", False)
    assert clean_text(spaced + "  \n") == ("a", False)
    assert clean_text(spaced + " b") == ("a", True)
    assert clean_text("a" + " " * 1598 + "b") == ("a b", False)


def test_tokens_are_runs_of_letters_and_of_digits_with_what_stood_between() -> None:
    tokens = tokenise("Nørrebrogade 52C, 2.th\n(kælder) DK-2200_N", DK)
    assert list(zip(tokens.folded, tokens.is_number, tokens.gap, tokens.hard, strict=True)) == [
        ("norrebrogade", False, "", False),
        ("52", True, " ", False),
        ("c", False, "", False),
        ("2", True, ", ", True),
        ("th", False, ".", False),
        ("kaelder", False, "\n(", True),
        ("dk", False, ") ", True),
        ("2200", True, "-", False),
        ("n", False, "_", False),
    ]
    assert tokens.written(0, 3) == "Nørrebrogade 52C"
    assert tokens.written(3, 5) == "2.th"
    assert (tokens.start[1], tokens.end[1], tokens.truncated) == (13, 15, False)


@pytest.mark.parametrize("mark", list(',;\n|()[]{}<>"'))
def test_marks_that_part_an_address(mark: str) -> None:
    assert tokenise(f"a{mark}b", DK).hard == [False, True]


@pytest.mark.parametrize("mark", list("./- _:#*\\"))
def test_marks_that_stand_inside_a_part(mark: str) -> None:
    assert tokenise(f"a{mark}b", DK).hard == [False, False]


def test_forty_tokens_are_read_and_more_are_left_over() -> None:
    assert not tokenise("1 " * 40, DK).truncated
    more = tokenise("1 " * 41, DK)
    assert (len(more), more.truncated) == (40, True)
    assert tokenise("a" * 401, DK).truncated


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("ØSTER", "oster"), ("Ærø", "aero"), ("aae", "ae"), ("aaae", "ae"), ("oeoe", "oo"),
        ("Straße", "strasse"),
        ("Þórður", "thordur"), ("Đặng", "dang"), ("Łódź", "lodz"), ("Œuvre", "ouvre"), ("Işık", "isik"),
        ("Lünëborg", "luneborg"),
    ],
)  # fmt: skip
def test_words_are_folded_to_plain_letters(word: str, folded: str) -> None:
    assert fold_word(word, DK) == folded


def test_a_key_has_no_spaces_and_collapses_over_them() -> None:
    assert fold_key("Bro-ende  H.C. 10", DK) == "broendehc10".replace("oe", "o")
    assert join_key(["a", "avej"], DK) == "avej"
    assert join_key(["a", "avej"], SE) == "aavej"


def test_initials_in_a_row_are_one_word_wherever_they_stand() -> None:
    assert join_initials(["h", "c", "andersens", "v"]) == ("hc", "andersens", "v")
    assert join_initials(["a", "1", "b"]) == ("a", "1", "b")
    assert join_initials(["vej", "x", "y"]) == ("vej", "xy")
    assert join_initials([]) == ()
    assert name_words("P. O. Pedersens Vej", DK) == ("po", "pedersens", "vej")
    assert raw_words("Sankt Mortens GADE 3.") == ["sankt", "mortens", "gade", "3"]


@pytest.mark.parametrize(
    ("words", "full"),
    [
        ("gl vej", ["gammel vej", "gamle vej"]),
        ("st", ["store", "sankt"]),  # a word alone may be the first word of a name
        ("vej st", []),  # but the last of several is no "Store"
        ("norrebrog", ["norrebrogade"]),
        ("norrebrov", ["norrebrovej"]),
        ("kongens g", ["kongens gade"]),
        ("kongens pl", ["kongens plads", "kongens pladsen"]),
        ("abg", ["abgade"]),
        ("ag", []),  # one letter is no name to add an ending to
        ("lille torvt", ["lille torvtorv", "lille torvtorvet"]),
        ("norrebrogade", []),
        (
            "ll torvepl",
            ["ll torveplads", "ll torvepladsen", "lille torvepl", "lille torveplads", "lille torvepladsen"],
        ),
    ],
)
def test_abbreviations_are_written_in_full_in_every_way(words: str, full: list[str]) -> None:
    assert [" ".join(variant) for variant in expand_words(words.split(), DK)] == full


def test_an_ending_that_stands_there_is_not_added_again() -> None:
    assert [" ".join(words) for words in expand_words(["storgata"], NO)] == ["storgate"]
    assert [" ".join(words) for words in expand_words(["storgate"], NO)] == ["storgata"]


def test_at_most_so_many_spellings_are_tried() -> None:
    words = ["st", "nr", "o", "s", "v"]
    assert len(expand_words(words, DK)) == 8
    for limit in (1, 2, 5):
        variants = expand_words(words, DK, limit=limit)
        assert len(variants) == limit
        assert words not in variants
        assert len({tuple(variant) for variant in variants}) == limit


def test_letters_are_each_countrys_own() -> None:
    assert [fold_word("Ängsö", rules) for rules in (DK, FI, NO, SE)] == ["aengso", "angso", "aengso", "angso"]
