"""What the policy gives a lead of each segment, as numbers that the fairness audit compares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.decide.policy import Policy, load_policy
from service.decide.treatments import TreatmentRule

Floats = NDArray[np.float64]
OFFER = "offer"


def policy_measures(folder: Path, codes: Sequence[str], country: str) -> dict[str, Floats]:
    """Value of the offer, reach of treatments, and seniority of the agents, per segment.

    Value is the discount in the company's currency of the offer in force; reach the prior probability
    that it is seen, over all slots; seniority the certificates that the wanted agents hold on average.
    """
    policy = load_policy(folder, codes)
    today = datetime.now(UTC).date()
    offers = [_in_force(policy, OFFER, code, country, today) for code in codes]
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
        "value of the offer": np.array([rule.value.discount if rule else 0.0 for rule in offers]),
        "reach of treatments": np.array(reach, dtype=np.float64),
        "seniority of agents": np.array([_seniority(policy, code, country) for code in codes]),
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
