"""Where a home is, what is known of its neighbourhood, and the segment that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from service.model.address import AddressMatch, MatchCategory, MatchLevel, NextAction


@dataclass(frozen=True, slots=True)
class Place:
    """The areas that a match lies in, finest first, as `level -> code`, with names where known.

    `reason` says why they are no finer than they are, such as `coordinate_outside_postcode`.
    """

    country: str
    codes: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One open figure about one area: never shown without unit, level, vintage and source."""

    value: float
    unit: str
    index: int | None
    level: str
    vintage: str
    source: str
    households: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """The open figures of the areas of a place. `level` and `code` name the finest area that spoke."""

    country: str
    level: str
    code: str
    households: float
    urbanity: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Declared:
    """What the lead has said of themselves. Nothing else about the person is ever used."""

    birth_year: int | None = None
    children_at_home: bool | None = None


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a building register says of the dwelling at this address; `None` where it does not.

    `rented` is known where `tenure` is not: a register may say that a home is let, but not by whom.
    """

    dwelling: Literal["detached", "row", "flat", "dormitory_other"] | None = None
    tenure: Literal["owner", "cooperative", "social_rent", "other_rent"] | None = None
    area_m2: int | None = None
    rooms: int | None = None
    year_built: int | None = None
    vintage: str = ""
    source: str = ""
    rented: bool | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that moved the distribution. `effect` is in bits: how much log2 P(segment) changed."""

    fact: str
    value: str
    effect: float
    level: str | None = None
    vintage: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class SegmentShare:
    code: str
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """The distribution over base segments for one lead; `code` is its argmax.

    `thin_evidence` means: too little to differentiate on; the lead gets the standard flow.
    `code` is None only when there is no distribution at all (nothing was recognised).
    """

    code: str | None
    name: str | None
    probability: float | None
    thin_evidence: bool
    distribution: tuple[SegmentShare, ...]
    evidence: tuple[Evidence, ...]
    level: str | None
    reason: str | None = None


UNKNOWN_SEGMENT = Segment(
    code=None,
    name=None,
    probability=None,
    thin_evidence=True,
    distribution=(),
    evidence=(),
    level=None,
    reason="nothing_recognised",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one typed address, each part from those before it: match, place, unit, profile,
    segment. Whoever needs several of them is handed this one record."""

    match: AddressMatch
    place: Place
    unit: UnitFacts | None = None
    profile: Profile | None = None
    segment: Segment = UNKNOWN_SEGMENT


def nothing_found(country: str) -> Found:
    """What is known where no address was understood, or none could be looked up."""
    match = AddressMatch(
        country=country,
        level=MatchLevel.NONE,
        category=MatchCategory.C,
        next_action=NextAction.FIX,
        reason="nothing_recognised",
    )
    return Found(match, Place(country, {}))
