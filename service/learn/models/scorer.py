"""Scores leads with a saved model: numpy only, one lead with all arms well under a millisecond.

A serving worker can import this: no pandas, scikit-learn or LightGBM. Tables go through `score_matrix` with
LightGBM's own prediction, which is faster there (see `service.learn.models.model_dir`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from service.errors import LearnError
from service.learn.models.design import Design
from service.learn.models.encoding import Encoder
from service.learn.models.losses import inverse_link
from service.learn.models.trees import Trees, from_arrays
from service.learn.values import FloatArray, IntArray

SCHEMA_VERSION = 1
TreeMargin = Callable[[str, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class LeadScore:
    """`score`: expected outcome. `uplift`: extra outcome per arm over control. `best_arm`: may be control."""

    score: float
    uplift: Mapping[str, float]
    best_arm: str | None


class Scorer:
    """A saved model, ready to score. `meta` is model.json."""

    def __init__(self, meta: Mapping[str, Any], trees: Mapping[str, Trees]) -> None:
        self.meta = meta
        self.task: str = meta["task"]
        self.encoder = Encoder.from_json(meta["columns"])
        self.design = Design.from_json(meta["design"])
        self.arms: list[str] = list(meta["arms"])
        self.trees = trees
        response = meta["response"]
        self._choice: str = response["choice"]
        self._weights = np.array(response["weights"])
        self._intercept = float(response["intercept"])
        self._slope, self._offset = float(response["slope"]), float(response["offset"])
        self._effects = [
            (float(e["average"]), [_plain_part(p) for p in e["parts"]]) for e in meta.get("effects", [])
        ]
        self._policy = meta.get("policy")

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        """Raises LearnError when the folder holds no model of this version."""
        meta = read_meta(folder)
        trees: dict[str, Trees] = {}
        for name in meta["boosters"]:
            with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
                trees[name] = from_arrays(arrays)
        return cls(meta, trees)

    def score_lead(self, lead: Mapping[str, object]) -> LeadScore:
        """One lead as `column -> value`; columns it lacks are missing, unseen values read as rare ones."""
        values = self.encoder.row(lead)
        design = self.design.row(values)[None, :]
        score, uplift, best = self.score_matrix(values[None, :], design, self._row_margin)
        named = {a: float(u) for a, u in zip(self.arms[1:], uplift[0], strict=True)} if self.arms else {}
        return LeadScore(float(score[0]), named, self.arms[int(best[0])] if self.arms else None)

    def _row_margin(self, name: str, matrix: FloatArray) -> FloatArray:
        return np.array([self.trees[name].margin(row) for row in matrix])

    def score_matrix(
        self, matrix: FloatArray, design: FloatArray, tree_margin: TreeMargin
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """(response (n,), uplift (n, arms − 1), number of the best arm (n,))."""
        response = self.response(matrix, design, tree_margin)
        uplift = np.empty((len(matrix), len(self._effects)))
        cache: dict[str, FloatArray] = {}
        for k, (average, parts) in enumerate(self._effects, start=1):
            uplift[:, k - 1] = average
            for part in parts:
                raw = self._raw(part, k, matrix, design, response, tree_margin, cache)
                uplift[:, k - 1] += part["scale"] * (raw - part["centre"])
        return response, uplift, self.best_arm(matrix, uplift)

    def response(self, matrix: FloatArray, design: FloatArray, tree_margin: TreeMargin) -> FloatArray:
        margin = np.zeros(len(matrix))
        if self._choice != "boosted":
            margin = margin + design @ self._weights + self._intercept
        if self._choice != "linear":
            margin = margin + tree_margin("response", matrix)
        if self._choice == "average":
            margin = margin / 2
        return inverse_link(self.task, self._slope * margin + self._offset)

    def _raw(
        self,
        part: Mapping[str, Any],
        k: int,
        matrix: FloatArray,
        design: FloatArray,
        response: FloatArray,
        tree_margin: TreeMargin,
        cache: dict[str, FloatArray],
    ) -> FloatArray:
        kind = part["kind"]
        if kind == "rule":
            return np.asarray(np.where(inside_rule(part["rule"], matrix), part["inside"], part["outside"]))
        if kind == "risk":
            return np.asarray(part["slope"] * response + part["intercept"])
        if kind == "linear":
            return np.asarray(design @ part["weights"] + part["intercept"])
        if kind == "boosted":
            return tree_margin(part["booster"], matrix)

        def outcome(arm: int) -> FloatArray:
            label = f"{kind}_{arm}"
            if label not in cache:
                if kind == "two":
                    margin = tree_margin(label, matrix)
                else:
                    margin = tree_margin("one", np.hstack([matrix, np.full((len(matrix), 1), float(arm))]))
                cache[label] = inverse_link(self.task, margin)
            return cache[label]

        return outcome(k) - outcome(0)

    def best_arm(self, matrix: FloatArray, uplift: FloatArray) -> IntArray:
        n = len(matrix)
        if self._policy is None:
            return np.zeros(n, dtype=np.int64)
        kind = self._policy["kind"]
        if kind == "model":
            with_control = np.hstack([np.zeros((n, 1)), uplift])
            return np.asarray(np.argmax(with_control, axis=1), dtype=np.int64)
        if kind == "rule":
            return self.rule_arm(matrix)
        return np.full(n, int(self._policy["single"]), dtype=np.int64)

    def rule_arm(self, matrix: FloatArray) -> IntArray:
        """The arm that the one-column rule gives each row, whether or not it is the policy."""
        policy = self._policy
        if policy is None or policy["rule"] is None:
            return np.full(len(matrix), int(policy["single"]) if policy else 0, dtype=np.int64)
        inside = inside_rule(policy["rule"], matrix)
        return np.asarray(np.where(inside, int(policy["inside"]), int(policy["outside"])), dtype=np.int64)


def inside_rule(rule: Mapping[str, Any], matrix: FloatArray) -> Any:
    x = matrix[:, int(rule["at"])]
    if rule["test"] == "missing":
        return np.isnan(x)
    return x <= rule["value"] if rule["test"] == "le" else x == rule["value"]


def _plain_part(saved: Mapping[str, Any]) -> dict[str, Any]:
    part = dict(saved)
    if "weights" in part:
        part["weights"] = np.array(part["weights"])
    return part


def read_meta(folder: Path) -> dict[str, Any]:
    """model.json of a model folder. Raises LearnError with what to do."""
    path = folder / "model.json"
    if not path.is_file():
        raise LearnError(
            f"{folder} holds no model (no model.json); make one with `enrich learn fit --out {folder}`."
        )
    meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if meta.get("schema_version") != SCHEMA_VERSION:
        raise LearnError(
            f"{folder} was written by another version (schema {meta.get('schema_version')}, "
            f"this is {SCHEMA_VERSION}); fit it again."
        )
    return meta
