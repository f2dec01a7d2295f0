"""why/<language>.toml: the plain words in which a decision is explained to the person it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

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
        "decided.greeting": "text",
        "decided.offer": "text",
        "decided.first_email": "text",
        "decided.call_yes": "",
        "decided.call_no": "",
        "decided.price": "",
        "decided.lot": "number",
        "decided.chosen": "",
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
_SECTIONS = ("what", "looked", "sources", "figures", "concluded", "decided", "standard", "kept", "object")
_OPEN_SECTIONS = ("levels", "facts", "values")  # further codes may be added freely, in every language


@dataclass(frozen=True, slots=True)
class WhyWords:
    """One language: `texts` by "section.key"."""

    texts: Mapping[str, str]

    def say(self, name: str, **words: object) -> str:
        return self.texts[name].format(**words)

    def level(self, code: str) -> str:
        """The words for an area level; a country's own small-area level needs none of its own."""
        return self.texts.get(f"levels.{code}", self.texts["levels.small_area"])

    def value(self, code: str) -> str:
        return self.texts.get(f"values.{code}", code.replace("_", " "))


def load_why_words(folder: Path, languages: tuple[str, ...]) -> dict[str, WhyWords]:
    """All languages. Raises PolicyError with file and line for a text or a placeholder that is missing."""
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
    elif not used <= (_FACT_PLACES if section == "facts" else frozenset()):
        raise table.fault(f"'{key}' holds a word in braces that nothing fills in.", key)
    return text
