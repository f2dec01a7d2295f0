"""What can be read in a text before any street is known: postcode, country, numbers, chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from service.address.index import AddressIndex
from service.address.rules import CountryRules
from service.address.text import Tokens
from service.address.towns import Towns

MAX_SPAN = 7  # words of the longest street name that is looked for
MAX_SPANS = 90  # of one text
MIN_SHORT_POSTCODE = 3  # digits of a postcode that lost its leading zeros


@dataclass(slots=True)
class Scan:
    """Tokens with the roles that are already known."""

    tokens: Tokens
    used: list[bool]  # postcode and country words
    post: int | None  # row of the postcode
    post_at: int  # its first token, -1 without
    unknown_postcode: bool  # digits of a postcode's form that no postcode has
    town_span: tuple[int, int] = (0, 0)  # the postcode's own town, written beside it

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Runs of unused tokens without a comma, line break or bracket inside."""
        first = 0
        total = len(self.tokens)
        for at in range(total + 1):
            if at == total or self.used[at] or self.tokens.hard[at]:
                if first < at:
                    yield first, at
                first = at + 1 if at < total and self.used[at] else at


def scan_tokens(tokens: Tokens, index: AddressIndex, towns: Towns, rules: CountryRules) -> Scan:
    """Finds the postcode (never corrected, only recognised) and the words that name the country."""
    scan = Scan(tokens, [False] * len(tokens), None, -1, False)
    _find_postcode(scan, index, towns, rules)
    for at, word in enumerate(tokens.folded):
        if word in rules.names and len(word) > 2 and at == len(tokens) - 1:
            scan.used[at] = True
    return scan


def _find_postcode(scan: Scan, index: AddressIndex, towns: Towns, rules: CountryRules) -> None:
    tokens = scan.tokens
    found: list[tuple[int, int, int, int]] = []  # (score, first token, tokens, postcode row)
    for at, word in enumerate(tokens.folded):
        if not tokens.is_number[at]:
            continue
        code, width = word, 1
        if rules.postcode_parts and len(word) == rules.postcode_parts[0] and _joined(tokens, at, rules):
            code, width = word + tokens.folded[at + 1], 2
        if len(code) == rules.postcode_digits:
            row = index.post_row.get(code)
            if row is None:
                scan.unknown_postcode = True
            else:
                beside = _beside_town(tokens, at, at + width, row, towns) is not None
                found.append((1 + 2 * beside, at, width, row))
        elif MIN_SHORT_POSTCODE <= len(code) < rules.postcode_digits and any(
            number for other, number in enumerate(tokens.is_number) if other != at
        ):  # a leading zero lost in a spreadsheet; a lone number is a house number
            row = index.post_row.get(code.zfill(rules.postcode_digits))
            if row is not None and _beside_town(tokens, at, at + width, row, towns) is not None:
                found.append((2, at, width, row))
    if not found:
        return
    _, at, width, row = max(found, key=lambda item: (item[0], item[1]))
    scan.post, scan.post_at = row, at
    scan.town_span = _beside_town(tokens, at, at + width, row, towns) or (0, 0)
    for token in range(at, at + width):
        scan.used[token] = True
    prefixes = {*rules.names, rules.country.lower()} | (
        {rules.country[0].lower()} if "-" in tokens.gap[at] else set()
    )
    if at > 0 and tokens.folded[at - 1] in prefixes:
        scan.used[at - 1] = True


def _joined(tokens: Tokens, at: int, rules: CountryRules) -> bool:
    after = at + 1
    return (
        after < len(tokens)
        and tokens.is_number[after]
        and not tokens.hard[after]
        and len(tokens.folded[after]) == rules.postcode_parts[1]
    )


def _beside_town(tokens: Tokens, first: int, end: int, post: int, towns: Towns) -> tuple[int, int] | None:
    """The tokens next to a postcode that name its town."""
    for low, high in ((end, end + 3), (end, end + 2), (end, end + 1), (first - 2, first), (first - 1, first)):
        if low < 0 or high > len(tokens):
            continue
        hit = towns.lookup(tokens.folded[low:high])
        if hit is not None and (post in hit.exact or post in hit.base):
            return low, high
    if end < len(tokens) and tokens.folded[end] == towns.district[post]:
        return end, end + 1  # "2200 N"
    return None


def spans(scan: Scan) -> Iterator[tuple[int, int]]:
    """Token spans that may be a street name, likeliest first: from a chunk's start up to a number."""
    tokens = scan.tokens
    emitted: set[tuple[int, int]] = set()
    for first, end in scan.chunks():
        stop = next((at for at in range(first + 1, end) if tokens.is_number[at]), end)
        if stop - first <= MAX_SPAN and not tokens.is_number[first]:
            emitted.add((first, stop))
            yield first, stop
            if stop + 1 < end and tokens.is_number[stop] and tokens.is_number[stop + 1]:
                emitted.add((first, stop + 1))  # a street whose name ends in a number
                yield first, stop + 1
    chunks = list(scan.chunks())
    for (first, middle), (_, end) in pairwise(chunks):
        stop = next((at for at in range(middle, end) if tokens.is_number[at]), end)
        if stop - first <= MAX_SPAN and not any(tokens.is_number[first:stop]):
            emitted.add((first, stop))
            yield first, stop  # a name with a comma in it
    for first, end in chunks:
        for start in range(first, end):
            for stop in range(min(end, start + MAX_SPAN), start, -1):
                if (start, stop) in emitted or not _has_word(tokens, start, stop):
                    continue
                if len(emitted) >= MAX_SPANS:
                    return
                emitted.add((start, stop))
                yield start, stop


def _has_word(tokens: Tokens, start: int, stop: int) -> bool:
    return any(not tokens.is_number[at] and len(tokens.folded[at]) > 1 for at in range(start, stop))


def open_spans(scan: Scan) -> list[tuple[int, int]]:
    """Spans for misspelt names: words that end before a number or at the end of their chunk."""
    tokens = scan.tokens
    found: list[tuple[int, int]] = []
    for first, end in scan.chunks():
        stops = [at for at in range(first + 1, end) if tokens.is_number[at] and not tokens.is_number[at - 1]]
        for stop in [*stops[:3], end]:
            low = max(
                [first, stop - MAX_SPAN, *(at + 1 for at in range(first, stop) if tokens.is_number[at])]
            )
            if scan.town_span[0] < stop <= scan.town_span[1]:
                continue
            if scan.town_span[0] <= low < scan.town_span[1]:
                low = scan.town_span[1]
            if stop + 1 < end and tokens.is_number[stop] and tokens.is_number[stop + 1]:
                found.append((low, stop + 1))  # a street whose name ends in a number
            found += [(start, stop) for start in range(low, stop) if _has_word(tokens, start, stop)]
            if tokens.is_number[first] and stop > first + 1 and (first, stop) not in found:
                found.append((first, stop))
    # longest first within the text's order: a name's words belong together
    return found[:12]
