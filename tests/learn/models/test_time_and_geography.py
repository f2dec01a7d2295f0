"""Whether rows lie in time, and what geography is worth: rules at their limits, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from service.learn.models import geo_value, periods
from service.learn.models.curve_page import curve_parts
from service.learn.models.geo_value import GeoCurve, GeoPoint, fit_decay, value_of_geography, weights_toml
from service.learn.models.periods import find_time_column, rows_drift, time_of
from tests.learn.conftest import customers


def test_rows_are_ordered_by_dates_or_numbers() -> None:
    assert time_of(pd.Series(["3", "1,5"])).tolist() == [3.0, 1.5]
    assert time_of(pd.Series(["1970-01-02", "1970-01-03"])).tolist() == [1.0, 2.0]
    assert time_of(pd.Series(["før", "efter"])) is None


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (("oprettet",), "oprettet"), (("created_at",), "created_at"), (("Signup",), "Signup"),
        (("fødselsdato",), None), (("födelsedatum",), None), (("byggedato",), None), (("navn",), None),
        (("oprettet", "opdateret_dato"), None), ((), None),
    ],
)  # fmt: skip
def test_the_time_column_is_the_one_date_that_speaks_of_time(
    columns: tuple[str, ...], found: str | None
) -> None:
    frame = pd.DataFrame({"alder": ["5", "7"], **{name: ["2026-01-01", "2026-02-01"] for name in columns}})
    assert find_time_column(frame, set()) == found
    assert find_time_column(frame, {"oprettet", "created_at", "Signup"}) == (
        "opdateret_dato" if "opdateret_dato" in columns else None
    )
    assert find_time_column(pd.DataFrame({"oprettet": ["a", "b"]}), set()) is None


def test_blocks_differ_by_the_chi_square_of_their_rates() -> None:
    flag = np.array([1.0] * 30 + [0.0] * 70 + [1.0] * 50 + [0.0] * 50)
    block = np.repeat([0, 1], 100)
    table = np.array([[30, 70], [50, 50]])
    assert periods._spread_p(flag, block) == pytest.approx(chi2_contingency(table, correction=False).pvalue)
    assert periods._spread_p(np.ones(200), block) == 1.0
    assert periods._spread_p(np.zeros(200), block) == 1.0


def drifting(rows: int = 4000) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.random(rows) < np.linspace(0.1, 0.6, rows)).astype(float)


NOISE = np.random.default_rng(1).normal(size=(4000, 2))


def test_an_outcome_that_changes_along_the_file_drifts() -> None:
    y = drifting()
    assert rows_drift(y, NOISE, None)
    assert rows_drift(y, NOISE, np.arange(4000) % 2)
    assert rows_drift(y * 100 + NOISE[:, 0], NOISE, None)  # a number drifts by its median
    still = np.random.default_rng(2).permutation(y)
    assert not rows_drift(still, NOISE, None)
    assert not rows_drift(drifting(999), NOISE[:999], None)
    assert rows_drift(drifting(1000), NOISE[:1000], None)


def test_a_file_sorted_by_outcome_arm_or_column_does_not_drift() -> None:
    y = drifting()
    assert not rows_drift(np.sort(y), NOISE, None)
    # four in five runs as long as by chance are enough to be sorted: each outcome stands five times
    assert not rows_drift(np.repeat(y[::10], 10), NOISE, None)
    assert not rows_drift(y, NOISE, np.repeat([0, 1], 2000))
    for column in (
        np.arange(4000.0),
        -np.arange(4000.0),
        np.where(NOISE[:, 0] > 0, np.nan, np.arange(4000.0)),
    ):
        assert not rows_drift(y, np.column_stack([NOISE, column]), None)
    assert rows_drift(y, np.column_stack([NOISE, np.zeros(4000), np.full(4000, np.nan)]), None)


def points(half_life: float, floor: float, **changes: float) -> list[GeoPoint]:
    return [
        GeoPoint(
            t, 100, 50, 0.1, changes.get(f"at_{t:.0f}", floor + (1 - floor) * 0.5 ** (t / half_life)), 0.02
        )
        for t in (10.0, 50.0, 120.0, 300.0, 900.0)
    ]


def test_the_decay_through_exact_points_is_found() -> None:
    half_life, floor = fit_decay(points(140.0, 0.15))
    assert half_life == pytest.approx(140.0, rel=1e-3)
    assert floor == pytest.approx(0.15, abs=1e-4)
    assert fit_decay(points(140.0, 0.15)[:2]) == (None, None)
    assert fit_decay(points(140.0, 0.15)[:3])[0] == pytest.approx(140.0, rel=0.05)


def test_a_sure_point_weighs_more_than_an_unsure_one() -> None:
    unsure = [*points(140.0, 0.15)[:4], GeoPoint(900.0, 100, 50, 0.1, 0.9, 5.0)]
    assert fit_decay(unsure)[1] == pytest.approx(0.15, abs=0.01)
    sure = [*points(140.0, 0.15)[:4], GeoPoint(900.0, 100, 50, 0.1, 0.9, 0.0)]
    floor = fit_decay(sure)[1]
    assert floor is not None
    assert floor > 0.4
    # an error of nothing counts as one in a hundred
    assert fit_decay(sure) == fit_decay([*sure[:4], GeoPoint(900.0, 100, 50, 0.1, 0.9, 0.01)])


def test_what_neither_group_can_tell_alone_is_shared_by_half() -> None:
    """The same column in both groups: together they gain what each gains alone, so half is geography's."""
    panel = customers(8000, 3)
    twin = geo_value.Panel(panel.tenure_days, panel.geo, panel.geo, panel.y, panel.customer)
    rows = np.flatnonzero(panel.tenure_days == 5)
    point = geo_value._point(twin, rows, 0)
    assert point is not None
    assert point.share == pytest.approx(0.5, abs=0.01)
    assert (point.rows, point.tenure_days, point.events) == (len(rows), 5.0, int(panel.y[rows].sum()))
    only_geo = geo_value.Panel(panel.tenure_days, panel.geo, 0 * panel.geo, panel.y, panel.customer)
    alone = geo_value._point(only_geo, rows, 0)
    assert alone is not None
    assert alone.share == pytest.approx(1.0, abs=0.01)


