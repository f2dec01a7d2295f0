"""Ways to guess who is moved by an arm, from the simplest to the most flexible.

All learn from the residual r = y − m(x) of the response model, fitted without the rows it is applied to.
For arm k against control (rows of those two arms only, w = 1 in arm k, π its share), the effect τ(x)
minimises Σ (r − (w − π) τ(x))²: the R-learner (Nie & Wager 2021), a weighted regression of r / (w − π).

  rule      one column cut in two, an effect on each side
  risk      effect grows with the predicted response (Kent et al. 2020, PATH statement)
  linear    ridge on the design columns: every column interacts with the arm
  boosted   small trees on the same regression (R-/DR-learner)
  two       a boosted outcome model per arm, subtracted (T-learner, Künzel et al. 2019)
  one       one boosted outcome model with the arm as a column (S-learner)
  average   mean of all but the T-learner, each shrunk, and their spread fitted again
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from service.learn.models import boost
from service.learn.models.leaks import bin_column
from service.learn.models.losses import inverse_link
from service.learn.models.response import ResponseFit
from service.learn.values import FloatArray, IntArray

KINDS = ("rule", "risk", "linear", "one", "boosted", "two", "average")  # simplest first
AVERAGED = ("rule", "risk", "linear", "one", "boosted")
RULE_BINS = 8
RULE_SHARE = 0.05  # a side of a rule holds at least this share of rows
RIDGE_PENALTIES = (30.0, 300.0, 3000.0, 30000.0, 300000.0)
EFFECT_LEAVES = 4
OUTCOME_ROWS = 15000  # rows per arm on which the T- and S-learner are compared


@dataclass(frozen=True, slots=True)
class Rule:
    """`inside` is True where the encoded column (number `at`) is ≤ `value`, equals it, or is missing."""

    at: int
    test: str  # le | eq | missing
    value: float

    def inside(self, matrix: FloatArray) -> FloatArray:
        x = matrix[:, self.at]
        if self.test == "missing":
            return np.isnan(x).astype(float)
        with np.errstate(invalid="ignore"):
            return np.asarray(x <= self.value if self.test == "le" else x == self.value).astype(float)


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows of one arm and the control: `rows` into the table, target and weight of the R-learner."""

    rows: IntArray
    treated: FloatArray
    target: FloatArray
    weight: FloatArray
    score: FloatArray  # r (w/π − (1−w)/(1−π)): unbiased for the effect of each row, up to a constant


def make_pair(arm: IntArray, k: int, propensity: FloatArray, residual: FloatArray) -> Pair:
    rows = np.flatnonzero((arm == 0) | (arm == k))
    treated = (arm[rows] == k).astype(float)
    share = propensity[rows, k] / (propensity[rows, 0] + propensity[rows, k])
    centred = residual[rows]
    balance = treated / share + (1 - treated) / (1 - share)
    centred = centred - np.average(centred, weights=balance)
    lever = treated - share
    score = centred * (treated / share - (1 - treated) / (1 - share))
    return Pair(rows, treated, centred / lever, lever**2, score)


@dataclass(slots=True)
class RuleSearch:
    """Bins of every column, made once, so that the best rule of any set of rows is a few sums away."""

    bins: list[IntArray]
    tests: list[list[Rule]]
    member: list[FloatArray] = field(default_factory=list)  # (tests, bins): bin lies inside the rule

    @classmethod
    def over(cls, matrix: FloatArray, categories: tuple[int, ...]) -> RuleSearch:
        search = cls([], [])
        for at in range(matrix.shape[1]):
            x = matrix[:, at]
            bins = bin_column(x, 100 if at in categories else RULE_BINS)
            names, bins = np.unique(bins, return_inverse=True)
            tests: list[Rule] = []
            member: list[FloatArray] = []
            missing = np.array([bool(np.isnan(x[bins == c][0])) for c in range(len(names))])
            for b in range(len(names)):
                held = x[bins == b]
                alone = np.arange(len(names)) == b
                if missing[b]:
                    tests.append(Rule(at, "missing", 0.0))
                elif at in categories:
                    tests.append(Rule(at, "eq", float(held[0])))
                else:
                    tests.append(Rule(at, "le", float(np.nanmax(held))))
                    alone = (np.arange(len(names)) <= b) & ~missing
                member.append(alone)
            search.bins.append(bins)
            search.tests.append(tests)
            search.member.append(np.array(member, dtype=float))
        return search

    def sums(self, at: int, rows: IntArray, values: FloatArray) -> FloatArray:
        """Sum of `values` (rows, …columns) inside each rule on column `at`: shape (tests, columns)."""
        bins = self.bins[at][rows]
        width = self.member[at].shape[1]
        per_bin = np.stack([np.bincount(bins, weights=v, minlength=width) for v in values.T], axis=1)
        return np.asarray(self.member[at] @ per_bin)


