"""Remembered cells answer as the polygons do, point by point, and borders are never remembered."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
import shapely
import shapely.affinity

from service.area.cells import CellMemory
from service.area.locate import AreaIndex
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction, Place
from service.tables import Release

REFERENCE = Path(__file__).resolve().parents[2] / "reference_data"
RELEASE = Release.open(REFERENCE)


def house(postcode: str | None, lat: float, lon: float) -> AddressMatch:
    return AddressMatch(
        "DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT, postcode=postcode, lat=lat, lon=lon
    )


@pytest.fixture(scope="module")
def index() -> AreaIndex:
    return AreaIndex.load(RELEASE, "DK")


@pytest.mark.parametrize(("south", "west"), [(55.08, 14.68), (55.66, 12.54), (56.14, 10.18), (55.02, 14.90)])
def test_a_place_is_the_same_whether_its_cell_was_remembered_or_not(
    index: AreaIndex, south: float, west: float
) -> None:
    drawn = random.Random(7)
    points = [(south + drawn.random() * 0.05, west + drawn.random() * 0.06) for _ in range(1500)]
    # on the very edges and corners of cells, too
    points += [(round(lat, 3), round(lon / 0.002) * 0.002) for lat, lon in points[:300]]
    for lat, lon in points * 2:  # a cell is looked at when it is asked about again
        index.locate_match(house(None, lat, lon))
    remembered = 0
    for lat, lon in points:
        known = index._cells.recall(lat, lon)
        if known is not None:
            remembered += 1
            assert dict(known) == index._everywhere.at(shapely.Point(lon, lat))
            for postcode in ("3700", "3730", "1550", "8000", known["postcode"]):
                assert index.locate_match(house(postcode, lat, lon)) == without_memory(
                    index, postcode, lat, lon
                )
    assert remembered > len(points) / 10  # in the middle of Copenhagen many levels are not drawn


def without_memory(index: AreaIndex, postcode: str, lat: float, lon: float) -> Place:
    point = shapely.Point(lon, lat)
    far = index._far_from_postcode(postcode, [point])
    areas = {} if far else index._at(point)
    return index._make_place(house(postcode, lat, lon), areas, "coordinate_outside_postcode" if far else None)


def test_a_cell_with_a_border_is_asked_of_the_polygons_each_time() -> None:
    left, right = shapely.box(10.0, 55.0, 10.001, 55.002), shapely.box(10.001, 55.0, 10.004, 55.002)
    memory = CellMemory(shapely.STRtree([left, right]))
    for _ in range(2):
        memory.note(55.001, 10.0005, {"parish": "left"})
    assert memory.recall(55.001, 10.0005) is None
    assert memory.recall(55.001, 10.003) is None


@pytest.mark.parametrize(("east", "north"), [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_a_cell_whose_edge_is_a_border_is_asked_of_the_polygons_too(east: int, north: int) -> None:
    """A point on the edge may round into either cell: the areas beyond it count."""
    south, west = 55_000 * 0.001, 5_000 * 0.002
    inside = shapely.box(west - 0.02, south - 0.01, west + 0.022, south + 0.011)
    cell = shapely.box(west, south, west + 0.002, south + 0.001)
    beyond = shapely.affinity.translate(cell, east * 0.002, north * 0.001)
    for drawn, remembered in (([inside], True), ([inside.difference(beyond), beyond], False)):
        memory = CellMemory(shapely.STRtree(drawn))
        for _ in range(2):
            memory.note(south + 0.0005, west + 0.001, {"parish": "inside"})
        assert (memory.recall(south + 0.0005, west + 0.001) is not None) is remembered


def test_a_full_memory_begins_again() -> None:
    memory = CellMemory(shapely.STRtree([shapely.box(9, 54, 11, 56)]), kept=2)
    for step in (0, 0, 1, 1, 2, 2):
        memory.note(55.0 + step * 0.01, 10.0, {"region": "r"})
    assert [memory.recall(55.0 + step * 0.01, 10.0) for step in range(3)] == [None, None, {"region": "r"}]


def test_a_coordinate_that_is_no_number_is_in_no_cell(index: AreaIndex) -> None:
    for wrong in (math.nan, math.inf, -math.inf):
        assert index._cells.recall(wrong, 10.0) is None
        assert index._cells.recall(55.0, wrong) is None
