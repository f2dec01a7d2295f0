"""House numbers as volunteers and older registers write them, split into plain ones.

A staging number is digits and at most one letter ("52C"). Sources without a fixed form also hold
ranges ("57-59", "72 A-D"), lists ("18;20") and numbers with a unit ("28A, 1.th"). Of a range only the
two ends are taken: the numbers between them are not stated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.refdata.addresses.units import unit_of

_PLAIN = re.compile(r"0*(\d{1,4})\s?([A-Za-zÆØÅÄÖæøåäö]?)")
_LETTER_RANGE = re.compile(r"0*(\d{1,4})\s?([A-Za-z])\s?-\s?([A-Za-z])")
_WITH_UNIT = re.compile(r"0*(\d{1,4}\s?[A-Za-z]?),?\s+([^\s].{0,20})")


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """One plain number, and the unit ("floor|door") where the text named one."""

    number: str
    unit: str | None = None


def plain_number(text: str) -> str | None:
    """ "52 c" and "052C" -> "52C"; None when the text is not one plain house number."""
    found = _PLAIN.fullmatch(text.strip()[:12])
    if found is None or found[1] == "0":
        return None
    return found[1] + found[2].upper()


def split_house_numbers(text: str) -> list[HouseNumber]:
    """All plain numbers that `text` states; empty when it cannot be read without guessing."""
    text = text.strip()[:40]
    plain = plain_number(text)
    if plain is not None:
        return [HouseNumber(plain)]
    with_unit = _WITH_UNIT.fullmatch(text)
    if with_unit is not None:
        number, unit = plain_number(with_unit[1]), unit_of(with_unit[2])
        if number and unit:
            return [HouseNumber(number, unit)]
    if "," in text:
        # What follows is a floor or a remark ("15, 2. krs./Floor 2", "7 B, sisäpiha").
        return [HouseNumber(found.number) for found in split_house_numbers(text.split(",", 1)[0])]
    for separator in (";", "-", "–"):
        if separator in text:
            return _several(text, separator)
    return []


def _several(text: str, separator: str) -> list[HouseNumber]:
    letters = _LETTER_RANGE.fullmatch(text)
    if letters is not None and letters[2].upper() < letters[3].upper():
        return [HouseNumber(letters[1] + letter.upper()) for letter in (letters[2], letters[3])]
    numbers = [plain_number(part) for part in text.split(separator)]
    if any(number is None for number in numbers):
        return []
    plain = [number for number in numbers if number]
    if separator != ";" and not (len(plain) == 2 and _ascending(plain[0], plain[1])):
        return []  # "18-2" is a number with a unit in some countries, a slip in others
    return [HouseNumber(number) for number in plain]


def _ascending(first: str, last: str) -> bool:
    return int(first.rstrip(_LETTERS)) < int(last.rstrip(_LETTERS))


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅÄÖ"
