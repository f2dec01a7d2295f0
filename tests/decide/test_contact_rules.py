"""Rules with a date, and hours in which calls may be made, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.decide.consent import ListCheck, check_contact, check_ways, without_rules
from service.decide.contact_rules import FIRST_YEAR, LAST_YEAR, RULED, OpenHours, parse_hours
from service.decide.policy import Policy, load_policy
from service.errors import PolicyError
from service.model import Consent, ConsentProof, Contact

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NINE_TO_FIVE = (9 * 60, 17 * 60)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("09:00-17:30", (540, 1050)),
        (" 08:15 - 08:16 ", (495, 496)),
        ("00:00-23:59", (0, 1439)),
        ("closed", None),
    ],
)
def test_hours_are_minutes_after_midnight(text: str, minutes: tuple[int, int] | None) -> None:
    assert parse_hours(text) == minutes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("09:00-09:00", "must end after it begins"),
        ("17:00-09:00", "must end after it begins"),
        ("nine to five", "write hours such as"),
        ("09:00", "write hours such as"),
        ("09:00-12:00-17:00", "write hours such as"),
    ],
)
def test_hours_that_are_none_are_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_hours(text)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=COPENHAGEN).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (local(23, 8, 59), local(23, 9)),
        (local(23, 9), local(23, 9)),
        (local(23, 16, 59), local(23, 16, 59)),
        (local(23, 17), local(25, 9)),  # closed on Tuesdays
        (local(25, 17), local(30, 9)),  # the 26th is closed by us, then Friday to Sunday have no hours
        (local(26, 12), local(30, 9)),
    ],
)
def test_the_next_opening(now: datetime, opens: datetime) -> None:
    week = (NINE_TO_FIVE, None, NINE_TO_FIVE, NINE_TO_FIVE, None, None, None)
    hours = OpenHours(COPENHAGEN, week, frozenset({date(2026, 11, 26)}))
    assert hours.next_open(now) == opens
    assert hours.is_open(now) is (now == opens)


def test_an_opening_three_weeks_off_is_no_answer_to_somebody_who_waits() -> None:
    mondays = (NINE_TO_FIVE, None, None, None, None, None, None)
    closed = frozenset({date(2026, 11, 23), date(2026, 11, 30)})
    third = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)
    assert OpenHours(COPENHAGEN, mondays, closed).next_open(NOW) == third
    assert OpenHours(COPENHAGEN, mondays, closed | {third.date()}).next_open(NOW) is None


def test_days_closed_by_us_come_every_year_that_is_laid_out(policy: Policy) -> None:
    closed = policy.contact_rules["DK"].hours.closed_days
    for year in (FIRST_YEAR, LAST_YEAR - 1):
        assert {date(year, 6, 5), date(year, 12, 24), date(year, 12, 25)} <= closed


NEW_LAW = """
[[rule]]
medium = "email"
since = {since}
basis = "consent"
law = "a new law"
reason = "r"

