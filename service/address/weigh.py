"""Weighs a street against the rest of the text: which houses it leaves, what stays unexplained."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from service.address.index import AddressIndex
from service.address.reading import Frame
from service.address.rules import CountryRules
from service.address.scan import Scan
from service.address.streets import StreetHit
from service.address.text import fold_key, join_initials, join_key, name_words, raw_words
from service.address.towns import TownHit, Towns
from service.address.units import UnitText

NOT_LITERAL = 0.1  # cost of a name equal by folding only: "Bøgevej" typed is not Bogevej next door
TIE = 0.5  # misspelt or abbreviated readings whose costs differ by no more are equally likely
MAX_TOWN_POSTS = 150  # postcodes of one town that a misspelt street is sought in together


class TownFit(IntEnum):
    """How the typed town agrees with the street's postcode."""

    NONE = 0  # no town was typed
    EXACT = 1
    NEAR = 2  # without its district letters, misspelt, or a municipality
    OTHER = 3  # another town than the postcode's


@dataclass(slots=True)
class Reading:
    """A street, its segments that fit, and the houses with the typed number."""

    frame: Frame
    name: int
    edits: int
    kind: int
    segments: list[int]
    houses: list[int]
    code: int | None  # the number that was found, of a range the first
    spacing: bool  # words split or joined unlike the register
    town: TownFit
    town_edits: int
    leftover: int
    has_postcode: bool
    bulk: bool
    elsewhere: bool = False  # not in the typed postcode
    other_town: TownHit | None = None
    is_name_elsewhere: bool = False  # misspelt here, but a street's own name elsewhere
    beside: int = 0  # words right before the street that are perhaps part of its name
    opens: bool = False  # the street begins its line, or follows a comma or the postcode
    cost: float = field(default=0.0)

    @property
    def explains_all(self) -> bool:
        return bool(self.houses) and self.leftover == 0

    def is_tied_with(self, other: Reading) -> bool:
        """Whether a costlier reading is as likely. A name written as it is leaves no doubt."""
        exact = not self.edits and self.kind != 2
        return other.cost <= self.cost + (0.0 if exact else TIE)

    @property
    def is_whole(self) -> bool:
        """Nothing to improve: the street's own name, its number, nothing left over."""
        return self.explains_all and self.cost <= NOT_LITERAL and self.kind == 0 and not self.elsewhere


