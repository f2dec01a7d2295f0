"""What is published per area, brought to the attributes of a household cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.errors import SourceError
from service.segment.cells import CELL_ATTRIBUTES

Floats = NDArray[np.float64]
THIRDS = (1 / 3, 2 / 3)
MOST_WITH_CHILDREN = 0.85  # no area of more than a few households has only families in it


@dataclass(frozen=True, slots=True)
class AreaMargins:
    """One-way shares of the finest areas of a country, and national totals on the basis of adults.

    `codes` names the areas; `households` is [areas] (0 or NaN: nothing published). `shares` maps each
    cell attribute to [areas, values], rows summing to 1, NaN rows where nothing is published: such an
    area speaks through its parents only. `adults` maps life_stage, dwelling and tenure to national
    shares of adults, for published cross-tables that count persons.
    """

    codes: tuple[str, ...]
    households: Floats
    shares: Mapping[str, Floats]
    adults: Mapping[str, Floats]

    def __post_init__(self) -> None:
        for name, values in CELL_ATTRIBUTES.items():
            shape = self.shares[name].shape
            if shape != (len(self.codes), len(values)):
                raise SourceError(
                    f"Margins of {name} have shape {shape}, not {(len(self.codes), len(values))}."
                )

    @property
    def published(self) -> NDArray[np.bool_]:
        """Areas with households and every margin, [areas]."""
        known = np.nan_to_num(self.households) > 0
        for shares in self.shares.values():
            known &= np.isfinite(shares).all(axis=1)
        return known

    def national(self, name: str) -> Floats:
        """Household-weighted shares of one attribute over all published areas."""
        known = self.published
        shares: Floats = np.average(self.shares[name][known], axis=0, weights=self.households[known])
        return shares


def shares_of(counts: Floats) -> Floats:
    """Rows of counts as rows of shares; a row without any count becomes NaN."""
    totals = counts.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    return shares


def income_thirds(brackets: Floats) -> Floats:
    """Low, middle, high shares per area [areas, 3] from counts in rising income brackets [areas, k].

    The two cuts are set so that each third holds a third of the country's households; a bracket that a
    cut falls into is split everywhere in the national proportion (households spread evenly within it).
    """
    national = np.nansum(brackets, axis=0)
    edges = np.concatenate([[0.0], np.cumsum(national / national.sum())])
    shares = shares_of(brackets)
    below = np.stack(
        [(shares * np.clip((cut - edges[:-1]) / np.diff(edges), 0.0, 1.0)).sum(axis=1) for cut in THIRDS],
        axis=1,
    )
    return np.stack([below[:, 0], below[:, 1] - below[:, 0], 1 - below[:, 1]], axis=1)


def households_with_children(
    children: Floats, dwellings: Floats, with_children: Floats, per_household: Floats
) -> Floats:
    """Shares without and with children under 18, [areas, 2].

    `children` [areas] persons under 18, `dwellings` [areas, 4] households. `with_children` [4] and
    `per_household` [4] are the seed's P(children | dwelling) and children per household that has any:
    an area of detached houses has more children per family than one of flats.
    """
    households = dwellings.sum(axis=1)
    families = dwellings * with_children
    expected = families.sum(axis=1)
    per_family = np.divide(
        families @ per_household, expected, out=np.full(expected.shape, np.nan), where=expected > 0
    )
    share = np.divide(
        children, per_family * households, out=np.full(households.shape, np.nan), where=households > 0
    )
    share = np.clip(share, 0.0, MOST_WITH_CHILDREN)
    return np.stack([1 - share, share], axis=1)
