"""Scoring with a saved model, its parts put together by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from service.errors import LearnError
from service.learn.models.design import build_design
from service.learn.models.encoding import Column, Encoder
from service.learn.models.scorer import SCHEMA_VERSION, Scorer, inside_rule, read_meta

ENCODER = Encoder([Column("x", "number")])
DESIGN = build_design(np.repeat([0.0, 1.0], 30)[:, None], ENCODER)  # one column: (x − ½) / ½
LEADS = np.array([[0.0], [1.0], [np.nan]])
SCORES = np.array([-1.0, 1.0, 0.0])  # of the design column


def meta(**changes: object) -> dict:
    return {
        "task": "number", "columns": ENCODER.to_json(), "design": DESIGN.to_json(), "arms": [],
        "response": {"choice": "linear", "weights": [2.0], "intercept": 1.0, "slope": 3.0, "offset": 0.5},
    } | changes  # fmt: skip


def margins(name: str, matrix: np.ndarray) -> np.ndarray:
    """What the boosters say: of the S-learner, ten times the arm in its last column."""
    if name == "one":
        return 10 * matrix[:, -1]
    return np.full(len(matrix), {"response": 8.0, "effect_1": 0.25, "two_0": 1.0, "two_1": 1.5}[name])


def score(scorer: Scorer) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return scorer.score_matrix(LEADS, DESIGN.table(LEADS), margins)


@pytest.mark.parametrize(
    ("choice", "margin"),
    [("linear", 2 * SCORES + 1), ("boosted", np.full(3, 8.0)), ("average", (2 * SCORES + 9) / 2)],
)
def test_a_response_is_its_calibrated_margin(choice: str, margin: np.ndarray) -> None:
    scorer = Scorer(meta(response=meta()["response"] | {"choice": choice}), {})
    response, uplift, best = score(scorer)
    assert response == pytest.approx(3 * margin + 0.5)
    assert uplift.shape == (3, 0)
    assert best.tolist() == [0, 0, 0]


RULE = {"at": 0, "test": "le", "value": 0.0}


@pytest.mark.parametrize(
    ("part", "raw"),
    [
        ({"kind": "rule", "rule": RULE, "inside": 4.0, "outside": 1.0}, [4.0, 1.0, 1.0]),
        ({"kind": "risk", "slope": 2.0, "intercept": 1.0}, [2 * r + 1 for r in (-2.5, 9.5, 3.5)]),
        ({"kind": "linear", "weights": [5.0], "intercept": 2.0}, [-3.0, 7.0, 2.0]),
        ({"kind": "boosted", "booster": "effect_1"}, [0.25] * 3),
        ({"kind": "two"}, [0.5] * 3),
        ({"kind": "one"}, [10.0] * 3),
    ],
)
def test_an_effect_is_its_average_and_its_scaled_parts(part: dict, raw: list[float]) -> None:
    effect = {
        "average": 0.1,
        "parts": [part | {"scale": 0.5, "centre": 2.0}, part | {"scale": 1.0, "centre": 0.0}],
    }
    scorer = Scorer(meta(arms=["standard", "bike"], effects=[effect]), {})
    _, uplift, _ = score(scorer)
    expected = 0.1 + 0.5 * (np.array(raw) - 2.0) + np.array(raw)
    assert uplift[:, 0] == pytest.approx(expected)


def test_the_second_arm_is_the_second_effect() -> None:
    part = {"kind": "one", "scale": 1.0, "centre": 0.0}
    effects = [{"average": 0.0, "parts": [part]}, {"average": 1.0, "parts": [part]}]
    scorer = Scorer(meta(arms=["standard", "bike", "book"], effects=effects), {})
    _, uplift, _ = score(scorer)
    assert uplift.tolist() == [[10.0, 21.0]] * 3
    lead = _with_trees(scorer).score_lead({"x": 1.0})
    assert lead.uplift == {"bike": 10.0, "book": 21.0}
    assert lead.best_arm == "standard"  # without a policy the control


class _Tree:
    def margin(self, row: np.ndarray) -> float:
        return float(10 * row[-1])


def _with_trees(scorer: Scorer) -> Scorer:
    scorer.trees = {"one": _Tree()}
    return scorer


def policy(kind: str, **more: object) -> Scorer:
    effects = [{"average": a, "parts": []} for a in (0.3, -0.2)]
    own = {"kind": kind, "single": 2, "rule": RULE, "inside": 1, "outside": 2} | more
    return Scorer(meta(arms=["standard", "bike", "book"], effects=effects, policy=own), {})


def test_a_policy_names_an_arm_for_every_lead() -> None:
    assert score(policy("model"))[2].tolist() == [1, 1, 1]
    assert score(policy("rule"))[2].tolist() == [1, 2, 2]
    assert score(policy("single"))[2].tolist() == [2, 2, 2]
    assert policy("model").score_lead({"x": 0}).best_arm == "bike"
    worse = Scorer(policy("model").meta | {"effects": [{"average": -0.1, "parts": []}] * 2}, {})
    assert score(worse)[2].tolist() == [0, 0, 0]


def test_the_simple_rule_is_known_whatever_the_policy_is() -> None:
    assert policy("model").rule_arm(LEADS).tolist() == [1, 2, 2]
    assert policy("single", rule=None).rule_arm(LEADS).tolist() == [2, 2, 2]
    assert Scorer(meta(), {}).rule_arm(LEADS).tolist() == [0, 0, 0]


def test_a_rule_is_read_as_it_was_learned() -> None:
    assert inside_rule({"at": 0, "test": "missing", "value": 0.0}, LEADS).tolist() == [False, False, True]
    assert inside_rule({"at": 0, "test": "le", "value": 0.5}, LEADS).tolist() == [True, False, False]
    assert inside_rule({"at": 0, "test": "eq", "value": 1.0}, LEADS).tolist() == [False, True, False]


def test_a_lead_of_a_model_without_arms_has_a_score_only() -> None:
    lead = Scorer(meta(), {}).score_lead({"x": 1.0})
    assert (lead.score, lead.uplift, lead.best_arm) == (9.5, {}, None)


def test_a_folder_without_a_model_and_one_of_another_version_say_what_to_do(tmp_path) -> None:
    with pytest.raises(
        LearnError, match=r"holds no model \(no model\.json\); make one with `enrich learn fit"
    ):
        read_meta(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({"schema_version": SCHEMA_VERSION + 1}))
    with pytest.raises(LearnError, match=f"schema {SCHEMA_VERSION + 1}, this is {SCHEMA_VERSION}"):
        Scorer.load(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps(meta(schema_version=SCHEMA_VERSION, boosters=[])))
    assert Scorer.load(tmp_path).score_lead({"x": 1.0}).score == 9.5
