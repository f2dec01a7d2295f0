"""Lift from sums: right on known truth, valid while watched, honest where there is too little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from service.learn.lift.adjust import adjust_by_area
from service.learn.lift.compare import complaint_alarms, lift_rows, needed_dimensions, ratio_alarms
from service.learn.lift.page import lift_parts
from service.learn.lift.rows import row_json, rows_csv
from service.learn.lift.sequential import ratio_mismatch_p, watched_difference
from service.learn.page import page


@dataclass
class Cell:
    group: dict[str, str]
    decisions: int
    with_outcome: int
    value: float = 0.0
    value_squared: float = 0.0
    propensity: float = 0.0


def cell(arm: str, n: int, hits: int, value: float = 0.0, **more: str) -> Cell:
    group = {
        "slot": "offer",
        "treatment": "bike",
        "arm": arm,
        "segment": "A1",
        "channel": "web_form",
        "country": "DK",
    }
    return Cell(group | more, n, hits, hits * value, hits * value**2)


def test_a_difference_is_the_difference_of_rates() -> None:
    row = lift_rows([cell("treated", 9500, 950), cell("holdout", 500, 25)], ("slot",))[0]
    assert row.rate.value == pytest.approx(0.05)
    assert row.rate.low < 0.05 < row.rate.high


def test_segments_are_compared_with_their_own_holdout() -> None:
    """Bike goes mostly to A1, where everybody buys more: a crude comparison would call that lift."""
    cells = [
        cell("treated", 9000, 1800), cell("holdout", 500, 100),
        cell("treated", 1000, 50, segment="B2"), cell("holdout", 2000, 100, segment="B2"),
    ]  # fmt: skip
    row = lift_rows(cells, ("slot", "treatment"))[0]
    assert row.rate.value == pytest.approx(0.0, abs=1e-12)


def test_value_and_return_on_what_was_spent() -> None:
    cells = [cell("treated", 10000, 1000, 400.0), cell("holdout", 10000, 500, 400.0)]
    row = lift_rows(cells, ("slot", "treatment"), costs={"bike": 5.0})[0]
    assert row.incremental_value[0] == pytest.approx(200_000)
    assert row.romi[0] == pytest.approx(3.0)
    assert row.romi[1] < 3.0 < row.romi[2]


def test_too_little_is_said_and_not_guessed() -> None:
    row = lift_rows([cell("treated", 900, 90), cell("holdout", 40, 1)], ("slot",))[0]
    assert row.rate is None
    assert "too few to compare" in row.warnings[0]
    row = lift_rows([cell("treated", 9000, 910), cell("holdout", 500, 50)], ("slot",))[0]
    assert "needs about" in row.warnings[0]
    assert row_json(row)["stands"] is False


def test_periods_and_dimensions() -> None:
    assert needed_dimensions(("slot", "period")) == ("slot", "arm", "segment", "channel", "country", "day")
    cells = [cell(a, 1000, 100, day=d) for a in ("treated", "holdout") for d in ("2026-10-31", "2026-11-01")]
    assert [r.group["period"] for r in lift_rows(cells, ("period",), "month")] == ["2026-10", "2026-11"]


@pytest.mark.parametrize(("rate", "share"), [(0.05, 0.05), (0.2, 0.05), (0.1, 0.5)])
def test_the_interval_holds_while_it_is_watched(rate, share) -> None:
    """300 experiments without effect, looked at 80 times each: at most 5 % (and noise) ever exclude zero.

    A fixed-size interval is wrong in 17 % of the same experiments or more.
    """
    rng = np.random.default_rng(7)
    wrong = naive_wrong = 0
    for _ in range(300):
        held = rng.random(20000) < share
        hit = rng.random(20000) < rate
        ever, naive = False, False
        for n in np.unique(np.geomspace(300, 20000, 80).astype(int)):
            h, k = held[:n], hit[:n]
            cells = [
                cell("treated", int((~h).sum()), int((k & ~h).sum())),
                cell("holdout", int(h.sum()), int((k & h).sum())),
            ]
            row = lift_rows(cells, ("slot",))[0]
            if row.rate is None:
                continue
            ever |= not row.rate.low <= 0 <= row.rate.high
            noise = row.treated.rate_variance() + row.holdout.rate_variance()
            naive |= abs(row.rate.value) > 1.96 * noise**0.5
        wrong += ever
        naive_wrong += naive
    assert wrong <= 0.05 * 300 + 8  # two standard errors of a count with mean 15
    assert naive_wrong > 40


def test_p_and_interval_agree() -> None:
    for value in (0.01, 0.02, 0.03, 0.05):
        seen = watched_difference(value, 0.008**2, 5000)
        assert (seen.p < 0.05) == (seen.low > 0)


def test_a_holdout_of_the_wrong_size_alarms_and_a_right_one_does_not() -> None:
    assert ratio_mismatch_p([9300, 700], [0.95, 0.05]) < 0.001
    assert ratio_mismatch_p([9510, 490], [0.95, 0.05]) > 0.05
    alarm = ratio_alarms([cell("treated", 9300, 0), cell("holdout", 700, 0)], 0.05)[0]
    assert alarm.alarm
    assert alarm.expected == 500


def test_complaints_pause_only_for_certain() -> None:
    quiet = cell("treated", 1000, 22)
    loud = cell("treated", 1000, 80, treatment="book")
    assert [a.pause for a in complaint_alarms([quiet, loud])] == [False, True]


def test_adjustment_by_area_takes_variance_out_and_keeps_the_effect() -> None:
    rng = np.random.default_rng(0)
    cells, figures = [], {}
    for area in range(400):
        income = rng.normal()
        figures["DK", "parish", str(area)] = {"income": income}
        base = 1 / (1 + np.exp(1.5 - 1.5 * income))
        for arm, n, extra in (("treated", 190, 0.03), ("holdout", rng.integers(0, 21), 0.0)):
            hits = int(rng.binomial(n, min(base + extra, 1)))
            cells.append(cell(arm, int(n), hits, area_level="parish", area_code=str(area)))
    found = adjust_by_area(cells, lambda *area: figures[area], ("income",))[0]
    assert found.spared > 0.1
    assert found.adjusted.low < 0.03 < found.adjusted.high
    assert found.adjusted.high - found.adjusted.low < found.plain.high - found.plain.low


def test_the_page_is_whole_and_needs_nothing_from_outside() -> None:
    rows = lift_rows([cell("treated", 9500, 950), cell("holdout", 500, 25)], ("slot", "treatment"))
    text = page(
        "Løft", lift_parts(rows, ratio_alarms([cell("treated", 9300, 0), cell("holdout", 700, 0)], 0.05), [])
    )
    assert "<svg" in text
    assert "Sample-ratio mismatch" in text
    assert "src=" not in text
    assert "<script" not in text
    assert rows_csv(rows, ("slot", "treatment")).splitlines()[1].startswith("offer,bike,9500,500,0.1,0.05")