def find_rule(search: RuleSearch, pair: Pair, among: IntArray) -> Rule | None:
    """The cut whose two sides differ most in effect, relative to noise (largest reduction of R-loss)."""
    rows, weight, target = pair.rows[among], pair.weight[among], pair.target[among]
    values = np.stack([weight, weight * target, np.ones(len(rows))], axis=1)
    total = values.sum(axis=0)
    best, best_gain = None, 0.0
    for at, tests in enumerate(search.tests):
        if len(tests) < 2:
            continue
        inside = search.sums(at, rows, values)
        outside = total - inside
        least = RULE_SHARE * total[2]
        fits = (inside[:, 2] >= least) & (outside[:, 2] >= least)
        if not fits.any():
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = inside[:, 1] ** 2 / inside[:, 0] + outside[:, 1] ** 2 / outside[:, 0]
        gain = np.where(fits, gain, -np.inf)
        top = int(np.argmax(gain))
        if gain[top] > best_gain + 1e-12:
            best, best_gain = tests[top], float(gain[top])
    return best


def solve_ridge(
    columns: FloatArray, target: FloatArray, weight: FloatArray, penalties: tuple[float, ...]
) -> FloatArray:
    """Weighted ridge with a free intercept: shape (penalties, columns + 1), intercept last."""
    share = weight / weight.sum()
    mean_x, mean_y = share @ columns, float(share @ target)
    centred = columns - mean_x
    weighted = centred * weight[:, None]
    gram, moment = weighted.T @ centred, weighted.T @ (target - mean_y)
    out = np.empty((len(penalties), columns.shape[1] + 1))
    for i, penalty in enumerate(penalties):
        w = np.linalg.solve(gram + penalty * np.eye(len(gram)), moment)
        out[i] = np.append(w, mean_y - mean_x @ w)
    return out


@dataclass(slots=True)
class Candidate:
    """A guess of the effect for every row, made without that row, and what it takes to make it again."""

    kind: str
    held_out: FloatArray  # (rows of the table,)
    setting: Mapping[str, Any]


def outcome_plan(response: ResponseFit, share: float) -> boost.BoostPlan:
    plan = response.plan
    return boost.BoostPlan(plan.leaves, max(int(plan.min_leaf * share), 15), plan.step, max(plan.rounds, 10))


