"""The gate, rule by rule: what it says of a policy, and from which rows."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from service.errors import LearnError
from service.learn.models import evaluate
from service.learn.models.estimates import Estimate, Logged, PolicyValue, policy_difference, policy_value
from service.learn.models.evaluate import KEEP, LEAST_EFFECTIVE
from service.learn.models.fit import LEAST_PROPENSITY, clip_propensity, softmax
from service.learn.models.metrics import binary_quality, number_quality

META = {
    "task": "binary", "arms": ["standard", "bike"], "group": "sogn", "time": "oprettet",
    "time_span": [0.0, 10.0], "policy": {"kind": "model", "sentence": "'bike' for everybody"},
}  # fmt: skip
MIXED = np.array([0, 1] * 50)


def verdict(
    best: np.ndarray = MIXED,
    effective: float = 500.0,
    low: float = 0.01,
    agree: bool = True,
    seen: bool = False,
) -> tuple[bool, str]:
    value = Estimate(0.1, 0.01)
    own = PolicyValue(value, value, value, effective, 0.5, 2.0)
    against = {"bike": {"dr": {"value": 0.05, "low": low, "high": 0.09}}}
    return evaluate._verdict(
        META, ["standard", "bike"], "bike", best, own, against, low, agree, seen, "all rows"
    )


def test_a_policy_that_is_surely_better_may_go_live() -> None:
    assert verdict() == (
        True,
        "the policy is better than every single arm for everybody: 0.05 [0.01, 0.09] per lead against "
        "'bike' for everybody, on all rows.",
    )


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"seen": True}, "the model was fitted on these very rows"),
        ({"best": np.ones(100, dtype=int)}, "the policy gives 'bike' to everybody"),
        ({"best": np.zeros(100, dtype=int)}, "the policy gives 'standard' to everybody"),
        ({"effective": LEAST_EFFECTIVE - 1}, "only 99 effective rows speak for the policy (0.05"),
        ({"low": 0.0}, "the gain is not shown to be above zero: 0.05"),
        ({"agree": False}, "inverse-propensity weighting does not confirm the gain: 0.05"),
    ],
)
def test_any_other_keeps_what_you_have(how: dict, why: str) -> None:
    promote, said = verdict(**how)
    assert promote is False
    assert said.startswith(KEEP + why)
    assert verdict(effective=LEAST_EFFECTIVE)[0] is True


def gate(n: int = 1000, newer: np.ndarray | None = None, flip: bool = False) -> dict:
    """A log in which "bike" helps odd leads by 0.4 and harms even ones by 0.4 (the other way round if `flip`
    among those that are not newer), and a policy that knows.
    """
    rng = np.random.default_rng(0)
    rows = np.arange(n)
    arm = rng.integers(0, 2, n)
    sign = np.where(rows % 2 == 1, 1, -1) * (np.where(newer > 0, 1, -1) if flip and newer is not None else 1)
    y = (rng.random(n) < 0.5 + 0.4 * sign * (arm == 1)).astype(float)
    logged = Logged(arm, np.full((n, 2), 0.5), y, np.full((n, 2), 0.5))
    best = (rows % 2).astype(np.int64)
    rule = np.zeros(n, dtype=np.int64)
    return evaluate._gate(META, ["standard", "bike"], logged, logged.scores(), best, rule, False, newer)


def test_the_gate_compares_with_each_arm_for_all_and_with_the_simple_rule() -> None:
    found = gate()
    assert found["promote"] is True
    assert found["policy"] == {
        "kind": "model",
        "share_by_arm": {"standard": 0.5, "bike": 0.5},
        "decided_on": "all rows",
    }
    assert found["policy_value"]["best_arm"]["dr"]["value"] == pytest.approx(0.7, abs=0.06)
    assert found["policy_value"]["all standard"]["dr"]["value"] == pytest.approx(0.5, abs=0.06)
    assert found["policy_value"]["simple_rule"] == found["policy_value"]["all standard"]
    assert found["difference_to"]["standard"]["dr"]["value"] == pytest.approx(0.2, abs=0.06)
    assert found["simple_rule"]["difference_to"]["standard"]["value"] == 0.0
    assert found["best_single_arm"] in ("standard", "bike")
    values = {name: found["policy_value"][f"all {name}"]["dr"]["value"] for name in ("standard", "bike")}
    assert found["best_single_arm"] == max(values, key=values.__getitem__)
    assert f"against {found['best_single_arm']!r} for everybody" in found["why"]
    assert found["policy_value"]["best_arm"]["matched_share"] == pytest.approx(0.5, abs=0.05)
    assert found["policy_value"]["best_arm"]["largest_weight"] == 2.0
    assert found["policy_value"]["best_arm"]["effective_rows"] == pytest.approx(500, abs=50)


@pytest.mark.parametrize(("new", "decides"), [(199, False), (200, True)])
def test_newer_rows_decide_when_they_are_enough(new: int, decides: bool) -> None:
    newer = (np.arange(1000) >= 1000 - new).astype(float)
    found = gate(newer=newer, flip=True)
    assert found["policy"]["decided_on"] == (
        "the 200 rows newer than those the model was fitted on" if decides else "all rows"
    )
    assert found["promote"] is decides  # among the older rows the policy is the wrong way round


def test_of_many_rows_a_twentieth_has_to_be_newer() -> None:
    for new, decides in ((499, False), (500, True)):
        newer = (np.arange(10_000) >= 10_000 - new).astype(float)
        assert (gate(10_000, newer)["policy"]["decided_on"] != "all rows") == decides


def test_a_policy_value_is_written_as_numbers() -> None:
    logged = Logged(np.array([0, 1]), np.full((2, 2), 0.5), np.array([1.0, 0.0]), np.zeros((2, 2)))
    value = policy_value(logged, np.array([0, 0]), logged.scores())
    written = evaluate._value_json(value)
    assert written["ips"] == value.ips.to_json()
    assert written["dr"] == value.dr.to_json()
    assert (written["effective_rows"], written["matched_share"], written["largest_weight"]) == (1.0, 0.5, 2.0)
    assert policy_difference(logged, np.array([0, 0]), np.array([0, 0]), logged.scores())[0].value == 0.0


def test_what_is_newer_lies_after_the_last_row_of_fitting() -> None:
    frame = pd.DataFrame({"oprettet": ["10", "10.5", "", "3"]})
    np.testing.assert_array_equal(evaluate._newer_rows(frame, META), [0.0, 1.0, 0.0, 0.0])
    for meta in (META | {"time": None}, META | {"time_span": None}, META | {"time": "other"}):
        assert evaluate._newer_rows(frame, meta) is None
    assert evaluate._newer_rows(pd.DataFrame({"oprettet": ["a", "b"]}), META) is None


def test_the_newest_rows_are_judged_when_they_are_ten_of_both_kinds() -> None:
    y, score = np.array([0.0, 1.0] * 10), np.linspace(0, 1, 20)
    newer = (np.arange(20) >= 10).astype(float)
    found = evaluate._newest(META, y, score, newer)
    assert found == {"rows": 10, **evaluate._flat(binary_quality(y[10:], score[10:]))}
    assert set(found) >= {"auc", "auc_interval", "log_loss"}
    number = evaluate._newest(META | {"task": "number"}, y, score, newer)
    assert number == {"rows": 10, **evaluate._flat(number_quality(y[10:], score[10:]))}
    assert evaluate._newest(META, y, score, (np.arange(20) >= 11).astype(float)) == {"rows": 9}
    assert evaluate._newest(META, np.ones(20), score, newer) == {"rows": 10}


def test_groups_of_the_table_are_numbered_where_the_model_knows_them() -> None:
    frame = pd.DataFrame({"sogn": ["a", "b", None, "a"]})
    assert evaluate._groups(frame, META).tolist() == [0, 1, 2, 0]
    assert evaluate._groups(frame, META | {"group": None}) is None
    assert evaluate._groups(frame.rename(columns={"sogn": "x"}), META) is None


def arms(values: list[str], control: str | None = "standard", meta: dict = META) -> np.ndarray | None:
    return evaluate._arms(pd.DataFrame({"arm": values}), meta, "arm", control)


def test_arms_are_those_of_the_model() -> None:
    two_each = ["standard", "bike", "standard", "bike", "tv"]
    assert arms(two_each).tolist() == [0, 1, 0, 1, -1]
    assert arms(two_each, None).tolist() == [0, 1, 0, 1, -1]
    assert arms(two_each, "Standard").tolist() == [0, 1, 0, 1, -1]
    assert evaluate._arms(pd.DataFrame({"arm": two_each}), META, None, None) is None
    with pytest.raises(LearnError, match="control is 'standard', not 'bike'"):
        arms(two_each, "bike")
    with pytest.raises(LearnError, match="fitted without --treatment"):
        arms(two_each, meta=META | {"arms": []})
    with pytest.raises(LearnError, match="There are no control rows"):
        arms(["standard", "bike", "bike"])
    with pytest.raises(LearnError, match="There are no rows of arm 'bike'"):
        arms(["standard", "standard", "bike"])


def test_chances_of_arms_sum_to_one_and_none_is_too_small_to_divide_by() -> None:
    weights = np.array([[0.0, 0.0], [2.0, math.log(3)]])
    found = softmax(weights, np.array([[0.0], [500.0]]))
    assert found == pytest.approx(np.array([[0.25, 0.75], [0.0, 1.0]]))
    clipped = clip_propensity(np.array([[0.001, 0.999], [0.5, 0.5]]))
    total = LEAST_PROPENSITY + 0.999
    assert clipped == pytest.approx(np.array([[LEAST_PROPENSITY / total, 0.999 / total], [0.5, 0.5]]))
