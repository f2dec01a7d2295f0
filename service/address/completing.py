"""From streets that may be meant to whole addresses: town, number, floor, door, as far as they are typed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.address.index import AddressIndex
from service.address.reading import Frame
from service.address.scan import Scan
from service.address.suggestion import Suggestion, suggest_house, suggest_street
from service.address.towns import TownHit, Towns

MAX_SEGMENTS = 400  # streets that a number is looked up in
HOUSES = (0, 1)  # current and preliminary


@dataclass(frozen=True, slots=True)
class Completing:
    """One typed text: its words, whether the last is unfinished, and how many completions are asked for."""

    index: AddressIndex
    towns: Towns
    scan: Scan
    is_open: bool
    limit: int

    def complete(self, frame: Frame, key: str, rows: npt.NDArray[np.int64]) -> tuple[Suggestion, ...]:
        """Completions of a text whose street is one of these key rows, those wholly typed first."""
        if not len(rows):
            return ()
        segments, exact = self._segments(rows, key)
        keep = self._fits(frame, segments)
        segments, exact = segments[keep], exact[keep]
        if not len(segments):
            return ()
        order = np.lexsort((segments, -self.index.seg_size[segments], ~exact))[:MAX_SEGMENTS]
        ranked = segments[order].tolist()
        if frame.number is None:
            if frame.town.numbers:
                return ()
            return tuple(suggest_street(self.index, segment) for segment in ranked[: self.limit])
        return self._numbered(frame, ranked)

    def _segments(
        self, rows: npt.NDArray[np.int64], key: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """The segments of key rows, and whether their name is wholly typed."""
        index = self.index
        name_seg = np.asarray(index.name_seg)
        parts, exact = [], []
        seen: set[int] = set()
        for row in rows.tolist():
            name = index.key_name[row]
            if name in seen:
                continue
            seen.add(name)
            part = name_seg[index.name_seg_start[name] : index.name_seg_start[name + 1]]
            parts.append(part)
            exact.append(np.full(len(part), index.key(row) == key))
        return np.concatenate(parts).astype(np.int64), np.concatenate(exact)

    def _fits(self, frame: Frame, segments: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which segments agree with the postcode and the (unfinished) town."""
        keep = np.ones(len(segments), bool)
        post = self.scan.post
        if post is not None and not self.index.posts[post].bulk:
            keep &= np.asarray(self.index.seg_post)[segments] == post
        for words, hit in frame.town.hits:
            more = self.towns.beginning(words) if self.is_open else []
            keep &= self._in_towns(segments, [hit, *more])
        for unknown in {tuple(words) for words in frame.town.unknown}:  # one word may come forty times
            if not keep.any():
                break
            keep &= self._in_towns(segments, self.towns.beginning(list(unknown)))
        return keep

    def _in_towns(self, segments: npt.NDArray[np.int64], hits: list[TownHit]) -> npt.NDArray[np.bool_]:
        posts = np.zeros(len(self.index.posts), bool)
        extras = np.zeros(len(self.index.supplementary), bool)
        for hit in hits:
            posts[list(hit.exact | hit.base)] = True
            extras[list(hit.supplementary)] = True
            if hit.municipality is not None:
                posts[list(self.towns.by_municipality[hit.municipality])] = True
        own, extra = np.asarray(self.index.seg_post)[segments], np.asarray(self.index.seg_extra)[segments]
        fits: npt.NDArray[np.bool_] = posts[own] | extras[extra]
        return fits

    def _numbered(self, frame: Frame, segments: list[int]) -> tuple[Suggestion, ...]:
        """Houses with the typed number; while it is still being typed, also numbers that begin so."""
        assert frame.number is not None
        code = frame.number.codes[0]
        if code is None:
            return ()
        limit = self.limit
        unfinished = self.is_open and frame.number.end == len(self.scan.tokens)
        exact: list[int] = []
        longer: list[int] = []
        for segment in segments:
            if len(exact) >= limit:
                break
            houses = [h for h in self.index.find_houses(segment, code) if self.index.house_flags[h] in HOUSES]
            exact += houses
            if (unfinished or not houses) and len(longer) < limit:
                longer += self._longer_numbers(segment, code, unfinished)
        found: list[Suggestion] = []
        for house in exact:
            found += self._house(frame, house, limit - len(found))
            if len(found) >= limit:
                return tuple(found[:limit])
        if not exact or unfinished:
            found += [suggest_house(self.index, house) for house in longer]
        return tuple(found[:limit])

    def _longer_numbers(self, segment: int, code: int, unfinished: bool) -> list[int]:
        """Houses of a segment whose number is this one with a letter, or begins with its digits."""
        index = self.index
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
                    if len(lettered) >= self.limit:
                        break
                    lettered += index.lettered(segment, other)
        return [house for house in lettered if index.house_flags[house] in HOUSES][: self.limit]

    def _house(self, frame: Frame, house: int, limit: int) -> list[Suggestion]:
        """A house, or those of its units that agree with the typed floor and door."""
        units = self.index.units(house)
        floor, door = frame.unit.floor, (frame.unit.door or "").lower()
        if floor is None and not door:
            return [suggest_house(self.index, house, complete=len(units) <= 1)]
        loose = self.is_open and frame.unit.end == len(self.scan.tokens)
        post = self.index.posts[self.index.seg_post[self.index.segment_of_house(house)]]
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
            # "52, 22": the postcode has been begun
            return [suggest_house(self.index, house, complete=len(units) <= 1)]
        if not units:
            return [suggest_house(self.index, house, f"{floor or ''}|{door}")]
        return [suggest_house(self.index, house, unit) for unit in fitting[:limit]]
