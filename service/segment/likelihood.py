"""What the address and the lead tell, each as a likelihood over the 384 cells.

Every fact is P(fact | cell) up to a constant, so independent facts multiply. Facts are soft where they
are uncertain: a missing floor is no proof of a house, and registers and people err.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from service.model import AddressMatch, Declared, MatchLevel, UnitFacts
from service.segment.cells import CHILDREN, DWELLINGS, LIFE_STAGES, TENURES, attribute_of_cells

Cells = NDArray[np.float64]

# P(a floor or door is given | dwelling). In the address register of Denmark nearly every flat has one,
# and about 98 % of addresses that have one are in a multi-dwelling building; with national dwelling
# shares these figures give 98.6 %. Four in ten who live in a flat leave it out when they type.
FLOOR_GIVEN = {"detached": 0.004, "row": 0.010, "flat": 0.60, "dormitory_other": 0.30}
# P(units registered at the house number | dwelling), for 1, 2 and 3 or more units. Row houses mostly have
# a number each; a flat shares its number by definition, unless the building is numbered per flat. Not
# measured: no national register of units comes with the project.
UNITS_AT_NUMBER = {
    "detached": (0.97, 0.02, 0.01),
    "row": (0.92, 0.04, 0.04),
    "flat": (0.03, 0.07, 0.90),
    "dormitory_other": (0.45, 0.05, 0.50),
}
# P(distance to the nearest other house number | dwelling), by NEIGHBOUR_BOUNDS in metres. Detached and
# row: non-negative fit of the addresses per band on the dwellings per kind over 14 polling areas that
# OpenStreetMap holds whole (Bornholm, Rødovre, Sindal, inner Copenhagen; 32,000 addresses). Flat: the
# bands of three areas of inner Copenhagen that are nine in ten flats. The rest: all addresses together.
NEIGHBOUR_BOUNDS = (10.0, 18.0, 35.0)
NEIGHBOUR_DISTANCE = {
    "detached": (0.07, 0.21, 0.40, 0.32),
    "row": (0.58, 0.31, 0.10, 0.01),
    "flat": (0.39, 0.46, 0.12, 0.03),
    "dormitory_other": (0.24, 0.28, 0.30, 0.18),
}
# Every fact that is known of one lead -> the values with which it is told.
GIVEN = ("not_given", "given")
UNITS = ("1", "2", "3_or_more")
NEIGHBOURS = ("under_10_m", "10_18_m", "18_35_m", "over_35_m")  # between the NEIGHBOUR_BOUNDS
LET = "rented"  # a register that knows a home is let, but not by whom
FACTS: Mapping[str, tuple[str, ...]] = {
    "floor_or_door": GIVEN,
    "units_at_number": UNITS,
    "neighbour_distance": NEIGHBOURS,
    "dwelling": DWELLINGS,
    "tenure": (*TENURES, LET),
    "declared_life_stage": LIFE_STAGES,
    "declared_children_at_home": CHILDREN,
}
REGISTER_ERROR = 0.01  # a building register names another class than the true one
DECLARED_ERROR = 0.01  # a declared birth year or child is wrong or mistyped
ADULT_AGES = (18, 110)  # a declared birth year outside is a typing error and says nothing
FIRST_AGES = (18, 30, 50, 65)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beyond the area; hashable, so that answers for the same facts can be kept.

    `floor` None: no house number was matched, so nothing can be said. `units` 1, 2 or 3 (three or
    more); `neighbour` the number of the distance band; `stages` P(life stage | birth year).
    """

    floor: bool | None = None
    units: int | None = None
    neighbour: int | None = None
    dwelling: str | None = None
    tenure: str | None = None
    stages: tuple[float, ...] | None = None
    children: bool | None = None


def gather_facts(match: AddressMatch, unit: UnitFacts | None, declared: Declared, today: date) -> Facts:
    """The facts of one lead. A register that names the dwelling makes hints about it superfluous."""
    dwelling = unit.dwelling if unit else None
    tenure: str | None = unit.tenure if unit else None
    if unit and tenure is None and unit.rented:
        tenure = LET  # by whom, the register does not say
    floor = units = neighbour = None
    if dwelling is None and match.level in (MatchLevel.UNIT, MatchLevel.HOUSE):
        if match.units_at_number is not None and match.units_at_number > 0:
            units = min(match.units_at_number, 3)
        else:
            floor = bool(match.floor or match.door)
        if match.neighbour_distance_m is not None:
            neighbour = int(np.searchsorted(NEIGHBOUR_BOUNDS, match.neighbour_distance_m, side="right"))
    return Facts(
        floor,
        units,
        neighbour,
        dwelling,
        tenure,
        life_stages(declared.birth_year, today),
        declared.children_at_home,
    )