def test_where_nothing_predicts_or_too_few_have_the_outcome_nothing_is_said() -> None:
    panel = customers(8000, 4)
    noise = np.random.default_rng(0).normal(size=panel.geo.shape)
    blind = geo_value.Panel(panel.tenure_days, noise, -noise, panel.y, panel.customer)
    assert value_of_geography(blind).points == ()
    rows = np.flatnonzero(panel.tenure_days == 5)
    few = rows[panel.y[rows] == 0]
    events = rows[panel.y[rows] == 1]
    assert geo_value._point(panel, np.append(few, events[: geo_value.LEAST_EVENTS - 1]), 0) is None
    one_customer = geo_value.Panel(
        panel.tenure_days, panel.geo, panel.behaviour, panel.y, panel.customer % 24
    )
    assert geo_value._point(one_customer, rows, 0) is None  # five folds of fewer than five customers


def test_spans_of_tenure_begin_with_their_lower_edge() -> None:
    panel = customers(12_000, 5)
    moved = geo_value.Panel(np.where(panel.tenure_days == 5, 15.0, panel.tenure_days), panel.geo,
                            panel.behaviour, panel.y, panel.customer)  # fmt: skip
    tenures = [point.tenure_days for point in value_of_geography(moved).points]
    assert tenures[0] > 15.0  # together with those of thirty days
    assert tenures[-1] == 1000.0


def test_columns_are_standardised_and_what_is_unknown_is_the_mean() -> None:
    found = geo_value._standard(np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]]))
    assert found.tolist() == [[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]


CURVE = GeoCurve(tuple(points(140.0, 0.15)), 140.0, 0.15)


def test_the_weights_are_written_with_their_basis() -> None:
    short = GeoCurve(CURVE.points, 0.2, 0.5)
    unknown = GeoCurve((), None, None)
    assert weights_toml(CURVE, {"B1": short, "A1": CURVE, "C1": unknown}, "panel.csv").splitlines() == [
        'basis = "fitted"', 'reason = "fitted from 500 rows of panel.csv"', "",
        "[default]", "half_life_days = 140", "floor = 0.150", "",
        "[segment.A1]", "half_life_days = 140", "floor = 0.150", "",
        "[segment.B1]", "half_life_days = 1", "floor = 0.500",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="nothing was fitted"):
        weights_toml(unknown, {}, "panel.csv")


def test_the_curve_is_drawn_with_what_was_fitted(monkeypatch) -> None:
    drawn = {}
    from matplotlib.axes import Axes

    def errorbar(self, t, share, yerr, **_):
        drawn["points"] = (list(t), list(share), list(yerr))

    def plot(self, days, weight, **_):
        drawn["line"] = (days[0], days[-1], weight[0], weight[-1])

    monkeypatch.setattr(Axes, "errorbar", errorbar)
    monkeypatch.setattr(Axes, "plot", plot)
    monkeypatch.setattr(Axes, "legend", lambda self: None)
    title, svg, said = curve_parts(CURVE, "Segment A1")
    t, share, error = drawn["points"]
    assert t == [10.0, 50.0, 120.0, 300.0, 900.0]
    assert share == pytest.approx([100 * p.share for p in CURVE.points])
    assert error == pytest.approx([1.959964 * 2] * 5)
    last = 900.0 * 1.05  # a little beyond the last point
    assert drawn["line"] == pytest.approx((0.0, last, 100.0, 100 * (0.15 + 0.85 * 0.5 ** (last / 140))))
    assert title == "<h2>Segment A1</h2>"
    assert svg.startswith("<svg")
    assert said == "<p>Half of what geography can lose is gone after 140 days; 15% stays.</p>"
    assert curve_parts(GeoCurve((), None, None)) == [
        "<p>Too few outcomes at any tenure to say what geography is worth.</p>"
    ]
    assert (
        curve_parts(GeoCurve(CURVE.points[:2], None, None))[2]
        == "<p>Too few spans of tenure to fit a weight.</p>"
    )
