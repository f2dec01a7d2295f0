"""Which lists the rules ask for, and which of them block today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.errors import InvalidInputError
from service.flows.policy_memory import PolicyMemory
from service.flows.suppression import list_states, needed_lists, replace_list
from service.store.store import Store
from service.wiring import Services

NOW = datetime.now(UTC)


def test_the_lists_are_those_of_the_rules_with_the_shortest_limit(services: Services) -> None:
    policy = services.assets().policy
    needed = needed_lists(policy, NOW.date())
    by_hand: dict[str, list[tuple[int, str]]] = {}
    for country, rules in policy.contact_rules.items():
        for way in rules.rules:
            rule = rules.rule_on(way, NOW.date())
            if rule.suppression_list is not None and rule.list_max_age_days is not None:
                by_hand.setdefault(rule.suppression_list, []).append(
                    (rule.list_max_age_days, f"{country} {way}")
                )
    assert needed
    assert {name: (one.limit_days, one.used_for) for name, one in needed.items()} == {
        name: (min(limit for limit, _ in asked), tuple(used for _, used in asked))
        for name, asked in by_hand.items()
    }


@pytest.mark.parametrize(("beyond", "blocks"), [(0, False), (1, True)])
def test_a_list_blocks_from_the_day_after_its_limit(
    services: Services, store: Store, beyond: int, blocks: bool
) -> None:
    policy = services.assets().policy
    name, one = next(iter(needed_lists(policy, NOW.date()).items()))
    age = one.limit_days + beyond
    assert replace_list(store, name, ["crm-1", "crm-2", "crm-1"], NOW - timedelta(days=age), False) == 2
    states = {state.needed.name: state for state in list_states(store, policy, NOW.date())}
    assert list(states) == sorted(states)
    assert (states[name].age_days, states[name].blocks) == (age, blocks)
    others = [state for state in states.values() if state.needed.name != name]
    assert all(state.blocks and state.as_of is None for state in others)
    assert PolicyMemory(store).lists("crm-1")[name].listed
    assert not PolicyMemory(store).lists("crm-3")[name].listed


def test_a_list_of_nobody_is_taken_only_when_that_is_meant(store: Store) -> None:
    with pytest.raises(InvalidInputError, match="nobody would be on nix_telefon"):
        replace_list(store, "nix_telefon", [], NOW, False)
    assert replace_list(store, "nix_telefon", [], NOW, True) == 0
