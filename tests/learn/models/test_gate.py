"""A model is promoted for what it does on rows that it has not seen, and only then."""

from __future__ import annotations

import numpy as np
import pandas as pd

from service.learn.models.evaluate import evaluate_table
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.metrics import area_under_curve
from service.learn.models.model_dir import save_model
from tests.learn.conftest import shop


def test_a_model_is_not_promoted_on_the_rows_it_was_fitted_on(tmp_path) -> None:
    frame = shop(3000, 5, "personal")
    save_model(fit_table(frame, FitOptions("bought", "arm", "control")), tmp_path / "same")
    report = evaluate_table(frame, tmp_path / "same", "bought", "arm", "control")
    assert report["promote"] is False
    assert "fitted on these very rows" in report["why"]


def test_without_an_effect_nothing_is_promoted(tmp_path) -> None:
    """20 experiments of 1,500 leads in which no arm does anything: at most one may be promoted."""
    promoted = 0
    for seed in range(20):
        save_model(fit_table(shop(750, seed), FitOptions("bought", "arm", "control")), tmp_path / "m")
        promoted += evaluate_table(shop(750, 1000 + seed), tmp_path / "m", "bought", "arm", "control")[
            "promote"
        ]
    assert promoted <= 1


def test_one_arm_that_helps_everybody_is_not_a_personal_policy(tmp_path) -> None:
    save_model(fit_table(shop(6000, 1, "same"), FitOptions("bought", "arm", "control")), tmp_path / "m")
    report = evaluate_table(shop(6000, 2, "same"), tmp_path / "m", "bought", "arm", "control")
    assert report["promote"] is False
    assert report["why"].startswith("keep what you have")
    assert report["best_single_arm"] == "bike"


def test_a_time_column_makes_the_newest_rows_decide(tmp_path) -> None:
    table = shop(4000, 12, "personal")
    table["oprettet"] = pd.date_range("2026-01-01", periods=4000, freq="h").strftime("%Y-%m-%dT%H:%M:%S")
    old, new = table[:2500], table[2000:].sample(frac=1, random_state=0)
    fitted = fit_table(old, FitOptions("bought", "arm", "control", time="oprettet"))
    assert fitted.response.decided_on == "newest periods"
    assert not any("oprettet" in name for name in fitted.encoder.names)
    save_model(fitted, tmp_path / "m")
    report = evaluate_table(new, tmp_path / "m", "bought", "arm", "control")
    assert report["newest"]["rows"] == 1500
    assert "1,500 rows newer" in report["policy"]["decided_on"]
    assert report["promote"] is False  # 500 of the rows were seen in fitting
    report = evaluate_table(table[2500:], tmp_path / "m", "bought", "arm", "control")
    assert report["promote"] is True


def test_area_under_curve_counts_ties_half() -> None:
    assert area_under_curve(np.array([0, 1, 0, 1.0]), np.array([0.1, 0.1, 0.0, 0.5])) == 0.875
