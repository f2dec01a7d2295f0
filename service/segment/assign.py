"""Assigns a distribution over base segments to one lead: the area's joint table × what else is known.

P(segment | area, facts) is proportional to the sum of joint(cell | area) × P(facts | cell) over the
segment's cells. Each fact's effect is the change of log2 P(likeliest segment) when it alone is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from service.model import UNKNOWN_SEGMENT, Declared, Evidence, Found, Place, Segment, SegmentShare
from service.segment.areas import LevelTable, attribute_matrix, load_levels, value_of_cells
from service.segment.cells import ATTRIBUTES, CELL_ATTRIBUTES, CELLS, URBANITIES
from service.segment.definitions import Definitions
from service.segment.likelihood import FACTS, Facts, gather_facts, likelihoods
from service.segment.thin import thin_reason
from service.tables import Kept, Release

Floats = NDArray[np.float64]

KEPT_AREAS = 8192  # prepared areas kept in memory, 3 kB each
KEPT_ANSWERS = 8192  # answers kept, by area, facts and language; about 3 kB each
LEAST_SHARE = 1e-12  # stands for zero under a logarithm
LEAST_EFFECT = 0.005  # bits; a fact that moved less is not told
# Every fact that evidence can name -> the values with which it is told; an area's with a share behind it.
EVIDENCE: Mapping[str, tuple[str, ...]] = {
    **FACTS,
    **{f"area_{name}": values for name, values in ATTRIBUTES.items()},
}


@dataclass(frozen=True, slots=True)
class _Area:
    """One area, prepared. `p` [384] is its row of the memory map; `ratio` [17] the country's margin over
    its own, per attribute value; `told` what is said of each; `mixture` [3] its households in rural, town,
    city.
    """

    table: LevelTable
    code: str
    households: float
    p: NDArray[np.float32]
    ratio: Floats
    mixture: Floats
    told: tuple[str, ...]
    urbanity: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    """Facts, prepared. `known` [1 + facts, 384]: the product of all likelihoods, then without each."""

    names: tuple[tuple[str, str], ...]
    known: Floats


@lru_cache(maxsize=1024)
def _prepare_facts(facts: Facts) -> _Told:
    told = likelihoods(facts)
    each = np.ones((len(told), CELLS))
    for number, (_, _, likelihood) in enumerate(told):
        each[number] = likelihood
    everything = each.prod(axis=0)
    known = np.concatenate([everything[None], everything / each])
    return _Told(tuple((name, value) for name, value, _ in told), known)


@dataclass(frozen=True, slots=True)
class SegmentModel:
    """The joint tables of one country and one set of definitions. Immutable but for what it keeps."""

    definitions: Definitions
    levels: tuple[LevelTable, ...]
    market: Floats  # [segments] share of all households of the country
    membership_by_urbanity: Floats  # [3, 384, segments]
    _national: Floats  # [384]
    _sums: Floats  # [384, 17] cells -> attribute values
    _value_of_cell: NDArray[np.intp]  # [5, 384] which of the 17 values a cell has, per attribute
    _unplaced: Floats  # [384, segments] membership where urbanity is unknown: the country's mixture
    _areas: Kept[tuple[str, str], _Area] = field(default_factory=lambda: Kept(KEPT_AREAS))
    _answers: Kept[tuple[str, str, Facts, str], Segment] = field(default_factory=lambda: Kept(KEPT_ANSWERS))

    @classmethod
    def load(cls, release: Release, country: str, definitions: Definitions) -> SegmentModel:
        """Maps the joint tables of `country`. Raises ReleaseError."""
        levels = load_levels(release, country)
        membership = np.stack([definitions.membership(u) for u in range(len(URBANITIES))]).astype(np.float64)
        finest = levels[0]
        market = sum(
            (finest.households * finest.urbanity[:, u]) @ finest.p.astype(np.float64) @ membership[u]
            for u in range(len(URBANITIES))
        )
        national = levels[-1].p[0].astype(np.float64)
        shares = np.asarray(market, dtype=np.float64)
        unplaced = np.tensordot(levels[-1].urbanity[0], membership, axes=1)
        return cls(
            definitions,
            levels,
            shares / shares.sum(),
            membership,
            national,
            attribute_matrix(),
            value_of_cells(),
            unplaced,
        )

    def assign_segment(self, found: Found, declared: Declared, language: str, today: date) -> Segment:
        """The distribution for one lead, with its evidence, from where the home is (`found.place`), what its
        address tells and what the lead has said. `code` is None only without any area.
        """
        located = self._find_area(found.place)
        if located is None:
            return UNKNOWN_SEGMENT
        table, code = located
        facts = gather_facts(found.match, found.unit, declared, today)
        key = (table.level, code, facts, language)
        kept = self._answers.get(key)
        return kept or self._answers.keep(key, self._answer(self._area(table, code), facts, language))

    def distribution(self, level: str, code: str, facts: Facts) -> Floats:
        """P(segment) at one area with these facts, [segments]. Raises KeyError for an unknown area."""
        table = next(table for table in self.levels if table.level == level)
        if code not in table.rows:
            raise KeyError(code)
        area = self._area(table, code)
        shares: Floats = (area.p * _prepare_facts(facts).known[0]) @ self._membership(area)
        shares /= shares.sum()
        return shares

    def _find_area(self, place: Place) -> tuple[LevelTable, str] | None:
        for table in self.levels:
            code = place.codes.get(table.level)
            if code is not None and code in table.rows:
                return table, code
        return None

    def _area(self, table: LevelTable, code: str) -> _Area:
        key = (table.level, code)
        return self._areas.get(key) or self._areas.keep(key, self._prepare(table, code))

    def _prepare(self, table: LevelTable, code: str) -> _Area:
        row = table.rows[code]
        p = table.p[row]
        margins, national = p @ self._sums, self._national @ self._sums
        ratio = np.divide(national, margins, out=np.ones_like(margins), where=margins > 0)
        mixture = table.urbanity[row]
        urbanity = URBANITIES[int(mixture.argmax())] if mixture.max() == 1.0 else None
        names = [value for values in CELL_ATTRIBUTES.values() for value in values]
        told = tuple(f"{name} {share:.0%}" for name, share in zip(names, margins, strict=True))
        households = float(table.households[row])
        return _Area(table, code, households, p, ratio, mixture, told, urbanity)

    def _membership(self, area: _Area) -> Floats:
        """Cells to segments at this area's urbanity, [384, segments]; a view where it is of one kind."""
        if area.urbanity is not None:
            one: Floats = self.membership_by_urbanity[URBANITIES.index(area.urbanity)]
            return one
        mixed: Floats = np.tensordot(area.mixture, self.membership_by_urbanity, axes=1)
        return mixed

    def _answer(self, area: _Area, facts: Facts, language: str) -> Segment:
        told = _prepare_facts(facts)
        # Rows: all; without each attribute of the area; without each fact.
        here = area.p * told.known[0]
        rows = np.concatenate([here[None], here * area.ratio[self._value_of_cell], area.p * told.known[1:]])
        membership = self._membership(area)
        shares = rows @ membership
        shares /= shares.sum(axis=1, keepdims=True)
        distribution = shares[0]
        best = int(distribution.argmax())
        logs: list[float] = np.log2(np.maximum(shares[:, best], LEAST_SHARE)).tolist()
        evidence = self._area_evidence(area, rows[0], membership[:, best], best, logs)
        for (name, value), log in zip(told.names, logs[1 + len(CELL_ATTRIBUTES) :], strict=True):
            if abs(logs[0] - log) >= LEAST_EFFECT:
                evidence.append(Evidence(name, value, round(logs[0] - log, 3)))
        evidence.sort(key=lambda item: (-abs(item.effect), item.fact))
        return self._segment(area, distribution, best, tuple(evidence), language)

    def _area_evidence(
        self, area: _Area, weights: Floats, belongs: Floats, best: int, logs: list[float]
    ) -> list[Evidence]:
        """The area's own figures: for each attribute the value in which most of the segment lies."""
        level, vintage = area.table.level, area.table.vintage
        inside: list[float] = ((weights * belongs) @ self._sums).tolist()
        evidence, start = [], 0
        for number, (name, values) in enumerate(CELL_ATTRIBUTES.items()):
            end = start + len(values)
            effect = logs[0] - logs[number + 1]
            if abs(effect) >= LEAST_EFFECT:
                value = inside.index(max(inside[start:end]), start, end)
                ratio = float(area.ratio[value])
                index = round(100 / ratio) if ratio > 0 else None
                told = area.told[value]
                evidence.append(Evidence(f"area_{name}", told, round(effect, 3), level, vintage, index))
            start = end
        if area.urbanity is not None:
            unknown = float(weights @ self._unplaced[:, best]) / float(weights.sum())
            effect = logs[0] - math.log2(max(unknown, LEAST_SHARE))
            if abs(effect) >= LEAST_EFFECT:
                evidence.append(Evidence("area_urbanity", area.urbanity, round(effect, 3), level, vintage))
        return evidence

    def _segment(
        self, area: _Area, distribution: Floats, best: int, evidence: tuple[Evidence, ...], language: str
    ) -> Segment:
        index = distribution / self.market
        bits = float(distribution @ np.log2(np.maximum(index, LEAST_SHARE)))
        probabilities: list[float] = distribution.tolist()
        reason = thin_reason(area.households, probabilities[best], 100 * float(index[best]), bits)
        segments = self.definitions.segments
        order = sorted(range(len(segments)), key=lambda n: -probabilities[n])
        spread = tuple(SegmentShare(segments[n].code, probabilities[n]) for n in order)
        return Segment(
            segments[best].code,
            segments[best].name(language),
            probabilities[best],
            reason is not None,
            spread,
            evidence,
            area.table.level,
            reason,
        )


def market_shares(model: SegmentModel) -> Mapping[str, float]:
    """Share of each segment among all households of the country, by code."""
    return dict(zip(model.definitions.codes, model.market.tolist(), strict=True))
