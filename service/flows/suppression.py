"""Lists of people who may not be contacted: what the rules ask for, how old it is, and what that blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from service.decide.policy import Policy
from service.errors import InvalidInputError
from service.flows.policy_memory import PolicyMemory
from service.store.store import Store


@dataclass(frozen=True, slots=True)
class NeededList:
    """A list that the rules ask for. `limit_days` is the shortest of its limits; `used_for` names each
    country and way of contact that asks for it."""

    name: str
    limit_days: int
    used_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListState:
    """A needed list as it is in the store. One that was never imported, or is too old, blocks."""

    needed: NeededList
    as_of: date | None
    age_days: int | None

    @property
    def blocks(self) -> bool:
        """Whether nobody may be contacted that way until the list is imported again."""
        return self.age_days is None or self.age_days > self.needed.limit_days


def needed_lists(policy: Policy, today: date) -> dict[str, NeededList]:
    """The lists that the rules of today ask for, by name."""
    found: dict[str, NeededList] = {}
    for country, rules in policy.contact_rules.items():
        for way in rules.rules:
            rule = rules.rule_on(way, today)
            name, limit = rule.suppression_list, rule.list_max_age_days
            if name is None or limit is None:
                continue
            known = found.get(name, NeededList(name, limit, ()))
            used = (*known.used_for, f"{country} {way}")
            found[name] = NeededList(name, min(known.limit_days, limit), used)
    return found


def list_states(store: Store, policy: Policy, today: date) -> list[ListState]:
    """Every list that the rules ask for, by name, with its age. Raises StoreError."""
    dates = store.guards.list_dates()
    return [
        ListState(needed, as_of, (today - as_of).days if as_of else None)
        for name, needed in sorted(needed_lists(policy, today).items())
        for as_of in [dates.get(name)]
    ]


def replace_list(store: Store, name: str, lead_ids: Iterable[str], as_of: datetime, empty: bool) -> int:
    """Puts a list in place of the one of this name, whole, as salted hashes; the number of its entries.

    Raises InvalidInputError for a list of nobody, unless that is meant (`empty`), and StoreError.
    """
    memory = PolicyMemory(store)
    hashes = {memory.list_hash(name, lead_id) for lead_id in lead_ids}
    if not hashes and not empty:
        raise InvalidInputError(
            f"The file holds no entries, and with it nobody would be on {name}. "
            "If that is meant, say --empty.",
            "file",
        )
    return store.guards.replace_list(name, hashes, as_of)
