"""Adjustment by figures of areas, against a regression on single leads."""

from __future__ import annotations

import numpy as np
import pytest

from service.learn.lift.adjust import adjust_by_area
from service.learn.lift.compare import LEAST_DECISIONS
from service.learn.lift.sequential import watched_difference
from tests.learn.lift.test_lift import Cell, cell

FIGURES = {"1": (0.0, 5.0), "2": (1.0, 3.0), "3": (2.0, 8.0), "4": (5.0, 1.0)}
SUMS = [  # area, arm, decisions, outcomes
    ("1", "treated", 200, 20), ("1", "holdout", 50, 2), ("2", "treated", 100, 15), ("2", "holdout", 60, 6),
    ("3", "treated", 150, 60), ("3", "holdout", 40, 10), ("4", "treated", 120, 70), ("4", "holdout", 30, 16),
]  # fmt: skip


def cells(**more: str) -> list[Cell]:
    return [cell(arm, n, hits, area_level="parish", area_code=area, **more) for area, arm, n, hits in SUMS]


def figures(country: str, level: str, code: str) -> dict[str, float]:
    known = FIGURES.get(code)
    return (
        {} if known is None or (country, level) != ("DK", "parish") else dict(zip("ab", known, strict=True))
    )


@pytest.mark.parametrize("variables", [("a",), ("a", "b")])
def test_it_is_cuped_over_the_single_leads(variables: tuple[str, ...]) -> None:
    """θ by least squares of outcome on figures over all leads; then means and variances of y − θ·x."""
    (found,) = adjust_by_area(cells(), figures, variables)
    x, y, held = [], [], []
    for area, arm, n, hits in SUMS:
        for lead in range(n):
            x.append([dict(zip("ab", FIGURES[area], strict=True))[v] for v in variables])
            y.append(float(lead < hits))
            held.append(arm == "holdout")
    x, y, held = np.array(x), np.array(y), np.array(held)
    theta = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(), rcond=None)[0]
    rest = y - (x - x.mean(axis=0)) @ theta
    informative = 4 * 570 * 180 / 750
    for outcome, seen in ((y, found.plain), (rest, found.adjusted)):
        value = outcome[~held].mean() - outcome[held].mean()
        noise = outcome[~held].var() / 570 + outcome[held].var() / 180
        expected = watched_difference(value, noise, informative)
        assert (seen.value, seen.low, seen.high, seen.p) == pytest.approx(
            (expected.value, expected.low, expected.high, expected.p), rel=1e-4
        )
    before, after = (
        y[~held].var() / 570 + y[held].var() / 180,
        rest[~held].var() / 570 + rest[held].var() / 180,
    )
    assert found.spared == pytest.approx(1 - after / before, rel=1e-4)
    assert (found.slot, found.variables) == ("offer", variables)


def test_areas_without_the_figures_are_left_out_and_slots_stand_apart() -> None:
    unknown = [cell("treated", 999, 999, area_level="parish", area_code="9")]
    elsewhere = [cell("treated", 999, 999, area_level="parish", area_code="1", country="NO")]
    found = adjust_by_area([*cells(slot="z"), *cells(), *unknown, *elsewhere], figures, ("a",))
    (alone,) = adjust_by_area(cells(), figures, ("a",))
    assert [one.slot for one in found] == ["offer", "z"]
    assert [one.adjusted for one in found] == [alone.adjusted] * 2


@pytest.mark.parametrize(("treated", "held", "enough"), [(50, 50, True), (49, 50, False), (50, 49, False)])
def test_too_few_on_a_side_are_not_adjusted(treated: int, held: int, enough: bool) -> None:
    assert LEAST_DECISIONS == 50
    few = [
        cell("treated", treated, 9, area_level="parish", area_code="1"),
        cell("holdout", held, 9, area_level="parish", area_code="2"),
    ]
    assert bool(adjust_by_area(few, figures, ("a",))) == enough


def test_a_figure_that_is_the_same_everywhere_changes_nothing() -> None:
    (found,) = adjust_by_area(cells(), lambda *_: {"a": 7.0}, ("a",))
    assert found.adjusted.value == pytest.approx(found.plain.value)
    assert found.spared == pytest.approx(0.0, abs=1e-9)
