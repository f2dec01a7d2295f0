"""Chooses, per arm, how to guess who is moved, shrinks the guess to what held out, and picks a policy.

Candidates are compared by the held-out area under the uplift curve. Their average is used unless a simpler
one beats it by more than one standard error of the paired difference: in simulated trials with known effects
of 4,000 to 20,000 leads, picking the winner or the simplest near it cost up to a tenth of ranking quality.
The spread around the average effect is multiplied by the held-out slope and by 1 − 1/z² (James–Stein), so
noise becomes nearly the same effect for all. The policy is one arm for all, unless a one-column rule or the
model beats that on held-out rows with 95 % confidence (one-sided).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from service.learn.models import boost, effects
from service.learn.models.effects import Candidate, Pair, Rule, RuleSearch
from service.learn.models.estimates import Estimate, Logged, centred_ranks, mean_estimate, qini_area
from service.learn.models.response import ResponseFit
from service.learn.values import FloatArray, IntArray

LEAST_SCALE = 0.02  # keeps the order of a weak guess without letting it decide anything
POLICY_Z = 1.645  # one arm for all is cheap and robust: leaving it needs evidence, not a hunch


@dataclass(slots=True)
class Part:
    """One term of an effect: scale × (raw(x) − centre). `model` holds what raw() needs."""

    kind: str
    scale: float
    centre: float
    model: dict[str, Any] = field(default_factory=dict)
    booster: Any = None


@dataclass(slots=True)
class ArmEffect:
    """effect(x) = average + sum of parts. `compared` has the held-out Qini area of every candidate."""

    arm: str
    average: Estimate
    kind: str
    parts: list[Part]
    z: float
    compared: dict[str, Estimate]
    held_out: FloatArray


@dataclass(slots=True)
class Policy:
    """`kind` is single, rule or model. A rule gives arm `inside` where it holds, `outside` elsewhere."""

    kind: str
    single: int
    rule: Rule | None
    inside: int
    outside: int
    gains: dict[str, Estimate]  # held-out gain over one arm for all


@dataclass(slots=True)
class UpliftFit:
    arms: list[str]  # control first
    effects: list[ArmEffect]
    policy: Policy
    outcome_boosters: dict[str, Any]  # for T- and S-learners when chosen


def fit_uplift(
    matrix: FloatArray,
    y: FloatArray,
    arm: IntArray,
    arms: list[str],
    propensity: FloatArray,
    response: ResponseFit,
    categories: tuple[int, ...],
    groups: IntArray | None,
    seed: int,
) -> UpliftFit:
    search = RuleSearch.over(matrix, categories)
    residual = y - response.held_out
    logged = Logged(arm, propensity, y, np.repeat(response.held_out[:, None], len(arms), axis=1), groups)
    scores = logged.scores()
    two, one = effects.held_out_outcomes(matrix, y, arm, len(arms), response, categories, seed)
    fitted: list[ArmEffect] = []
    for k in range(1, len(arms)):
        pair = effects.make_pair(arm, k, propensity, residual)
        outcomes = {"one": one[:, k] - one[:, 0], "two": two[:, k] - two[:, 0]}
        found = effects.held_out_effects(pair, k, matrix, search, response, outcomes, categories, seed)
        own_groups = None if groups is None else groups[pair.rows]
        average = mean_estimate(scores[:, k] - scores[:, 0], groups)
        fitted.append(_choose(arms[k], average, pair, found, own_groups))
    policy = _choose_policy(fitted, scores, search, response, groups)
    boosters: dict[str, Any] = {}
    for k, effect in enumerate(fitted, start=1):
        pair = effects.make_pair(arm, k, propensity, residual)
        for part in effect.parts:
            _refit(part, pair, search, matrix, response, categories, seed)
    if {"one", "two"} & {p.kind for e in fitted for p in e.parts}:
        boosters = _outcome_boosters(fitted, matrix, y, arm, len(arms), response, categories, seed)
    return UpliftFit(arms, fitted, policy, boosters)


def shrinkage(pair: Pair, guess: FloatArray, z: float, most: float = 1.0) -> float:
    """How much of the guess's spread held out: slope of the effect on the guess, times 1 − 1/z²."""
    share = pair.weight / pair.weight.sum()
    centred = guess - float(share @ guess)
    spread = float(share @ centred**2)
    if spread <= 1e-18 or z <= 0:
        return 0.0
    slope = float(share @ (centred * (pair.target - float(share @ pair.target)))) / spread
    kept = float(np.clip(slope, 0.0, most)) * max(0.0, 1.0 - 1.0 / max(z, 1e-9) ** 2)
    return max(kept, LEAST_SCALE)


