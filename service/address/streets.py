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
_MIN_STEM = 2
# stem length -> edits that a misspelling of it may have; longer stems MAX_EDITS
_EDITS_BY_STEM = (0, 0, 1, 1, 2, 2, 2, 2)


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
    seen = 0
    for edits in range(1, limit + 1):
        close = np.flatnonzero((bits <= 2 * edits) & (lengths <= edits))
        if len(close) == seen:
            continue
        seen = len(close)
        for at in close.tolist():
            row = at if rows is None else int(rows[at])
            candidate = index.key(row)
            distance = OSA.distance(key, candidate, score_cutoff=edits)
            if distance > edits or distance > allowed_edits(key, candidate, rules):
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


def allowed_edits(typed: str, candidate: str, rules: CountryRules) -> int:
    """How many edits may lie between a typed key and a street's key for it to be a misspelling."""
    stem = candidate
    for ending in rules.endings:
        if candidate.endswith(ending) and len(candidate) - len(ending) >= _MIN_STEM:
            stem = candidate[: -len(ending)]
            if typed.startswith(stem) and len(typed) > len(stem):
                return MAX_EDITS  # only the ending was misspelt
            break
    return _EDITS_BY_STEM[len(stem)] if len(stem) < len(_EDITS_BY_STEM) else MAX_EDITS
