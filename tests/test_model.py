"""The nouns: a way of contact has one spelling, and the older words for it are still understood."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from service.decide.contact_rules import RULED
from service.decide.policy import Policy, load_policy
from service.flows.leads import lead_of
from service.model import Consent, ConsentProof, Contact, lead
from service.segment.definitions import load_definitions

POLICY = Path(__file__).resolve().parents[1] / "reference_data" / "policy"


@pytest.fixture(autouse=True)
def _a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lead, "_told", set())


@pytest.mark.parametrize(("old", "way"), [("post", Contact.LETTER), ("e_mail", Contact.EMAIL)])
def test_an_old_word_is_understood_and_the_log_says_once_what_to_write(
    caplog: pytest.LogCaptureFixture, old: str, way: Contact
) -> None:
    assert [Contact(old) for _ in range(3)] == [way] * 3
    assert [record.getMessage() for record in caplog.records] == [
        f"the way of contact '{old}' is deprecated; write '{way}'"
    ]


def test_the_words_of_today_are_not_remarked_on(caplog: pytest.LogCaptureFixture) -> None:
    assert [Contact(way.value) for way in Contact] == list(Contact)
    assert not caplog.records


@pytest.mark.parametrize("word", ["fax", "Email", "", None, 3])
def test_a_word_that_names_no_way_is_refused(word: object) -> None:
    with pytest.raises(ValueError, match="is not a valid Contact"):
        Contact(word)


def test_each_way_that_reaches_a_person_has_a_consent_of_its_own_and_our_own_pages_none() -> None:
    for way in RULED:
        given = Consent(**{way.value: ConsentProof(True)})
        assert [one for one in Contact if given.proof(one) is not None] == [way]
    assert set(Contact) - set(RULED) == {Contact.APP, Contact.WEB}


def consent_of(**sent: object) -> Consent:
    return lead_of({"address": "x", "consent": sent}, "DK", lambda _: "da").consent


def test_a_request_may_say_letter_or_post(caplog: pytest.LogCaptureFixture) -> None:
    given, refused = {"given": True, "text_version": "c-1"}, {"given": False}
    proof = ConsentProof(True, None, "c-1")
    assert consent_of(letter=given) == Consent(letter=proof)
    assert not caplog.records
    assert consent_of(post=given) == Consent(letter=proof)
    assert consent_of(post=refused, letter=given) == Consent(letter=proof)
    assert consent_of(letter=given, post=refused) == Consent(letter=proof)
    assert consent_of(profiling=False, sms=given, phone=None) == Consent(profiling=False, sms=proof)
    assert len(caplog.records) == 1


@pytest.fixture
def old_policy(tmp_path: Path) -> Path:
    """The shipped policy in the words of before."""
    folder = tmp_path / "policy"
    shutil.copytree(POLICY, folder)
    replace = {
        "consent/dk.toml": ('medium = "letter"', 'medium = "post"'),
        "contact_channels.toml": ('"email", "sms", "letter"', '"e_mail", "sms", "post"'),
        "segments/segments.toml": ('"social_media", "email"', '"social_media", "e_mail"'),
    }
    for name, (new, old) in replace.items():
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert new in text
        path.write_text(text.replace(new, old), encoding="utf-8")
    return folder


def ranked(policy: Policy) -> list[tuple[Contact, ...]]:
    return [rule.ranked for rule in policy.treatments["contact_channel"]]


def contact_rules(policy: Policy) -> dict[str, object]:
    return {country: rules.rules for country, rules in policy.contact_rules.items()}


def test_a_policy_in_the_old_words_is_read_as_if_it_had_the_new(
    old_policy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    definitions = load_definitions(POLICY / "segments")
    old, new = load_policy(old_policy, definitions.codes), load_policy(POLICY, definitions.codes)
    for read in (ranked, contact_rules):
        assert read(old) == read(new)
    cards = [segment.card for segment in load_definitions(old_policy / "segments").segments]
    assert cards == [segment.card for segment in definitions.segments]
    assert sorted(record.args[0] for record in caplog.records) == ["e_mail", "post"]