def _part(candidate: Candidate, pair: Pair, scale: float) -> Part:
    return Part(candidate.kind, scale, float(candidate.held_out.mean()), dict(candidate.setting))


def _choose(
    arm: str, average: Estimate, pair: Pair, found: list[Candidate], groups: IntArray | None
) -> ArmEffect:
    areas: dict[str, Estimate] = {}
    parts: dict[str, list[Part]] = {}
    guesses: dict[str, FloatArray] = {}
    for candidate in found:
        guess = candidate.held_out[pair.rows]
        area = qini_area(guess, pair.score, groups)
        areas[candidate.kind] = area
        part = _part(candidate, pair, shrinkage(pair, guess, _z(area)))
        parts[candidate.kind] = [part]
        guesses[candidate.kind] = part.scale * (candidate.held_out - part.centre)
    mixed = np.mean([guesses[k] for k in effects.AVERAGED], axis=0)
    areas["average"] = qini_area(mixed[pair.rows], pair.score, groups)
    again = shrinkage(pair, mixed[pair.rows], _z(areas["average"]), most=len(effects.AVERAGED))
    guesses["average"] = again * mixed
    parts["average"] = [
        Part(p.kind, again * p.scale / len(effects.AVERAGED), p.centre, dict(p.model))
        for k in effects.AVERAGED
        for p in parts[k]
        if p.scale > 0
    ]
    kind = pick_kind(areas, guesses, pair, groups)
    chosen = parts[kind] if kind != "same for all" else []
    held = np.full(len(found[0].held_out), average.value)
    if kind != "same for all":
        held = held + guesses[kind]
    z = _z(areas[kind]) if kind in areas else 0.0
    return ArmEffect(arm, average, kind, [p for p in chosen if p.scale > 0], z, areas, held)


def pick_kind(
    areas: Mapping[str, Estimate], guesses: Mapping[str, FloatArray], pair: Pair, groups: IntArray | None
) -> str:
    """The average, unless another candidate's area beats it by more than one (paired) standard error."""
    best = max(effects.KINDS, key=lambda k: areas[k].value)
    if areas[best].value <= 0:
        return "same for all"
    centred = pair.score - pair.score.mean()
    average = centred_ranks(guesses["average"][pair.rows])
    for kind in effects.KINDS:
        ahead = mean_estimate((centred_ranks(guesses[kind][pair.rows]) - average) * centred, groups)
        if ahead.value > ahead.error:
            return kind
    return "average" if areas["average"].value > 0 else best


def _z(area: Estimate) -> float:
    return area.value / area.error if area.error > 0 and np.isfinite(area.error) else 0.0


def _refit(
    part: Part,
    pair: Pair,
    search: RuleSearch,
    matrix: FloatArray,
    response: ResponseFit,
    categories: tuple[int, ...],
    seed: int,
) -> None:
    """Learns the part again from all rows."""
    if part.kind == "rule":
        rule = effects.find_rule(search, pair, np.arange(len(pair.rows)))
        if rule is None:
            part.scale = 0.0
            return
        side = rule.inside(matrix[pair.rows])
        line = effects.solve_ridge(side[:, None], pair.target, pair.weight, (1e-9,))[0]
        part.model = {"rule": rule, "inside": float(line[0] + line[1]), "outside": float(line[1])}
    elif part.kind == "risk":
        line = effects.solve_ridge(response.held_out[pair.rows][:, None], pair.target, pair.weight, (1e-12,))[
            0
        ]
        part.model = {"slope": float(line[0]), "intercept": float(line[1])}
    elif part.kind == "linear":
        solved = effects.solve_ridge(
            response.design_matrix[pair.rows], pair.target, pair.weight, (float(part.model["penalty"]),)
        )[0]
        part.model = {"weights": solved[:-1], "intercept": float(solved[-1])}
    elif part.kind == "boosted":
        part.booster = boost.fit_boost(
            "number", matrix[pair.rows], pair.target, categories, part.model["plan"], seed, pair.weight
        )
        part.model = {}


