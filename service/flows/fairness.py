"""Who gets what: what the policy would give a lead of each segment, and what leads did get by their area."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from service.area.figures import variable_codes
from service.decide.policy import Policy
from service.decide.slots.agent import agent_slot
from service.decide.slots.content import offer_slot
from service.decide.treatments import TreatmentRule
from service.flows.active import Assets
from service.flows.market import area_figures, count_by_area
from service.segment.areas import LevelTable
from service.segment.compare import area_groups
from service.store.facts import LiftCell
from service.store.store import Store

Floats = NDArray[np.float64]
INCOME = "household_income_mean"
VALUE, REACH, SENIORITY = "value of the offer", "reach of treatments", "seniority of agents"
LEAST_LEADS = 30  # a group of fewer leads is not judged


@dataclass(frozen=True, slots=True)
class GroupShare:
    """What one group of leads got on average of a measure, against everybody."""

    measure: str
    kind: str
    group: str
    leads: int
    mean: float
    everybody: float
    ratio: float
    within_band: bool


def audit_decisions(store: Store, assets: Assets, country: str, band: float) -> list[GroupShare]:
    """What leads did get (value of the offer, reach, seniority of agents) by income of the area and urbanity.

    A group is outside the band when it is left with less than that part of what everybody gets.
    Raises InvalidInputError for a country that is not there, and StoreError.
    """
    tables = assets.tables_of(country)
    finest = tables.segments.levels[0]
    income = None
    if INCOME in variable_codes(assets.release, tables.code):
        income = area_figures(tables, finest, [INCOME])[:, 0]
    groups = area_groups(finest.households, finest.urbanity, income)
    rows: list[GroupShare] = []
    for measure, slot, given in _given_measures(assets.policy):
        cells = store.facts.lift_by_area("", slot=slot, country=tables.code)
        leads = count_by_area(finest, cells, lambda cell: cell.decisions)
        sums = count_by_area(finest, cells, _in_all(given))
        rows += _group_shares(measure, leads, sums, groups, finest, band)
    return rows


def _given_measures(policy: Policy) -> list[tuple[str, str, Callable[[LiftCell], float]]]:
    """(measure, slot, what a decision of a cell gave)."""
    certificates = {agent.id: len(agent.certificates) for agent in policy.agents.agents}
    offers, calls = offer_slot(policy.slots), agent_slot(policy.slots)

    def discount(cell: LiftCell) -> float:
        rule = policy.treatment(cell.group["slot"], cell.group["treatment"])
        return rule.value.discount if rule else 0.0

    def reached(cell: LiftCell) -> float:
        return float(cell.group["arm"] == "treated")

    def seniority(cell: LiftCell) -> float:
        return 1.0 + certificates.get(cell.group["treatment"], 0)

    measures: list[tuple[str, str, Callable[[LiftCell], float]]] = []
    if offers is not None:
        measures += [(VALUE, offers.code, discount), (REACH, offers.code, reached)]
    if calls is not None:
        measures.append((SENIORITY, calls.code, seniority))
    return measures


def _in_all(given: Callable[[LiftCell], float]) -> Callable[[LiftCell], float]:
    return lambda cell: cell.decisions * given(cell)


def _group_shares(
    measure: str,
    leads: Floats,
    sums: Floats,
    groups: Sequence[tuple[str, str, Floats]],
    table: LevelTable,
    band: float,
) -> list[GroupShare]:
    if leads.sum() == 0:
        return []
    everybody = float(sums.sum() / leads.sum())
    rows = []
    for kind, group, households in groups:
        inside = np.divide(
            households, table.households, out=np.zeros_like(households), where=table.households > 0
        )
        count = float(leads @ inside)
        if count < LEAST_LEADS:
            continue
        mean = float(sums @ inside) / count
        ratio = mean / everybody if everybody else 1.0
        rows.append(GroupShare(measure, kind, group, round(count), mean, everybody, ratio, ratio >= band))
    return rows


# ---------------------------------------------------------------- what the policy would give


def measure_policy(policy: Policy, codes: Sequence[str], country: str, today: date) -> dict[str, Floats]:
    """Value of the offer, reach of treatments, and seniority of the agents, per segment of `codes`.

    Value is the discount in the company's currency of the offer in force; reach the prior probability
    that it is seen, over all slots; seniority the certificates that the wanted agents hold on average.
    """
    slot = offer_slot(policy.slots)
    offers = [slot and _in_force(policy, slot.code, code, country, today) for code in codes]
    reach = [
        np.mean(
            [
                rule.value.reach * rule.rollout
                for slot in policy.treatments
                if (rule := _in_force(policy, slot, code, country, today)) is not None
            ]
            or [0.0]
        )
        for code in codes
    ]
    return {
        VALUE: np.array([rule.value.discount if rule else 0.0 for rule in offers]),
        REACH: np.array(reach, dtype=np.float64),
        SENIORITY: np.array([_seniority(policy, code, country) for code in codes]),
    }


def _in_force(policy: Policy, slot: str, code: str, country: str, today: date) -> TreatmentRule | None:
    """The treatment that a lead of the segment gets first, the standard one if none is for it."""
    current = [
        rule
        for rule in policy.treatments.get(slot, ())
        if rule.is_current(today)
        and not rule.paused
        and not rule.sub_segments
        and (not rule.countries or country in rule.countries)
    ]
    own = [rule for rule in current if code in rule.segments]
    standard = [rule for rule in current if rule.standard]
    ranked = sorted(own, key=lambda rule: rule.priority) or standard
    return ranked[0] if ranked else None


def _seniority(policy: Policy, code: str, country: str) -> float:
    wanted = policy.agents.wanted.get(code)
    agents = [agent for agent in policy.agents.agents if country in agent.countries]
    if not agents:
        return 0.0

    def fit(skills: Sequence[str], certificates: Sequence[str]) -> int:
        if wanted is None:
            return 0
        return len(set(skills) & set(wanted.skills)) + len(set(certificates) & set(wanted.certificates))

    ranked = sorted(agents, key=lambda agent: (-fit(agent.skills, agent.certificates), agent.id))
    chosen = ranked[: policy.agents.preferred]
    return float(np.mean([1 + len(agent.certificates) for agent in chosen]))
