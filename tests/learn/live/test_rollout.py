"""From gate to shadow to percentages, and back by itself; and what another policy would have decided."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from service.config import load_config
from service.errors import LearnError
from service.learn.lift.compare import Side
from service.learn.live.promoted import PromotedModel
from service.learn.live.rollout import Rollout, advance_rollout, begin_rollout, load_rollout, save_rollout
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.model_dir import save_model
from service.learn.models.replay import Replayed, replay_slot
from service.store.store import open_store
from tests.learn.conftest import shop
from tests.learn.test_log_commands import decision

AT_5 = Rollout("m", "offer", "percentage", 0.05, "2026-11-01", "")


def test_a_closed_gate_begins_nothing(tmp_path) -> None:
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(LearnError, match="gate is closed: keep what you have"):
        begin_rollout(tmp_path, "offer", {"promote": False, "why": "keep what you have: …"})
    assert load_rollout(tmp_path) is None


def test_steps_up_when_harm_is_excluded_waits_when_unsure_and_returns_when_worse() -> None:
    shadow = Rollout("m", "offer", "shadow", 0.0, "2026-11-01", "")
    assert advance_rollout(shadow, None, None).share == 0.05
    better = advance_rollout(AT_5, Side(5000, 600), Side(95000, 9500))
    assert (better.stage, better.share) == ("percentage", 0.25)
    unsure = advance_rollout(AT_5, Side(600, 58), Side(9500, 950))
    assert unsure.share == 0.05
    assert unsure.why.startswith("waits")
    worse = advance_rollout(AT_5, Side(5000, 300), Side(95000, 9500))
    assert (worse.stage, worse.share) == ("returned", 0.0)
    with pytest.raises(LearnError, match="taken back"):
        advance_rollout(worse, None, None)


def test_a_rollout_belongs_to_one_model(tmp_path) -> None:
    (tmp_path / "model.json").write_text("{}")
    begin_rollout(tmp_path, "offer", {"promote": True, "why": "better"})
    assert load_rollout(tmp_path).stage == "shadow"
    (tmp_path / "model.json").write_text('{"another": 1}')
    with pytest.raises(LearnError, match="another model"):
        load_rollout(tmp_path)
    save_rollout(tmp_path, AT_5)
    assert json.loads((tmp_path / "rollout.json").read_text())["share"] == 0.05


def test_replay_recovers_the_value_of_another_policy() -> None:
    """Logged: bike or book by a fair coin. The other policy: bike for A1, book for B1; its value is known."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        rows = []
        for _ in range(800):
            segment, logged = rng.choice(["A1", "B1"]), rng.choice(["bike", "book"])
            would = "bike" if segment == "A1" else "book"
            outcome = float(rng.random() < (0.3 if logged == would else 0.1))
            rows.append(Replayed(segment, logged, 0.5, would, float(logged == would), outcome))
        found = replay_slot("offer", rows)
        covered += found.expected_value.low <= 0.3 <= found.expected_value.high
    assert 0.92 <= covered / 200 <= 0.985
    assert found.gain.low > 0
    assert {m[:3] for m in found.moves} == {("A1", "book", "bike"), ("B1", "bike", "book")}


def test_replay_claims_nothing_for_what_was_never_tried() -> None:
    rows = [Replayed("A1", "bike", 0.9, "book", 0.2, 1.0)] * 1000
    assert replay_slot("offer", rows).expected_value is None
    assert "never tried" in replay_slot("offer", rows).warning


def test_the_replay_command_over_a_real_log_and_policy(tmp_path, monkeypatch, enrich_learn) -> None:
    url = f"sqlite:///{tmp_path}/log.sqlite"
    monkeypatch.setenv("ENRICH_DATABASE_URL", url)
    store = open_store(url)
    store.record_decisions([decision(i, "treated" if i % 2 else "holdout") for i in range(300)])
    store.close()
    policy = tmp_path / "policy"
    shutil.copytree(load_config().reference_data / "policy", policy)
    ran = enrich_learn("replay", "--from", "2020-01-01", "--to", "2199-01-01", "--policy", policy)
    assert ran.code == 0
    assert "of 300 leads would most likely get something else" in ran.out
    ran = enrich_learn("replay", "--from", "2020-01-01", "--to", "2020-01-02", "--policy", policy)
    assert ran.code == 1


def test_a_promoted_model_picks_for_a_lead_and_one_taken_back_does_not(tmp_path) -> None:
    save_model(fit_table(shop(6000, 1, "personal"), FitOptions("bought", "arm", "control")), tmp_path)
    assert PromotedModel.open(tmp_path) is None
    begun = begin_rollout(tmp_path, "offer", {"promote": True, "why": "better"})
    owner = PromotedModel.open(tmp_path).picks({"bolig": "Ejerbolig", "alder": 50, "indkomst": 270000.0})
    assert (owner.model, owner.share, dict(owner.picks)) == (begun.model, 0.0, {"offer": "bike"})
    save_rollout(tmp_path, replace(begun, stage="returned"))
    assert PromotedModel.open(tmp_path) is None


def test_picking_imports_nothing_heavy() -> None:
    heavy = ("pandas", "lightgbm", "sklearn", "scipy")
    code = (
        f"import sys; import service.learn.live.promoted; print([m for m in {heavy!r} if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
