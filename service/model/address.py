"""What was typed for an address, and what was found for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class MatchLevel(StrEnum):
    """How fine the address match is."""

    UNIT = "unit"
    HOUSE = "house"
    STREET = "street"
    POSTCODE = "postcode"
    MUNICIPALITY = "municipality"
    NONE = "none"


class MatchCategory(StrEnum):
    """How sure it is: A exact, B one safe reading after correction, C unsure."""

    A = "A"
    B = "B"
    C = "C"


class NextAction(StrEnum):
    """What a form should do with the match."""

    ACCEPT = "accept"
    CONFIRM = "confirm"
    FIX = "fix"


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """What was typed: free `text`, or the parts of a structured form. Never stored, never logged."""

    country: str
    text: str = ""
    street: str = ""
    house_number: str = ""
    floor: str = ""
    door: str = ""
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """What was found for a query. A and B name exactly one address; anything else is C.

    `points` are coordinates (lat, lon) that stand for the match: one for a house or unit; up to 8
    spread along a street; none for a postcode or coarser (the area itself is the answer).
    `reason` is a short code that says why the match is no better than it is, such as
    `unknown_number`, `unknown_street`, `no_house_number`, `ambiguous`, `nothing_recognised`.
    `pattern` is the shape of what was typed ("W N, P W"), of category C only, without a letter or digit
    of it; None when nothing was looked up.
    """

    country: str
    level: MatchLevel
    category: MatchCategory
    next_action: NextAction
    address_id: str | None = None
    street: str | None = None
    house_number: str | None = None
    floor: str | None = None
    door: str | None = None
    postcode: str | None = None
    city: str | None = None
    supplementary_city: str | None = None
    municipality_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    points: tuple[tuple[float, float], ...] = ()
    status: Literal["current", "preliminary", "abolished", "historic"] | None = None
    units_at_number: int | None = None
    neighbour_distance_m: float | None = None
    changes: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    reason: str | None = None
    source: str = ""
    pattern: str | None = None

    @property
    def is_coarse(self) -> bool:
        """Whether it is a postcode or coarser: only then is another geocoder asked."""
        return self.level in (MatchLevel.POSTCODE, MatchLevel.MUNICIPALITY, MatchLevel.NONE)
