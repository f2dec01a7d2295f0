"""`enrich learn curve` over customers with a known truth."""

from __future__ import annotations

import tomllib

import numpy as np
import pandas as pd
import pytest

from tests.learn.conftest import customers


def test_the_curve_command_writes_a_page_and_weights(tmp_path, enrich_learn) -> None:
    panel = customers(12000, 1)
    frame = pd.DataFrame({"t": panel.tenure_days, "kunde": panel.customer, "y": panel.y.astype(int)})
    frame[["g1", "g2"]], frame[["b1", "b2"]] = panel.geo, panel.behaviour
    frame["segment"] = np.where(panel.customer % 2 == 0, "A1", "B1")
    frame.to_csv(tmp_path / "panel.csv", index=False)
    ran = enrich_learn(
        "curve", "--data", tmp_path / "panel.csv", "--outcome", "y", "--tenure", "t", "--customer", "kunde",
        "--geo", "g1,g2", "--behaviour", "b1,b2", "--segment", "segment", "--out", tmp_path / "c.html",
        "--weights", tmp_path / "weights.toml",
    )  # fmt: skip
    assert "half-life" in ran.out
    assert (tmp_path / "c.html").read_text().count("<svg") == 3
    weights = tomllib.loads((tmp_path / "weights.toml").read_text())
    assert weights["basis"] == "fitted"
    assert weights["default"]["half_life_days"] > 1


@pytest.mark.parametrize("column", ["religion_share", "cpr"])
def test_a_curve_refuses_sensitive_columns(column, tmp_path, enrich_learn) -> None:
    panel = customers(500, 2)
    frame = pd.DataFrame({"t": panel.tenure_days, "k": panel.customer, "y": panel.y.astype(int), "b": 1.0})
    frame[column] = panel.geo[:, 0]
    frame.to_csv(tmp_path / "p.csv", index=False)
    ran = enrich_learn(
        "curve", "--data", tmp_path / "p.csv", "--outcome", "y", "--tenure", "t", "--customer", "k",
        "--geo", column, "--behaviour", "b",
    )  # fmt: skip
    assert ran.code == 1
    assert column in ran.error
