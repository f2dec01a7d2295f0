"""A decision is read later: what allowed a call then may not allow it now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from service.decide.call_now import CallNow, check_call_now
from service.decide.choose import choose_treatments
from service.decide.consent import ListCheck
from service.decide.policy import Policy
from service.decide.situation import Situation
from service.model import (
    Consent,
    ConsentProof,
    Decision,
    Treatment,
)

Make = Callable[..., Situation]
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def log(policy: Policy, log_decision: Callable[..., Decision]) -> Callable[..., Decision]:
    def write(situation: Situation, treatments: Mapping[str, Treatment] | None = None) -> Decision:
        return log_decision(
            situation, choose_treatments(policy, situation) if treatments is None else treatments, status="ok"
        )

    return write


def test_an_evening_after_the_decision_is_outside_call_hours(
    policy: Policy, make_situation: Make, make_lead: Callable, log: Callable
) -> None:
    decision = log(make_situation(make_lead(), now=MONDAY))
    assert check_call_now(policy, decision, MONDAY) == CallNow(True, "open", MONDAY)
    evening = MONDAY.replace(hour=21)
    opens = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    assert check_call_now(policy, decision, evening) == CallNow(False, "outside_call_hours", opens)
    christmas = datetime(2026, 12, 25, 10, 0, tzinfo=UTC)
    assert check_call_now(policy, decision, christmas).reason == "outside_call_hours"
    assert check_call_now(policy, decision, MONDAY + timedelta(days=350)).allowed  # until withdrawn


def test_what_was_not_allowed_is_not_allowed_later(
    policy: Policy, make_situation: Make, make_lead: Callable, log: Callable
) -> None:
    decision = log(make_situation(make_lead(consent=Consent())))
    assert check_call_now(policy, decision, MONDAY) == CallNow(False, "no_consent")
    objected = log(make_situation(make_lead(), objected=True))
    assert check_call_now(policy, objected, MONDAY).reason == "objected"
    assert check_call_now(policy, log(make_situation(), {}), MONDAY) == CallNow(False, "no_agent_slot")


@pytest.mark.parametrize(
    ("country", "language", "consent", "lists", "last"),
    [
        # Sweden: a consent outweighs the block list for three months
        ("SE", "sv", Consent(phone=ConsentProof(True, MONDAY)), {}, MONDAY + timedelta(days=90)),
        # Norway: a wash of 1 November is good until the end of 2 December
        (
            "NO",
            "nb",
            Consent(),
            {"reservasjonsregisteret": ListCheck(date(2026, 11, 1), False)},
            datetime(2026, 12, 3, tzinfo=UTC),
        ),
    ],
)
def test_a_permission_runs_out(
    policy: Policy,
    make_situation: Make,
    make_lead: Callable,
    log: Callable,
    country: str,
    language: str,
    consent: Consent,
    lists: dict[str, ListCheck],
    last: datetime,
) -> None:
    lead = make_lead(country=country, language=language, consent=consent)
    decision = log(make_situation(lead, now=MONDAY, lists=lists))
    assert decision.treatments["agent"].content["call_until"] == last.isoformat()
    before = check_call_now(policy, decision, last - timedelta(minutes=1))
    assert before.reason in ("open", "outside_call_hours")
    assert check_call_now(policy, decision, last) == CallNow(False, "permission_ran_out")
