"""How a country writes its addresses: one TOML table per country, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from service.errors import ReleaseError


@dataclass(frozen=True, slots=True)
class CountryRules:
    """Conventions of one country. All words are folded (see `text.fold_word`).

    `bounds` hold its land and waters, degrees: south, west, north, east.
    """

    country: str
    bounds: tuple[float, float, float, float]
    names: frozenset[str]
    postcode_digits: int
    postcode_parts: tuple[int, ...]
    number_digits: int
    number_words: frozenset[str]
    letters: dict[int, str]
    collapse: tuple[tuple[str, str], ...]
    floor_words: dict[str, str]
    storey_words: frozenset[str]
    highest_floor: int
    door_words: dict[str, str]
    door_pairs: dict[tuple[str, str], str]
    door_labels: frozenset[str]
    stairway: bool
    words: dict[str, tuple[str, ...]]
    suffixes: dict[str, tuple[str, ...]]
    towns: dict[str, str]
    town_words: dict[str, str]
    endings: tuple[str, ...]
    genitive: str


def known_countries() -> tuple[str, ...]:
    """Country codes that have a table, sorted."""
    folder = resources.files("service.address") / "countries"
    return tuple(sorted(item.name[:-5].upper() for item in folder.iterdir() if item.name.endswith(".toml")))


@cache
def load_rules(country: str) -> CountryRules:
    """The conventions of a country (ISO 3166-1 alpha-2). Raises ReleaseError if there is no table for it."""
    source = resources.files("service.address") / "countries" / f"{country.lower()}.toml"
    if not source.is_file():
        raise ReleaseError(
            f"No address conventions for country {country!r}; known are {', '.join(known_countries())}."
        )
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    letters: dict[int, str] = {}
    for letter, written in table["fold"].items():
        letters[ord(letter)] = written
        letters[ord(letter.upper())] = written
    floor, door = table["floor"], table["door"]
    pairs = {tuple(pair.split()): code for pair, code in door["pairs"].items()}
    return CountryRules(
        country=table["country"],
        bounds=tuple(table["bounds"]),
        names=frozenset(table["names"]),
        postcode_digits=table["postcode_digits"],
        postcode_parts=tuple(table["postcode_parts"]),
        number_digits=table["number_digits"],
        number_words=frozenset(table["number_words"]),
        letters=letters,
        collapse=tuple((a, b) for a, b in table["collapse"]),
        floor_words=floor["words"],
        storey_words=frozenset(floor["storey"]),
        highest_floor=floor["highest"],
        door_words=door["words"],
        door_pairs={(first, second): code for (first, second), code in pairs.items()},
        door_labels=frozenset(door["labels"]),
        stairway=bool(door.get("stairway", False)),
        words={word: tuple(full) for word, full in table["words"].items()},
        suffixes={word: tuple(full) for word, full in table["suffixes"].items()},
        towns=table["towns"],
        town_words=table["town_words"],
        endings=tuple(sorted(table["generic"]["endings"], key=len, reverse=True)),
        genitive=table["generic"].get("genitive", ""),
    )
