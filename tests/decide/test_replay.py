"""What a policy would have done: its odds are the propensities, and a logged lead can be decided again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.decide.choose import choice_probabilities, choose_treatments
from service.decide.policy import Policy, load_policy
from service.decide.replay import rebuild_situation
from service.decide.situation import Learned, Situation
from service.model import Consent, ConsentProof, Contact

Make = Callable[..., Situation]


@pytest.fixture
def busy_policy(policy_folder: Path, codes: tuple[str, ...], edit: Callable[[str, str, str], int]) -> Policy:
    """A running experiment, a rollout and variants at once."""
    edit("experiment.toml", 'status = "planned"', 'status = "running"')
    edit("experiment.toml", "starts = 2027-01-11", "starts = 2026-11-01")
    edit("offers.toml", 'id = "offer-week-by-week"\n', 'id = "offer-week-by-week"\nrollout_percent = 40\n')
    return load_policy(policy_folder, codes)


@pytest.mark.parametrize("learned", [None, Learned("m", 0.3, {"offer": "offer-large-box"})])
def test_the_odds_sum_to_one_and_are_the_logged_propensities(
    busy_policy: Policy,
    codes: tuple[str, ...],
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    learned: Learned | None,
) -> None:
    seen = set()
    for n in range(600):
        segment = make_segment(codes[n % len(codes)], thin=n % 7 == 0)
        consent = None if n % 3 else Consent()
        situation = make_situation(make_lead(f"r{n}", consent=consent), segment, learned=learned)
        odds = choice_probabilities(busy_policy, situation)
        for slot, treatment in choose_treatments(busy_policy, situation).items():
            if slot == "agent":
                assert slot not in odds
                continue
            assert sum(odds[slot].values()) == pytest.approx(1)
            assert odds[slot][treatment.id] == pytest.approx(treatment.propensity)
            seen.add(treatment.id)
    assert {"offer-week-by-week.a", "offer-week-by-week.b", "offer-standard", "mail-service"} <= seen


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"consent": Consent()},
        {"consent": Consent(email=ConsentProof(True))},
        {"consent": Consent(profiling=False, phone=ConsentProof(True))},
        {"country": "SE", "language": "sv", "channel": "phone"},
    ],
)
def test_a_logged_lead_decided_again_by_the_same_policy_is_decided_the_same(
    policy: Policy, make_situation: Make, make_lead: Callable, log_decision: Callable, changes: dict
) -> None:
    lead = make_lead("again", **changes)
    situation = make_situation(lead, status="ok" if lead.consent.profiling else "fallback")
    treatments = choose_treatments(policy, situation)
    reason = None if lead.consent.profiling else "no_profiling_consent"
    profiling = "performed" if lead.consent.profiling else "not_performed"
    logged = log_decision(situation, treatments, reason=reason, profiling=profiling)
    again = choose_treatments(policy, rebuild_situation(logged, policy.slots, situation.salt))
    assert {slot: (t.id, t.arm, t.propensity) for slot, t in again.items()} == {
        slot: (t.id, t.arm, t.propensity) for slot, t in treatments.items()
    }


def test_an_objection_is_kept(
    policy: Policy, make_situation: Make, make_lead: Callable, log_decision: Callable
) -> None:
    situation = make_situation(make_lead(), objected=True, status="fallback")
    treatments = choose_treatments(policy, situation)
    logged = log_decision(situation, treatments, reason="objected", profiling="not_performed")
    again = rebuild_situation(logged, policy.slots, "pepper")
    assert again.objected
    assert choose_treatments(policy, again) == choose_treatments(policy, replace(situation, lead=again.lead))


def test_what_was_refused_is_refused_again(
    policy: Policy, make_situation: Make, make_lead: Callable, log_decision: Callable
) -> None:
    refused = ConsentProof(False, datetime(2026, 11, 20, tzinfo=UTC))
    lead = make_lead(consent=Consent(phone=refused, sms=refused, letter=ConsentProof(True)))
    situation = make_situation(lead)
    treatments = choose_treatments(policy, situation)
    again = rebuild_situation(log_decision(situation, treatments), policy.slots, "pepper")
    found = {way: proof and proof.given for way in Contact if (proof := again.lead.consent.proof(way))}
    assert found == {Contact.PHONE: False, Contact.SMS: False, Contact.LETTER: True}
    for slot in ("agent", "contact_channel"):
        assert choose_treatments(policy, again)[slot].content == treatments[slot].content


def test_an_objection_is_read_off_a_decision_that_failed_for_another_reason(
    policy: Policy, make_situation: Make, log_decision: Callable
) -> None:
    situation = make_situation(objected=True, status="degraded")
    logged = log_decision(
        situation, choose_treatments(policy, situation), reason="enrichment_failed", profiling="not_performed"
    )
    assert rebuild_situation(logged, policy.slots, "pepper").objected


def test_a_slot_that_the_policy_does_not_know_tells_nothing_of_consent(
    policy: Policy, make_situation: Make, log_decision: Callable
) -> None:
    situation = make_situation()
    treatments = {f"old_{code}": t for code, t in choose_treatments(policy, situation).items()}
    again = rebuild_situation(log_decision(situation, treatments), policy.slots, "pepper")
    assert again.lead.consent == Consent()