class Weigher:
    """Turns (text frame, street name) into readings."""

    def __init__(self, index: AddressIndex, towns: Towns, rules: CountryRules) -> None:
        self._index = index
        self._towns = towns
        self._rules = rules

    def weigh(self, scan: Scan, frame: Frame, hit: StreetHit) -> list[Reading]:
        """The readings of one street name: none, or one."""
        index = self._index
        post = scan.post
        bulk = post is not None and index.posts[post].bulk
        if post is None or (bulk and not self._index.segments_in(post, hit.name)):
            reading = self._anywhere(scan, frame, hit, bulk_post=post if bulk else None)
            return [reading] if reading else []
        segments = list(index.segments_in(post, hit.name))
        if segments:
            return [self._in_postcode(scan, frame, hit, post, segments)]
        if hit.edits:
            return []
        reading = self._anywhere(scan, frame, hit, bulk_post=None) or self._anywhere(
            scan, frame, hit, bulk_post=None, any_town=True
        )
        if reading is None:
            return []
        reading.elsewhere = True
        return [reading]

    def _in_postcode(
        self, scan: Scan, frame: Frame, hit: StreetHit, post: int, segments: list[int]
    ) -> Reading:
        fit, edits, leftover = TownFit.NONE, 0, frame.town.numbers + scan.tokens.truncated
        other: TownHit | None = None
        munis = {*self._index.posts[post].municipalities}
        for words, town in frame.town.hits:
            extra = [s for s in segments if self._index.seg_extra[s] in town.supplementary]
            if post in town.exact:
                fit = max(fit, TownFit.NEAR if town.is_short else TownFit.EXACT)
            elif extra:
                segments = extra
                fit = max(fit, TownFit.EXACT)
            elif (
                post in town.base
                or (town.municipality and town.municipality in munis)
                or self._towns.near_post(words, post)
            ):
                fit = max(fit, TownFit.NEAR)
            elif other is None and town.posts:
                fit, other = TownFit.OTHER, town
            else:
                leftover += len(words)
        for words in frame.town.unknown:
            if self._towns.near_post(words, post) or self._near_extra(words, segments):
                fit, edits = max(fit, TownFit.NEAR), 1
            else:
                leftover += len(words)
        return self._reading(
            frame, scan, hit, segments, fit=fit, town_edits=edits, leftover=leftover, other_town=other
        )

    def _near_extra(self, words: list[str], segments: list[int]) -> bool:
        key = join_key(words, self._rules)
        for row in {self._index.seg_extra[segment] for segment in segments}:
            wanted = fold_key(self._index.supplementary[row], self._rules)
            allowed = min(2, len(wanted) // 4)
            if wanted and OSA.distance(key, wanted, score_cutoff=allowed) <= allowed:
                return True
        return False

    def _anywhere(
        self, scan: Scan, frame: Frame, hit: StreetHit, bulk_post: int | None, *, any_town: bool = False
    ) -> Reading | None:
        index = self._index
        segments = index.segments_of(hit.name)
        leftover = frame.town.numbers + scan.tokens.truncated
        fit, edits = TownFit.NONE, 0
        hits = [town for _, town in frame.town.hits]
        if bulk_post is not None:
            own = self._towns.lookup(list(name_words(index.posts[bulk_post].city, self._rules)))
            hits += [own] if own is not None else []
        for words in frame.town.unknown:
            town = self._towns.nearest(words)
            if town is not None:
                hits.append(town)
                edits += town.edits
            else:
                leftover += len(words)
        for town in hits:
            exact = [s for s in segments if self._is_in(s, town, exact=True)]
            near = exact or [s for s in segments if self._is_in(s, town, exact=False)]
            if not near and not any_town:
                return None
            if near:
                segments = near
                # a bulk receiver's town is that of its supplementary name, not of the street's postcode
                is_exact = (bool(exact) or bulk_post is not None) and not town.edits
                fit = max(fit, TownFit.EXACT if is_exact else TownFit.NEAR)
        return self._reading(
            frame,
            scan,
            hit,
            segments,
            fit=fit,
            town_edits=edits,
            leftover=leftover,
            bulk=bulk_post is not None,
        )

    def _is_in(self, segment: int, town: TownHit, *, exact: bool) -> bool:
        post = self._index.seg_post[segment]
        if exact:
            return post in town.exact
        return (
            post in town.base
            or self._index.seg_extra[segment] in town.supplementary
            or (town.municipality is not None and post in self._towns.by_municipality[town.municipality])
        )

    def _reading(
        self,
        frame: Frame,
        scan: Scan,
        hit: StreetHit,
        segments: list[int],
        *,
        fit: TownFit,
        town_edits: int,
        leftover: int,
        bulk: bool = False,
        other_town: TownHit | None = None,
    ) -> Reading:
        houses: list[int] = []
        code: int | None = None
        if frame.number is not None:
            for wanted in frame.number.codes:
                if wanted is None:
                    continue
                houses = [house for s in segments for house in self._index.find_houses(s, wanted)]
                if houses:
                    code = wanted
                    break
        if frame.number is not None and frame.number.stairway and code == frame.number.codes[-1]:
            frame = replace(frame, unit=UnitText(None, frame.number.stairway, frame.unit.end))
        spacing = False
        literal = True
        if not hit.edits and hit.kind == 0:
            typed = join_initials(scan.tokens.folded[frame.start : frame.stop])
            name = self._index.name(hit.name)
            spacing = typed != name_words(name, self._rules)
            literal = raw_words(scan.tokens.written(frame.start, frame.stop)) == raw_words(name)
        reading = Reading(
            frame=frame,
            name=hit.name,
            edits=hit.edits,
            kind=hit.kind,
            segments=segments,
            houses=houses,
            code=code,
            spacing=spacing,
            town=fit,
            town_edits=town_edits,
            leftover=leftover,
            has_postcode=scan.post is not None and not bulk,
            bulk=bulk,
            other_town=other_town,
            opens=frame.start == 0 or scan.tokens.hard[frame.start] or scan.used[frame.start - 1],
            beside=self._words_beside(scan, frame, fit),
        )
        reading.cost = (
            2.0 * leftover
            + hit.edits
            + (0.5 if hit.kind == 2 else 0.0)
            + (0.25 if spacing else 0.0)
            + (0.0 if literal else NOT_LITERAL)
            + {TownFit.NONE: 0.0, TownFit.EXACT: 0.0, TownFit.NEAR: 0.25, TownFit.OTHER: 1.5}[fit]
            + (0.0 if houses else 3.0)
            + (0.125 if frame.swapped else 0.0)
            + (0.75 if frame.unit.is_bare else 0.0)
        )
        return reading

    def _words_beside(self, scan: Scan, frame: Frame, fit: TownFit) -> int:
        """How many unexplained words stand right before the street, without a comma between."""
        if scan.tokens.hard[frame.start]:
            return 0
        if frame.start in frame.town.town_ends and fit is not TownFit.OTHER:
            return 0
        return frame.town.ends.get(frame.start, 0)

    # ------------------------------------------------------------ where to seek a misspelt street

    def key_rows_for(self, scan: Scan, frame: Frame) -> npt.NDArray[np.uint32] | None:
        """The keys that a misspelt street is sought among: of the postcode, the town, or all (None)."""
        if scan.post is not None and not self._index.posts[scan.post].bulk:
            return self._index.post_keys(scan.post)
        posts: set[int] = set()
        for _, town in frame.town.hits:
            posts |= town.posts
            if town.municipality is not None:
                posts |= self._towns.by_municipality[town.municipality]
        if not posts or len(posts) > MAX_TOWN_POSTS:
            return None
        return np.unique(np.concatenate([self._index.post_keys(post) for post in sorted(posts)]))
