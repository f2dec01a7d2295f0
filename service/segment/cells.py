"""The cells of the joint table: the kinds of household that the figures tell apart.

A cell is one combination of five household attributes (384 in C order, last attribute fastest).
Urbanity is the sixth attribute; it belongs to the area, so a kind of household is one of 3 × 384.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIFE_STAGES = ("18_29", "30_49", "50_64", "65_plus")
CHILDREN = ("no", "yes")
DWELLINGS = ("detached", "row", "flat", "dormitory_other")
TENURES = ("owner", "cooperative", "social_rent", "other_rent")
AFFLUENCES = ("low", "middle", "high")
URBANITIES = ("rural", "town", "city")

CELL_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "life_stage": LIFE_STAGES,
    "children": CHILDREN,
    "dwelling": DWELLINGS,
    "tenure": TENURES,
    "affluence": AFFLUENCES,
}
ATTRIBUTES: dict[str, tuple[str, ...]] = {**CELL_ATTRIBUTES, "urbanity": URBANITIES}
SHAPE = tuple(len(values) for values in CELL_ATTRIBUTES.values())
CELLS = int(np.prod(SHAPE))
AXIS = {name: axis for axis, name in enumerate(CELL_ATTRIBUTES)}


def attribute_of_cells(name: str) -> NDArray[np.intp]:
    """Value number of one cell attribute for each of the 384 cells, shape [384]."""
    numbers: NDArray[np.intp] = np.indices(SHAPE)[AXIS[name]].ravel()
    return numbers


def describe_cell(urbanity: int, cell: int) -> str:
    """One kind of household in the words of a definition file, for messages."""
    numbers = np.unravel_index(cell, SHAPE)
    parts = [
        f"{name}={values[int(number)]}"
        for (name, values), number in zip(CELL_ATTRIBUTES.items(), numbers, strict=True)
    ]
    return ", ".join([*parts, f"urbanity={URBANITIES[urbanity]}"])
