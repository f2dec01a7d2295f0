"""Lift from sums that are small enough to be worked out by hand."""

from __future__ import annotations

import math

import pytest

from service.learn.lift.compare import (
    LiftRow,
    Side,
    complaint_alarms,
    lift_rows,
    needed_dimensions,
    ratio_alarms,
)
from service.learn.lift.sequential import ratio_mismatch_p, watched_difference
from tests.learn.lift.test_lift import Cell, cell


def one_row(*cells: Cell, by: tuple[str, ...] = ("slot",), **costs: float) -> LiftRow:
    (row,) = lift_rows(cells, by, costs=costs)
    return row


def test_a_side_sums_what_is_added_and_joined() -> None:
    side = Side()
    side.add(cell("treated", 10, 2, 5.0))
    side.join(Side(30, 6, 50.0, 900.0))
    assert side == Side(40, 8, 60.0, 950.0)
    assert (side.rate, side.mean) == (0.2, 1.5)
    assert (Side().rate, Side().mean) == (0.0, 0.0)


def test_the_variances_of_a_side_are_those_of_its_estimates() -> None:
    side = Side(decisions=9, with_outcome=2, value=18.0, value_squared=54.0)
    assert side.rate_variance() == pytest.approx(0.25 * 0.75 / 9)  # (2 + ½) / (9 + 1)
    assert side.mean_variance() == pytest.approx((54 / 9 - 2**2) / 8)
    assert Side(1, 1, 5.0, 25.0).mean_variance() == math.inf
    assert Side(2, 2, 10.0, 50.0).mean_variance() == 0.0
    assert Side(3, 0, 3.0, 2.9).mean_variance() == 0.0  # rounding must not make it negative


def test_one_stratum_is_the_plain_difference_with_what_the_smaller_side_tells() -> None:
    row = one_row(cell("treated", 300, 60, 100.0), cell("holdout", 100, 10, 50.0), bike=4.0)
    treated, holdout = row.treated, row.holdout
    assert (row.treated_rate, row.holdout_rate) == (0.2, 0.1)
    noise = treated.rate_variance() + holdout.rate_variance()
    assert row.rate == watched_difference(0.1, noise, 4 * 300 * 100 / 400)
    noise = treated.mean_variance() + holdout.mean_variance()
    assert row.value == watched_difference(15.0, noise, 300)
    assert row.incremental_value == (4500.0, row.value.low * 300, row.value.high * 300)
    spent = 1200.0
    assert row.romi == tuple(value / spent - 1 for value in row.incremental_value)


def test_without_value_or_cost_none_is_claimed() -> None:
    row = one_row(cell("treated", 300, 60), cell("holdout", 100, 10), bike=4.0)
    assert (row.value, row.incremental_value, row.romi) == (None, None, None)
    row = one_row(cell("treated", 300, 60, 100.0), cell("holdout", 100, 10))
    assert row.incremental_value is not None
    assert row.romi is None
    row = one_row(
        cell("treated", 300, 60, 100.0), cell("holdout", 100, 0), cell("holdout", 100, 20), bike=0.0
    )
    assert row.romi is None


def test_strata_are_weighted_by_the_treated_and_their_noise_by_the_square() -> None:
    row = one_row(
        cell("treated", 300, 60), cell("holdout", 100, 10),
        cell("treated", 100, 50, channel="store"), cell("holdout", 200, 60, channel="store"),
    )  # fmt: skip
    assert row.treated_rate == pytest.approx(0.75 * 0.2 + 0.25 * 0.5)
    assert row.holdout_rate == pytest.approx(0.75 * 0.1 + 0.25 * 0.3)
    noise = 0.75**2 * (Side(300, 60).rate_variance() + Side(100, 10).rate_variance())
    noise += 0.25**2 * (Side(100, 50).rate_variance() + Side(200, 60).rate_variance())
    informative = 4 * 400 * 300 / 700
    assert row.rate == pytest.approx(watched_difference(0.125, noise, informative))
    assert row.warnings == []


def test_strata_with_a_thin_holdout_are_compared_together() -> None:
    """Nineteen held out are too few for a stratum of their own, twenty are not."""
    thin = [
        cell("treated", 100, 40, channel="store"), cell("holdout", 19, 1, channel="store"),
        cell("treated", 60, 12, channel="email"), cell("holdout", 1, 1, channel="email"),
    ]  # fmt: skip
    row = one_row(
        cell("treated", 240, 48), cell("holdout", 20, 2), *thin, cell("holdout", 60, 20, channel="x")
    )
    assert row.treated_rate == pytest.approx(0.6 * 0.2 + 0.4 * 52 / 160)
    assert row.holdout_rate == pytest.approx(0.6 * 0.1 + 0.4 * 2 / 20)


def test_a_single_held_out_lead_tells_nothing_and_its_treated_are_left_out() -> None:
    row = one_row(
        cell("treated", 380, 76), cell("holdout", 100, 10),
        cell("treated", 21, 0, channel="email"), cell("holdout", 1, 1, channel="email"),
    )  # fmt: skip
    assert row.treated_rate == pytest.approx(0.2)
    assert row.warnings[0] == "5% of treated decisions have no holdout like them and are left out"


@pytest.mark.parametrize(("alone", "warned"), [(15, False), (16, True)])
def test_leaving_out_a_twentieth_of_the_treated_is_said(alone: int, warned: bool) -> None:
    row = one_row(
        cell("treated", 285, 57), cell("holdout", 100, 10), cell("treated", alone, 3, channel="email")
    )
    assert any("left out" in warning for warning in row.warnings) == warned
    assert (row.treated.decisions, row.holdout.decisions) == (285 + alone, 100)