def _outcome_boosters(
    fitted: list[ArmEffect],
    matrix: FloatArray,
    y: FloatArray,
    arm: IntArray,
    arms: int,
    response: ResponseFit,
    categories: tuple[int, ...],
    seed: int,
) -> dict[str, Any]:
    kinds = {p.kind for e in fitted for p in e.parts}
    out: dict[str, Any] = {}
    if "two" in kinds:
        for k in range(arms):
            own = np.flatnonzero(arm == k)
            plan = effects.outcome_plan(response, len(own) / len(arm))
            out[f"two_{k}"] = boost.fit_boost(response.task, matrix[own], y[own], categories, plan, seed)
    if "one" in kinds:
        with_arm = np.hstack([matrix, arm[:, None].astype(float)])
        out["one"] = boost.fit_boost(
            response.task,
            with_arm,
            y,
            (*categories, matrix.shape[1]),
            effects.outcome_plan(response, 1.0),
            seed,
        )
    return out


def best_single(scores: FloatArray, groups: IntArray | None) -> int:
    """The arm with the best mean; the control unless an arm beats it by more than one standard error."""
    best = int(np.argmax(scores.mean(axis=0)))
    if best == 0:
        return 0
    ahead = mean_estimate(scores[:, best] - scores[:, 0], groups)
    return best if ahead.value > ahead.error else 0


def find_rule_policy(search: RuleSearch, scores: FloatArray, rows: IntArray) -> tuple[Rule | None, int, int]:
    """The one-column rule (rule, arm inside, arm outside) with the highest mean score over `rows`."""
    values = np.hstack([scores[rows], np.ones((len(rows), 1))])
    total = values.sum(axis=0)
    best: tuple[Rule | None, int, int] = (None, 0, 0)
    best_value = -np.inf
    for at, tests in enumerate(search.tests):
        if len(tests) < 2:
            continue
        inside = search.sums(at, rows, values)
        outside = total - inside
        least = effects.RULE_SHARE * total[-1]
        fits = (inside[:, -1] >= least) & (outside[:, -1] >= least)
        value = np.where(fits, inside[:, :-1].max(axis=1) + outside[:, :-1].max(axis=1), -np.inf)
        top = int(np.argmax(value))
        if value[top] > best_value + 1e-12:
            best_value = float(value[top])
            best = (tests[top], int(np.argmax(inside[top, :-1])), int(np.argmax(outside[top, :-1])))
    return best


def _choose_policy(
    fitted: list[ArmEffect],
    scores: FloatArray,
    search: RuleSearch,
    response: ResponseFit,
    groups: IntArray | None,
) -> Policy:
    n = len(scores)
    rows = np.arange(n)
    single = best_single(scores, groups)
    by_model = np.argmax(np.column_stack([np.zeros(n), *(e.held_out for e in fitted)]), axis=1)
    by_rule = np.full(n, single)
    for train, test in response.folds:
        rule, inside, outside = find_rule_policy(search, scores, train)
        if rule is not None:
            bins = search.bins[rule.at][test]
            member = search.member[rule.at][search.tests[rule.at].index(rule)]
            by_rule[test] = np.where(member[bins] > 0, inside, outside)
    model_gain = scores[rows, by_model] - scores[:, single]
    rule_gain = scores[rows, by_rule] - scores[:, single]
    gains = {"rule": mean_estimate(rule_gain, groups), "model": mean_estimate(model_gain, groups)}
    rule, inside, outside = find_rule_policy(search, scores, rows)
    kind = "single"
    if gains["rule"].value > POLICY_Z * gains["rule"].error and rule is not None:
        kind = "rule"
    if gains["model"].value > POLICY_Z * gains["model"].error:
        ahead = mean_estimate(model_gain - rule_gain, groups)
        if kind == "single" or ahead.value > ahead.error:
            kind = "model"
    return Policy(kind, single, rule, inside, outside, gains)
