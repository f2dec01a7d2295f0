"""The shape of what was typed, without any of it: for counting which forms of address fail.

One letter per token: W a word, L a single letter, N a house number ("52", "52C"), P a number as long as a
postcode of the country, D another number, F a floor or door word; a comma (or new line) where one stood.
"Nørrebrogade 52C, 2. th, 2200 København N" is "W N, N F, P W L". Two people with the same shape cannot be
told apart, and no shape holds a letter or digit that was typed.
"""

from __future__ import annotations

from service.address.matcher import query_text
from service.address.rules import CountryRules
from service.address.text import Tokens, tokenise
from service.model import AddressQuery

MAX_TOKENS = 12  # longer texts end in "…", so that the number of shapes stays small


def address_pattern(query: AddressQuery, rules: CountryRules) -> str:
    """The shape of a query; empty for one without letters and digits. Bounded, never raises on any text."""
    tokens = tokenise(query_text(query), rules)
    shape: list[str] = []
    at = 0
    while at < len(tokens):
        if len(shape) == MAX_TOKENS:
            shape.append("…")
            break
        kind, width = _kind(tokens, at, rules)
        shape.append(("," if at and tokens.hard[at] else "") + kind)
        at += width
    return " ".join(shape).replace(" ,", ", ")


def _kind(tokens: Tokens, at: int, rules: CountryRules) -> tuple[str, int]:
    word = tokens.folded[at]
    if not tokens.is_number[at]:
        if word in rules.floor_words or word in rules.storey_words or word in rules.door_words:
            return "F", 1
        return ("L" if len(word) == 1 else "W"), 1
    if len(word) == rules.postcode_digits:
        return "P", 1
    parts = rules.postcode_parts
    if parts and at + 1 < len(tokens) and tokens.is_number[at + 1]:
        both = (len(word), len(tokens.folded[at + 1]))
        if both == tuple(parts) and not tokens.hard[at + 1]:
            return "P", 2
    if len(word) > rules.number_digits:
        return "D", 1
    following = at + 1
    glued = (
        following < len(tokens)
        and not tokens.is_number[following]
        and len(tokens.folded[following]) == 1
        and not tokens.gap[following]
    )
    return "N", 2 if glued else 1
