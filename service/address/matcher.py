"""Text to address: aligns what was typed to the streets there are, and says how sure that is.

The text is not parsed first. Every span that could be a street name is looked up; around each
street that exists the rest is read as number, floor, door and town; the reading that leaves least
unexplained wins. Only if none explains all are abbreviations written in full, then misspellings
sought. House number and postcode are never corrected.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from service.address.answer import answer_readings
from service.address.fallback import nothing
from service.address.index import AddressIndex
from service.address.reading import Frame, frame_text
from service.address.rules import load_rules
from service.address.scan import Scan, open_spans, scan_tokens, spans
from service.address.streets import MAX_EDITS, StreetHit, near_streets
from service.address.text import expand_words, join_key, tokenise
from service.address.towns import Towns
from service.address.weigh import Reading, Weigher
from service.model import AddressMatch, AddressQuery

MIN_FUZZY_KEY = 3  # shorter names are never taken for misspelt
MAX_EXPANDED = 12  # spellings in full that are looked up per text
MAX_FUZZY_SPANS = 5
MAX_READINGS = 24  # a text that repeats streets is not read over and over


class Matcher:
    """Matches addresses of one country against its index."""

    def __init__(self, index: AddressIndex) -> None:
        self.index = index
        self.rules = load_rules(index.country)
        self.towns = Towns(index, self.rules)
        self._weigher = Weigher(index, self.towns, self.rules)

    @classmethod
    def open(cls, path: Path) -> Matcher:
        """Opens the index file (or the folder that holds it). Raises ReleaseError, which says what to run."""
        return cls(AddressIndex.open(path))

    def match_address(self, query: AddressQuery) -> AddressMatch:
        """The one address that was meant, or the finest thing that is sure. Never raises on any text."""
        tokens = tokenise(query_text(query), self.rules)
        if not len(tokens):
            return nothing(self.index, "nothing_recognised")
        scan = scan_tokens(tokens, self.index, self.towns, self.rules)
        readings = self._read(scan)
        return answer_readings(self.index, self.towns, self.rules, scan, readings)

    def _read(self, scan: Scan) -> list[Reading]:
        """Readings of the text, from the surest kind that explains it; best first."""
        frames: dict[tuple[int, int], Frame] = {}
        readings: list[Reading] = []
        elsewhere: list[Reading] = []
        for start, stop in spans(scan):
            if len(readings) + len(elsewhere) >= MAX_READINGS:
                break
            for row in self.index.key_rows(join_key(scan.tokens.folded[start:stop], self.rules)):
                hit = StreetHit(self.index.key_name[row], 0, self.index.key_kind[row])
                found = self._weigh(scan, frames, start, stop, hit)
                readings += [reading for reading in found if not reading.elsewhere]
                elsewhere += [reading for reading in found if reading.elsewhere]
            if any(reading.is_whole for reading in readings):
                return _best_first(readings)
        if not _any_house(readings):
            readings += self._expanded(scan, frames)
        if not _any_street(readings):
            readings += self._misspelt(scan, frames, elsewhere)
        return [*_best_first(readings), *_best_first(elsewhere)]

    def _weigh(
        self, scan: Scan, frames: dict[tuple[int, int], Frame], start: int, stop: int, hit: StreetHit
    ) -> list[Reading]:
        frame = frames.get((start, stop))
        if frame is None:
            frame = frames[start, stop] = frame_text(scan, start, stop, self.towns, self.rules)
        return self._weigher.weigh(scan, frame, hit)

    def _expanded(self, scan: Scan, frames: dict[tuple[int, int], Frame]) -> list[Reading]:
        readings: list[Reading] = []
        tried = 0
        for start, stop in open_spans(scan):
            for words in expand_words(scan.tokens.folded[start:stop], self.rules):
                tried += 1
                if tried > MAX_EXPANDED:
                    return readings
                for row in self.index.key_rows(join_key(words, self.rules)):
                    hit = StreetHit(self.index.key_name[row], 0, 2)
                    readings += [r for r in self._weigh(scan, frames, start, stop, hit) if not r.elsewhere]
            if _any_house(readings):
                break
        return readings

    def _misspelt(
        self, scan: Scan, frames: dict[tuple[int, int], Frame], elsewhere: list[Reading]
    ) -> list[Reading]:
        """Streets within a few edits. A name that is a street's own elsewhere is hardly misspelt here."""
        readings: list[Reading] = []
        other_street = any(r.leftover == 0 and r.opens for r in elsewhere)
        if other_street and any(r.houses for r in elsewhere):
            return readings
        for start, stop in open_spans(scan)[:MAX_FUZZY_SPANS]:
            folded = scan.tokens.folded[start:stop]
            key = join_key(folded, self.rules)
            if len(key) < MIN_FUZZY_KEY:
                continue
            frame = frames.get((start, stop))
            if frame is None:
                frame = frames[start, stop] = frame_text(scan, start, stop, self.towns, self.rules)
            rows = self._weigher.key_rows_for(scan, frame)
            hits = near_streets(self.index, key, rows, self.rules, 1 if other_street else MAX_EDITS)
            for hit in hits[:24]:
                readings += [
                    r for r in self._weigher.weigh(scan, frame, hit) if not r.elsewhere and not r.beside
                ]
            if any(reading.explains_all for reading in readings):
                break
        for reading in readings:
            reading.is_name_elsewhere = other_street
        return [r for r in readings if r.houses] if other_street else readings


def query_text(query: AddressQuery) -> str:
    """A query as one text; the parts of a form become lines, so that both are read alike."""
    if query.text:
        return query.text
    floor = query.floor.strip()
    unit = " ".join(part for part in (f"{floor}." if floor.isdigit() else floor, query.door.strip()) if part)
    house = " ".join(part for part in (query.street.strip(), query.house_number.strip()) if part)
    town = " ".join(part for part in (query.postcode.strip(), query.city.strip()) if part)
    return "\n".join(part for part in (house, unit, town) if part)


def _best_first(readings: Iterable[Reading]) -> list[Reading]:
    return sorted(readings, key=lambda reading: reading.cost)


def _any_house(readings: list[Reading]) -> bool:
    return any(reading.houses and reading.leftover == 0 for reading in readings)


def _any_street(readings: list[Reading]) -> bool:
    """Whether a street was written as it is, with nothing left over: its number may be missing or unknown."""
    return any(reading.leftover == 0 for reading in readings)
