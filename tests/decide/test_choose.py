"""One lead's treatments: who gets what, who never does, and how likely it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide.arms import draw_number
from service.decide.choose import choose_treatments, must_be_standard
from service.decide.policy import Policy
from service.decide.situation import Situation, Spent
from service.model import Consent, ConsentProof

Make = Callable[..., Situation]
STANDARD = {
    "greeting": "greet-standard",
    "offer": "offer-standard",
    "first_email": "mail-standard",
    "contact_channel": "contact-standard",
}


def treated_id(salt: str, holdout_key: str, share: float) -> str:
    return next(f"lead-{n}" for n in range(1000) if draw_number(salt, holdout_key, f"lead-{n}") >= share)


def ids(policy: Policy, situation: Situation) -> dict[str, str]:
    return {slot: treatment.id for slot, treatment in choose_treatments(policy, situation).items()}


# ---------------------------------------------------------------- content


def test_a_treated_lead_gets_the_treatment_of_its_segment(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable, treated: str
) -> None:
    chosen = choose_treatments(policy, make_situation(make_lead(treated), make_segment("B1")))
    assert {slot: t.id for slot, t in chosen.items()} == {
        "greeting": "greet-week",
        "offer": "offer-week-plan",
        "first_email": "mail-week",
        "agent": "agent-1",
        "contact_channel": "contact-standard",
    }
    assert {t.arm for t in chosen.values()} == {"treated"}
    assert chosen["greeting"].propensity == pytest.approx(0.95)
    assert chosen["contact_channel"].propensity == 1.0  # B1 has none of its own: both arms give the standard


@pytest.mark.parametrize("language", ["da", "sv", "nb", "fi", "en"])
def test_every_segment_and_language_has_whole_content(
    policy: Policy,
    codes: tuple[str, ...],
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    treated: str,
    language: str,
) -> None:
    for country in policy.company.markets:
        for code in codes:
            situation = make_situation(
                make_lead(treated, country=country, language=language), make_segment(code)
            )
            chosen = choose_treatments(policy, situation)
            for slot in ("greeting", "offer", "first_email"):
                content = chosen[slot].content
                assert chosen[slot].id != STANDARD[slot]
                for key in ("benefit", "recipient_reason", "purpose", "valid_until"):
                    assert content[key]
            assert chosen["greeting"].content["headline"]
            assert chosen["offer"].content["title"]
            assert chosen["first_email"].content["subject"]
            assert chosen["first_email"].content["blocks"]
            assert chosen["first_email"].content["kind"] == "marketing"
            assert chosen["first_email"].content["objection_notice"]


def test_an_unknown_language_country_and_channel_get_the_home_market(
    policy: Policy, make_situation: Make, make_lead: Callable
) -> None:
    lead = make_lead(country="IS", language="is", channel="carrier_pigeon")
    chosen = choose_treatments(policy, make_situation(lead, status="fallback"))
    assert chosen["greeting"].content["headline"] == "Velkommen til Hverdagskassen"
    assert chosen["agent"].content["allowed"] is False
    assert chosen["first_email"].content["kind"] == "service"


def test_a_personalised_price_is_told(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable, treated: str
) -> None:
    offer = choose_treatments(policy, make_situation(make_lead(treated), make_segment("B2")))["offer"]
    assert offer.content["price_personalised"] is True
    assert "automatisk" in str(offer.content["price_disclosure"])


# ---------------------------------------------------------------- the standard flow


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("objected", {"objected": True}),
        ("fallback", {"status": "fallback"}),
        ("degraded", {"status": "degraded"}),
        ("kill_switch", {"spent": Spent(paused=frozenset({"*"}))}),
    ],
)
def test_the_standard_flow_when_differentiating_is_not_allowed_or_not_founded(
    policy: Policy, make_situation: Make, make_lead: Callable, treated: str, reason: str, changes: dict
) -> None:
    situation = make_situation(make_lead(treated), **changes)
    assert must_be_standard(policy, situation) == reason
    chosen = choose_treatments(policy, situation)
    assert chosen["greeting"].id == "greet-standard"
    assert chosen["offer"].id == "offer-standard"
    assert {t.propensity for t in chosen.values()} == {1.0}


def test_no_profiling_and_thin_evidence_give_the_standard_flow(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable, treated: str
) -> None:
    given = ConsentProof(True)
    silent = make_lead(treated, consent=Consent(profiling=False, email=given, phone=given))
    thin = make_situation(make_lead(treated), make_segment("A1", thin=True))
    for situation in (make_situation(silent), thin):
        chosen = ids(policy, situation)
        assert {slot: chosen[slot] for slot in STANDARD} == STANDARD


def test_the_holdout_gets_the_standard_flow_with_its_own_propensity(
    policy: Policy, make_situation: Make, make_lead: Callable, held_out: str
) -> None:
    chosen = choose_treatments(policy, make_situation(make_lead(held_out)))
    assert {slot: chosen[slot].id for slot in STANDARD} == STANDARD
    assert {t.arm for t in chosen.values()} == {"holdout"}
    assert chosen["offer"].propensity == pytest.approx(0.05)


def test_the_standard_flow_says_how_long_it_is_valid(
    policy: Policy, make_situation: Make, make_lead: Callable
) -> None:
    offer = choose_treatments(policy, make_situation(make_lead(), status="fallback"))["offer"]
    assert offer.content["valid_until"] == "2026-12-23"


# ---------------------------------------------------------------- consent


def test_denmark_without_phone_consent_gets_no_agent(
    policy: Policy, make_situation: Make, make_lead: Callable, treated: str
) -> None:
    lead = make_lead(treated, consent=Consent(email=ConsentProof(True)))
    agent = choose_treatments(policy, make_situation(lead))["agent"]
    assert agent.id == "no-call"
    assert agent.content["allowed"] is False
    assert agent.content["name"] is None
    assert agent.content["preferred_agents"] == []
    assert any("consent" in reason for reason in agent.content["reasons"])
    assert agent.propensity == 1.0


def test_without_email_consent_only_service_content(
    policy: Policy, make_situation: Make, make_lead: Callable, treated: str
) -> None:
    email = choose_treatments(policy, make_situation(make_lead(treated, consent=Consent())))["first_email"]
    assert (email.id, email.content["kind"]) == ("mail-service", "service")


def test_an_objection_stops_calls_and_marketing_mail_despite_consent(
    policy: Policy, make_situation: Make, make_lead: Callable
) -> None:
    chosen = choose_treatments(policy, make_situation(make_lead(), objected=True))
    assert chosen["agent"].content["allowed"] is False
    assert chosen["first_email"].content["kind"] == "service"
    assert chosen["contact_channel"].content["ranked"] == ["web"]


# ---------------------------------------------------------------- guardrails


def test_guardrails_take_an_offer_out(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable, treated: str
) -> None:
    def offer(**spent: object) -> str:
        return ids(policy, make_situation(make_lead(treated), make_segment("B2"), spent=Spent(**spent)))[
            "offer"
        ]

    assert offer() == "offer-large-box"
    assert offer(given_today={"offer-large-box": 199}) == "offer-large-box"
    assert offer(given_today={"offer-large-box": 200}) == "offer-standard"
    assert offer(household_had=frozenset({"offer-large-box"})) == "offer-standard"
    assert offer(paused=frozenset({"offer-large-box"})) == "offer-standard"
    budget = policy.company.discount_budget_per_day
    assert offer(discount_today=budget - 110) == "offer-large-box"
    assert offer(discount_today=budget - 109) == "offer-standard"


def test_an_expired_treatment_falls_to_the_standard_flow(
    policy: Policy, make_situation: Make, make_lead: Callable, treated: str
) -> None:
    late = datetime(2028, 1, 3, 10, 0, tzinfo=UTC)
    chosen = ids(policy, make_situation(make_lead(treated), now=late))
    assert {slot: chosen[slot] for slot in STANDARD} == STANDARD


def test_a_treatment_is_valid_through_its_last_day_in_local_time(
    policy: Policy, make_situation: Make, make_lead: Callable, treated: str
) -> None:
    last = datetime(2027, 12, 31, 22, 59, tzinfo=UTC)  # 23:59 in Copenhagen
    assert ids(policy, make_situation(make_lead(treated), now=last))["greeting"] == "greet-week"
    after = ids(policy, make_situation(make_lead(treated), now=last + timedelta(minutes=2)))
    assert after["greeting"] == "greet-standard"


# ---------------------------------------------------------------- anything at all


def test_content_of_one_answer_is_not_that_of_the_next(
    policy: Policy, make_situation: Make, make_lead: Callable
) -> None:
    situation = make_situation(make_lead())
    first = choose_treatments(policy, situation)
    second = choose_treatments(policy, replace(situation))
    assert first == second


@given(st.text(), st.text(), st.text(), st.text(), st.sampled_from(["ok", "fallback", "degraded"]))
def test_any_text_at_all_gives_every_slot(
    policy: Policy,
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    lead_id: str,
    country: str,
    language: str,
    channel: str,
    status: str,
) -> None:
    lead = make_lead(lead_id, country=country, language=language, channel=channel)
    chosen = choose_treatments(
        policy, make_situation(lead, make_segment("C1"), status=status, sub_segment=language)
    )
    assert list(chosen) == list(policy.slots)
    for treatment in chosen.values():
        assert 0 < treatment.propensity <= 1
