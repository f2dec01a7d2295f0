"""`enrich learn import` and `lift` over a real store with real decisions in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from service.store.outcomes import LeadEvent
from service.store.store import open_store
from tests.logged import MADE, logged


@pytest.fixture
def log(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/log.sqlite"
    monkeypatch.setenv("ENRICH_DATABASE_URL", url)
    store = open_store(url)
    arms = ["treated" if i % 2 else "holdout" for i in range(600)]
    store.record_decisions([logged(i, arm) for i, arm in enumerate(arms)])
    yield store, arms
    store.close()


def test_purchases_from_a_shop_become_lift(log, tmp_path, enrich_learn) -> None:
    _, arms = log
    rng = np.random.default_rng(0)
    bought = [i for i, arm in enumerate(arms) if rng.random() < (0.5 if arm == "treated" else 0.1)]
    lines = [f"lead-{i};{(MADE + timedelta(hours=2)):%Y-%m-%dT%H:%M:%S};349,50" for i in bought]
    lines += ["lead-1;2199-01-01T00:00:00;10", ";2026-11-01T00:00:00;10"]
    (tmp_path / "shop.csv").write_text("Kundenr;Dato;Beløb\n" + "\n".join(lines), encoding="utf-8")
    ran = enrich_learn(
        "import", tmp_path / "shop.csv", "--kind", "purchase",
        "--column", "lead_id=Kundenr", "--column", "at=Dato", "--column", "value=Beløb",
    )  # fmt: skip
    assert ran.code == 1  # two rows were refused, and are named
    assert f"{len(bought)} accepted, 0 known before, 2 refused" in ran.out
    assert f"row {len(bought) + 1}: The time lies in the future" in ran.error
    assert "lead_id is missing" in ran.error
    again = enrich_learn(
        "import", tmp_path / "shop.csv", "--kind", "purchase",
        "--column", "lead_id=Kundenr", "--column", "at=Dato", "--column", "value=Beløb",
    )  # fmt: skip
    assert f"0 accepted, {len(bought)} known before" in again.out

    said = enrich_learn("lift", "--by", "slot,treatment", "--cost", "offer-bike=10")
    assert "offer · offer-bike" in said.out
    assert " *" in said.out
    assert "incremental value" in said.out
    adjusted = enrich_learn("lift", "--adjust", "owner_share")
    assert adjusted.code == 0
    csv = enrich_learn("lift", "--format", "csv").out.splitlines()
    assert csv[0].startswith("slot,treatment,treated,holdout")
    assert enrich_learn("lift", "--format", "html", "--out", tmp_path / "lift.html").code == 0
    page = (tmp_path / "lift.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "Sample-ratio mismatch in offer" in page  # half is held out here, the policy plans 5 %


def test_an_import_without_its_columns_says_which(log, tmp_path, enrich_learn) -> None:
    (tmp_path / "t.csv").write_text("Kundenr,Dato\n1,2026-11-01\n")
    ran = enrich_learn("import", tmp_path / "t.csv", "--kind", "purchase")
    assert ran.code == 1
    assert "--column lead_id=" in ran.error


def test_silent_leads_are_listed_with_their_flow(tmp_path, monkeypatch, enrich_learn) -> None:
    url = f"sqlite:///{tmp_path}/silent.sqlite"
    monkeypatch.setenv("ENRICH_DATABASE_URL", url)
    store = open_store(url)
    long_ago = datetime.now(UTC) - timedelta(days=120)
    store.record_decisions([logged(1, made_at=long_ago), logged(2, made_at=long_ago), logged(3)])
    store.outcomes.record_events([LeadEvent("e", "lead-2", "web", datetime.now(UTC) - timedelta(days=1))])
    store.close()
    said = enrich_learn("silent", "--after", "90").out
    assert "A1: 1 silent -> " in said
    assert "lead-1  120 days" in said
    assert "lead-2" not in said
    assert "Nobody" in enrich_learn("silent", "--after", "500").out