def held_out_effects(
    pair: Pair,
    k: int,
    matrix: FloatArray,
    search: RuleSearch,
    response: ResponseFit,
    outcome_effects: Mapping[str, FloatArray],
    categories: tuple[int, ...],
    seed: int,
) -> list[Candidate]:
    """Every candidate but the average, for one arm. `outcome_effects` are those of "one" and "two"."""
    fold_of = np.empty(len(matrix), dtype=np.int64)
    for number, (_, test) in enumerate(response.folds):
        fold_of[test] = number
    count = len(response.folds)
    in_pair = fold_of[pair.rows]
    n = len(matrix)
    rule_out, risk_out = np.zeros(n), np.zeros(n)
    ridge_out = np.zeros((len(RIDGE_PENALTIES), n))
    design = response.design_matrix
    for f in range(count):
        among = np.flatnonzero(in_pair != f)
        test = fold_of == f
        weight, target = pair.weight[among], pair.target[among]
        rule = find_rule(search, pair, among)
        if rule is not None:
            side = rule.inside(matrix[pair.rows[among]])
            effects = solve_ridge(side[:, None], target, weight, (1e-9,))[0]
            rule_out[test] = rule.inside(matrix[test]) * effects[0] + effects[1]
        risk = response.held_out[pair.rows[among]]
        line = solve_ridge(risk[:, None], target, weight, (1e-12,))[0]
        risk_out[test] = response.held_out[test] * line[0] + line[1]
        ridges = solve_ridge(design[pair.rows[among]], target, weight, RIDGE_PENALTIES)
        ridge_out[:, test] = ridges[:, :-1] @ design[test].T + ridges[:, -1:]
    losses = ((pair.target - ridge_out[:, pair.rows]) ** 2 * pair.weight).sum(axis=1)
    best = int(np.argmin(losses))
    plan, boosted_out = _boosted_effects(pair, matrix, in_pair, fold_of, count, categories, seed)
    found = [
        Candidate("rule", rule_out, {}),
        Candidate("risk", risk_out, {}),
        Candidate("linear", ridge_out[best], {"penalty": RIDGE_PENALTIES[best]}),
        Candidate("boosted", boosted_out, {"plan": plan}),
    ]
    return found + [Candidate(kind, out, {}) for kind, out in outcome_effects.items()]


def _boosted_effects(
    pair: Pair,
    matrix: FloatArray,
    in_pair: IntArray,
    fold_of: IntArray,
    count: int,
    categories: tuple[int, ...],
    seed: int,
) -> tuple[boost.BoostPlan, FloatArray]:
    size = len(pair.rows)
    plan = boost.BoostPlan(EFFECT_LEAVES, max(int(0.04 * size), 15), 0.05)
    inside = matrix[pair.rows]
    folds = [(np.flatnonzero(in_pair != f), np.flatnonzero(in_pair == f)) for f in range(count)]
    rounds, _, _ = boost.cross_validate(
        "number", inside, pair.target, folds, categories, plan, seed, pair.weight
    )
    plan = boost.BoostPlan(plan.leaves, plan.min_leaf, plan.step, rounds)
    out = np.empty(len(matrix))
    for f, (train, _) in enumerate(folds):
        booster = boost.fit_boost(
            "number", inside[train], pair.target[train], categories, plan, seed, pair.weight[train]
        )
        out[fold_of == f] = boost.predict(booster, matrix[fold_of == f])
    return plan, out


def held_out_outcomes(
    matrix: FloatArray,
    y: FloatArray,
    arm: IntArray,
    arms: int,
    response: ResponseFit,
    categories: tuple[int, ...],
    seed: int,
) -> tuple[FloatArray, FloatArray]:
    """Predicted outcome of every row under every arm by the T- and the S-learner: two arrays (rows, arms)."""
    task = response.task
    two, one = np.zeros((len(y), arms)), np.zeros((len(y), arms))
    with_arm = np.hstack([matrix, arm[:, None].astype(float)])
    for train, test in response.folds:
        for k in range(arms):
            own = train[arm[train] == k][:: -(-int((arm[train] == k).sum()) // OUTCOME_ROWS)]
            booster = boost.fit_boost(
                task, matrix[own], y[own], categories, outcome_plan(response, len(own) / len(train)), seed
            )
            two[test, k] = _predict(task, booster, matrix[test])
        some = train[:: -(-len(train) // (2 * OUTCOME_ROWS))]
        booster = boost.fit_boost(
            task, with_arm[some], y[some], (*categories, matrix.shape[1]), outcome_plan(response, 1.0), seed
        )
        for k in range(arms):
            one[test, k] = _predict(
                task, booster, np.hstack([matrix[test], np.full((len(test), 1), float(k))])
            )
    return two, one


def _predict(task: str, booster: Any, matrix: FloatArray) -> FloatArray:
    return inverse_link(task, boost.predict(booster, matrix))
