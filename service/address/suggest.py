"""Autocomplete: addresses that fit what has been typed so far, best first.

The text may hold street, number, floor, door, postcode and town in any order, the last word unfinished.
Streets are found by the beginning of their name, else by a later word of it, else by its words in any
order, else with one misspelt letter; they rank by exactness, then by how many house numbers they have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from service.address.beginnings import names_beginning, names_inside, names_misspelt, names_of_most_houses
from service.address.completing import Completing
from service.address.index import AddressIndex
from service.address.matcher import Matcher
from service.address.reading import Frame, frame_text
from service.address.scan import scan_tokens
from service.address.scattered import in_usual_order, keys_near, street_words
from service.address.suggestion import Suggestion, suggest_town
from service.address.text import join_key, tokenise

MAX_CHARS = 120  # of what is being typed
MAX_LIMIT = 50
MAX_TYPO_SPANS = 3


def suggest_addresses(matcher: Matcher, text: str, limit: int = 10) -> tuple[Suggestion, ...]:
    """At most `limit` completions of a text, best first; empty when nothing fits. Never raises."""
    limit = max(0, min(limit, MAX_LIMIT))
    typed = text[:MAX_CHARS]
    tokens = tokenise(typed, matcher.rules)
    if not len(tokens) or not limit:
        return ()
    scan = scan_tokens(tokens, matcher.index, matcher.towns, matcher.rules)
    completing = Completing(matcher.index, matcher.towns, scan, typed[-1:].isalnum(), limit)
    frames = list(_frames(matcher, completing))
    return (
        _by_name(matcher, completing, frames, names_beginning)
        or _towns(completing)
        or _by_name(matcher, completing, frames, names_inside)
        or _any_order(matcher, completing)
        or _by_name(matcher, completing, frames[:MAX_TYPO_SPANS], names_misspelt)
    )


def _frames(matcher: Matcher, completing: Completing) -> Iterator[Frame]:
    """Spans that may be the (unfinished) street name, longest first within each part of the text."""
    scan = completing.scan
    tokens = scan.tokens
    emitted = 0
    for first, end in scan.chunks():
        starts = [first]
        if tokens.is_number[first]:
            starts = [at for at in (first, first + 1, first + 2) if at < end]
        for start in starts:
            for stop in range(min(end, start + 7), start, -1):
                if all(tokens.is_number[start:stop]) or emitted > 16:
                    continue
                emitted += 1
                yield frame_text(scan, start, stop, matcher.towns, matcher.rules)


def _by_name(
    matcher: Matcher,
    completing: Completing,
    frames: Sequence[Frame],
    find_names: Callable[[AddressIndex, str], npt.NDArray[np.int64]],
) -> tuple[Suggestion, ...]:
    """Completions of the first frame whose words are found so as a street's name."""
    for frame in frames:
        key = join_key(completing.scan.tokens.folded[frame.start : frame.stop], matcher.rules)
        found = completing.complete(frame, key, find_names(matcher.index, key))
        if found:
            return found
    return ()


def _any_order(matcher: Matcher, completing: Completing) -> tuple[Suggestion, ...]:
    """Streets of which words were typed in any order, with other parts of the address between them."""
    index, towns, rules = matcher.index, matcher.towns, matcher.rules
    for words in street_words(completing.scan, index, rules):
        text, order = in_usual_order(completing.scan, words.tokens)
        tokens = tokenise(text, rules)
        if len(tokens) != len(order):
            continue
        scan = scan_tokens(tokens, index, towns, rules)
        start = order.index(words.tokens[0])
        frame = frame_text(scan, start, start + len(words.tokens), towns, rules)
        rows = words.rows
        near = keys_near(scan, frame, index, towns)
        if near is not None:
            rows = rows[np.isin(rows, near)]
        last_is_open = completing.is_open and order[-1] == len(order) - 1
        put = Completing(index, towns, scan, last_is_open, completing.limit)
        found = put.complete(frame, "", names_of_most_houses(index, rows))
        if found:
            return found
    return ()


def _towns(completing: Completing) -> tuple[Suggestion, ...]:
    """Post towns, for a text that is a postcode or a town and nothing else."""
    index, towns, scan = completing.index, completing.towns, completing.scan
    tokens = scan.tokens
    rows: set[int] = set()
    rest = [word for word, used in zip(tokens.folded, scan.used, strict=True) if not used]
    if scan.post is not None:
        if not rest or any(scan.post in hit.exact | hit.base for hit in towns.beginning(rest)):
            rows = {scan.post}
    elif len(tokens) == 1 and tokens.is_number[0] and len(tokens.folded[0]) > 1:
        rows = {row for code, row in index.post_row.items() if code.startswith(tokens.folded[0])}
    elif not any(tokens.is_number) and len(tokens) <= 4:
        for hit in towns.beginning(tokens.folded):
            rows |= hit.exact
    posts = [row for row in sorted(rows) if not index.posts[row].bulk]
    return tuple(suggest_town(index, post) for post in posts[: completing.limit])
