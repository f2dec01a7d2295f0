"""No street: the postcode, else the municipality, else nothing, and the same street elsewhere."""

from __future__ import annotations

from service.address.index import AddressIndex
from service.address.lines import MAX_ALTERNATIVES, address_line, only_one
from service.address.scan import Scan
from service.address.towns import TownHit, Towns
from service.address.verdict import next_action
from service.address.weigh import Reading, TownFit
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction

NOWHERE = (0, 0)
FEW_ELSEWHERE = 3  # houses elsewhere that are offered when only a postcode was typed
MAX_LOOSE_TOKENS = 25  # a longer text is trusted for a postcode only beside its town


def nothing(index: AddressIndex, reason: str) -> AddressMatch:
    """The answer for a text that names no place."""
    return AddressMatch(
        index.country, MatchLevel.NONE, MatchCategory.C, NextAction.FIX, reason=reason, source=index.source
    )


def area_answer(index: AddressIndex, towns: Towns, scan: Scan, readings: list[Reading]) -> AddressMatch:
    """Postcode, else municipality, else nothing; with the same street elsewhere as alternatives."""
    lines = dict.fromkeys(
        address_line(index, house)
        for reading in readings
        for house in reading.houses
        if _is_plausible(index, towns, scan, reading, house)
    )
    alternatives = tuple(lines)[:MAX_ALTERNATIVES]
    hit, span = town_of(index, towns, scan)
    other_words = any(not scan.used[at] and not span[0] <= at < span[1] for at in range(len(scan.tokens)))
    reason = "unknown_street" if other_words else "no_street"
    trusted = len(scan.tokens) <= MAX_LOOSE_TOKENS or scan.town_span != NOWHERE
    if scan.post is not None and not index.posts[scan.post].bulk and trusted:
        return postcode_answer(index, scan.post, reason, alternatives)
    if scan.unknown_postcode:
        reason = "unknown_postcode"
    if hit is None:
        return with_reason(nothing(index, "nothing_recognised"), "nothing_recognised", alternatives)
    posts = {post for post in hit.posts if not index.posts[post].bulk}
    if len(posts) == 1 and not scan.unknown_postcode:
        return postcode_answer(index, next(iter(posts)), reason, alternatives)
    muni = hit.municipality or shared_municipality(index, posts)
    if muni is None:
        return with_reason(nothing(index, reason), reason, alternatives)
    return AddressMatch(
        country=index.country,
        level=MatchLevel.MUNICIPALITY,
        category=MatchCategory.C,
        next_action=next_action(MatchCategory.C, has_choice=bool(alternatives)),
        municipality_code=muni,
        alternatives=alternatives,
        reason=reason,
        source=index.source,
    )


def postcode_answer(
    index: AddressIndex, row: int, reason: str, alternatives: tuple[str, ...]
) -> AddressMatch:
    """The postcode as the finest thing that is sure."""
    post = index.posts[row]
    return AddressMatch(
        country=index.country,
        level=MatchLevel.POSTCODE,
        category=MatchCategory.C,
        next_action=next_action(MatchCategory.C, has_choice=bool(alternatives)),
        postcode=post.postcode,
        city=post.city,
        municipality_code=only_one(post.municipalities),
        alternatives=alternatives,
        reason=reason,
        source=index.source,
    )


def _is_plausible(index: AddressIndex, towns: Towns, scan: Scan, reading: Reading, house: int) -> bool:
    """Whether a house outside the typed postcode may have been meant: it lies in the typed town."""
    if scan.post is None or reading.town is not TownFit.NONE:
        return True
    post = index.seg_post[index.segment_of_house(house)]
    if towns.base_key[post] == towns.base_key[scan.post]:
        return True
    return not reading.frame.town.hits and len(reading.houses) <= FEW_ELSEWHERE


def town_of(index: AddressIndex, towns: Towns, scan: Scan) -> tuple[TownHit | None, tuple[int, int]]:
    """The town that a chunk of the text is, or ends with, and its tokens."""
    if scan.post is not None:
        return towns.lookup([towns.key[scan.post]]), scan.town_span
    if len(scan.tokens) > MAX_LOOSE_TOKENS:
        return None, NOWHERE
    for first, end in reversed(list(scan.chunks())):
        for start in range(max(first, end - 3), end):
            if any(scan.tokens.is_number[start:end]):
                continue
            hit = towns.lookup(scan.tokens.folded[start:end])
            if hit is not None and (hit.posts or hit.municipality):
                return hit, (start, end)
    return None, NOWHERE


def shared_municipality(index: AddressIndex, posts: set[int]) -> str | None:
    """The municipality that most of these postcodes lie first in, if all lie in it at least partly."""
    sets = [set(index.posts[post].municipalities) for post in posts]
    if not sets:
        return None
    return only_one(tuple(set.intersection(*sets)))


def with_reason(match: AddressMatch, reason: str, alternatives: tuple[str, ...]) -> AddressMatch:
    """The area of a match without its street, for another reason and with alternatives."""
    return AddressMatch(
        country=match.country,
        level=match.level,
        category=match.category,
        next_action=next_action(match.category, has_choice=bool(alternatives)),
        postcode=match.postcode,
        city=match.city,
        municipality_code=match.municipality_code,
        alternatives=alternatives,
        reason=reason,
        source=match.source,
    )
