"""Back-off: how loudly a small area speaks beside the larger ones it lies in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Households at which an area and its parent speak equally loudly. An area of this size is also the
# least that evidence may rest on (see service/segment/thin.py): below it the parent is in the majority.
HALF_SUPPORT = 100.0


@dataclass(frozen=True, slots=True)
class JointTable:
    """The joint of every area of one level.

    `households` [areas]; `support` [areas] is the share of the area's own figures after mixing, 0 to 1;
    `cells` [areas, 384], rows summing to 1.
    """

    codes: tuple[str, ...]
    households: Floats
    support: Floats
    cells: Floats


def mix_with_parent(
    codes: tuple[str, ...], households: Floats, own: Floats, parent: JointTable, parents: NDArray[np.intp]
) -> JointTable:
    """Each area's own table [areas, 384] mixed with that of its parent (row numbers `parents`).

    The area weighs n / (n + HALF_SUPPORT) with n its households, as a multinomial sample of n against
    a Dirichlet prior that is centred on the parent and worth HALF_SUPPORT households.
    """
    counted = np.nan_to_num(households)
    known = np.isfinite(own).all(axis=1)
    weight = np.where(known, counted / (counted + HALF_SUPPORT), 0.0)
    mixed = weight[:, None] * np.nan_to_num(own) + (1 - weight)[:, None] * parent.cells[parents]
    mixed /= mixed.sum(axis=1, keepdims=True)
    return JointTable(codes, counted, weight, mixed)


def sum_areas(
    own: Floats,
    households: Floats,
    source: NDArray[np.intp],
    target: NDArray[np.intp],
    weight: Floats,
    targets: int,
) -> tuple[Floats, Floats]:
    """Households [targets] and own tables [targets, 384] of larger areas from parts of smaller ones.

    Part i is the share `weight[i]` of the households of small area `source[i]`, lying in `target[i]`.
    A target without any published part gets 0 households and NaN.
    """
    counted = np.nan_to_num(households)
    parts = counted[source] * weight
    parts[~np.isfinite(own[source]).all(axis=1)] = 0.0
    total: Floats = np.bincount(target, weights=parts, minlength=targets).astype(np.float64)
    sums = np.zeros((targets, own.shape[1]))
    np.add.at(sums, target, parts[:, None] * np.nan_to_num(own[source]))
    tables = np.divide(sums, total[:, None], out=np.full(sums.shape, np.nan), where=total[:, None] > 0)
    return total, tables
