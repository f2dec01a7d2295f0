"""From gate to shadow to percentages, and back by itself."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from service.errors import LearnError
from service.learn.lift.compare import Side
from service.learn.lift.sequential import watched_difference
from service.learn.live.promoted import PromotedModel
from service.learn.live.rollout import (
    Rollout,
    advance_rollout,
    begin_rollout,
    load_rollout,
    model_id,
    rollout_state,
    save_rollout,
)
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


@pytest.mark.parametrize(
    ("following", "others", "enough"),
    [
        (Side(50, 25), Side(9500, 950), False),  # 50 × 10.2 % is above five, and below ten outcomes expected
        (Side(50, 25), Side(50, 25), True),
        (Side(49, 25), Side(50, 25), False),
        (Side(50, 25), Side(49, 25), False),
        (Side(100, 10), Side(100, 10), True),
        (Side(100, 9), Side(100, 10), False),
    ],
)
def test_a_step_waits_until_there_is_enough_on_the_smaller_side(
    following: Side, others: Side, enough: bool
) -> None:
    moved = advance_rollout(AT_5, following, others)
    assert (moved.why == "waits: too few outcomes to tell") is not enough
    assert moved.share == 0.05


def test_without_either_side_it_waits() -> None:
    for sides in ((None, Side(500, 50)), (Side(500, 50), None), (None, None), (Side(), Side())):
        assert advance_rollout(AT_5, *sides) == replace(AT_5, why="waits: too few outcomes to tell")


def test_it_says_how_the_followers_compare_with_the_rules() -> None:
    following, others = Side(5000, 600), Side(95000, 9500)
    noise = following.rate_variance() + others.rate_variance()
    seen = watched_difference(0.02, noise, 4 * 5000 * 95000 / 100000)
    shown = f"{seen.value:+.2%} [{seen.low:+.2%}, {seen.high:+.2%}] against the rules"
    assert advance_rollout(AT_5, following, others).why == shown
    worse = advance_rollout(AT_5, Side(5000, 300), others)
    assert worse.why.startswith("worse: -4.00% [")
    assert worse.since == datetime.now(UTC).date().isoformat()


def test_the_steps_end_at_half_of_the_leads() -> None:
    better = Side(5000, 600), Side(95000, 9500)
    shares = [AT_5.share]
    for _ in range(4):
        shares.append(advance_rollout(replace(AT_5, share=shares[-1]), *better).share)
    assert shares == [0.05, 0.25, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(("treated", "stays"), [(19_400, True), (20_600, False)])
def test_harm_beyond_half_a_percent_has_to_be_excluded(treated: int, stays: bool) -> None:
    """Of 200,000 each: 9.7 % or 10.3 % against 10 % on the rules."""
    moved = advance_rollout(AT_5, Side(200_000, treated), Side(200_000, 20_000))
    assert (moved.share == 0.05) is stays


def test_the_state_of_a_rollout_is_its_file(tmp_path) -> None:
    assert rollout_state(tmp_path) == ""
    (tmp_path / "model.json").write_text("{}")
    save_rollout(tmp_path, AT_5)
    assert rollout_state(tmp_path) == (tmp_path / "rollout.json").read_text(encoding="utf-8")
    assert not (tmp_path / "rollout.json.new").exists()
    assert model_id(tmp_path) == "sha256:" + hashlib.sha256(b"{}").hexdigest()[:16]
