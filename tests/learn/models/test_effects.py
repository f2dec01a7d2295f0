"""Guessing who is moved, shrinking the guess and choosing a policy: each part by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from service.learn.models import effects, uplift
from service.learn.models.effects import KINDS, Pair, Rule, RuleSearch, find_rule, make_pair, solve_ridge
from service.learn.models.estimates import Estimate, mean_estimate, qini_area
from service.learn.models.uplift import (
    LEAST_SCALE,
    Part,
    best_single,
    find_rule_policy,
    pick_kind,
    shrinkage,
)


def test_a_pair_is_one_arm_and_the_control_with_the_r_learners_target() -> None:
    """Shares within the pair: ¼, ½ and ½ for the rows of arms 0, 2 and 2."""
    arm = np.array([0, 1, 2, 2])
    propensity = np.array([[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.4, 0.2, 0.4], [0.3, 0.4, 0.3]])
    residual = np.array([1.0, 9.0, 2.0, 4.0])
    pair = make_pair(arm, 2, propensity, residual)
    assert pair.rows.tolist() == [0, 2, 3]
    assert pair.treated.tolist() == [0.0, 1.0, 1.0]
    balance = np.array([1 / 0.75, 2.0, 2.0])
    centred = np.array([1.0, 2.0, 4.0]) - balance @ [1.0, 2.0, 4.0] / balance.sum()
    lever = np.array([-0.25, 0.5, 0.5])
    assert pair.target == pytest.approx(centred / lever)
    assert pair.weight == pytest.approx(lever**2)
    assert pair.score == pytest.approx(centred * np.array([-1 / 0.75, 2.0, 2.0]))


def even_pair(target: np.ndarray) -> Pair:
    n = len(target)
    return Pair(np.arange(n), np.arange(n) % 2.0, target, np.full(n, 0.25), target)


MATRIX = np.column_stack(
    [
        np.repeat([0.0, 1.0, 2.0], [40, 40, 20]),  # a category of three levels
        np.arange(100.0),
        np.where(np.arange(100) % 4 == 0, np.nan, 1.0),
        np.ones(100),
    ]
)


def test_rules_are_a_level_a_threshold_or_missing() -> None:
    search = RuleSearch.over(MATRIX, (0,))
    assert [(rule.test, rule.value) for rule in search.tests[0]] == [("eq", 0.0), ("eq", 1.0), ("eq", 2.0)]
    tests = [rule.test for rule in search.tests[1]]
    assert tests == ["le"] * effects.RULE_BINS
    assert [rule.value for rule in search.tests[1]][-1] == 99.0
    assert [rule.test for rule in search.tests[2]] == ["le", "missing"]
    assert len(search.tests[3]) == 1
    rows, values = np.arange(100), np.column_stack([np.ones(100), np.arange(100.0)])
    for at in range(4):
        sums = search.sums(at, rows, values)
        for rule, found in zip(search.tests[at], sums, strict=True):
            inside = rule.inside(MATRIX)
            assert found == pytest.approx([inside.sum(), inside @ np.arange(100.0)])


def test_a_rule_holds_at_its_value_and_not_where_nothing_is_known() -> None:
    matrix = np.array([[1.0], [2.0], [np.nan]])
    assert Rule(0, "le", 1.0).inside(matrix).tolist() == [1.0, 0.0, 0.0]
    assert Rule(0, "eq", 2.0).inside(matrix).tolist() == [0.0, 1.0, 0.0]
    assert Rule(0, "missing", 0.0).inside(matrix).tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("moved", "rule"),
    [
        (MATRIX[:, 0] == 1.0, Rule(0, "eq", 1.0)),
        (np.isnan(MATRIX[:, 2]), Rule(2, "le", 1.0)),  # the same cut from its other side comes first
        (MATRIX[:, 1] <= 49, Rule(1, "le", 49.0)),
    ],
)
def test_the_rule_is_the_cut_whose_sides_differ_most(moved: np.ndarray, rule: Rule) -> None:
    search = RuleSearch.over(MATRIX, (0,))
    found = find_rule(search, even_pair(np.where(moved, 3.0, -1.0)), np.arange(100))
    assert found == rule


def test_a_side_of_a_rule_holds_a_twentieth_of_the_rows() -> None:
    for few, found in ((4, None), (5, Rule(0, "eq", 1.0))):
        x = np.repeat([0.0, 1.0], [100 - few, few])
        search = RuleSearch.over(x[:, None], (0,))
        rule = find_rule(search, even_pair(np.where(x > 0, 9.0, 0.0)), np.arange(100))
        assert (rule is None) == (found is None)
    assert (
        find_rule(RuleSearch.over(np.ones((100, 1)), ()), even_pair(np.arange(100.0)), np.arange(100)) is None
    )
    # a column that cannot be cut does not end the search
    both = RuleSearch.over(np.column_stack([np.ones(100), np.repeat([0.0, 1.0], 50)]), (0, 1))
    assert find_rule(both, even_pair(np.repeat([0.0, 5.0], 50)), np.arange(100)) == Rule(1, "eq", 0.0)
    thin = RuleSearch.over(
        np.column_stack([np.repeat([0.0, 1.0], [98, 2]), np.repeat([0.0, 1.0], 50)]), (0, 1)
    )
    assert find_rule(thin, even_pair(np.repeat([0.0, 5.0], 50)), np.arange(100)) == Rule(1, "eq", 0.0)


def test_a_rule_may_be_sought_among_some_rows_and_effects_are_weighted() -> None:
    target = np.where(np.arange(100) < 50, 4.0, 0.0)
    search = RuleSearch.over(MATRIX, (0,))
    among = np.arange(40, 100)  # here the level 1 holds 50 rows of which ten are moved
    assert find_rule(search, even_pair(target), among) == Rule(1, "le", 49.0)


def test_heavy_rows_decide_which_rule_it_is() -> None:
    """One half is moved by 4 where `v`, the other by 2 where `w`: `v` by rows, `w` by weight."""
    rows = np.arange(100)
    v, w = rows % 2.0, rows // 2 % 2.0
    target = np.where(rows < 50, 4 * v, 2 * w)
    search = RuleSearch.over(np.column_stack([v, w]), (0, 1))
    by_rows = find_rule(search, even_pair(target), rows)
    by_weight = find_rule(search, Pair(rows, v, target, np.where(rows < 50, 0.01, 1.0), target), rows)
    assert by_rows is not None
    assert by_weight is not None
    assert (by_rows.at, by_weight.at) == (0, 1)


def test_ridge_is_weighted_and_leaves_the_intercept_free() -> None:
    columns, target = np.array([[0.0], [1.0], [2.0]]), np.array([5.0, 7.0, 9.0])
    weight = np.array([1.0, 2.0, 1.0])
    free, held = solve_ridge(columns, target, weight, (1e-9, 2.0))
    assert free == pytest.approx([2.0, 5.0])
    assert held == pytest.approx([4.0 / (2.0 + 2.0), 6.0])  # Σwx² is 2, Σwxy is 4; the mean stays 7


def guess_pair(n: int = 400) -> tuple[Pair, np.ndarray]:
    guess = np.linspace(-1, 1, n)
    noise = np.where(np.arange(n) % 2 == 0, 1.0, -1.0)
    return Pair(np.arange(n), np.arange(n) % 2.0, 3 + 0.5 * guess + noise, np.full(n, 0.25), guess), guess


def test_a_guess_is_shrunk_by_its_slope_and_its_certainty() -> None:
    pair, guess = guess_pair()
    slope = np.polyfit(guess, pair.target, 1)[0]
    assert shrinkage(pair, guess, 2.0) == pytest.approx(slope * 0.75)
    assert shrinkage(pair, 10 + guess, 2.0) == pytest.approx(slope * 0.75)  # where it is centred is no matter
    assert shrinkage(pair, guess / 10, 2.0) == pytest.approx(0.75)  # never stretched
    assert shrinkage(pair, guess / 10, 2.0, most=4) == pytest.approx(4 * 0.75)
    assert shrinkage(pair, -guess, 2.0) == LEAST_SCALE  # a guess that is wrong way round keeps its order
    assert shrinkage(pair, guess, 1.0) == LEAST_SCALE
    assert shrinkage(pair, guess, 0.5) == LEAST_SCALE
    assert shrinkage(pair, guess, 0.0) == 0.0
    assert shrinkage(pair, np.ones(400), 2.0) == 0.0
    tilted = Pair(pair.rows, pair.treated, pair.target, np.where(guess > 0, 1.0, 1e-9), pair.score)
    own = np.polyfit(guess[guess > 0], pair.target[guess > 0], 1)[0]
    assert shrinkage(tilted, guess, 1e9) == pytest.approx(own, rel=1e-4)


def areas(**values: float) -> dict[str, Estimate]:
    return {kind: Estimate(values.get(kind, 0.01), 0.01) for kind in (*KINDS, "average")}


def test_the_average_is_used_unless_a_simpler_guess_is_surely_better() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=2000)
    pair = Pair(np.arange(2000), np.zeros(2000), truth, np.ones(2000), truth + rng.normal(size=2000))
    blunt = truth + 3 * rng.normal(size=2000)
    guesses = dict.fromkeys((*KINDS, "average"), blunt)
    assert pick_kind(areas(), guesses, pair, None) == "average"
    assert pick_kind(areas(), guesses | {"linear": truth, "one": truth}, pair, None) == "linear"
    assert pick_kind(areas(average=-0.1, risk=0.5), guesses, pair, None) == "risk"
    below = {kind: Estimate(-0.1, 0.1) for kind in KINDS}
    assert pick_kind(below, guesses | {"linear": truth}, pair, None) == "same for all"
    assert pick_kind(areas(), guesses | {"linear": truth}, pair, np.zeros(2000)) == "average"  # one group


def test_z_is_the_area_over_its_error() -> None:
    assert uplift._z(Estimate(0.4, 0.2)) == 2.0
    assert uplift._z(Estimate(0.4, 0.0)) == 0.0
    assert uplift._z(Estimate(0.4, math.inf)) == 0.0


def test_one_arm_for_all_is_the_control_until_another_is_better_by_its_error() -> None:
    ahead = np.tile([1.0, -1.0], 50)
    error = ahead.std(ddof=1) / 10
    for lead, arm in ((error * 0.99, 0), (error * 1.01, 2)):
        scores = np.column_stack([np.zeros(100), np.full(100, -1.0), ahead + lead])
        assert best_single(scores, None) == arm
    assert best_single(np.column_stack([np.ones(9), np.zeros(9)]), None) == 0
    groups = np.repeat([0, 1], 50)
    assert best_single(np.column_stack([np.zeros(100), np.repeat([0.0, 1.0], 50)]), groups) == 0
    assert best_single(np.column_stack([np.zeros(100), np.full(100, 0.5)]), groups) == 1


def test_the_rule_of_a_policy_gives_each_side_its_best_arm() -> None:
    search = RuleSearch.over(MATRIX, (0,))
    inside = MATRIX[:, 0] == 1.0
    scores = np.column_stack([np.full(100, 0.5), np.where(inside, 2.0, 0.0), np.where(inside, 0.0, 1.0)])
    assert find_rule_policy(search, scores, np.arange(100)) == (Rule(0, "eq", 1.0), 1, 2)
    nothing = RuleSearch.over(np.ones((100, 1)), ())
    assert find_rule_policy(nothing, scores, np.arange(100)) == (None, 0, 0)
    for few, found in ((4, False), (5, True)):
        x = np.repeat([0.0, 1.0], [100 - few, few])
        rule, _, _ = find_rule_policy(
            RuleSearch.over(x[:, None], (0,)), np.column_stack([x, 1 - x]), np.arange(100)
        )
        assert (rule is not None) == found


class _Response:
    """What `_refit` and `held_out_effects` read of a response model."""

    def __init__(self, held_out: np.ndarray, design: np.ndarray, folds: list) -> None:
        self.held_out, self.design_matrix, self.folds = held_out, design, folds


def test_a_chosen_part_is_learned_again_from_all_rows() -> None:
    target = np.where(MATRIX[:, 0] == 1.0, 3.0, -1.0)
    pair, search = even_pair(target), RuleSearch.over(MATRIX, (0,))
    risk = np.linspace(0, 1, 100)
    response = _Response(risk, np.column_stack([MATRIX[:, 0] == 1.0]).astype(float), [])
    for kind, model in (
        ("rule", {"rule": Rule(0, "eq", 1.0), "inside": pytest.approx(3.0), "outside": pytest.approx(-1.0)}),
        (
            "risk",
            dict(
                zip(("slope", "intercept"), pytest.approx(np.polyfit(risk, target, 1)).expected, strict=True)
            ),
        ),
    ):
        part = Part(kind, 0.5, 0.0)
        uplift._refit(part, pair, search, MATRIX, response, (0,), 0)
        assert {k: v if k == "rule" else pytest.approx(v) for k, v in part.model.items()} == model
        assert part.scale == 0.5
    linear = Part("linear", 0.5, 0.0, {"penalty": 1e-9})
    uplift._refit(linear, pair, search, MATRIX, response, (0,), 0)
    assert linear.model["weights"] == pytest.approx([4.0])
    assert linear.model["intercept"] == pytest.approx(-1.0)
    nothing = Part("rule", 0.5, 0.0)
    uplift._refit(nothing, pair, RuleSearch.over(np.ones((100, 1)), ()), MATRIX, response, (0,), 0)
    assert nothing.scale == 0.0


def test_held_out_guesses_are_made_without_the_rows_they_are_of() -> None:
    """Two folds with other truths: each row is guessed by what the other fold says."""
    n = 400
    x = np.arange(n) % 2.0
    fold = np.repeat([0, 1], n // 2)
    target = np.where(fold == 0, 1.0 + x, 5.0 - 2 * x)
    pair = Pair(np.arange(n), x, target, np.full(n, 0.25), target)
    folds = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in (0, 1)]
    risk = np.linspace(0, 1, n // 2)
    response = _Response(np.tile(risk, 2), x[:, None], folds)
    search = RuleSearch.over(x[:, None], ())
    found = effects.held_out_effects(pair, 1, x[:, None], search, response, {"one": x, "two": -x}, (), 0)
    by_kind = {candidate.kind: candidate for candidate in found}
    assert list(by_kind) == ["rule", "risk", "linear", "boosted", "one", "two"]
    other = np.where(fold == 1, 1.0 + x, 5.0 - 2 * x)
    assert by_kind["rule"].held_out == pytest.approx(other)
    expected = np.empty(n)
    for k in (0, 1):
        own, rest = fold == k, fold != k
        expected[own] = np.polyval(np.polyfit(risk, target[rest], 1), risk)
    assert by_kind["risk"].held_out == pytest.approx(expected)
    # the penalty is the one with the least held-out loss; here the harshest, since the folds disagree
    assert by_kind["linear"].setting == {"penalty": effects.RIDGE_PENALTIES[-1]}
    assert by_kind["linear"].held_out == pytest.approx(np.where(fold == 0, 4.0, 1.5), abs=0.01)
    assert by_kind["two"].held_out.tolist() == (-x).tolist()
    # trees too: what they say of a fold is near what the other fold says
    assert np.abs(by_kind["boosted"].held_out - np.where(fold == 0, 4.0, 1.5)).max() < 1.2
    assert by_kind["boosted"].setting["plan"].rounds >= 1


def test_areas_and_means_of_a_guess_are_of_the_rows_of_its_pair() -> None:
    pair, guess = guess_pair()
    assert qini_area(guess, pair.score).value > 0
    assert mean_estimate(pair.score).value == pytest.approx(0.0)
