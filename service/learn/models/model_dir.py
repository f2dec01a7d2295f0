"""Writes a fitted model to a folder, and scores tables with it. Text, JSON and plain arrays; never pickle.

model.json    all there is to know to score: columns, design, coefficients, effects, policy
*.txt, *.npz  LightGBM boosters, as LightGBM writes them and as plain arrays for one lead at a time
seen.npy      salted hashes of the rows it was fitted on, so that `evaluate` notices them
card.md/.json the model card
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from service.errors import LearnError
from service.learn.models.boost import predict
from service.learn.models.card import write_card
from service.learn.models.columns import encode
from service.learn.models.fit import Fitted
from service.learn.models.scorer import SCHEMA_VERSION, Scorer, read_meta
from service.learn.models.trees import from_dump, to_arrays
from service.learn.models.uplift import ArmEffect, Part, Policy, UpliftFit
from service.learn.values import FloatArray, IntArray


def save_model(fitted: Fitted, folder: Path) -> dict[str, Any]:
    """Writes the folder and returns what is in model.json."""
    folder.mkdir(parents=True, exist_ok=True)
    response = fitted.response
    boosters: dict[str, Any] = {"response": response.booster}
    salt = hashlib.sha256(fitted.matrix.tobytes() + fitted.y.tobytes()).hexdigest()[:16]
    seen = fingerprints(fitted.matrix, fitted.y, salt)
    meta: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "task": response.task,
        "outcome": fitted.options.outcome,
        "yes": fitted.outcome.yes,
        "no": fitted.outcome.no,
        "treatment": fitted.options.treatment,
        "arms": fitted.arms,
        "time": fitted.time_column,
        "group": fitted.options.group,
        "time_span": fitted.time_span,
        "drifts": fitted.drifts,
        "rows": len(fitted.y),
        "mean_outcome": float(fitted.y.mean()),
        "columns": fitted.encoder.to_json(),
        "design": response.design.to_json(),
        "response": {
            "choice": response.choice,
            "weights": response.linear.weights.tolist(),
            "intercept": response.linear.intercept,
            "penalty": response.linear.penalty,
            "slope": response.slope,
            "offset": response.offset,
            "losses": response.losses,
            "gain_over_linear": {k: {"gain": g, "error": e} for k, (g, e) in response.wins_by.items()},
            "decided_on": response.decided_on,
            "boosting": {"leaves": response.plan.leaves, "min_leaf": response.plan.min_leaf,
                         "step": response.plan.step, "rounds": response.plan.rounds},
        },
        "dropped": fitted.dropped,
        "refused": fitted.refused,
        "notes": fitted.notes,
        "alone": {k: round(v, 4) for k, v in fitted.alone.items()},
        "assignment": None if fitted.propensity_weights is None else fitted.propensity_weights.tolist(),
        "assignment_auc": fitted.assignment_auc,
        "salt": salt,
        "repeated_rows": 1.0 - len(np.unique(seen)) / len(seen),
    }  # fmt: skip
    if fitted.uplift is not None:
        meta["effects"] = _effects_json(fitted.uplift, boosters)
        meta["policy"] = _policy_json(fitted.uplift.policy, fitted)
        boosters.update(fitted.uplift.outcome_boosters)
    meta["boosters"] = sorted(boosters)
    for name, booster in boosters.items():
        (folder / f"{name}.txt").write_text(booster.model_to_string(), encoding="utf-8")
        np.savez(folder / f"{name}.npz", allow_pickle=False, **to_arrays(from_dump(booster.dump_model())))
    np.save(folder / "seen.npy", np.unique(seen), allow_pickle=False)
    (folder / "model.json").write_text(json.dumps(meta, ensure_ascii=False, indent=1), encoding="utf-8")
    write_card(meta, folder)
    return meta


def _effects_json(uplift: UpliftFit, boosters: dict[str, Any]) -> list[dict[str, Any]]:
    out = []
    for k, effect in enumerate(uplift.effects, start=1):
        parts = [_part_json(p, f"effect_{k}", boosters) for p in effect.parts if p.scale > 0]
        out.append(_effect_json(effect) | {"parts": parts})
    return out


def _effect_json(effect: ArmEffect) -> dict[str, Any]:
    return {
        "arm": effect.arm,
        "average": effect.average.value,
        "average_interval": effect.average.to_json(),
        "kind": effect.kind,
        "z": effect.z,
        "compared": {k: a.to_json() for k, a in effect.compared.items()},
    }


def _part_json(part: Part, name: str, boosters: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": part.kind, "scale": part.scale, "centre": part.centre}
    if part.booster is not None:
        boosters[name] = part.booster
        out["booster"] = name
    for key, value in part.model.items():
        if key == "rule":
            out["rule"] = {"at": value.at, "test": value.test, "value": value.value}
        elif isinstance(value, np.ndarray):
            out[key] = value.tolist()
        else:
            out[key] = value
    return out


def _policy_json(policy: Policy, fitted: Fitted) -> dict[str, Any]:
    rule = policy.rule
    return {
        "kind": policy.kind,
        "single": policy.single,
        "rule": None if rule is None else {"at": rule.at, "test": rule.test, "value": rule.value},
        "inside": policy.inside,
        "outside": policy.outside,
        "held_out_gain": {k: g.to_json() for k, g in policy.gains.items()},
        "sentence": rule_sentence(policy, fitted),
    }


def rule_sentence(policy: Policy, fitted: Fitted) -> str:
    """The one-column rule in words."""
    rule, arms = policy.rule, fitted.arms
    if rule is None:
        return f"{arms[policy.single]!r} for everybody"
    name = fitted.encoder.names[rule.at]
    if rule.test == "missing":
        test = f"{name} is missing"
    elif rule.test == "le":
        test = f"{name} ≤ {rule.value:g}"
    else:
        column = next(c for c in fitted.encoder.columns if c.name == name)
        test = f"{name} = {column.levels[int(rule.value)]}"
    return f"{arms[policy.inside]!r} where {test}, otherwise {arms[policy.outside]!r}"


def fingerprints(matrix: FloatArray, y: FloatArray, salt: str) -> Any:
    """A salted 64-bit hash per row of its encoded columns and outcome. Says nothing but 'same row'."""
    filled = np.nan_to_num(np.hstack([matrix, y[:, None]]), nan=-1.2345e30)
    rounded = np.ascontiguousarray(filled.astype(np.float32) + 0.0)  # + 0.0 makes -0 and 0 one
    key = salt.encode()
    digests = b"".join(hashlib.blake2b(row.tobytes(), digest_size=8, key=key).digest() for row in rounded)
    return np.frombuffer(digests, dtype=np.uint64)


class TableScorer:
    """A saved model for whole tables: LightGBM predicts, in the same way as one lead is scored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scorer = Scorer(read_meta(folder), {})
        self.meta: Mapping[str, Any] = self.scorer.meta
        self._boosters = {
            name: lgb.Booster(model_str=(folder / f"{name}.txt").read_text(encoding="utf-8"))
            for name in self.meta["boosters"]
        }

    def matrix(self, frame: pd.DataFrame, allow_missing: bool = False) -> FloatArray:
        """The encoded table. Raises LearnError naming columns that the model needs and the table lacks."""
        lacking = [c.name for c in self.scorer.encoder.columns if c.name not in frame.columns]
        if lacking and not allow_missing:
            raise LearnError(
                f"The table lacks {len(lacking)} of the model's columns: {', '.join(lacking[:10])}. "
                "Add them, or pass --allow-missing to treat them as missing in every row."
            )
        return encode(self.scorer.encoder, frame)

    def score(self, matrix: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
        """(response (n,), uplift (n, arms − 1), number of the best arm (n,))."""
        return self.scorer.score_matrix(matrix, self.scorer.design.table(matrix), self._margin)

    def _margin(self, name: str, matrix: FloatArray) -> FloatArray:
        return predict(self._boosters[name], matrix)

    def score_table(self, frame: pd.DataFrame, allow_missing: bool = False) -> pd.DataFrame:
        """The table with `score`, and for uplift models `uplift_<arm>` and `best_arm`, added."""
        score, uplift, best = self.score(self.matrix(frame, allow_missing))
        added: dict[str, Any] = {"score": score}
        arms = self.scorer.arms
        for k, name in enumerate(arms[1:]):
            added[f"uplift_{name}"] = uplift[:, k]
        if arms:
            added["best_arm"] = np.array(arms, dtype=object)[best]
        kept = frame.drop(columns=[c for c in added if c in frame.columns])
        return pd.concat([kept, pd.DataFrame(added, index=frame.index)], axis=1)
