"""Autocomplete of words in any order: "3700 Rønne sankt mortens gade 3", "gade mortens 3".

Each typed word is looked up as the beginning of any word of a street's name. Names that explain the same
words are tried together, those that explain most first; what they leave must be town, number and unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.address.index import AddressIndex
from service.address.reading import Frame
from service.address.rules import CountryRules
from service.address.scan import Scan
from service.address.towns import Towns

MAX_WORDS = 8  # as many as a byte has bits
MIN_WORD = 2  # a single letter begins too many names
MAX_SETS = 4  # sets of words that are tried as the street
MAX_TOWN_POSTS = 60  # postcodes of a town whose names are looked through


@dataclass(frozen=True, slots=True)
class StreetWords:
    """Tokens that may together be the street's name, in the order typed, and the key rows that begin so."""

    tokens: tuple[int, ...]
    rows: npt.NDArray[np.int64]


def street_words(scan: Scan, index: AddressIndex, rules: CountryRules) -> list[StreetWords]:
    """Sets of typed words that names explain, those of most letters first; at most MAX_SETS."""
    words = _words(scan, rules)
    if not words:
        return []
    explained = np.zeros(len(index.key_name), np.uint8)  # a bit per word
    for n, word in enumerate(words):
        explained[index.word_rows("".join(scan.tokens.folded[at] for at in word))] |= np.uint8(1 << n)
    rows = np.flatnonzero(explained)
    explained = explained[rows]

    def tokens_of(mask: int) -> tuple[int, ...]:
        return tuple(at for n, word in enumerate(words) if mask >> n & 1 for at in word)

    def letters(mask: int) -> int:
        return sum(len(scan.tokens.folded[at]) for at in tokens_of(mask))

    masks = sorted(np.unique(explained).tolist(), key=lambda mask: (-letters(mask), mask))
    return [StreetWords(tokens_of(mask), rows[explained == mask]) for mask in masks[:MAX_SETS]]


def in_usual_order(scan: Scan, street: tuple[int, ...]) -> tuple[str, list[int]]:
    """The text with the street's words together, just before the first number that may be the house's.

    Also returns the old place of each token of the new text.
    """
    tokens = scan.tokens
    rest = [at for at in range(len(tokens)) if at not in street]
    numbers = [n for n, at in enumerate(rest) if tokens.is_number[at] and not scan.used[at]]
    cut = numbers[0] if numbers else len(rest)
    order = [*rest[:cut], *street, *rest[cut:]]
    text = ""
    for before, at in zip([-1, *order], order, strict=False):
        after_street = before in street and at not in street and not tokens.is_number[at]
        if after_street or at == street[0] or tokens.hard[at]:
            gap = ", "
        else:
            gap = tokens.gap[at] if before + 1 == at else " "
        text += (gap if text else "") + tokens.written(at, at + 1)
    return text, order


def keys_near(scan: Scan, frame: Frame, index: AddressIndex, towns: Towns) -> npt.NDArray[np.uint32] | None:
    """The key rows of the postcode, else of the towns that are named; None when these cut down nothing."""
    posts = {scan.post} if scan.post is not None else set()
    for _, hit in frame.town.hits if scan.post is None else ():
        if hit.supplementary:
            return None
        posts |= hit.exact | hit.base
        if hit.municipality is not None:
            posts |= set(towns.by_municipality[hit.municipality])
    posts = {post for post in posts if not index.posts[post].bulk}
    if not 0 < len(posts) <= MAX_TOWN_POSTS:
        return None
    return np.concatenate([index.post_keys(post) for post in sorted(posts)])


def _words(scan: Scan, rules: CountryRules) -> list[tuple[int, ...]]:
    """Words that may belong to a street; initials in a row are one word, the letter of a number is none."""
    tokens = scan.tokens
    words: list[tuple[int, ...]] = []
    numbered = False
    at = 0
    while at < len(tokens) and len(words) < MAX_WORDS:
        first, at = at, at + 1
        word = tokens.folded[first]
        if tokens.is_number[first]:
            numbered = numbered or not scan.used[first]
            continue
        if scan.used[first]:
            continue
        if len(word) < MIN_WORD:
            if first and tokens.is_number[first - 1]:
                continue
            while at < len(tokens) and not tokens.is_number[at] and len(tokens.folded[at]) == 1:
                at += 1
            if at - first >= MIN_WORD:
                words.append(tuple(range(first, at)))
        elif not (numbered and _is_unit_word(word, rules)):
            words.append((first,))
    return words


def _is_unit_word(word: str, rules: CountryRules) -> bool:
    return word in rules.floor_words or word in rules.storey_words or word in rules.door_words
