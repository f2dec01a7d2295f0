"""Polygons: valid, simplified without gaps, and cut so that people stay where they live."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from service.refdata.geometry import cut_by_density, make_valid, overlap_weights, simplify_coverage
from service.refdata.rollup import sum_by_overlap


def level(**boxes: tuple[float, float, float, float]) -> pd.DataFrame:
    shapes = {code: shapely.box(*box) for code, box in boxes.items()}
    return pd.DataFrame({"name": list(shapes), "geometry": list(shapes.values())}, index=list(shapes))


ZONE = level(z=(0, 0, 100, 100))
HALVES = level(west=(0, 0, 50, 100), east=(50, 0, 100, 100))
BLOCKS = level(town=(0, 0, 25, 100), fields=(25, 0, 100, 100))


def shares(weights: pd.DataFrame) -> dict[str, float]:
    return dict(zip(weights["target"], weights["share"], strict=True))


def test_without_density_people_are_spread_evenly() -> None:
    assert shares(overlap_weights(ZONE, HALVES)) == {"east": pytest.approx(0.5), "west": pytest.approx(0.5)}


def test_with_density_they_stay_in_the_town() -> None:
    pieces = cut_by_density(ZONE, BLOCKS, pd.Series({"town": 9.0, "fields": 1.0}))
    got = shares(overlap_weights(pieces, HALVES))
    # town 25×9=225 of 300; the fields' 75 are one third west of the middle
    assert got == {"west": pytest.approx(250 / 300), "east": pytest.approx(50 / 300)}


def test_unknown_density_falls_back_to_area() -> None:
    pieces = cut_by_density(ZONE, BLOCKS, pd.Series({"town": np.nan, "fields": np.nan}))
    assert shares(overlap_weights(pieces, HALVES)) == {"east": pytest.approx(0.5), "west": pytest.approx(0.5)}


@given(st.lists(st.floats(0, 10), min_size=2, max_size=2), st.integers(0, 10_000))
def test_nobody_is_lost_on_the_way(densities: list[float], count: int) -> None:
    pieces = cut_by_density(ZONE, BLOCKS, pd.Series({"town": densities[0], "fields": densities[1]}))
    weights = overlap_weights(pieces, HALVES)
    assert weights["share"].sum() == pytest.approx(1)
    rolled = sum_by_overlap(pd.DataFrame({"n": [float(count)]}, index=["z"]), weights)
    assert rolled["n"].sum() == pytest.approx(count)


def test_mostly_unpublished_is_unknown() -> None:
    zones = level(a=(0, 0, 40, 100), b=(40, 0, 100, 100))
    whole = level(all=(0, 0, 100, 100))
    counts = pd.DataFrame({"n": [np.nan, 6.0]}, index=["a", "b"])
    assert sum_by_overlap(counts, overlap_weights(zones, whole))["n"].tolist() == [6.0]
    two = pd.DataFrame({"n": [6.0, np.nan, np.nan]}, index=["a", "b", "c"])
    three = level(a=(0, 0, 40, 100), b=(40, 0, 70, 100), c=(70, 0, 100, 100))
    assert np.isnan(sum_by_overlap(two, overlap_weights(three, whole))["n"].iloc[0])


def test_a_bow_tie_is_made_valid() -> None:
    tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    fixed, broken = make_valid(np.array([tie, shapely.box(0, 0, 1, 1)], dtype=object))
    assert broken == 1
    assert shapely.is_valid(fixed).all()
    assert shapely.area(fixed[0]) == pytest.approx(50)


def test_neighbours_keep_their_common_border() -> None:
    line = [(50 + (n % 2) * 0.5, n * 10.0) for n in range(11)]
    west = shapely.Polygon([(0, 0), *line, (0, 100)])
    east = shapely.Polygon([(100, 0), *line, (100, 100)])
    simple = simplify_coverage(np.array([west, east], dtype=object), 30)
    assert shapely.get_num_coordinates(simple).sum() < 20
    assert shapely.area(simple[0].intersection(simple[1])) == pytest.approx(0)
    assert shapely.area(simple[0].union(simple[1])) == pytest.approx(10_000, rel=0.01)
