"""Streets that a typed name may mean: exactly, with abbreviations written in full, or with few edits.

An invented street must give no street. One similarity score cannot tell a misspelling from an
invention, so edits are weighed against what they change: the stem of a name ("Elme|vej") tells
streets apart, its ending hardly does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from service.address.index import AddressIndex
from service.address.layout import key_signature
from service.address.rules import CountryRules

MAX_EDITS = 3
MAX_ENDING_EDITS = 2
SHORT_STEM = 3
# stem length -> edits that a misspelling of it may have; longer stems MAX_EDITS
_EDITS_BY_STEM = (0, 0, 1, 2, 2, 2, 2, 2)


@dataclass(frozen=True, slots=True)
class StreetHit:
    """One street name that the typed text may mean."""

    name: int
    edits: int
    kind: int  # key kind of `layout`: 0 own name, 1 shorter name, 2 abbreviation written in full


def near_streets(
    index: AddressIndex,
    key: str,
    rows: npt.NDArray[np.uint32] | None,
    rules: CountryRules,
    limit: int = MAX_EDITS,
) -> list[StreetHit]:
    """The nearest street names to a key among key rows (None: the whole country), nearest first.

    Distances are optimal string alignment (Damerau-Levenshtein with unmoved pairs). Only names within
    the nearest distance + 1 are returned: what is further away cannot be the answer.
    """
    signature = np.uint64(key_signature(key))
    signatures = index.key_sig if rows is None else index.key_sig[rows]
    sizes = index.key_size if rows is None else index.key_size[rows]
    bits = np.bitwise_count(signatures ^ signature)
    lengths = np.abs(sizes.astype(np.int16) - len(key))
    best = limit + 1
    found: dict[int, StreetHit] = {}
    for edits in range(1, limit + 1):
        close = np.flatnonzero((bits <= 2 * edits) & (lengths <= edits))
        for at in close.tolist():
            row = at if rows is None else int(rows[at])
            candidate = index.key(row)
            distance = OSA.distance(key, candidate, score_cutoff=edits)
            if distance > edits or not is_misspelling(index, key, candidate, distance, rules):
                continue
            name = index.key_name[row]
            known = found.get(name)
            if known is None or distance < known.edits:
                found[name] = StreetHit(name, distance, index.key_kind[row])
            best = min(best, distance)
        if best < edits:
            break
    return sorted(
        (hit for hit in found.values() if hit.edits <= best + 1), key=lambda hit: (hit.edits, hit.name)
    )


def is_misspelling(
    index: AddressIndex, typed: str, candidate: str, distance: int, rules: CountryRules
) -> bool:
    """Whether a typed key is a misspelt street, not the name of another one or an invention.

    The edits of the stem are weighed against its length. Digits are never misspelt. Another ending
    ("-plads" for "-gade") is another street. With two edits or more, a stem that other streets have
    ("Torne|vej") is itself, not a misspelling of "Nørre|vej".
    """
    if distance > MAX_EDITS or _digits(typed) != _digits(candidate):
        return False
    stem, ending = split_ending(candidate, rules)
    typed_stem, typed_ending = split_ending(typed, rules)
    if ending and typed_ending:
        same = typed_ending.startswith(ending) or ending.startswith(typed_ending)
        if not same and OSA.distance(ending, typed_ending) > 1:
            return False
        stem_edits = OSA.distance(stem, typed_stem)
    elif ending:
        stem_edits = _stem_edits(typed, stem, ending)
        if stem_edits < 0:
            return False
    else:
        stem_edits = distance
    if stem_edits > _allowed_edits(stem, typed_stem, distance):
        return False
    return distance < 2 or stem_edits == 0 or not typed_ending or not _is_stem(index, typed_stem, rules)


def _allowed_edits(stem: str, typed_stem: str, distance: int) -> int:
    if len(stem) >= len(_EDITS_BY_STEM):
        return MAX_EDITS
    if len(stem) < SHORT_STEM and distance == 1 and len(typed_stem) > len(stem):
        return 1  # one letter too many leaves the whole stem standing
    return _EDITS_BY_STEM[len(stem)]


def split_ending(key: str, rules: CountryRules) -> tuple[str, str]:
    """A street key as (stem, generic ending); the ending is empty when it has none."""
    for ending in rules.endings:
        if key.endswith(ending) and len(key) > len(ending):
            return key[: -len(ending)], ending
    return key, ""


def _stem_edits(typed: str, stem: str, ending: str) -> int:
    """Fewest edits of the stem when the rest of the typed key is a misspelt ending; -1 when it is not."""
    best = -1
    for cut in range(max(1, len(typed) - len(ending) - 2), len(typed)):
        if OSA.distance(typed[cut:], ending) <= MAX_ENDING_EDITS:
            edits = OSA.distance(typed[:cut], stem)
            best = edits if best < 0 else min(best, edits)
    return best


def _is_stem(index: AddressIndex, stem: str, rules: CountryRules) -> bool:
    """Whether any street of the country is this stem, bare or with a generic ending."""
    return any(index.key_rows(stem + ending) for ending in ("", *rules.endings))


def _digits(key: str) -> str:
    return "" if key.isalpha() else "".join(c for c in key if c.isdigit())
