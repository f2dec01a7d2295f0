"""May this person be contacted by this way, and why: one answer, with its evidence.

Pure. The caller gathers what is known (consent as recorded, suppression lists as imported) and the
rule file of the country decides. Whatever is unknown blocks: a list never imported, a list too old, a
consent without a date where the date matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from service.decide.contact_rules import RULED, ContactRule, CountryRules, Verdict
from service.model import Consent, ConsentProof, Contact

_CLOCK_SKEW = timedelta(minutes=10)
_BY_HOURS = Contact.PHONE  # nobody is called out of hours; a name, for members of an enum are slow to look up


@dataclass(frozen=True, slots=True)
class ListCheck:
    """One suppression list as imported: its date, and whether this person is on it."""

    as_of: date
    listed: bool


@dataclass(frozen=True, slots=True)
class Contactability:
    """The answer. `reason` is a code; `evidence` are short English sentences for the call centre.

    `allowed` is about the law and the person's wishes; `open_from` is the first moment at which a call
    may be made (only for phone; `now` itself inside call hours). `until` is when the permission runs out by
    itself: a consent that no longer outweighs a list, or a list that gets too old; None is until withdrawn.
    """

    way: Contact
    allowed: bool
    reason: str
    law: str
    evidence: tuple[str, ...]
    open_from: datetime | None = None
    until: datetime | None = None


NO_LISTS: Mapping[str, ListCheck] = {}


def check_ways(
    rules: CountryRules,
    consent: Consent,
    now: datetime,
    *,
    objected: bool = False,
    lists: Mapping[str, ListCheck] = NO_LISTS,
) -> Mapping[Contact, Contactability]:
    """`check_contact` for each way that has rules.

    Most leads come without consents, and where no list is imported either, the answer is the same for all of
    a day: it is kept, which saves a tenth of the choice.
    """

    def check_all() -> Mapping[Contact, Contactability]:
        return {way: check_contact(rules, way, consent, now, objected=objected, lists=lists) for way in RULED}

    if consent.email or consent.phone or consent.sms or consent.letter or objected or lists:
        return check_all()
    today = now.date()
    contacts: Mapping[Contact, Contactability] | None = rules.unasked.get(today)
    if contacts is None:
        contacts = check_all()
        rules.unasked.clear()
        rules.unasked[today] = contacts  # nothing is allowed, so no clock is followed
    return contacts


def without_rules(country: str) -> Mapping[Contact, Contactability]:
    """A country without a rule file: nobody there is contacted."""
    told = (f"there are no contact rules for {country}",)
    return {way: Contactability(way, False, "no_rules", "", told) for way in RULED}


def check_contact(
    rules: CountryRules,
    way: Contact,
    consent: Consent,
    now: datetime,
    *,
    objected: bool = False,
    lists: Mapping[str, ListCheck] = NO_LISTS,
) -> Contactability:
    """Whether one way may be used for marketing. `lists` are by name; a missing one is unknown.

    Reasons: consent_given, not_on_list; and, not allowed: objected, no_consent, consent_refused,
    consent_in_the_future, consent_expired_on_list, on_list, list_missing, list_too_old.
    """
    today = now.date()
    rule = rules.rule_on(way, today)
    proof = consent.proof(way)
    allowed, reason, evidence = _judge(rule, proof, now, objected, lists)
    opens = rules.hours.next_open(now) if allowed and way is _BY_HOURS else None
    if opens is not None and opens > now:
        evidence = (*evidence, f"outside call hours; calls from {opens.isoformat(timespec='minutes')}")
    until = _runs_out(rule, reason, proof, lists) if allowed else None
    return Contactability(way, allowed, reason, rule.law, evidence, opens, until)


def _judge(
    rule: ContactRule,
    proof: ConsentProof | None,
    now: datetime,
    objected: bool,
    lists: Mapping[str, ListCheck],
) -> Verdict:
    if objected:
        return False, "objected", ("the person has objected",)
    if proof is not None and not proof.given:
        return False, "consent_refused", (f"{rule.way} consent was refused or withdrawn",)
    if proof is not None:
        return _judge_consent(rule, proof, now, lists)
    if rule.basis == "consent":
        return rule.no_consent
    return _judge_list(rule, now, lists)


def _judge_consent(
    rule: ContactRule, proof: ConsentProof, now: datetime, lists: Mapping[str, ListCheck]
) -> Verdict:
    at = _given_at(proof)
    if at is not None and at > now + _CLOCK_SKEW:
        return False, "consent_in_the_future", (f"the {rule.way} consent is dated after now",)
    when = at.date().isoformat() if at else "on an unrecorded date"
    version = f", text {proof.text_version}" if proof.text_version else ""
    evidence = f"{rule.way} consent given {when}{version}"
    if rule.listed_consent_days is None or rule.suppression_list is None:
        return True, "consent_given", (evidence,)
    if at is not None and now - at <= timedelta(days=rule.listed_consent_days):
        return True, "consent_given", (evidence,)
    # The consent no longer outweighs the list (or nobody knows when it was given): the list decides.
    allowed, reason, found = _judge_list(rule, now, lists)
    if reason == "on_list":
        reason = "consent_expired_on_list"
    limit = f"on {rule.suppression_list} a consent lasts {rule.listed_consent_days} days"
    return allowed, reason, (evidence, limit, *found)


def _judge_list(rule: ContactRule, now: datetime, lists: Mapping[str, ListCheck]) -> Verdict:
    name, limit = rule.suppression_list, rule.list_max_age_days
    assert name is not None  # read_contact_rules refuses a rule without
    assert limit is not None
    found = lists.get(name)
    if found is None:
        return rule.list_missing
    age = (now.date() - found.as_of).days
    evidence = f"suppression list {name} of {found.as_of.isoformat()}, {age} days old"
    if age > limit:
        return False, "list_too_old", (f"{evidence}; at most {limit} are allowed", rule.law)
    if found.listed:
        return False, "on_list", (f"on {evidence}", rule.law)
    return True, "not_on_list", (f"not on {evidence}",)


def _runs_out(
    rule: ContactRule, reason: str, proof: ConsentProof | None, lists: Mapping[str, ListCheck]
) -> datetime | None:
    if reason == "not_on_list":
        assert rule.suppression_list is not None  # or nobody could have been off it
        assert rule.list_max_age_days is not None
        last = lists[rule.suppression_list].as_of + timedelta(days=rule.list_max_age_days)
        return datetime.combine(last + timedelta(days=1), time(0), UTC)
    given = _given_at(proof) if proof is not None else None
    if given is None or rule.listed_consent_days is None:
        return None
    return given + timedelta(days=rule.listed_consent_days)


def _given_at(proof: ConsentProof) -> datetime | None:
    """When the consent was given; a file of customers may say no zone, and all times are UTC."""
    at = proof.at
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
