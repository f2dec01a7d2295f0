"""A house number of Danmarks Adresseregister over time: its versions, units and points, and their names."""

from __future__ import annotations

from dataclasses import dataclass, field

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Span:
    """When a version is true of the world, epoch seconds; `to` is FOREVER when open."""

    start: float
    to: float

    def holds(self, at: float) -> bool:
        return self.start <= at < self.to

    def meets(self, other: Span) -> bool:
        return self.start < other.to and other.start < self.to


@dataclass(frozen=True, slots=True)
class Named:
    """One version of a street, postcode, town or municipality: `name`, and `code` or short name."""

    span: Span
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class HouseVersion:
    span: Span
    status: str
    number: str
    road: str | None
    postcode: str | None
    supplementary: str | None
    municipality: str | None
    point: str | None
    text: str


@dataclass(frozen=True, slots=True)
class UnitVersion:
    id: str
    span: Span
    status: str
    floor: str
    door: str
    text: str


@dataclass(frozen=True, slots=True)
class House:
    """One house number: its versions and those of its unit addresses, oldest first, and its points."""

    id: str
    versions: list[HouseVersion]
    units: list[UnitVersion]
    points: dict[str, tuple[float, float]]


@dataclass(slots=True)
class Names:
    """id -> versions, oldest first, of what a house number refers to."""

    roads: dict[str, list[Named]] = field(default_factory=dict)
    postcodes: dict[str, list[Named]] = field(default_factory=dict)
    supplementary: dict[str, list[Named]] = field(default_factory=dict)
    municipalities: dict[str, list[Named]] = field(default_factory=dict)
    road_municipalities: dict[str, set[str]] = field(default_factory=dict)
