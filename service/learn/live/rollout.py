"""From gate to everybody, step by step: shadow, percentages, live, and back by itself.

Kept as rollout.json beside the model. Pure but for reading and writing that file; standard library only, so a
serving worker can ask it what share of leads follows the model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.errors import LearnError
from service.learn.lift.compare import LEAST_DECISIONS, LEAST_EXPECTED, Side
from service.learn.lift.sequential import watched_difference

STEPS = (0.0, 0.05, 0.25, 0.5)  # shadow first; never everybody, or nothing is left to compare with
WORST = -0.005  # a step up needs this much harm to be excluded, in outcomes per lead
FILE = "rollout.json"


@dataclass(frozen=True, slots=True)
class Rollout:
    """Where a model stands. `share` of the treated leads follow it in `slot`; 0 is shadow or returned."""

    model: str
    slot: str
    stage: str  # shadow | percentage | returned
    share: float
    since: str
    why: str


def model_id(folder: Path) -> str:
    """The model as `versions.models` names it: a hash of model.json."""
    return "sha256:" + hashlib.sha256((folder / "model.json").read_bytes()).hexdigest()[:16]


def begin_rollout(folder: Path, slot: str, report: Mapping[str, Any]) -> Rollout:
    """Shadow, if the gate says so. `report` is that of `evaluate`. Raises LearnError with its reason."""
    if report["promote"] is not True:
        raise LearnError(f"The gate is closed: {report['why']}")
    begun = Rollout(model_id(folder), slot, "shadow", 0.0, _today(), str(report["why"]))
    save_rollout(folder, begun)
    return begun


def advance_rollout(current: Rollout, following: Side | None, others: Side | None) -> Rollout:
    """The next step, the same, or back. Sides are leads that follow the model and leads on the rules.

    Back at once when harm is shown with an always-valid interval; up one step when harm beyond WORST is
    excluded; otherwise it waits. Shadow needs no outcomes: nobody followed it. Raises LearnError for a model
    that was taken back.
    """
    if current.stage == "returned":
        raise LearnError(f"This model was taken back ({current.why}); fit and judge a new one.")
    if current.stage == "shadow":
        return replace(current, stage="percentage", share=STEPS[1], since=_today(), why="first step")
    if following is None or others is None or not _enough(following, others):
        return replace(current, why="waits: too few outcomes to tell")
    informative = 4 * following.decisions * others.decisions / (following.decisions + others.decisions)
    seen = watched_difference(
        following.rate - others.rate, following.rate_variance() + others.rate_variance(), informative
    )
    shown = f"{seen.value:+.2%} [{seen.low:+.2%}, {seen.high:+.2%}] against the rules"
    if seen.high < 0:
        return replace(current, stage="returned", share=0.0, since=_today(), why=f"worse: {shown}")
    if seen.low <= WORST:
        return replace(current, why=f"waits: {shown}")
    higher = [share for share in STEPS if share > current.share]
    return replace(current, share=higher[0] if higher else current.share, since=_today(), why=shown)


def _enough(following: Side, others: Side) -> bool:
    smaller = min(following.decisions, others.decisions)
    rate = (following.with_outcome + others.with_outcome) / max(following.decisions + others.decisions, 1)
    return smaller >= LEAST_DECISIONS and smaller * rate >= LEAST_EXPECTED


def save_rollout(folder: Path, rollout: Rollout) -> None:
    """Replaces the file in one step, so that a worker never reads half of it."""
    beside = folder / (FILE + ".new")
    beside.write_text(json.dumps(asdict(rollout), ensure_ascii=False, indent=1), encoding="utf-8")
    beside.replace(folder / FILE)


def rollout_state(folder: Path) -> str:
    """The rollout file as text, to see whether it has changed; empty where there is none."""
    try:
        return (folder / FILE).read_text(encoding="utf-8")
    except OSError:
        return ""


def load_rollout(folder: Path) -> Rollout | None:
    """None where nothing was begun. Raises LearnError when it is another model's."""
    path = folder / FILE
    if not path.is_file():
        return None
    rollout = Rollout(**json.loads(path.read_text(encoding="utf-8")))
    if rollout.model != model_id(folder):
        raise LearnError(f"{path} belongs to another model; this one has to pass the gate itself.")
    return rollout


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
