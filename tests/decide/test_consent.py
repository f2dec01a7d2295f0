"""May this person be contacted: the rules of each country as sentences."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from service.decide.consent import ListCheck, check_contact
from service.decide.policy import Policy
from service.model import Consent, ConsentProof

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TODAY = NOW.date()


def proof(days_ago: float = 1, *, given: bool = True) -> ConsentProof:
    return ConsentProof(given, NOW - timedelta(days=days_ago), "c-12")


def fresh(listed: bool, age: int = 5) -> ListCheck:
    return ListCheck(TODAY - timedelta(days=age), listed)


# country, medium, consent (None: never asked), lists, allowed, reason
CASES = [
    ("DK", "phone", None, {}, False, "no_consent"),
    ("DK", "phone", None, {"robinson_dk": fresh(False)}, False, "no_consent"),  # unasked calls are forbidden
    ("DK", "phone", proof(), {}, True, "consent_given"),
    ("DK", "phone", proof(), {"robinson_dk": fresh(True)}, True, "consent_given"),  # asked to be called
    ("DK", "phone", proof(given=False), {}, False, "consent_refused"),
    ("DK", "phone", proof(-2), {}, False, "consent_in_the_future"),
    ("DK", "email", None, {}, False, "no_consent"),
    ("DK", "email", proof(), {}, True, "consent_given"),
    ("DK", "letter", None, {}, False, "list_missing"),
    ("DK", "letter", None, {"robinson_dk": fresh(False)}, True, "not_on_list"),
    ("DK", "letter", None, {"robinson_dk": fresh(True)}, False, "on_list"),
    ("DK", "letter", None, {"robinson_dk": fresh(False, 92)}, True, "not_on_list"),
    ("DK", "letter", None, {"robinson_dk": fresh(False, 93)}, False, "list_too_old"),
    ("SE", "phone", None, {}, False, "list_missing"),
    ("SE", "phone", None, {"nix_telefon": fresh(False)}, True, "not_on_list"),
    ("SE", "phone", None, {"nix_telefon": fresh(True)}, False, "on_list"),
    ("SE", "phone", proof(89), {"nix_telefon": fresh(True)}, True, "consent_given"),
    ("SE", "phone", proof(91), {"nix_telefon": fresh(True)}, False, "consent_expired_on_list"),
    ("SE", "phone", proof(91), {"nix_telefon": fresh(False)}, True, "not_on_list"),
    ("SE", "phone", proof(91), {}, False, "list_missing"),
    ("SE", "phone", ConsentProof(True), {"nix_telefon": fresh(True)}, False, "consent_expired_on_list"),
    ("NO", "phone", None, {"reservasjonsregisteret": fresh(False, 31)}, True, "not_on_list"),
    ("NO", "phone", None, {"reservasjonsregisteret": fresh(False, 32)}, False, "list_too_old"),
    ("NO", "phone", proof(), {"reservasjonsregisteret": fresh(True)}, True, "consent_given"),
    ("FI", "phone", None, {"puhelin_robinson": fresh(False)}, True, "not_on_list"),
    ("FI", "phone", None, {"puhelin_robinson": fresh(True)}, False, "on_list"),
    ("FI", "sms", None, {}, False, "no_consent"),
]


@pytest.mark.parametrize(("country", "medium", "given", "lists", "allowed", "reason"), CASES)
def test_the_rules(
    policy: Policy,
    country: str,
    medium: str,
    given: ConsentProof | None,
    lists: dict[str, ListCheck],
    allowed: bool,
    reason: str,
) -> None:
    consent = Consent(**{medium: given}) if given else Consent()
    answer = check_contact(policy.contact_rules[country], medium, consent, NOW, lists=lists)
    assert (answer.allowed, answer.reason) == (allowed, reason)
    assert answer.evidence
    assert answer.law


@pytest.mark.parametrize("country", ["DK", "SE", "NO", "FI"])
@pytest.mark.parametrize("medium", ["email", "sms", "phone", "letter"])
def test_an_objection_stops_everything(policy: Policy, country: str, medium: str) -> None:
    consent = Consent(email=proof(), sms=proof(), phone=proof(), letter=proof())
    answer = check_contact(policy.contact_rules[country], medium, consent, NOW, objected=True)
    assert (answer.allowed, answer.reason) == (False, "objected")


def test_the_evidence_names_the_consent_and_the_list(policy: Policy) -> None:
    answer = check_contact(policy.contact_rules["DK"], "phone", Consent(phone=proof()), NOW)
    assert answer.evidence == ("phone consent given 2026-11-22, text c-12",)
    lists = {"nix_telefon": fresh(False, 40)}
    answer = check_contact(policy.contact_rules["SE"], "phone", Consent(), NOW, lists=lists)
    assert "40 days old; at most 31 are allowed" in answer.evidence[0]


# moment (UTC), country, open now, next opening (UTC)
HOURS = [
    (datetime(2026, 11, 23, 7, 59, tzinfo=UTC), "DK", False, datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
    (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), "DK", True, datetime(2026, 11, 23, 8, 0, tzinfo=UTC)),
    (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), "DK", False, datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
    (datetime(2026, 11, 27, 16, 30, tzinfo=UTC), "DK", False, datetime(2026, 11, 30, 8, 0, tzinfo=UTC)),
    # Christmas 2026: Thursday the 24th is closed by us, the 25th and 26th are holidays, then a Sunday
    (datetime(2026, 12, 23, 20, 0, tzinfo=UTC), "DK", False, datetime(2026, 12, 28, 8, 0, tzinfo=UTC)),
    (datetime(2027, 5, 17, 10, 0, tzinfo=UTC), "NO", False, datetime(2027, 5, 18, 7, 0, tzinfo=UTC)),
    (datetime(2026, 6, 19, 10, 0, tzinfo=UTC), "FI", False, None),  # Midsummer Eve
    (datetime(2026, 6, 5, 10, 0, tzinfo=UTC), "DK", False, None),  # Constitution Day
    (datetime(2026, 6, 5, 10, 0, tzinfo=UTC), "SE", True, None),
    (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), "FI", True, None),  # Helsinki is an hour ahead
]


@pytest.mark.parametrize(("now", "country", "is_open", "opens"), HOURS)
def test_call_hours_and_holidays(
    policy: Policy, now: datetime, country: str, is_open: bool, opens: datetime | None
) -> None:
    hours = policy.contact_rules[country].hours
    assert hours.is_open(now) is is_open
    if opens is not None:
        assert hours.next_open(now) == opens


def test_a_consent_without_a_zone_is_read_as_utc(policy: Policy) -> None:
    naive = Consent(phone=ConsentProof(True, datetime(2026, 11, 22, 10, 0), "c-12"))
    assert check_contact(policy.contact_rules["SE"], "phone", naive, NOW).allowed
    later = Consent(phone=ConsentProof(True, datetime(2026, 11, 24, 10, 0), "c-12"))
    assert check_contact(policy.contact_rules["SE"], "phone", later, NOW).reason == "consent_in_the_future"


def test_a_rule_holds_from_its_day_on(policy: Policy) -> None:
    rules = policy.contact_rules["DK"]
    assert rules.rule_on("email", date(2026, 1, 1)).since == date(2017, 7, 1)
