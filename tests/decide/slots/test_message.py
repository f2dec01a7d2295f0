"""A slot that writes to people by another way is one entry of slots.toml and a file of treatments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from service.decide.choose import choice_probabilities, choose_treatments
from service.decide.consent import ListCheck
from service.decide.policy import Policy, load_policy
from service.decide.replay import rebuild_situation
from service.decide.situation import Situation
from service.decide.slots.kinds import browser_view
from service.decide.why import explain_decision
from service.errors import PolicyError
from service.model import Consent, ConsentProof, Contact, Decision

Make = Callable[..., Situation]
Log = Callable[..., Decision]
LANGUAGES = ("da", "sv", "nb", "fi", "en")
SLOT = """
[[slot]]
code = "reminder"
kind = "message"
contact = "{way}"
file = "reminders.toml"
fields = ["line"]
"""
RULES = {
    "remind-service": 'standard = true\nkind = "service"\nvalid_days = 30',
    "remind-standard": "standard = true\nvalid_days = 30",
    "remind-week": 'segments = ["B1"]\nvalid_until = 2027-12-31',
}


def write_slot(folder: Path, way: str, *ids: str) -> None:
    """A slot that writes by `way`, with these treatments."""
    slots = folder / "slots.toml"
    slots.write_text(slots.read_text(encoding="utf-8") + SLOT.format(way=way), encoding="utf-8")
    rows = []
    for number, code in enumerate(ids):
        rows.append(
            f'[[treatment]]\nid = "{code}"\npurpose = "inform"\nmessage = "m"\nmotivation = "m"\n'
            f'recipient_reason = "everybody"\npriority = {10 + number}\nvalid_from = 2026-01-01\n'
            f"{RULES[code]}\n"
        )
        rows += [f'[treatment.{lang}]\nline = "{code} på {lang}"\nbenefit = "y"\n' for lang in LANGUAGES]
    (folder / "reminders.toml").write_text("".join(rows), encoding="utf-8")


@pytest.fixture(params=["sms", "letter"])
def way(request: pytest.FixtureRequest) -> Contact:
    return Contact(request.param)


@pytest.fixture
def writing(policy_folder: Path, codes: tuple[str, ...], way: Contact) -> Policy:
    """The shipped policy with one more slot, which writes by `way`."""
    write_slot(policy_folder, way, *RULES)
    return load_policy(policy_folder, codes)


@pytest.fixture
def asked(make_situation: Make, make_lead: Callable, make_segment: Callable, treated: str) -> Make:
    """A treated lead of B1 in Denmark with this consent, and no other."""

    def build(way: Contact | None, **more: object) -> Situation:
        proofs = {} if way is None else {way.value: ConsentProof(True)}
        return make_situation(make_lead(treated, consent=Consent(**proofs)), make_segment("B1"), **more)

    return build


def test_with_consent_to_its_way_a_lead_gets_the_message_of_its_segment(
    writing: Policy, way: Contact, asked: Make
) -> None:
    message = choose_treatments(writing, asked(way))["reminder"]
    assert (message.id, message.content["kind"]) == ("remind-week", "marketing")
    assert message.content["line"] == "remind-week på da"
    assert message.content["objection_notice"] == writing.phrases["objection_notice"]["da"]
    assert message.propensity == pytest.approx(0.95)


@pytest.mark.parametrize("other", [None, *Contact])
def test_consent_to_any_other_way_gives_only_the_service_message(
    writing: Policy, way: Contact, asked: Make, other: Contact | None
) -> None:
    if other in (way, Contact.APP, Contact.WEB):
        return  # our own pages ask for no consent
    message = choose_treatments(writing, asked(other))["reminder"]
    assert (message.id, message.content["kind"]) == ("remind-service", "service")
    assert message.propensity == 1.0


def test_without_a_service_message_nobody_is_written_to_unasked(
    policy_folder: Path, codes: tuple[str, ...], way: Contact, asked: Make
) -> None:
    write_slot(policy_folder, way, "remind-standard", "remind-week")
    policy = load_policy(policy_folder, codes)
    reason = "no_consent" if way is Contact.SMS else "list_missing"
    nothing = choose_treatments(policy, asked(None))["reminder"]
    assert (nothing.id, nothing.content["line"], nothing.content["reason"]) == ("no-reminder", None, reason)
    assert nothing.propensity == 1.0
    assert choice_probabilities(policy, asked(None))["reminder"] == {"no-reminder": 1.0}
    objected = choose_treatments(policy, asked(way, objected=True))["reminder"]
    assert (objected.id, objected.content["reason"]) == ("no-reminder", "objected")
    assert choose_treatments(policy, asked(way))["reminder"].id == "remind-week"


def test_a_letter_needs_no_consent_where_the_list_does_not_name_the_person(
    policy_folder: Path, codes: tuple[str, ...], asked: Make
) -> None:
    write_slot(policy_folder, "letter", *RULES)
    policy = load_policy(policy_folder, codes)
    for listed, wanted in ((False, "remind-week"), (True, "remind-service")):
        lists = {"robinson_dk": ListCheck(date(2026, 11, 20), listed)}
        assert choose_treatments(policy, asked(None, lists=lists))["reminder"].id == wanted


@pytest.mark.parametrize("consented", [True, False])
def test_its_odds_are_those_of_the_choice(
    writing: Policy, way: Contact, asked: Make, consented: bool
) -> None:
    situation = asked(way if consented else None)
    odds = choice_probabilities(writing, situation)["reminder"]
    message = choose_treatments(writing, situation)["reminder"]
    assert sum(odds.values()) == pytest.approx(1)
    assert odds[message.id] == pytest.approx(message.propensity)


@pytest.mark.parametrize(("language", "word"), [("da", "Sms"), ("fi", "Tekstiviesti")])
def test_the_lead_is_told_what_was_sent_in_the_words_of_its_way(
    policy_folder: Path, codes: tuple[str, ...], asked: Make, log_decision: Log, language: str, word: str
) -> None:
    write_slot(policy_folder, "sms", *RULES)
    policy = load_policy(policy_folder, codes)
    situation = asked(Contact.SMS)
    page = explain_decision(log_decision(situation, choose_treatments(policy, situation)), language, policy)
    decided = next(p for p in page.paragraphs if p.code == "decided")
    assert f"{word}: remind-week på da" in decided.items


def test_words_of_its_own_go_before_those_of_its_way(
    policy_folder: Path, codes: tuple[str, ...], asked: Make, log_decision: Log
) -> None:
    write_slot(policy_folder, "sms", *RULES)
    for language in LANGUAGES:
        path = policy_folder / "why" / f"{language}.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace("[slots]\n", '[slots]\nreminder = "Påmindelse: {text}"\n'), encoding="utf-8"
        )
    policy = load_policy(policy_folder, codes)
    situation = asked(Contact.SMS)
    page = explain_decision(log_decision(situation, choose_treatments(policy, situation)), "da", policy)
    assert "Påmindelse: remind-week på da" in next(p for p in page.paragraphs if p.code == "decided").items


@pytest.mark.parametrize("consented", [True, False])
def test_a_replay_reads_the_consent_to_its_way_off_the_log(
    writing: Policy, way: Contact, asked: Make, log_decision: Log, consented: bool
) -> None:
    situation = asked(way if consented else None)
    treatments = choose_treatments(writing, situation)
    # the message alone tells: the ranked ways of contact are left out
    logged = log_decision(situation, {"reminder": treatments["reminder"]})
    again = rebuild_situation(logged, writing.slots, situation.salt)
    given = again.lead.consent.proof(way)
    assert (given is not None and given.given) is consented
    assert choose_treatments(writing, again)["reminder"] == treatments["reminder"]


def test_a_browser_may_read_the_message_and_nothing_of_why(
    writing: Policy, way: Contact, asked: Make
) -> None:
    message = choose_treatments(writing, asked(way))["reminder"]
    message = replace(message, content={**message.content, "title": "t", "motivation": "price"})
    shown = browser_view(writing.slots, message)
    assert {"id", "title", "kind", "objection_notice", "benefit"} <= set(shown)
    assert not {"motivation", "language", "arm", "propensity"} & set(shown)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('contact = "sms"', 'contact = "phone"', "'contact' is 'phone'; a way of contact is one of"),
        ('contact = "sms"', 'contact = "fax"', "'contact' is 'fax'"),
        ('contact = "sms"\n', "", "'contact' is missing"),
        ('fields = ["line"]', 'fields = []', "at least one of fields"),
    ],
)  # fmt: skip
def test_a_message_slot_that_lacks_something_is_refused(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, old: str, new: str, says: str
) -> None:
    write_slot(policy_folder, "sms", *RULES)
    line = edit("slots.toml", old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert says in str(caught.value)
    place = str(caught.value).split(":")
    assert place[0] == "slots.toml"
    assert abs(int(place[1]) - line) <= 5


def test_words_for_a_slot_that_does_not_exist_are_refused(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable
) -> None:
    line = edit("why/fi.toml", "greeting =", "greating =")
    with pytest.raises(PolicyError, match=rf"why/fi\.toml:{line}: there is no slot 'greating'"):
        load_policy(policy_folder, codes)
