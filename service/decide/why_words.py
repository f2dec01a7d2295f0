"""why/<language>.toml: the plain words in which a decision is explained to the person it is about.

`[slots]` has the words for single slots, by their code; a slot without goes by the words of its kind:
`decided.shown`, or those of its way of contact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from service.decide.contact_rules import WRITTEN
from service.decide.toml_table import TomlTable, load_toml

# text -> the words that it has to hold, each filled in by `explain_decision`
PLACES: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "title": "",
        "date": "day month year",
        "percent": "number",
        "what.heading": "",
        "what.text": "date company",
        "looked.heading": "",
        "looked.text": "area households",
        "looked.text_few": "area",
        "looked.nothing": "",
        "sources.heading": "",
        "sources.item": "publisher date area",
        "figures.heading": "",
        "figures.item": "label value index",
        "concluded.heading": "",
        "concluded.text": "number segment",
        "decided.heading": "",
        "decided.shown": "text",
        "decided.call_yes": "",
        "decided.call_no": "",
        "decided.price": "",
        "decided.lot": "number",
        "decided.chosen": "",
        **{f"contacts.{way}": "text" for way in WRITTEN},
        "standard.heading": "",
        "standard.objected": "",
        "standard.no_profiling_consent": "",
        "standard.thin_evidence": "",
        "standard.unknown_address": "",
        "standard.trouble": "",
        "kept.heading": "",
        "kept.text": "",
        "object.heading": "",
        "object.page": "url",
        "levels.small_area": "",
        "levels.country": "",
        "facts.index": "text index",
    }.items()
}
_FACT_PLACES = frozenset({"percent", "value"})
_SLOT_PLACES = frozenset({"text"})
_SECTIONS = (
    "what", "looked", "sources", "figures", "concluded", "decided", "contacts", "standard", "kept", "object",
)  # fmt: skip
_OPEN_SECTIONS = ("slots", "levels", "facts", "values")  # further codes may be added, in every language


@dataclass(frozen=True, slots=True)
class WhyWords:
    """One language: `texts` by "section.key"."""

    texts: Mapping[str, str]

    def say(self, name: str, **words: object) -> str:
        return self.texts[name].format(**words)

    def tell_slot(self, code: str, general: str, text: str) -> str:
        """What one slot decided; `general` names the words for a slot that has none of its own."""
        own = f"slots.{code}"
        return self.say(own if own in self.texts else general, text=text)

    def level(self, code: str) -> str:
        """The words for an area level; a country's own small-area level needs none of its own."""
        return self.texts.get(f"levels.{code}", self.texts["levels.small_area"])

    def value(self, code: str) -> str:
        return self.texts.get(f"values.{code}", code.replace("_", " "))


def load_why_words(folder: Path, languages: tuple[str, ...], slots: Collection[str]) -> dict[str, WhyWords]:
    """All languages. `slots` are the codes of the policy's slots, of which some have words of their own.

    Raises PolicyError with file and line for a text or a placeholder that is missing.
    """
    found: dict[str, WhyWords] = {}
    for language in languages:
        file = load_toml(folder, f"why/{language}.toml")
        texts = {name: _read(file, name) for name in ("title", "date", "percent")}
        for section in (*_SECTIONS, *_OPEN_SECTIONS):
            table = file.table(section)
            texts.update({f"{section}.{key}": _read(table, key, section) for key in table.names()})
            for name in PLACES:
                if name.startswith(f"{section}.") and name not in texts:
                    raise table.fault(f"'{name.partition('.')[2]}' is missing; write it.")
        for code in file.table("slots").names():
            if code not in slots:
                raise file.table("slots").fault(f"there is no slot '{code}' in slots.toml.", code)
        file.close()
        first = next(iter(found.values()), None)
        if first is not None and set(first.texts) != set(texts):
            odd = sorted(set(first.texts) ^ set(texts))[0]
            raise file.fault(
                f"'{odd}' is in only one of why/{languages[0]}.toml and this file; write it in both."
            )
        found[language] = WhyWords(texts)
    return found


def _read(table: TomlTable, key: str, section: str = "") -> str:
    text = table.text(key)
    name = f"{section}.{key}" if section else key
    try:
        used = {place for _, place, _, _ in Formatter().parse(text) if place is not None}
    except ValueError as error:
        raise table.fault(f"'{key}' has a brace that does not pair: {error}.", key) from None
    if name in PLACES:
        wanted = PLACES[name]
        if used != wanted:
            odd = sorted(used ^ wanted)[0]
            raise table.fault(
                f"'{key}' must hold {{{odd}}} exactly where it belongs; see the other languages.", key
            )
    elif section == "slots" and used != _SLOT_PLACES:
        raise table.fault(f"'{key}' must hold {{text}} exactly where it belongs.", key)
    elif section != "slots" and not used <= (_FACT_PLACES if section == "facts" else frozenset()):
        raise table.fault(f"'{key}' holds a word in braces that nothing fills in.", key)
    return text
