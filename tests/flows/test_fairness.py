"""Who gets what, by hand: from decisions that were made, and from the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.decide.agents import Wanted
from service.decide.policy import Policy
from service.decide.treatments import TreatmentRule, Value
from service.flows.fairness import REACH, SENIORITY, VALUE, audit_decisions, measure_policy
from service.model import Profile
from service.store.store import Store
from service.wiring import Services
from tests.logged import logged

OFFER = "offer"  # as the shipped policy calls the slot of its offers


def test_the_audit_compares_groups_of_the_finest_areas(services: Services, store: Store) -> None:
    """Two hundred leads: those of the poorest areas are held out, and so reached less."""
    assets = services.assets()
    finest = assets.countries["DK"].segments.levels[0]
    level = assets.countries["DK"].profiles.level(finest.level)
    income = level.of_areas(finest.rows)[:, level.variables.index("household_income_mean")]
    order = [row for row in np.argsort(income) if finest.households[row] > 0 and np.isfinite(income[row])]
    codes = list(finest.rows)
    decisions = []
    for number in range(200):
        poor = number < 100
        code = codes[order[number if poor else -1 - number]]
        profile = Profile("DK", finest.level, code, 1000.0, 0, {})
        decisions.append(logged(1000 + number, "holdout" if poor else "treated", profile=profile))
    store.record_decisions(decisions)
    rows = audit_decisions(store, assets, "DK", 0.8)
    reached = {row.group: row for row in rows if row.measure == "reach of treatments"}
    poorest, richest = reached["lowest third"], reached["highest third"]
    assert (poorest.leads, poorest.mean, poorest.everybody, poorest.ratio) == (100, 0.0, 0.5, 0.0)
    assert not poorest.within_band
    assert (richest.ratio, richest.within_band) == (2.0, True)
    assert all(row.within_band for row in audit_decisions(store, assets, "DK", 0.0))
    assert audit_decisions(store, assets, "FI", 0.8) == []


def _only(policy: Policy, offers: Sequence[TreatmentRule]) -> Policy:
    return replace(policy, treatments={OFFER: tuple(offers)})


def test_the_policy_is_measured_by_what_a_segment_gets_first(services: Services) -> None:
    """Of the segment's own offers that may be given today the one of first priority, else the standard."""
    policy, codes = services.assets().policy, ("A1", "B1", "C1")
    standard = next(rule for rule in policy.treatments[OFFER] if rule.standard)
    plain = replace(standard, standard=False, value=Value(discount=100.0, reach=0.4), rollout=0.5)
    offers = [
        standard,
        replace(plain, id="second", segments=("A1",), priority=2, value=Value(discount=70.0)),
        replace(plain, id="first", segments=("A1",), priority=1),
        replace(plain, id="paused", segments=("B1",), paused=True),
        replace(plain, id="norway", segments=("B1",), countries=("NO",)),
        replace(plain, id="loyal", segments=("C1",), sub_segments=("C1-loyal",)),
    ]
    measured = measure_policy(_only(policy, offers), codes, "DK", services.now().date())
    standard_reach = standard.value.reach * standard.rollout
    assert measured[VALUE].tolist() == [100.0, standard.value.discount, standard.value.discount]
    assert measured[REACH].tolist() == [0.4 * 0.5, standard_reach, standard_reach]
    nothing = measure_policy(_only(policy, []), codes, "DK", services.now().date())
    assert nothing[VALUE].tolist() == nothing[REACH].tolist() == [0.0, 0.0, 0.0]


def test_seniority_counts_the_certificates_of_the_agents_that_are_wanted(services: Services) -> None:
    policy = services.assets().policy
    one = next(agent for agent in policy.agents.agents if "DK" in agent.countries)
    agents = [
        replace(one, id="a", skills=("solar",), certificates=()),
        replace(one, id="b", skills=(), certificates=("gold", "silver")),
        replace(one, id="c", skills=(), certificates=("gold",)),
    ]
    wanted = {
        "A1": Wanted(skills=("solar",), certificates=()),
        "B1": Wanted(skills=(), certificates=("gold",)),
    }
    team = replace(policy.agents, agents=tuple(agents), wanted=wanted, preferred=1)
    today = services.now().date()
    measured = measure_policy(replace(policy, agents=team), ("A1", "B1", "C1"), "DK", today)
    assert measured[SENIORITY].tolist() == [1.0, 3.0, 1.0]  # of equals the first by id
    assert measure_policy(replace(policy, agents=team), ("A1",), "SE", today)[SENIORITY].tolist() == [0.0]
