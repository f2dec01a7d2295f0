"""Lift from sums: treated against holdout, per slot, treatment, segment, channel and period.

Pure functions over sums of decisions (`Sums`), so ten million decisions cost what a few hundred rows do.
Sides are compared within strata of segment, channel and country, weighted by the treated decisions, because
a treatment is given to some segments and not to others. Standard library only, for serving.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from service.learn.lift.sequential import (
    SRM_ALPHA,
    Watched,
    decisions_needed,
    ratio_mismatch_p,
    watched_difference,
)
from service.learn.statistics import false_discoveries

STRATA = ("segment", "channel", "country")
BY = ("slot", "treatment", "segment", "channel", "country", "period")
PERIODS = {"day": 10, "month": 7, "year": 4}  # how much of 2026-11-21 names the period
LEAST_DECISIONS = 50  # on each side
LEAST_EXPECTED = (
    10.0  # outcomes expected on the smaller side; below, the interval promises what it cannot keep
)
LEAST_STRATUM = 20  # a stratum with a smaller holdout is compared together with other such strata
HOLDOUT = "holdout"
COMPLAINT_LIMIT = 0.02  # a treatment that surely annoys more than this share is paused until someone looks


class Sums(Protocol):
    """Sums over decisions that agree in `group` (see `service.store.facts.LiftCell`)."""

    @property
    def group(self) -> Mapping[str, str]: ...
    @property
    def decisions(self) -> int: ...
    @property
    def with_outcome(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def value_squared(self) -> float: ...
    @property
    def propensity(self) -> float: ...


@dataclass(slots=True)
class Side:
    """One side of one comparison: decisions, those with the outcome, value and its squares."""

    decisions: float = 0.0
    with_outcome: float = 0.0
    value: float = 0.0
    value_squared: float = 0.0

    def add(self, cell: Sums) -> None:
        self.decisions += cell.decisions
        self.with_outcome += cell.with_outcome
        self.value += cell.value
        self.value_squared += cell.value_squared

    def join(self, other: Side) -> None:
        self.decisions += other.decisions
        self.with_outcome += other.with_outcome
        self.value += other.value
        self.value_squared += other.value_squared

    @property
    def rate(self) -> float:
        return self.with_outcome / self.decisions if self.decisions else 0.0

    @property
    def mean(self) -> float:
        return self.value / self.decisions if self.decisions else 0.0

    def rate_variance(self) -> float:
        """Of the rate, smoothed by half an outcome, so that none seen so far does not mean certainty."""
        p = (self.with_outcome + 0.5) / (self.decisions + 1)
        return p * (1 - p) / self.decisions

    def mean_variance(self) -> float:
        if self.decisions < 2:
            return float("inf")
        spread = max(self.value_squared / self.decisions - self.mean**2, 0.0)
        return spread / (self.decisions - 1)


@dataclass(slots=True)
class LiftRow:
    """One comparison. `rate` and `value` are treated minus holdout per decision, with always-valid bounds."""

    group: dict[str, str]
    treated: Side
    holdout: Side
    treated_rate: float
    holdout_rate: float
    rate: Watched | None
    value: Watched | None
    stands: bool = False  # after control of false discoveries over all rows of the report
    incremental_value: tuple[float, float, float] | None = None
    romi: tuple[float, float, float] | None = None
    warnings: list[str] = field(default_factory=list)


def needed_dimensions(by: Sequence[str]) -> tuple[str, ...]:
    """The dimensions that sums must be asked for so that `lift_rows` can compare within strata."""
    wanted = {"slot", "arm", *STRATA, *(name for name in by if name != "period")}
    return tuple(
        name for name in ("slot", "treatment", "arm", "segment", "channel", "country") if name in wanted
    ) + (("day",) if "period" in by else ())


def lift_rows(
    cells: Iterable[Sums], by: Sequence[str], period: str = "month", costs: Mapping[str, float] | None = None
) -> list[LiftRow]:
    """One row per group of `by` (of BY). `costs` is what one treatment costs, by treatment id."""
    treated: dict[tuple[str, ...], dict[tuple[str, ...], Side]] = defaultdict(lambda: defaultdict(Side))
    holdout: dict[tuple[str, ...], dict[tuple[str, ...], Side]] = defaultdict(lambda: defaultdict(Side))
    spent: dict[tuple[str, ...], float] = defaultdict(float)
    for cell in cells:
        group = dict(cell.group)
        if "day" in group:
            group["period"] = group["day"][: PERIODS[period]]
        stratum = tuple(group.get(name, "") for name in STRATA)
        alike = tuple(group.get(name, "") for name in ("slot", *by) if name != "treatment")
        if group["arm"] == HOLDOUT:
            holdout[alike][stratum].add(cell)
        else:
            key = tuple(group[name] for name in by)
            treated[(*key, *alike)][stratum].add(cell)
            spent[(*key, *alike)] += (costs or {}).get(group.get("treatment", ""), 0.0) * cell.decisions
    rows = [
        _compare(dict(zip(by, key[: len(by)], strict=True)), sides, holdout[key[len(by) :]], spent[key])
        for key, sides in sorted(treated.items())
    ]
    tested = [row for row in rows if row.rate is not None]
    stands = false_discoveries([row.rate.p for row in tested if row.rate is not None])
    for row, stand in zip(tested, stands, strict=True):
        row.stands = stand
    return rows


def _compare(
    group: dict[str, str],
    treated: Mapping[tuple[str, ...], Side],
    holdout: Mapping[tuple[str, ...], Side],
    spent: float,
) -> LiftRow:
    both, compared = _pair_strata(treated, holdout)
    all_treated, all_holdout = Side(), Side()
    for side in treated.values():
        all_treated.join(side)
    for stratum in treated:
        all_holdout.join(holdout.get(stratum, Side()))
    row = LiftRow(group, all_treated, all_holdout, all_treated.rate, all_holdout.rate, None, None)
    total = all_treated.decisions + all_holdout.decisions
    smaller = min(all_treated.decisions, all_holdout.decisions)
    expected = smaller * (all_treated.with_outcome + all_holdout.with_outcome) / max(total, 1)
    if smaller < LEAST_DECISIONS or expected < LEAST_EXPECTED or not both:
        row.warnings.append(
            f"too few to compare: {all_treated.decisions:.0f} treated, {all_holdout.decisions:.0f} holdout, "
            f"{all_treated.with_outcome + all_holdout.with_outcome:.0f} outcomes"
        )
        return row
    if compared < 0.95 * all_treated.decisions:
        left = 1 - compared / all_treated.decisions
        row.warnings.append(f"{left:.0%} of treated decisions have no holdout like them and are left out")
    informative = 4 * all_treated.decisions * all_holdout.decisions / total  # = total when sides are equal
    shares = [t.decisions / compared for t, _ in both]
    row.treated_rate = sum(w * t.rate for w, (t, _) in zip(shares, both, strict=True))
    row.holdout_rate = sum(w * h.rate for w, (_, h) in zip(shares, both, strict=True))
    noise = sum(
        w**2 * (t.rate_variance() + h.rate_variance()) for w, (t, h) in zip(shares, both, strict=True)
    )
    row.rate = watched_difference(row.treated_rate - row.holdout_rate, noise, informative)
    gain = sum(w * (t.mean - h.mean) for w, (t, h) in zip(shares, both, strict=True))
    noise = sum(
        w**2 * (t.mean_variance() + h.mean_variance()) for w, (t, h) in zip(shares, both, strict=True)
    )
    if all_treated.value_squared + all_holdout.value_squared > 0:
        row.value = watched_difference(gain, noise, informative)
        low, high = row.value.low, row.value.high
        n = all_treated.decisions
        row.incremental_value = (gain * n, low * n, high * n)
        if spent > 0:
            row.romi = (gain * n / spent - 1, low * n / spent - 1, high * n / spent - 1)
    needed = decisions_needed(max(row.holdout_rate, 0.5 / total), row.rate.value)
    if row.rate.low <= 0 <= row.rate.high and needed and all_holdout.decisions < needed:
        row.warnings.append(f"a difference like this needs about {needed:,} decisions on each side")
    return row


def _pair_strata(
    treated: Mapping[tuple[str, ...], Side], holdout: Mapping[tuple[str, ...], Side]
) -> tuple[list[tuple[Side, Side]], float]:
    """(pairs of sides to compare, treated decisions in them). Thin strata are compared together."""
    pairs: list[tuple[Side, Side]] = []
    rest = (Side(), Side())
    compared = 0.0
    for stratum, side in treated.items():
        other = holdout.get(stratum)
        if other is None or not other.decisions:
            continue
        compared += side.decisions
        if other.decisions < LEAST_STRATUM:
            rest[0].join(side)
            rest[1].join(other)
        else:
            pairs.append((side, other))
    if rest[1].decisions >= 2:
        pairs.append(rest)
    else:
        compared -= rest[0].decisions
    return pairs, compared


@dataclass(frozen=True, slots=True)
class RatioAlarm:
    """Whether the holdout of a slot is as large as planned."""

    slot: str
    holdout: int
    expected: float
    p: float

    @property
    def alarm(self) -> bool:
        return self.p < SRM_ALPHA


def ratio_alarms(cells: Iterable[Sums], holdout_share: float) -> list[RatioAlarm]:
    """Sample-ratio mismatch per slot, against the planned share of the holdout."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        counts[cell.group["slot"]][cell.group["arm"] == HOLDOUT] += cell.decisions
    if not 0 < holdout_share < 1:
        return []
    return [
        RatioAlarm(
            slot,
            held,
            holdout_share * (held + given),
            ratio_mismatch_p([given, held], [1 - holdout_share, holdout_share]),
        )
        for slot, (given, held) in sorted(counts.items())
    ]


@dataclass(frozen=True, slots=True)
class ComplaintAlarm:
    """A treatment whose complaint rate is above what is accepted, for certain, however often one looked."""

    slot: str
    treatment: str
    rate: float
    low: float
    pause: bool


def complaint_alarms(cells: Iterable[Sums], limit: float = COMPLAINT_LIMIT) -> list[ComplaintAlarm]:
    """Treatments to pause: the always-valid lower end of the complaint rate is above `limit`."""
    sides: dict[tuple[str, str], Side] = defaultdict(Side)
    for cell in cells:
        if cell.group["arm"] != HOLDOUT:
            sides[(cell.group["slot"], cell.group["treatment"])].add(cell)
    out = []
    for (slot, treatment), side in sorted(sides.items()):
        seen = watched_difference(side.rate, side.rate_variance(), side.decisions)
        enough = side.decisions >= LEAST_DECISIONS
        out.append(
            ComplaintAlarm(slot, treatment, side.rate, max(seen.low, 0.0), enough and seen.low > limit)
        )
    return out
