"""What the store knows, in the words of the policy: budgets, agents' states, suppression lists.

The one place where `store` and `decide` meet; neither knows the other. Facts about all leads are read at
most once a second; facts about one lead each time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from service.decide.agents import Agent
from service.decide.behaviour import Behaviour
from service.decide.consent import ListCheck
from service.decide.policy import Policy
from service.decide.roster import merge_roster
from service.decide.situation import Spent
from service.decide.treatments import TreatmentRule
from service.errors import StoreError
from service.model import AddressMatch, AgentState, Decision, Lead, MatchLevel
from service.store.guards import Spend
from service.store.outcomes import LeadEvent
from service.store.salts import salted_hash
from service.store.store import Store

_FRESH_S = 1.0
_ORDERS_WINDOW = timedelta(days=365)
_ONE_HOUSE = (MatchLevel.UNIT, MatchLevel.HOUSE)


@dataclass(frozen=True, slots=True)
class LeadHistory:
    """What the log knows of a lead before this answer; `behaviour` once there is any."""

    objected: bool = False
    behaviour: Behaviour | None = None


class PolicyMemory:
    """Reads for the policy, and records what it gives. Unread, the last known state goes on."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.salt = store.salt
        self._states: Mapping[str, AgentState] = {}
        self._states_read = float("-inf")
        self._declared: Mapping[str, Mapping[str, Any]] = {}
        self._roster: Sequence[Agent] = ()
        self._roster_of = ""
        self._roster_read = float("-inf")

    def read_history(self, lead: Lead, now: datetime) -> LeadHistory:
        """What is on file of a lead. Raises StoreError."""
        return LeadHistory(self.store.guards.objected(lead.lead_id), self.behaviour(lead, now))

    def record_decision(self, policy: Policy, decision: Decision) -> None:
        """Appends a decision and what it spends. Raises StoreError; then nothing is kept."""
        self.store.record_decision(decision, self.spends(policy, decision))

    def record_behind(self, policy: Policy, decision: Decision) -> None:
        """Keeps it on disk until the store takes it. Raises StoreError; then nothing is kept."""
        self.store.record_behind(decision, self.spends(policy, decision))

    def agent_states(self) -> Mapping[str, AgentState]:
        """The agents' states, at most a second old."""
        if time.monotonic() - self._states_read > _FRESH_S:
            self._states_read = time.monotonic()
            with suppress(StoreError):  # counted where decisions are recorded; the last known go on
                self._states = self.store.agents.states()
        return self._states

    def roster(self, policy: Policy) -> Sequence[Agent]:
        """The policy's agents and what the desk has declared since, at most a second old."""
        if time.monotonic() - self._roster_read > _FRESH_S or self._roster_of != policy.version:
            self._roster_read, self._roster_of = time.monotonic(), policy.version
            with suppress(StoreError):
                self._declared = self.store.agents.declared()
            self._roster = merge_roster(policy.agents.agents, self._declared)
        return self._roster

    def spent(self, match: AddressMatch, now: datetime) -> Spent:
        """What was given today, what is paused, and what this household has had."""
        totals = self.store.guards.totals(now.astimezone(UTC).date())
        return Spent(
            discount_today=totals.discount,
            given_today=totals.given,
            household_had=_HouseholdHad(self, match),
            paused=totals.paused,
        )

    def lists(self, lead_id: str) -> Mapping[str, ListCheck]:
        """Each imported suppression list: its date, and whether this lead is on it."""
        guards = self.store.guards
        try:
            dates = guards.list_dates()
            return {
                name: ListCheck(as_of, guards.listed(name, self.list_hash(name, lead_id)))
                for name, as_of in dates.items()
            }
        except StoreError:
            return {}  # a list that cannot be read is a missing list, and blocks

    def behaviour(self, lead: Lead, now: datetime) -> Behaviour | None:
        """What a lead has done, summed from its events; None for one that has only just come."""
        if not lead.tenure_days:
            return None
        events = self.store.outcomes.events_of([lead.lead_id])
        year = [event for event in events if now - event.at <= _ORDERS_WINDOW]
        orders = [event for event in year if event.kind == "purchase"]
        return Behaviour(
            tenure_days=lead.tenure_days,
            recency_days=_days_since(now, [e for e in events if e.kind == "purchase"]),
            orders=len(orders),
            value=sum(event.value or 0.0 for event in orders),
            quiet_days=_days_since(now, events),
            products=frozenset(event.product for event in orders if event.product),
        )

    def list_hash(self, name: str, lead_id: str) -> bytes:
        """How an entry of a suppression list is stored."""
        return salted_hash(self.salt, f"list/{name}", lead_id)

    def spends(self, policy: Policy, decision: Decision) -> Sequence[Spend]:
        """What a decision gives of things that are limited."""
        found = []
        for slot, treatment in decision.treatments.items():
            rule = policy.treatment(slot, treatment.id)
            if rule is not None and _is_limited(rule):
                household = self._household(decision.address) if rule.once_per_household else None
                found.append(Spend(rule.id, rule.value.discount, household))
        return found

    def had(self, match: AddressMatch) -> frozenset[str]:
        """The once-per-household treatments that the household at this door has had."""
        household = self._household(match)
        if household is None:
            return frozenset()
        try:
            return self.store.guards.had(household)
        except StoreError:
            return frozenset()

    def _household(self, match: AddressMatch) -> bytes | None:
        """The household behind one known door; None where the address does not name one."""
        if match.address_id is None or match.level not in _ONE_HOUSE:
            return None
        return self.store.guards.household(f"{match.address_id}/{match.floor or ''}/{match.door or ''}")


class _HouseholdHad:
    """The once-per-household treatments that a household has had; read when it is first asked."""

    __slots__ = ("_had", "_match", "_memory")

    def __init__(self, memory: PolicyMemory, match: AddressMatch) -> None:
        self._memory, self._match = memory, match
        self._had: frozenset[str] | None = None

    def __contains__(self, treatment: object) -> bool:
        if self._had is None:
            self._had = self._memory.had(self._match)
        return treatment in self._had


def _days_since(now: datetime, events: Sequence[LeadEvent]) -> int | None:
    return max((now - max(event.at for event in events)).days, 0) if events else None


def _is_limited(rule: TreatmentRule) -> bool:
    return rule.value.discount > 0 or rule.cap_per_day is not None or rule.once_per_household
