"""Reads one file of segment definitions, noting every fault with the line it is on.

`tomllib` forgets lines, so they are looked up again in the text: the n-th [[segment]] header, and
below it the first mention of the key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from service.model import Contact
from service.segment.cells import ATTRIBUTES, CELL_ATTRIBUTES, CELLS, SHAPE, URBANITIES

LANGUAGES = ("da", "sv", "nb", "fi", "en")
# Where a segment is met, beside the ways of contact
PLACES = ("local_paper", "outdoor", "podcast", "radio", "social_media", "store", "tv", "web_search")
_CODE = re.compile(r"[A-Z][0-9]{1,2}")
_SEGMENT_KEYS = {"code", "name", "portrait", "rule", "card"}
_CARD_KEYS = {"needs", "motivators", "channels", "media", "priority"}


@dataclass(frozen=True, slots=True)
class Card:
    """What planners keep in mind about a segment. Never shown to a customer."""

    needs: tuple[str, ...]
    motivators: tuple[str, ...]
    channels: tuple[str, ...]
    media: Literal["broad", "precise"]
    priority: int


@dataclass(frozen=True, slots=True)
class SegmentDefinition:
    """One base segment. `rules` are alternatives; each maps an attribute to the values it allows."""

    code: str
    names: Mapping[str, str]
    portraits: Mapping[str, str]
    rules: tuple[Mapping[str, tuple[str, ...]], ...]
    card: Card
    where: str

    def name(self, language: str) -> str:
        """The name in `language`, English where there is none."""
        return self.names.get(language, self.names["en"])

    def portrait(self, language: str) -> str:
        """The one-line portrait in `language`, English where there is none."""
        return self.portraits.get(language, self.portraits["en"])

    def kinds(self) -> NDArray[np.bool_]:
        """Which kinds of household belong to the segment, shape [3, 384]."""
        chosen = np.zeros((len(URBANITIES), CELLS), dtype=np.bool_)
        for rule in self.rules:
            chosen |= _rule_kinds(rule)
        return chosen


def _rule_kinds(rule: Mapping[str, tuple[str, ...]]) -> NDArray[np.bool_]:
    allowed = {
        name: np.isin(values, rule[name]) if name in rule else np.ones(len(values), dtype=np.bool_)
        for name, values in ATTRIBUTES.items()
    }
    cells = np.ones(SHAPE, dtype=np.bool_)
    for axis, name in enumerate(CELL_ATTRIBUTES):
        shape = [1] * len(SHAPE)
        shape[axis] = SHAPE[axis]
        cells &= allowed[name].reshape(shape)
    kinds: NDArray[np.bool_] = np.logical_and.outer(allowed["urbanity"], cells.ravel())
    return kinds


class DefinitionFile:
    """One file: its segments, and its faults with the line they are on."""

    def __init__(self, path: Path, raw: bytes) -> None:
        self.path = path
        self.faults: list[str] = []
        self._lines: list[str] = []
        self._tables: list[Mapping[str, Any]] = []
        self._starts: list[int] = []
        try:
            text = raw.decode("utf-8")
            self._lines = text.splitlines()
            tables = tomllib.loads(text)
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.faults.append(f"{path}:{line}: not UTF-8; save the file as UTF-8")
            return
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found.group(1)) if found else max(1, len(self._lines))
            self.faults.append(f"{path}:{line}: not valid TOML ({error}); correct this line")
            return
        for key in tables.keys() - {"segment"}:
            self._fault(0, key, f"unknown table {key!r}; a file holds only [[segment]] blocks")
        listed = tables.get("segment", [])
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            self._fault(0, "segment", "write each segment as a [[segment]] block")
            return
        self._tables = listed
        self._starts = [
            n for n, line in enumerate(self._lines) if re.match(r"\s*\[\[\s*segment\s*\]\]", line)
        ]

    def _where(self, start: int, key: str) -> str:
        """`file:line` of the first mention of `key` at or after line number `start` (0-based)."""
        mention = re.compile(rf"\s*(\[+\s*(segment\.)?)?{re.escape(key)}\s*(=|\]|$)")
        later = [n for n in self._starts if n > start]
        for n in range(start, later[0] if later else len(self._lines)):
            if mention.match(self._lines[n]):
                return f"{self.path}:{n + 1}"
        return f"{self.path}:{start + 1}"

    def _fault(self, start: int, key: str, sentence: str) -> None:
        self.faults.append(f"{self._where(start, key)}: {sentence}")

    def _channel(self, start: int, code: str, word: str) -> str:
        """A place or a way of contact, by its word of today."""
        try:
            return word if word in PLACES else Contact(word).value
        except ValueError:
            known = ", ".join(sorted((*PLACES, *Contact)))
            self._fault(start, "channels", f"segment {code}: no channel {word!r}; known: {known}")
            return word

    def segments(self) -> list[SegmentDefinition]:
        found = []
        for number, table in enumerate(self._tables):
            start = self._starts[number] if number < len(self._starts) else 0
            before = len(self.faults)
            segment = self._segment(table, start)
            if len(self.faults) == before and segment is not None:
                found.append(segment)
        return found

    def _segment(self, table: Mapping[str, Any], start: int) -> SegmentDefinition | None:
        for key in sorted(table.keys() - _SEGMENT_KEYS):
            self._fault(start, key, f"unknown key {key!r}; known are {', '.join(sorted(_SEGMENT_KEYS))}")
        code = table.get("code")
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            self._fault(start, "code", f"code {code!r} is not a letter and a number such as A1")
            return None
        names = self._texts(table, start, code, "name")
        portraits = self._texts(table, start, code, "portrait")
        rules = self._rules(table, start, code)
        card = self._card(table, start, code)
        if card is None:
            return None
        return SegmentDefinition(code, names, portraits, rules, card, f"{self.path}:{start + 1}")

    def _texts(self, table: Mapping[str, Any], start: int, code: str, key: str) -> dict[str, str]:
        texts = table.get(key, {})
        if not isinstance(texts, dict):
            self._fault(start, key, f"segment {code}: write {key} as a table, one line per language")
            return {}
        for language in LANGUAGES:
            text = texts.get(language)
            if not isinstance(text, str) or not text.strip():
                self._fault(start, key, f"segment {code} has no {key} in {language!r}; write one")
        for language in sorted(texts.keys() - set(LANGUAGES)):
            known = ", ".join(LANGUAGES)
            self._fault(start, language, f"segment {code}: {key} in {language!r}; known are {known}")
        return {language: str(text).strip() for language, text in texts.items()}

    def _rules(
        self, table: Mapping[str, Any], start: int, code: str
    ) -> tuple[dict[str, tuple[str, ...]], ...]:
        listed = table.get("rule")
        if not isinstance(listed, list) or not listed or not all(isinstance(r, dict) for r in listed):
            self._fault(start, "rule", f"segment {code} has no [[segment.rule]]; write at least one")
            return ()
        rules = []
        for written in listed:
            rule: dict[str, tuple[str, ...]] = {}
            for name, values in written.items():
                if name not in ATTRIBUTES:
                    known = ", ".join(ATTRIBUTES)
                    self._fault(start, name, f"segment {code}: no attribute {name!r}; known are {known}")
                    continue
                if not isinstance(values, list) or not values:
                    self._fault(start, name, f"segment {code}: write {name} as a list of values, not empty")
                    continue
                for value in (v for v in values if v not in ATTRIBUTES[name]):
                    known = ", ".join(ATTRIBUTES[name])
                    self._fault(
                        start, name, f"segment {code}: {name} has no value {value!r}; known are {known}"
                    )
                rule[name] = tuple(str(value) for value in values)
            rules.append(rule)
        return tuple(rules)

    def _card(self, table: Mapping[str, Any], start: int, code: str) -> Card | None:
        card = table.get("card")
        if not isinstance(card, dict):
            self._fault(start, "card", f"segment {code} has no [segment.card]; write one")
            return None
        before = len(self.faults)
        for key in sorted(card.keys() - _CARD_KEYS):
            self._fault(start, key, f"segment {code}: unknown card line {key!r}")
        lists: dict[str, tuple[str, ...]] = {}
        for key in ("needs", "motivators", "channels"):
            values = card.get(key)
            if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
                self._fault(start, key, f"segment {code}: card line {key} is a list of words, not empty")
                continue
            lists[key] = tuple(values)
        if "channels" in lists:
            lists["channels"] = tuple(self._channel(start, code, word) for word in lists["channels"])
        media, priority = card.get("media"), card.get("priority")
        if media not in ("broad", "precise"):
            self._fault(start, "media", f"segment {code}: media is {media!r}; write broad or precise")
        if not isinstance(priority, int) or isinstance(priority, bool) or priority < 1:
            self._fault(start, "priority", f"segment {code}: priority is {priority!r}; write 1, 2 or 3")
        if len(self.faults) > before:
            return None
        return Card(
            lists["needs"],
            lists["motivators"],
            lists["channels"],
            cast(Literal["broad", "precise"], media),
            cast(int, priority),
        )
