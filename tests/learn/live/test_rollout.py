"""From gate to shadow to percentages, and back by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from service.errors import LearnError
from service.learn.lift.compare import Side
from service.learn.live.promoted import PromotedModel
from service.learn.live.rollout import Rollout, advance_rollout, begin_rollout, load_rollout, save_rollout
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.model_dir import save_model
from tests.learn.conftest import shop

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
