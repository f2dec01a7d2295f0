"""The log asked about another policy, a promoted model and silent leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.errors import LearnError
from service.flows.outcomes import record_outcomes
from service.flows.replay import compare_followers, find_silent, replay_policy
from service.model import AddressQuery, Consent, ConsentProof, Lead, Segment, Versions
from service.store.outcomes import LeadEvent
from service.store.store import Store
from service.wiring import Services
from tests.logged import MADE, logged

NOW = datetime.now(UTC)


def test_the_same_policy_changes_nothing_for_leads_that_had_consented(services: Services) -> None:
    yes = ConsentProof(given=True)
    start = services.now()
    for number in range(40):
        address = AddressQuery("DK", text="Sankt Mortens Gade 3, 3700 Rønne")
        consent = Consent(email=yes, phone=yes, sms=yes, letter=yes) if number % 2 else Consent()
        services.enricher.enrich_lead(
            Lead(f"replay-{number}", address, "DK", "da", "web_form", consent=consent)
        )
    end = services.now() + timedelta(milliseconds=1)
    found = {
        slot.slot: slot
        for slot in replay_policy(services.store, services.assets().policy, "bought", start, end)
    }
    assert {"greeting", "offer", "first_email"} <= set(found)
    assert all(slot.leads == 40 for slot in found.values())
    assert found["first_email"].changed <= 8  # the holdout, and who was drawn another variant
    with pytest.raises(LearnError, match="No decision is on record"):
        replay_policy(services.store, services.assets().policy, "bought", end + timedelta(days=1), end)


def test_treated_followers_of_the_model_are_compared_with_treated_leads_on_the_rules(store: Store) -> None:
    follows = Versions("r", "p", {"offer": "sha256:m"})
    store.record_decisions(
        [
            *(logged(n, versions=follows) for n in range(10)),
            *(logged(n) for n in range(10, 14)),
            logged(14, versions=Versions("r", "p", {"offer": "sha256:older"})),
            *(logged(n, "holdout", versions=follows) for n in range(15, 20)),
            logged(20, made_at=MADE - timedelta(days=9)),
        ]
    )
    bought = {"kind": "bought", "at": MADE}
    record_outcomes(store, [bought | {"decision_id": f"dec_{n}"} for n in (0, 1, 2, 10, 15)])
    following, others = compare_followers(store, "sha256:m", "offer", "bought", MADE - timedelta(days=1))
    assert (following.decisions, following.with_outcome) == (10, 3)
    assert (others.decisions, others.with_outcome) == (5, 1)
    nobody, _ = compare_followers(store, "sha256:m", "agent", "bought", MADE - timedelta(days=1))
    assert nobody.decisions == 0


@pytest.fixture
def quiet(store: Store) -> Store:
    """Leads 1 to 4 decided on 120 days ago; 2 has been on the website since, 3 has objected."""
    long_ago = NOW - timedelta(days=120)
    nobody = Segment(None, None, None, False, (), (), None)
    store.record_decisions(
        [
            *(logged(n, made_at=long_ago) for n in (1, 2, 3)),
            logged(4, made_at=long_ago, segment=nobody),
            logged(5, made_at=NOW),
        ]
    )
    store.outcomes.record_events([LeadEvent("e", "lead-2", "web", NOW - timedelta(days=1))])
    store.guards.object_to_profiling("lead-3")
    return store


def test_silent_leads_come_with_their_flow_and_without_those_who_objected(
    services: Services, quiet: Store
) -> None:
    policy = services.assets().policy
    found = find_silent(quiet, policy, 90, NOW - timedelta(days=365), NOW)
    assert {segment: [(s.lead_id, s.days) for s in leads] for segment, leads in found.items()} == {
        "": [("lead-4", 120)],
        "A1": [("lead-1", 120)],
    }
    flows = {rule.flow for rule in policy.sub_segments if "quiet_days" in rule.ranges and "A1" in rule.bases}
    assert found["A1"][0].flow in flows
    assert find_silent(quiet, policy, 121, NOW - timedelta(days=365), NOW) == {}
    assert find_silent(quiet, policy, 90, NOW - timedelta(days=100), NOW) == {}


def test_a_segment_without_a_rule_for_quiet_leads_gets_the_first_flow_there_is(
    services: Services, quiet: Store
) -> None:
    rules = services.assets().policy.sub_segments
    first = next(rule for rule in rules if "quiet_days" in rule.ranges)
    without = replace(services.assets().policy, sub_segments=(replace(first, bases=("E4",), flow="wake"),))
    found = find_silent(quiet, without, 90, NOW - timedelta(days=365), NOW)
    assert {leads[0].flow for leads in found.values()} == {"wake"}
    nothing = replace(services.assets().policy, sub_segments=())
    assert find_silent(quiet, nothing, 90, NOW - timedelta(days=365), NOW)["A1"][0].flow == "reactivate"
