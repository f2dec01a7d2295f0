"""The own log as a table, with figures of real areas, fitted and judged by the same commands."""

from __future__ import annotations

import pandas as pd

from service.config import load_config
from tests.programs.demo import decide, demo_services, make_truth, simulate


def test_the_own_log_becomes_a_table_and_a_model(tmp_path, monkeypatch, enrich_learn) -> None:
    services = demo_services(tmp_path)
    truth = make_truth(list(services.assets().definitions.codes), 5)
    decisions = sorted(decide(services, 900, 5), key=lambda d: d.made_at)
    simulate(services, decisions, truth, 5)
    services.store.close()
    monkeypatch.setenv("ENRICH_DATABASE_URL", f"sqlite:///{tmp_path}/demo.sqlite")
    monkeypatch.setenv("ENRICH_REFERENCE_DATA", str(load_config().reference_data))
    assert enrich_learn("table", "--out", tmp_path / "log.parquet").code == 0
    log = pd.read_parquet(tmp_path / "log.parquet")
    assert 0 < len(log) <= 900
    assert {"segment", "channel", "treatment", "bought", "made_at", "area"} <= set(log.columns)
    assert not {"lead_id", "address", "decision_id"} & set(log.columns)
    log["treatment"] = log.treatment.where(log.treatment == "holdout", "treated")  # few leads: one arm
    log.to_parquet(tmp_path / "log.parquet")
    ran = enrich_learn(
        "fit", "--data", tmp_path / "log.parquet", "--outcome", "bought", "--treatment", "treatment",
        "--control", "holdout", "--time", "made_at", "--group", "area", "--out", tmp_path / "m",
    )  # fmt: skip
    assert ran.code == 0, ran.error
    assert "newest periods" in ran.out