def life_stages(birth_year: int | None, today: date) -> tuple[float, ...] | None:
    """P(life stage) of a person born that year: between two ages, by how much of the year has passed."""
    if birth_year is None:
        return None
    older = today.year - birth_year
    if not ADULT_AGES[0] <= older <= ADULT_AGES[1]:
        return None
    # Whole quarters only: four steps a year keep the number of different facts small.
    passed = round((today.month - 1) / 3) / 4
    stages = [0.0] * len(FIRST_AGES)
    for age, share in ((older, passed), (max(older - 1, ADULT_AGES[0]), 1 - passed)):
        stages[sum(age >= first for first in FIRST_AGES) - 1] += share
    return tuple(stages)


def likelihoods(facts: Facts) -> tuple[tuple[str, str, Cells], ...]:
    """(fact, value, P(fact | cell) as [384]) of everything known."""
    found: list[tuple[str, str, Cells]] = []
    if facts.floor is not None:
        found.append(("floor_or_door", GIVEN[facts.floor], _floor(facts.floor)))
    if facts.units is not None:
        found.append(("units_at_number", UNITS[facts.units - 1], _units(facts.units)))
    if facts.neighbour is not None:
        found.append(("neighbour_distance", NEIGHBOURS[facts.neighbour], _neighbour(facts.neighbour)))
    if facts.dwelling is not None:
        found.append(("dwelling", facts.dwelling, _register("dwelling", DWELLINGS, facts.dwelling)))
    if facts.tenure is not None:
        let = facts.tenure == LET
        found.append(("tenure", facts.tenure, _let() if let else _register("tenure", TENURES, facts.tenure)))
    if facts.stages is not None:
        value = LIFE_STAGES[max(range(len(facts.stages)), key=facts.stages.__getitem__)]
        found.append(("declared_life_stage", value, _stages(facts.stages)))
    if facts.children is not None:
        found.append(("declared_children_at_home", CHILDREN[facts.children], _children(facts.children)))
    return tuple(found)


@lru_cache(maxsize=2)
def _floor(given: bool) -> Cells:
    shares = np.array([FLOOR_GIVEN[name] for name in DWELLINGS])
    return _spread("dwelling", shares if given else 1 - shares)


@lru_cache(maxsize=3)
def _units(units: int) -> Cells:
    return _spread("dwelling", np.array([UNITS_AT_NUMBER[name][units - 1] for name in DWELLINGS]))


@lru_cache(maxsize=4)
def _neighbour(band: int) -> Cells:
    return _spread("dwelling", np.array([NEIGHBOUR_DISTANCE[name][band] for name in DWELLINGS]))


@lru_cache(maxsize=8)
def _register(attribute: str, values: tuple[str, ...], value: str) -> Cells:
    shares = np.full(len(values), REGISTER_ERROR / (len(values) - 1))
    shares[values.index(value)] = 1 - REGISTER_ERROR
    return _spread(attribute, shares)


@lru_cache(maxsize=1)
def _let() -> Cells:
    """Any tenure but the owner's: a register that knows a home is let, but not by whom."""
    shares = [REGISTER_ERROR if name == "owner" else 1 - REGISTER_ERROR for name in TENURES]
    return _spread("tenure", np.array(shares))


@lru_cache(maxsize=64)
def _stages(stages: tuple[float, ...]) -> Cells:
    return _spread("life_stage", np.array(stages) * (1 - DECLARED_ERROR) + DECLARED_ERROR / len(stages))


@lru_cache(maxsize=2)
def _children(at_home: bool) -> Cells:
    yes = 1 - DECLARED_ERROR if at_home else DECLARED_ERROR
    return _spread("children", np.array([1 - yes, yes]))


def _spread(attribute: str, values: Cells) -> Cells:
    spread = values[attribute_of_cells(attribute)]
    spread.flags.writeable = False
    return spread