@pytest.mark.parametrize(
    ("treated", "holdout", "enough"),
    [
        ((50, 25), (50, 25), True),
        ((50, 25), (49, 25), False),
        ((49, 25), (50, 25), False),
        ((100, 10), (100, 10), True),  # ten outcomes expected on the smaller side
        ((100, 10), (100, 9), False),
        ((1900, 190), (100, 10), True),
        ((1900, 180), (100, 10), False),
    ],
)
def test_too_few_decisions_or_outcomes_are_not_compared(
    treated: tuple[int, int], holdout: tuple[int, int], enough: bool
) -> None:
    row = one_row(cell("treated", *treated), cell("holdout", *holdout))
    assert (row.rate is not None) == enough
    if not enough:
        outcomes = treated[1] + holdout[1]
        assert row.warnings == [
            f"too few to compare: {treated[0]} treated, {holdout[0]} holdout, {outcomes} outcomes"
        ]
        assert (row.treated_rate, row.holdout_rate) == (treated[1] / treated[0], holdout[1] / holdout[0])
        assert row.stands is False


def test_a_difference_that_could_be_chance_says_how_many_decisions_it_needs() -> None:
    """16 × ½ × ½ / ⅛² = 256 on each side, and 64 are held out. With 256 held out, or when it stands, not."""
    assert one_row(cell("treated", 128, 80), cell("holdout", 64, 32)).warnings == [
        "a difference like this needs about 256 decisions on each side"
    ]
    assert one_row(cell("treated", 512, 320), cell("holdout", 256, 128)).warnings == []
    assert one_row(cell("treated", 128, 112), cell("holdout", 64, 8)).warnings == []
    assert one_row(cell("treated", 128, 64), cell("holdout", 64, 32)).warnings == []  # no difference at all


def test_a_holdout_without_any_outcome_counts_half_a_one() -> None:
    """The rate that the sample size is worked out from is then ½ of 1,050: 16 p (1 − p) / 0.012²."""
    row = one_row(cell("treated", 1000, 12), cell("holdout", 50, 0))
    assert row.rate is None  # too few outcomes for an interval
    row = one_row(cell("treated", 1000, 20), cell("holdout", 1000, 0))
    assert row.rate is not None
    assert row.rate.low > 0


def test_rows_are_named_by_what_was_asked_and_held_against_their_own_holdout() -> None:
    cells = [
        cell("treated", 100, 40), cell("treated", 100, 20, treatment="book"), cell("holdout", 100, 20),
        cell("treated", 100, 90, slot="agent"), cell("holdout", 100, 10, slot="agent"),
    ]  # fmt: skip
    rows = lift_rows(cells, ("slot", "treatment"))
    assert [(row.group, row.treated_rate, row.holdout_rate) for row in rows] == [
        ({"slot": "agent", "treatment": "bike"}, 0.9, 0.1),
        ({"slot": "offer", "treatment": "bike"}, 0.4, 0.2),
        ({"slot": "offer", "treatment": "book"}, 0.2, 0.2),
    ]
    assert [row.stands for row in rows] == [True, False, False]
    merged = lift_rows(cells, ("treatment",))
    assert [row.group for row in merged] == [{"treatment": "bike"}] * 2 + [{"treatment": "book"}]


@pytest.mark.parametrize(
    ("by", "needed"),
    [
        (("slot",), ("slot", "arm", "segment", "channel", "country")),
        (("treatment",), ("slot", "treatment", "arm", "segment", "channel", "country")),
        (("period",), ("slot", "arm", "segment", "channel", "country", "day")),
    ],
)
def test_sums_are_asked_for_by_what_is_compared_within(by: tuple[str, ...], needed: tuple[str, ...]) -> None:
    assert needed_dimensions(by) == needed


@pytest.mark.parametrize(("period", "name"), [("day", "2026-11-21"), ("month", "2026-11"), ("year", "2026")])
def test_a_period_is_named_by_as_much_of_the_day(period: str, name: str) -> None:
    cells = [cell(arm, 100, 20, day="2026-11-21") for arm in ("treated", "holdout")]
    assert lift_rows(cells, ("period",), period)[0].group == {"period": name}


def test_the_holdout_of_a_slot_is_held_against_its_plan() -> None:
    cells = [cell("treated", 900, 0), cell("treated", 50, 0, treatment="book"), cell("holdout", 50, 0)]
    (fine,) = ratio_alarms(cells, 0.05)
    assert (fine.slot, fine.holdout, fine.expected, fine.alarm) == ("offer", 50, 50.0, False)
    (half,) = ratio_alarms([cell("treated", 500, 0), cell("holdout", 500, 0)], 0.05)
    assert half.p == ratio_mismatch_p([500, 500], [0.95, 0.05])
    assert half.alarm
    for planned in (0.0, 1.0):
        assert ratio_alarms(cells, planned) == []


@pytest.mark.parametrize(
    ("decisions", "complaints", "paused"),
    [(1000, 80, True), (1000, 30, False), (49, 45, False), (50, 45, True)],
)
def test_a_treatment_is_paused_when_complaints_are_above_the_limit_for_certain(
    decisions: int, complaints: int, paused: bool
) -> None:
    half = decisions // 2
    cells = [
        cell("treated", half, complaints, segment="A1"),
        cell("treated", decisions - half, 0, segment="B1"),
        cell("holdout", 500, 400),
    ]
    (alarm,) = complaint_alarms(cells)
    side = Side(decisions, complaints)
    seen = watched_difference(side.rate, side.rate_variance(), decisions)
    assert (alarm.slot, alarm.treatment, alarm.rate) == ("offer", "bike", complaints / decisions)
    assert alarm.low == max(seen.low, 0.0)
    assert alarm.pause == paused