[call_hours]"""


def test_a_new_law_holds_from_its_day_and_the_old_one_before(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable
) -> None:
    edit("consent/dk.toml", "\n[call_hours]", NEW_LAW.format(since="2026-11-23"))
    rules = load_policy(policy_folder, codes).contact_rules["DK"]

    def law(day: date) -> str:
        return rules.rule_on(Contact.EMAIL, day).law

    assert law(date(2026, 11, 22)) == "markedsføringsloven § 10, stk. 1"
    assert law(date(2026, 11, 23)) == law(date(2027, 1, 1)) == "a new law"
    assert (
        law(date(2000, 1, 1)) == "markedsføringsloven § 10, stk. 1"
    )  # older than any rule: the first there was


def test_two_rules_may_not_begin_on_one_day(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable
) -> None:
    edit("consent/dk.toml", "\n[call_hours]", NEW_LAW.format(since="2017-07-01"))
    with pytest.raises(PolicyError, match=r"consent/dk\.toml:\d+: two rules for email begin on 2017-07-01"):
        load_policy(policy_folder, codes)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('medium = "sms"', 'medium = "email"', "two rules for email"),
        ('medium = "sms"\nsince = 2017-07-01', 'medium = "email"\nsince = 2017-07-02', "no rule for sms"),
        ('medium = "sms"', 'medium = "web"', "'medium' is 'web'"),
        ('suppression_list = "robinson_dk"\nlist_max_age_days = 92\n', "", "needs the suppression_list"),
        ("list_max_age_days = 92", "list_max_age_days = 0", "must lie from 1 to 366"),
        ("list_max_age_days = 92", "list_max_age_days = 367", "must lie from 1 to 366"),
        (
            "list_max_age_days = 92",
            "list_max_age_days = 92\nlisted_consent_days = 0",
            "must lie from 1 to 3660",
        ),
        ("list_max_age_days = 92", "list_max_age_days = 92\nlisted_consent_days = 3661", "from 1 to 3660"),
        ('"06-05"', '"05.06"', "closed_on names '05.06'"),
        ('"06-05"', '"13-05"', "closed_on names '13-05'"),
        ('country = "DK"', 'country = "SE"', "'country' is 'SE'"),
        ('friday = "09:00-17:00"', 'friday = "9-17"', "'friday' is '9-17'"),
        ('friday = "09:00-17:00"', 'freitag = "09:00-17:00"', "unknown key 'freitag'"),
    ],
)
def test_faults_in_the_rules(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, old: str, new: str, says: str
) -> None:
    edit("consent/dk.toml", old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert str(caught.value).startswith("consent/dk.toml:")
    assert says in str(caught.value)


@pytest.mark.parametrize("days", [1, 366])
def test_the_ends_of_a_lists_age_are_allowed(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, days: int
) -> None:
    edit(
        "consent/dk.toml",
        "list_max_age_days = 92",
        f"list_max_age_days = {days}\nlisted_consent_days = {10 * days}",
    )
    (rule,) = load_policy(policy_folder, codes).contact_rules["DK"].rules[Contact.LETTER]
    assert (rule.list_max_age_days, rule.listed_consent_days) == (days, 10 * days)


# ---------------------------------------------------------------- all ways of one lead at once


def test_the_answers_to_leads_without_consents_are_those_of_each_way(policy: Policy) -> None:
    rules, consent = policy.contact_rules["SE"], Consent()
    for now in (NOW, NOW, NOW + timedelta(days=1), NOW):  # kept for the day, and told anew on another
        found = check_ways(rules, consent, now)
        assert found == {way: check_contact(rules, way, consent, now) for way in RULED}
        assert not any(contact.allowed for contact in found.values())
        assert check_ways(rules, consent, now + timedelta(hours=5)) is found


@pytest.mark.parametrize("way", RULED)
def test_what_one_lead_agreed_to_is_not_kept_for_the_next(policy: Policy, way: Contact) -> None:
    rules = policy.contact_rules["NO"]
    check_ways(rules, Consent(), NOW)
    given = Consent(**{way.value: ConsentProof(True, NOW - timedelta(days=1))})
    assert {one for one, contact in check_ways(rules, given, NOW).items() if contact.allowed} == {way}
    assert check_ways(rules, given, NOW, objected=True)[way].reason == "objected"
    assert not check_ways(rules, Consent(), NOW)[way].allowed
    lists = {name: ListCheck(NOW.date(), False) for name in ("reservasjonsregisteret",)}
    assert check_ways(rules, Consent(), NOW, lists=lists)[Contact.PHONE].reason == "not_on_list"
    assert check_ways(rules, Consent(), NOW, objected=True)[Contact.PHONE].reason == "objected"


def test_nobody_is_contacted_in_a_country_without_rules() -> None:
    found = without_rules("IS")
    assert set(found) == set(RULED)
    for way, contact in found.items():
        assert (contact.way, contact.allowed, contact.reason) == (way, False, "no_rules")
        assert contact.evidence == ("there are no contact rules for IS",)


def test_a_call_waits_for_opening_hours_and_a_letter_does_not(policy: Policy) -> None:
    night = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    consent = Consent(phone=ConsentProof(True), email=ConsentProof(True))
    call = check_contact(policy.contact_rules["DK"], Contact.PHONE, consent, night)
    assert call.allowed
    assert call.open_from == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    assert call.evidence[-1] == "outside call hours; calls from 2026-11-24T08:00+00:00"
    by_day = check_contact(policy.contact_rules["DK"], Contact.PHONE, consent, NOW)
    assert by_day.open_from == NOW
    assert len(by_day.evidence) == 1
    assert check_contact(policy.contact_rules["DK"], Contact.EMAIL, consent, night).open_from is None
    refused = check_contact(policy.contact_rules["DK"], Contact.PHONE, Consent(), night)
    assert refused.open_from is None


def test_a_clock_that_is_ten_minutes_fast_is_no_consent_of_tomorrow(policy: Policy) -> None:
    rules = policy.contact_rules["DK"]

    def reason(minutes: float) -> str:
        consent = Consent(email=ConsentProof(True, NOW + timedelta(minutes=minutes)))
        return check_contact(rules, Contact.EMAIL, consent, NOW).reason

    assert [reason(m) for m in (9.9, 10, 10.1)] == ["consent_given", "consent_given", "consent_in_the_future"]


def test_a_consent_outweighs_the_list_to_its_last_second(policy: Policy) -> None:
    rules = policy.contact_rules["SE"]
    listed = {"nix_telefon": ListCheck(NOW.date(), True)}

    def answer(age: timedelta) -> tuple[str, datetime | None]:
        consent = Consent(phone=ConsentProof(True, NOW - age))
        found = check_contact(rules, Contact.PHONE, consent, NOW, lists=listed)
        return found.reason, found.until

    assert answer(timedelta(days=90)) == ("consent_given", NOW)
    assert answer(timedelta(days=90, seconds=1)) == ("consent_expired_on_list", None)


def test_a_permission_without_a_list_holds_until_it_is_withdrawn(policy: Policy) -> None:
    consent = Consent(email=ConsentProof(True, NOW))
    assert check_contact(policy.contact_rules["DK"], Contact.EMAIL, consent, NOW).until is None
