"""Cells of a fine grid that lie wholly inside the same areas: their points need no polygon.

A point-in-polygon query costs some 30 µs in the middle of a request, most of it the way into the
library and back. Towns are asked about again and again, and few cells hold a border. So a cell's answer
is kept once it is sure: when each area that touches the cell covers all of it, and each level has one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import shapely

from service.tables import Kept

# Cells of 0.001° by 0.002°, some 110 m by 125 m at 55° north: most cells even of a city hold no border.
_NORTH_PER_CELL = 0.001
_EAST_PER_CELL = 0.002
_KEPT = 200_000  # cells; some 25 MB when full, for the answers themselves are shared

_ASKED_ONCE: Mapping[str, str] = {}


class CellMemory:
    """What is known of cells: level -> code of the areas that cover one, or that a border runs through."""

    def __init__(self, tree: Any, kept: int = _KEPT) -> None:
        self._tree = tree
        self._cells: Kept[tuple[int, int], Mapping[str, str] | None] = Kept(kept)
        self._shared: dict[tuple[str, ...], Mapping[str, str]] = {}

    def recall(self, lat: float, lon: float) -> Mapping[str, str] | None:
        """The areas of every point in this point's cell; None when they differ or nobody has asked yet."""
        try:
            known = self._cells.get(_cell_of(lat, lon))
        except (ValueError, OverflowError):
            return None  # not a number: another's coordinate, for the polygons to refuse
        return None if known is _ASKED_ONCE else known

    def note(self, lat: float, lon: float, found: Mapping[str, str]) -> None:
        """Keeps what was found for a point, if it holds for its whole cell."""
        cell = _cell_of(lat, lon)
        if cell not in self._cells:
            self._cells.keep(cell, _ASKED_ONCE)  # looking at it costs two points, so it waits for the second
        elif self._cells.get(cell) is _ASKED_ONCE:
            self._cells.keep(cell, self._share(found) if self._is_uniform(cell, len(found)) else None)

    def _is_uniform(self, cell: tuple[int, int], levels: int) -> bool:
        south, west = cell[0] * _NORTH_PER_CELL, cell[1] * _EAST_PER_CELL
        # a hair larger than the cell, so that rounding puts no point of the cell outside
        edge = 1e-9
        box = shapely.box(
            west - edge, south - edge, west + _EAST_PER_CELL + edge, south + _NORTH_PER_CELL + edge
        )
        touching = self._tree.query(box, predicate="intersects")
        if len(touching) != levels:
            return False  # more than one of a level: a border
        # Asked of the tree, never of prepared polygons: those lay themselves out when first asked, and two
        # threads that do so at once end the process.
        return len(self._tree.query(box, predicate="covered_by")) == levels

    def _share(self, found: Mapping[str, str]) -> Mapping[str, str]:
        return self._shared.setdefault((*found, *found.values()), found)


def _cell_of(lat: float, lon: float) -> tuple[int, int]:
    return math.floor(lat / _NORTH_PER_CELL), math.floor(lon / _EAST_PER_CELL)
