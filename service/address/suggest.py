"""Autocomplete: addresses that fit what has been typed so far, best first.

The text may hold street, number, floor, door, postcode and town in any order, the last word unfinished.
Streets are found by the beginning of their name, else by a later word of it, else by its words in any
order, else with one misspelt letter; they rank by exactness, then by how many house numbers they have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from service.address.index import AddressIndex
from service.address.layout import HEAD_SIZE, key_signature, written_number
from service.address.reading import Frame, frame_text
from service.address.rules import CountryRules
from service.address.scan import Scan, scan_tokens
from service.address.scattered import in_usual_order, keys_near, street_words
from service.address.text import join_key, tokenise
from service.address.towns import TownHit, Towns
from service.model import MatchLevel, Suggestion

if TYPE_CHECKING:
    from service.address.matcher import Matcher

MAX_CHARS = 120  # of what is being typed
MAX_LIMIT = 50
MAX_NAMES = 64  # names that a short beginning is cut down to, the largest first
MAX_SEGMENTS = 400  # streets that a number is looked up in
MAX_INNER = 200
MIN_TYPO_KEY = 5
MAX_TYPO_SPANS = 3
MAX_NEAR = 1_500  # names whose letters fit that are compared
HOUSES = (0, 1)  # current and preliminary


def suggest_addresses(matcher: Matcher, text: str, limit: int = 10) -> tuple[Suggestion, ...]:
    """At most `limit` completions of a text, best first; empty when nothing fits. Never raises."""
    return matcher.suggester.suggest(text, limit)


class Suggester:
    """Completes texts from one index; the weights of streets are summed once."""

    def __init__(self, index: AddressIndex, towns: Towns, rules: CountryRules) -> None:
        self._index = index
        self._towns = towns
        self._rules = rules
        sizes = np.diff(np.asarray(index.seg_first).astype(np.int64))
        self._seg_size = sizes
        self._seg_post = np.asarray(index.seg_post)
        self._seg_extra = np.asarray(index.seg_extra)
        self._name_seg = np.asarray(index.name_seg)
        self._key_name = np.asarray(index.key_name)
        by_name = np.bincount(np.asarray(index.seg_name), weights=sizes, minlength=index.names)
        self._key_weight = by_name[self._key_name]

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """See `suggest_addresses`."""
        limit = max(0, min(limit, MAX_LIMIT))
        typed = text[:MAX_CHARS]
        tokens = tokenise(typed, self._rules)
        if not len(tokens) or not limit:
            return ()
        scan = scan_tokens(tokens, self._index, self._towns, self._rules)
        is_open = typed[-1:].isalnum()
        frames = list(self._frames(scan))
        for find in (self._beginning, self._inside, self._misspelt):
            if find == self._misspelt:
                found = self._any_order(scan, limit, is_open)
                if found:
                    return found
            for frame in frames[:MAX_TYPO_SPANS] if find == self._misspelt else frames:
                key = join_key(tokens.folded[frame.start : frame.stop], self._rules)
                found = self._complete(scan, frame, key, find(key), limit, is_open)
                if found:
                    return found
            if find == self._beginning:
                towns = self._places(scan, limit)
                if towns:
                    return towns
        return ()

    # ------------------------------------------------------------ what may be the street

    def _frames(self, scan: Scan) -> Iterator[Frame]:
        """Spans that may be the (unfinished) street name, longest first within each part of the text."""
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
                    yield frame_text(scan, start, stop, self._towns, self._rules)

    def _beginning(self, key: str) -> npt.NDArray[np.int64]:
        low, high = self._index.prefix_rows(key)
        if high - low <= MAX_NAMES:
            return np.arange(low, high)
        weight = self._key_weight[low:high]
        best = np.argpartition(-weight, MAX_NAMES)[:MAX_NAMES] + low
        exact = self._index.key_rows(key)
        return np.unique(np.concatenate([best, np.array(exact, np.int64)]))

    def _inside(self, key: str) -> npt.NDArray[np.int64]:
        return np.array(self._index.inner_rows(key, MAX_INNER), np.int64)

    def _misspelt(self, key: str) -> npt.NDArray[np.int64]:
        """Key rows whose beginning is one edit from the key."""
        if len(key) < MIN_TYPO_KEY:
            return np.empty(0, np.int64)
        head = np.uint64(key_signature(key[:HEAD_SIZE]))
        near = np.flatnonzero(np.bitwise_count(self._index.key_head ^ head) <= 2)
        size = len(key)
        near = near[self._index.key_size[near] >= size - 1]
        if len(near) > MAX_NEAR:
            near = near[np.argpartition(-self._key_weight[near], MAX_NEAR)[:MAX_NEAR]]
        found = []
        for row in near.tolist():
            other = self._index.key(row)
            if any(OSA.distance(key, other[: size + d], score_cutoff=1) <= 1 for d in (0, 1, -1)):
                found.append(row)
        rows = np.array(found, np.int64)
        return rows[np.argsort(-self._key_weight[rows], kind="stable")[:MAX_NAMES]]

    def _any_order(self, scan: Scan, limit: int, is_open: bool) -> tuple[Suggestion, ...]:
        """Streets of which words were typed in any order, with other parts of the address between them."""
        for words in street_words(scan, self._index, self._rules):
            text, order = in_usual_order(scan, words.tokens)
            tokens = tokenise(text, self._rules)
            if len(tokens) != len(order):
                continue
            put = scan_tokens(tokens, self._index, self._towns, self._rules)
            start = order.index(words.tokens[0])
            frame = frame_text(put, start, start + len(words.tokens), self._towns, self._rules)
            rows = words.rows
            near = keys_near(put, frame, self._index, self._towns)
            if near is not None:
                rows = rows[np.isin(rows, near)]
            rows = rows[np.argsort(-self._key_weight[rows], kind="stable")[:MAX_NAMES]]
            last_is_open = is_open and order[-1] == len(order) - 1
            found = self._complete(put, frame, "", rows, limit, last_is_open)
            if found:
                return found
        return ()

    # ------------------------------------------------------------ completing

    def _complete(
        self, scan: Scan, frame: Frame, key: str, rows: npt.NDArray[np.int64], limit: int, is_open: bool
    ) -> tuple[Suggestion, ...]:
        if not len(rows):
            return ()
        segments, exact = self._segments(rows, key)
        keep = self._fits(scan, frame, segments, is_open)
        segments, exact = segments[keep], exact[keep]
        if not len(segments):
            return ()
        order = np.lexsort((segments, -self._seg_size[segments], ~exact))[:MAX_SEGMENTS]
        ranked = segments[order].tolist()
        if frame.number is None:
            if frame.town.numbers:
                return ()
            return tuple(self._street(segment) for segment in ranked[:limit])
        return self._numbered(scan, frame, ranked, limit, is_open)

    def _segments(
        self, rows: npt.NDArray[np.int64], key: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """The segments of key rows, and whether their name is wholly typed."""
        index = self._index
        parts, exact = [], []
        seen: set[int] = set()
        for row in rows.tolist():
            name = index.key_name[row]
            if name in seen:
                continue
            seen.add(name)
            part = self._name_seg[index.name_seg_start[name] : index.name_seg_start[name + 1]]
            parts.append(part)
            exact.append(np.full(len(part), index.key(row) == key))
        return np.concatenate(parts).astype(np.int64), np.concatenate(exact)

    def _fits(
        self, scan: Scan, frame: Frame, segments: npt.NDArray[np.int64], is_open: bool
    ) -> npt.NDArray[np.bool_]:
        """Which segments agree with the postcode and the (unfinished) town."""
        keep = np.ones(len(segments), bool)
        if scan.post is not None and not self._index.posts[scan.post].bulk:
            keep &= self._seg_post[segments] == scan.post
        for words, hit in frame.town.hits:
            more = self._towns.beginning(words) if is_open else []
            keep &= self._in_towns(segments, [hit, *more])
        for words in frame.town.unknown:
            keep &= self._in_towns(segments, self._towns.beginning(words))
        return keep

    def _in_towns(self, segments: npt.NDArray[np.int64], hits: list[TownHit]) -> npt.NDArray[np.bool_]:
        posts = np.zeros(len(self._index.posts), bool)
        extras = np.zeros(len(self._index.supplementary), bool)
        for hit in hits:
            posts[list(hit.exact | hit.base)] = True
            extras[list(hit.supplementary)] = True
            if hit.municipality is not None:
                posts[list(self._towns.by_municipality[hit.municipality])] = True
        fits: npt.NDArray[np.bool_] = posts[self._seg_post[segments]] | extras[self._seg_extra[segments]]
        return fits

    def _numbered(
        self, scan: Scan, frame: Frame, segments: list[int], limit: int, is_open: bool
    ) -> tuple[Suggestion, ...]:
        """Houses with the typed number; while it is still being typed, also numbers that begin so."""
        assert frame.number is not None
        code = frame.number.codes[0]
        if code is None:
            return ()
        unfinished = is_open and frame.number.end == len(scan.tokens)
        exact: list[int] = []
        longer: list[int] = []
        for segment in segments:
            if len(exact) >= limit:
                break
            houses = [
                h for h in self._index.find_houses(segment, code) if self._index.house_flags[h] in HOUSES
            ]
            exact += houses
            if (unfinished or not houses) and len(longer) < limit:
                longer += self._longer_numbers(segment, code, unfinished, limit)
        found: list[Suggestion] = []
        for house in exact:
            found += self._house(frame, house, limit - len(found), scan, is_open)
            if len(found) >= limit:
                return tuple(found[:limit])
        if not exact or unfinished:
            found += [self._line(house) for house in longer]
        return tuple(found[:limit])

    def _longer_numbers(self, segment: int, code: int, unfinished: bool, limit: int) -> list[int]:
        """Houses of a segment whose number is this one with a letter, or begins with its digits."""
        index = self._index
        number, letter = code >> 5, code & 31
        if letter:
            return []
        lettered = [house for house in index.lettered(segment, number) if index.house_code[house] != code]
        houses = index.houses_in(segment)
        if unfinished and number and houses:
            highest = index.house_code[houses[-1]] >> 5
            for tenfold in (number * 10, number * 100):
                span = tenfold // number
                for other in range(tenfold, min(tenfold + span, highest + 1)):
                    if len(lettered) >= limit:
                        break
                    lettered += index.lettered(segment, other)
        return [house for house in lettered if index.house_flags[house] in HOUSES][:limit]

    def _house(self, frame: Frame, house: int, limit: int, scan: Scan, is_open: bool) -> list[Suggestion]:
        """A house, or those of its units that agree with the typed floor and door."""
        units = self._index.units(house)
        floor, door = frame.unit.floor, (frame.unit.door or "").lower()
        if floor is None and not door:
            return [self._line(house, complete=len(units) <= 1)]
        loose = is_open and frame.unit.end == len(scan.tokens)
        post = self._index.posts[self._index.seg_post[self._index.segment_of_house(house)]]
        fitting = []
        for unit in units:
            own_floor, _, own_door = unit.partition("|")
            same_floor = floor in (None, own_floor) or (
                loose and not door and own_floor.startswith(floor or "")
            )
            if same_floor and (not door or own_door == door or (loose and own_door.startswith(door))):
                fitting.append(unit)
        begun_postcode = floor if not door else door if floor is None else None
        if not fitting and loose and begun_postcode and post.postcode.startswith(begun_postcode):
            return [self._line(house, complete=len(units) <= 1)]  # "52, 22": the postcode has been begun
        if not units:
            return [self._line(house, f"{floor or ''}|{door}")]
        return [self._line(house, unit) for unit in fitting[:limit]]

    # ------------------------------------------------------------ lines

    def _street(self, segment: int) -> Suggestion:
        post = self._index.posts[self._index.seg_post[segment]]
        street = self._index.name(self._index.seg_name[segment])
        extra = self._index.supplementary[self._index.seg_extra[segment]]
        text = ", ".join(part for part in (street, extra, f"{post.postcode} {post.city}") if part)
        return Suggestion(text, MatchLevel.STREET, False, street, None, post.postcode, post.city)

    def _line(self, house: int, unit: str = "", *, complete: bool = True) -> Suggestion:
        index = self._index
        segment = index.segment_of_house(house)
        post = index.posts[index.seg_post[segment]]
        street, number = index.name(index.seg_name[segment]), written_number(index.house_code[house])
        floor, _, door = unit.partition("|")
        where = " ".join(part for part in (f"{floor}." if floor else "", door) if part)
        extra = index.supplementary[index.seg_extra[segment]]
        parts = (f"{street} {number}", where, extra, f"{post.postcode} {post.city}")
        point = index.point(house)
        return Suggestion(
            text=", ".join(part for part in parts if part),
            level=MatchLevel.UNIT if unit else MatchLevel.HOUSE,
            complete=complete,
            street=street,
            house_number=number,
            postcode=post.postcode,
            city=post.city,
            address_id=index.house_id(house),
            lat=point[0] if point else None,
            lon=point[1] if point else None,
        )

    def _places(self, scan: Scan, limit: int) -> tuple[Suggestion, ...]:
        """Post towns, for a text that is a postcode or a town and nothing else."""
        tokens = scan.tokens
        rows: set[int] = set()
        rest = [word for word, used in zip(tokens.folded, scan.used, strict=True) if not used]
        if scan.post is not None:
            if not rest or any(scan.post in hit.exact | hit.base for hit in self._towns.beginning(rest)):
                rows = {scan.post}
        elif len(tokens) == 1 and tokens.is_number[0] and len(tokens.folded[0]) > 1:
            rows = {row for code, row in self._index.post_row.items() if code.startswith(tokens.folded[0])}
        elif not any(tokens.is_number) and len(tokens) <= 4:
            for hit in self._towns.beginning(tokens.folded):
                rows |= hit.exact
        posts = [self._index.posts[row] for row in sorted(rows) if not self._index.posts[row].bulk]
        return tuple(
            Suggestion(f"{p.postcode} {p.city}", MatchLevel.POSTCODE, False, "", None, p.postcode, p.city)
            for p in posts[:limit]
        )
