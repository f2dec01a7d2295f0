"""Geography giving way to behaviour, products, drivers and silence, on customers with known truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from service.learn.models.baskets import bought_together, product_by_segment, silent_leads
from service.learn.models.columns import read_columns
from service.learn.models.drivers import correlated_groups, drivers
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.geo_value import GeoPoint, fit_decay, value_of_geography
from tests.learn.conftest import customers


def test_the_curve_recovers_how_fast_geography_fades() -> None:
    curve = value_of_geography(customers(30000, 0))
    assert len(curve.points) == 7
    for point in curve.points:
        truth = 0.1 + 0.9 * 0.5 ** (point.tenure_days / 150)
        assert abs(point.share - truth) < 3 * point.error + 0.03
    assert 110 < curve.half_life_days < 200
    assert curve.floor < 0.2


def test_without_enough_outcomes_nothing_is_fitted() -> None:
    assert value_of_geography(customers(300, 0)).half_life_days is None
    assert fit_decay([GeoPoint(5, 100, 50, 0.1, 1.0, 0.1)] * 2) == (None, None)


def test_products_by_segment_have_an_index_against_all() -> None:
    segment_of = {f"l{i}": "A1" if i < 200 else "B1" for i in range(400)}
    bought = {f"l{i}": {"cykel"} for i in range(100)} | {f"l{i}": {"cykel"} for i in range(200, 220)}
    rows = {(r.product, r.segment): r for r in product_by_segment(bought, segment_of)}
    assert rows["cykel", "A1"].share == 0.5
    assert rows["cykel", "A1"].index == 167
    assert rows["cykel", "B1"].low < 0.1 < rows["cykel", "B1"].high


def test_bought_together_is_more_than_chance() -> None:
    rng = np.random.default_rng(0)
    bought = {}
    for i in range(1000):
        own = {p for p in "abc" if rng.random() < 0.3}
        if "a" in own and rng.random() < 0.6:
            own.add("d")
        bought[str(i)] = own
    pairs = {(p.first, p.second): p for p in bought_together(bought)}
    assert pairs["a", "d"].stands
    assert pairs["a", "d"].lift > 2
    assert not pairs["b", "c"].stands


def test_drivers_name_columns_that_move_together() -> None:
    rng = np.random.default_rng(0)
    income = rng.normal(size=3000)
    frame = pd.DataFrame(
        {
            "income": income,
            "house_price": income + 0.2 * rng.normal(size=3000),
            "noise": rng.normal(size=3000),
        }
    )
    frame["good"] = (rng.random(3000) < 1 / (1 + np.exp(-income))).astype(int)
    fitted = fit_table(frame, FitOptions("good"))
    found = drivers(fitted.response, fitted.matrix, fitted.encoder.names, fitted.y, 0)
    assert found[0].columns == ("income", "house_price")
    assert "move together" in found[0].warning
    assert found[0].loss > 10 * abs(found[1].loss)
    assert correlated_groups(read_columns(frame, ("good",))[1]) == [[0, 1], [2]]


def test_silent_leads_get_the_flow_of_their_segment() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    heard = {"a": now - timedelta(days=100), "b": now - timedelta(days=200), "c": now - timedelta(days=5)}
    found = silent_leads(heard, {"a": "A1", "b": "A1"}, {"A1": "win-back", "": "remind"}, now)
    assert [(s.lead_id, s.days, s.flow) for s in found["A1"]] == [
        ("b", 200, "win-back"),
        ("a", 100, "win-back"),
    ]
    assert "" not in found
