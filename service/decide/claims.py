"""The lint of customer copy: no text may state an inferred fact about the person who reads it.

What the service knows of a lead is a probability from open figures about an area. "Your children will
love it" turns it into a statement about a person: wrong for some, unpleasant for most. So a sentence
that speaks to the reader (`you`) may not also name a topic of inference (age, family, money, home,
origin, health), and some phrases are refused wherever they stand. claims.toml holds the words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.decide.toml_table import TomlTable

TOPICS = ("age", "family", "money", "home", "origin", "health")


@dataclass(frozen=True, slots=True)
class ClaimWords:
    """One language: words that address the reader, words per topic, phrases refused outright.

    Words are lower case; one that ends in `*` also stands for every word that begins so. `endings` make
    such a word speak to the reader by itself (Finnish says "your" that way: perhee-si).
    """

    reader: tuple[str, ...]
    endings: tuple[str, ...]
    topics: Mapping[str, tuple[str, ...]]
    phrases: tuple[str, ...]


def read_claims(file: TomlTable, languages: tuple[str, ...]) -> dict[str, ClaimWords]:
    """claims.toml: language -> words. Every language and topic needs words: an empty lint finds nothing."""
    claims = {}
    for language in languages:
        if not file.has(language):
            raise file.fault(f"there are no words for '{language}'; copy in it could not be checked.")
        table = file.table(language)
        topics = {}
        for topic in TOPICS:
            topics[topic] = table.texts(topic)
            if not topics[topic]:
                raise table.fault(f"'{topic}' has no words; copy about it would pass unseen.", topic)
        claims[language] = ClaimWords(
            table.texts("reader"), table.texts("endings", ()), topics, table.texts("phrases")
        )
        if not claims[language].reader:
            raise table.fault(
                "'reader' has no words; no sentence would count as speaking to the reader.", "reader"
            )
        table.close()
    file.close()
    return claims


def find_claim(text: str, words: ClaimWords) -> str | None:
    """The first statement about the reader in `text`, as a sentence that says what is wrong; else None."""
    for sentence in _sentences(text.casefold()):
        for phrase in words.phrases:
            if phrase in sentence:
                return f"it says '{phrase}', a fact about the reader that is only inferred"
        spoken = _words(sentence)
        for topic, listed in words.topics.items():
            owned = _first([word for word in spoken if word.endswith(words.endings)], _stems(listed))
            if owned is not None:
                return f"'{owned}' ({topic}) is an inferred fact about the reader"
        reader = _first(spoken, words.reader)
        if reader is None:
            continue
        for topic, listed in words.topics.items():
            named = _first([word for word in spoken if word != reader], listed)
            if named is not None:
                return (
                    f"one sentence says '{reader}' and '{named}' ({topic}): an inferred fact about the reader"
                )
    return None


def check_copy(table: TomlTable, field: str, texts: Sequence[str], words: ClaimWords) -> None:
    """Raises PolicyError when a text states an inferred fact about the reader, or holds a placeholder."""
    for text in texts:
        claim = find_claim(text, words)
        if claim:
            raise table.fault(f"this {field} may not be sent: {claim}. Say what the product does.", field)
        if "{" in text or "}" in text:
            raise table.fault(f"this {field} holds a brace; copy has no placeholders.", field)


def _stems(listed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(entry for entry in listed if entry.endswith("*"))


def _sentences(text: str) -> list[str]:
    for mark in "!?;:\n":
        text = text.replace(mark, ".")
    return [" ".join(part.split()) for part in text.split(".") if part.strip()]


def _words(sentence: str) -> list[str]:
    return "".join(letter if letter.isalpha() else " " for letter in sentence).split()


def _first(spoken: list[str], listed: tuple[str, ...]) -> str | None:
    for word in spoken:
        for entry in listed:
            if word == entry or (entry.endswith("*") and word.startswith(entry[:-1])):
                return word
    return None
