"""Floor and door in the staging form "floor|door", from what registers and volunteers write.

Floors: "kl" (basement), "st" (ground floor), "1"…"99". Doors: "tv", "mf", "th", or the door's
own number or letters.
"""

from __future__ import annotations

import re

_FLOOR = {
    "st": "st",
    "stuen": "st",
    "kl": "kl",
    "kld": "kl",
    "kælder": "kl",
    "k": "kl",
    "kl2": "k2",
    "k2": "k2",
}
# A bare number is no floor: it needs its point or the word for storey.
_STOREY = r"(?:sal|krs|kerros)"
_FLOORED = re.compile(
    rf"(\d{{1,2}}(?=\.|\s*{_STOREY})|st|stuen|kl|kld|kælder|k2)\.?(?:\s*{_STOREY})?\.?,?\s*"
    r"([a-zæøåäö0-9]{0,4})\.?",
    re.IGNORECASE,
)


def unit_key(floor: str | None, door: str | None) -> str | None:
    """The staging form of a register's own floor and door; None when both are empty (the house itself)."""
    floor, door = (floor or "").strip().lower(), (door or "").strip().lower()
    if not floor and not door:
        return None
    return f"{_FLOOR.get(floor, floor.lstrip('0') or floor)}|{door}"


def unit_of(text: str) -> str | None:
    """ "1.th", "kld th." and "2. 14" -> "1|th", "kl|th", "2|14"; None when it is none of that form."""
    found = _FLOORED.fullmatch(text.strip()[:20])
    return unit_key(found[1], found[2]) if found else None
