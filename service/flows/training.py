"""The own log as rows that a model learns from: what was known, what was done and what came of it.

A row's features are those that a promoted model is scored with at the request: figures of the release that
the decision was made from, filled in alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.flows.past_figures import PastDecisions
from service.learn.lift.compare import HOLDOUT
from service.learn.live.features import lead_features
from service.store.clock import to_ms
from service.store.exposure import logged_decisions
from service.store.store import Store


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """`rows`: one per decision, without lead id, decision id and address. `without_figures`: decisions left
    out because the release that they were made from is gone."""

    rows: Sequence[dict[str, object]]
    without_figures: int


def read_training_rows(
    store: Store, past: PastDecisions, slot: str, outcome: str, start: datetime, end: datetime
) -> TrainingRows:
    """Decisions of status ok made in [start, end) with a treatment in `slot`, oldest first: features, `area`,
    `treatment` (variants taken together, the holdout as one), the outcome as 0 or 1, and `made_at`.

    Raises StoreError.
    """
    rows: list[dict[str, object]] = []
    gone = 0
    for logged, happened in logged_decisions(store.database, outcome, to_ms(start), to_ms(end)):
        treatment = logged.treatments.get(slot)
        if treatment is None or logged.status != "ok":
            continue
        decision = past.recall_figures(logged)
        profile = decision.profile
        if profile is None or not profile.figures:
            gone += 1
            continue
        features = lead_features(
            decision.channel, decision.language, decision.country, decision.segment, profile
        )
        rows.append(
            features
            | {
                "area": f"{profile.level}/{profile.code}",
                "treatment": HOLDOUT if treatment.arm == HOLDOUT else treatment.id.partition(".")[0],
                outcome: int(happened[slot]),
                "made_at": decision.made_at.isoformat(),
            }
        )
    return TrainingRows(rows, gone)
