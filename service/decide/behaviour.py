"""From geography to behaviour: how the weight moves as a customer stays, and sub-segments by rules.

weights.toml and subsegments.toml. Pure: the caller sums up what a customer has done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from service.decide.toml_table import TomlTable
from service.model import Weights

RANGES = ("recency_days", "orders", "value", "quiet_days", "tenure_days")
SILENT_DAYS = 45  # nothing heard of a lead for so long
LAPSED_DAYS = 90  # no order from a customer for longer than that
_LIMIT = 1e12


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one customer has done. `None` means that it never happened.

    `recency_days`: since the last order; `orders` and `value` (company currency): in the last 365 days;
    `quiet_days`: since anything was heard of them; `products`: codes bought in the last 365 days.
    """

    tenure_days: int
    recency_days: int | None = None
    orders: int = 0
    value: float = 0.0
    quiet_days: int | None = None
    products: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decay:
    """w_geo(t) = floor + (1 − floor) × 0.5^(t / half_life_days)."""

    half_life_days: float
    floor: float

    def weight(self, tenure_days: int) -> float:
        left: float = 0.5 ** (max(tenure_days, 0) / self.half_life_days)
        return self.floor + (1 - self.floor) * left


@dataclass(frozen=True, slots=True)
class WeightRules:
    """The decay per base segment. `basis` says whether it was judged or fitted."""

    basis: Literal["prior", "fitted"]
    default: Decay
    by_segment: Mapping[str, Decay]

    def weigh(self, segment: str | None, tenure_days: int) -> Weights:
        """The weights of geography and behaviour at this tenure; they sum to 1."""
        geo = self.by_segment.get(segment or "", self.default).weight(tenure_days)
        return Weights(max(tenure_days, 0), round(geo, 4), round(1 - round(geo, 4), 4))


@dataclass(frozen=True, slots=True)
class SubSegment:
    """One rule. `ranges` hold (from, to), both included; every one of them has to fit."""

    code: str
    names: Mapping[str, str]
    bases: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]]
    products: frozenset[str]
    flow: str

    def fits(self, base: str, behaviour: Behaviour) -> bool:
        if base not in self.bases or (self.products and not self.products & behaviour.products):
            return False
        for name, (low, high) in self.ranges.items():
            value = getattr(behaviour, name)
            if value is None or not low <= value <= high:
                return False
        return True


def assign_sub_segment(
    rules: Sequence[SubSegment], base: str | None, behaviour: Behaviour | None
) -> str | None:
    """`"B1-loyal"`, by the first rule that fits. None without a base segment or behaviour, or if none."""
    if base is None or behaviour is None:
        return None
    return next((f"{base}-{rule.code}" for rule in rules if rule.fits(base, behaviour)), None)


def assign_stage(behaviour: Behaviour | None) -> str:
    """lead, first_order, customer or silent: what `stages` of a treatment asks for."""
    if behaviour is None or not behaviour.orders:
        quiet = behaviour is not None and (behaviour.quiet_days or 0) >= SILENT_DAYS
        return "silent" if quiet else "lead"
    if (behaviour.recency_days or 0) > LAPSED_DAYS:
        return "silent"
    return "first_order" if behaviour.orders == 1 else "customer"


def read_weights(file: TomlTable, segments: tuple[str, ...]) -> WeightRules:
    """weights.toml. Raises PolicyError with file and line."""
    default = _read_decay(file.table("default"))
    by_segment = {}
    if file.has("segment"):
        table = file.table("segment")
        for code in table.names():
            if code not in segments:
                raise table.fault(f"unknown segment '{code}'; known are {', '.join(segments)}.", code)
            by_segment[code] = _read_decay(table.table(code))
    basis = file.text("basis", allowed=("prior", "fitted"))
    file.text("reason")
    file.close()
    return WeightRules(basis, default, by_segment)  # type: ignore[arg-type]  # checked by `allowed`


def _read_decay(table: TomlTable) -> Decay:
    decay = Decay(table.number("half_life_days", low=1, high=36500), table.number("floor", low=0, high=1))
    table.close()
    return decay


def read_sub_segments(
    file: TomlTable, segments: tuple[str, ...], languages: tuple[str, ...]
) -> tuple[SubSegment, ...]:
    """subsegments.toml, in order. Raises PolicyError with file and line."""
    rules: list[SubSegment] = []
    for row in file.tables("sub_segment"):
        rule = _read_sub_segment(row, segments, languages)
        for earlier in rules:
            if earlier.code == rule.code:
                raise row.fault(f"sub-segment '{rule.code}' is there twice.", "code")
            if _covers(earlier, rule):
                raise row.fault(
                    f"'{rule.code}' is never reached: whoever fits it fits '{earlier.code}' above; reorder."
                )
        rules.append(rule)
    file.close()
    return tuple(rules)


def _read_sub_segment(row: TomlTable, segments: tuple[str, ...], languages: tuple[str, ...]) -> SubSegment:
    names = row.table("name")
    translations = {}
    for language in languages:
        if not names.has(language):
            raise names.fault(f"there is no name in '{language}'; add one.")
        translations[language] = names.text(language)
    names.close()
    code = row.text("code")
    if "-" in code:
        raise row.fault(f"'{code}' holds a dash, which is kept for the base segment.", "code")
    rule = SubSegment(
        code=code,
        names=translations,
        bases=row.texts("bases", segments, allowed=segments),
        ranges={name: _read_range(row, name) for name in RANGES if row.has(name)},
        products=frozenset(row.texts("products", ())),
        flow=row.text("flow"),
    )
    if not rule.ranges and not rule.products:
        raise row.fault(f"'{code}' has no rule; give at least one of {', '.join(RANGES)}, products.")
    row.close()
    return rule


def _read_range(row: TomlTable, name: str) -> tuple[float, float]:
    values = row.numbers(name)
    if len(values) != 2 or not 0 <= values[0] <= values[1] <= _LIMIT:
        raise row.fault(f"'{name}' must be [from, to], such as [0, 30].", name)
    return values[0], values[1]


def _covers(earlier: SubSegment, later: SubSegment) -> bool:
    """Whether everyone who fits `later` fits `earlier` as well."""
    if not set(later.bases) <= set(earlier.bases):
        return False
    if earlier.products and not (later.products and later.products <= earlier.products):
        return False
    for name, (low, high) in earlier.ranges.items():
        mine = later.ranges.get(name)
        if mine is None or mine[0] < low or mine[1] > high:
            return False
    return True
