"""What the building register says of one address: a look-up by the address register's id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from service.model import Figure, UnitFacts
from service.tables import Release

_LOW = 2**64 - 1


@dataclass(frozen=True, slots=True)
class UnitTable:
    """Dwellings by address id, sorted by its two halves; memory-mapped, searched in place."""

    table: Any
    hi: Any
    lo: Any
    vintage: str
    source: str

    @classmethod
    def load(cls, release: Release, country: str) -> UnitTable | None:
        """The unit table of a country, or None where the release has none. Raises ReleaseError."""
        if not release.has(country, "units"):
            return None
        table = release.table(country, "units")
        path = f"{country}/units.arrow"
        entry = next(t for t in release.manifest["countries"][country]["tables"] if t["path"] == path)
        return cls(
            table,
            table.column("hi").to_numpy(),
            table.column("lo").to_numpy(),
            entry["vintage"],
            entry["sources"][0],
        )

    def unit_facts(self, address_id: str | None) -> UnitFacts | None:
        """Facts of the one home at this address id; None when it is no register id or not in the table."""
        try:
            number = UUID(address_id or "").int
        except ValueError:
            return None
        first = int(np.searchsorted(self.hi, np.uint64(number >> 64), "left"))
        last = int(np.searchsorted(self.hi, np.uint64(number >> 64), "right"))
        row = first + int(np.searchsorted(self.lo[first:last], np.uint64(number & _LOW)))
        if row >= last or int(self.lo[row]) != number & _LOW:
            return None
        values = {c: self.table.column(c)[row].as_py() for c in _COLUMNS}
        rented = None if values["rented"] is None else bool(values["rented"])
        return UnitFacts(
            dwelling=values["dwelling"],
            tenure="owner" if rented is False else None,
            area_m2=values["area_m2"],
            rooms=values["rooms"],
            year_built=values["year_built"],
            vintage=self.vintage,
            source=self.source,
            rented=rented,
        )


_COLUMNS = ("dwelling", "rented", "area_m2", "rooms", "year_built")
_FIGURES = (
    ("unit_area_m2", "area_m2", "m²"),
    ("unit_rooms", "rooms", "rooms"),
    ("unit_year_built", "year_built", "year"),
)


def unit_figures(facts: UnitFacts) -> dict[str, Figure]:
    """The register's numbers as figures of level `unit`: of one dwelling, so without index or households."""
    figures = {}
    for code, name, unit in _FIGURES:
        value = getattr(facts, name)
        if value is not None:
            figures[code] = Figure(float(value), unit, None, "unit", facts.vintage, facts.source, None)
    return figures
