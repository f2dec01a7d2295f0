"""What works: treated leads against the holdout, from sums, so in no time at any size of the log."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from service.area.profile import Profiles
from service.decide.policy import Policy
from service.errors import InvalidInputError
from service.learn.lift.adjust import Adjusted, adjust_by_area
from service.learn.lift.compare import (
    ComplaintAlarm,
    LiftRow,
    RatioAlarm,
    complaint_alarms,
    lift_rows,
    needed_dimensions,
    ratio_alarms,
)
from service.learn.lift.sequential import watched_difference
from service.store.exposure import exposures
from service.store.store import Store

_FOLD_FIRST = 2000  # rows of the log that a question about frequency folds itself
_LEAST_SURE = 10  # leads with the outcome; below, the interval of a rate promises what it cannot keep


@dataclass(frozen=True, slots=True)
class LiftQuestion:
    """What is asked. `by` is among `compare.BY`, days are text such as 2026-11-21, both ends included;
    `slot` "" asks for all, `adjust` names variables of the small areas, `costs` what a treatment costs.
    """

    outcome: str = "bought"
    by: Sequence[str] = ("slot", "treatment")
    period: str = "month"
    first_day: str = ""
    last_day: str = "9999"
    slot: str = ""
    adjust: Sequence[str] = ()
    costs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lift:
    """Comparisons; alarms of holdouts that are not as large as planned; complaint rates per treatment;
    and, where it was asked, the lift per slot sharpened by figures of the areas."""

    rows: Sequence[LiftRow]
    ratios: Sequence[RatioAlarm]
    complaints: Sequence[ComplaintAlarm]
    adjusted: Sequence[Adjusted]


def measure_lift(
    store: Store, policy: Policy, profiles: Callable[[], Mapping[str, Profiles]], asked: LiftQuestion
) -> Lift:
    """Compares within segment, channel and country. `profiles` (by country) are fetched to adjust only.

    Raises InvalidInputError for a variable that no country has, and StoreError.
    """
    days = (asked.first_day, asked.last_day)
    only = {"slot": asked.slot} if asked.slot else {}
    cells = store.facts.lift(needed_dimensions(asked.by), asked.outcome, *days, **only)
    complained = [cell for cell in store.facts.complaints(*days) if asked.slot in ("", cell.group["slot"])]
    return Lift(
        rows=lift_rows(cells, asked.by, asked.period, asked.costs),
        ratios=ratio_alarms(cells, policy.experiments.holdout_share),
        complaints=complaint_alarms(complained),
        adjusted=_adjust(store, profiles(), asked) if asked.adjust else (),
    )


def _adjust(store: Store, profiles: Mapping[str, Profiles], asked: LiftQuestion) -> list[Adjusted]:
    """Over all days: the sums per area are not kept by day."""
    known = {variable.code for country in profiles.values() for variable in country.variables}
    if unknown := [name for name in asked.adjust if name not in known]:
        raise InvalidInputError(
            f"No variable is called {', '.join(unknown)}; GET /variables lists them.", "adjust"
        )

    def figures(country: str, level: str, code: str) -> Mapping[str, float]:
        return profiles[country].own_values(level, code) if country in profiles else {}

    return adjust_by_area(store.facts.lift_by_area(asked.outcome), figures, tuple(asked.adjust))


@dataclass(frozen=True, slots=True)
class FrequencyRow:
    """Leads of one arm that were decided on `times` in a slot, and their outcome rate with its always-valid
    interval; no bounds while too few had the outcome."""

    arm: str
    times: int
    leads: int
    rate: float
    low: float | None
    high: float | None


def measure_frequency(
    store: Store, slot: str, outcome: str, first_day: str, last_day: str
) -> list[FrequencyRow]:
    """Outcome rate by how often a lead was decided on in a slot, per arm. Raises StoreError."""
    store.facts.fold(at_most=_FOLD_FIRST)
    rows = []
    for group in exposures(store.database, slot, outcome, first_day, last_day):
        rate = group.with_outcome / group.leads
        smooth = (group.with_outcome + 0.5) / (group.leads + 1)
        seen = watched_difference(rate, smooth * (1 - smooth) / group.leads, group.leads)
        sure = group.with_outcome >= _LEAST_SURE and math.isfinite(seen.low)
        low, high = (max(seen.low, 0.0), min(seen.high, 1.0)) if sure else (None, None)
        rows.append(FrequencyRow(group.arm, group.times, group.leads, rate, low, high))
    return rows
