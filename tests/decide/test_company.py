"""company.toml, slots.toml and texts.toml: who sends, where, in which places, and the shared words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from service.decide.choose import choose_treatments
from service.decide.policy import Policy, load_policy
from service.errors import PolicyError

FAULTS = [
    (
        "company.toml",
        'country = "SE"',
        'country = "DK"',
        "'DK' must be one country's two capital letters, once",
    ),
    ("company.toml", 'country = "SE"', 'country = "se"', "'se' must be one country's two capital letters"),
    ("company.toml", 'country = "SE"', 'country = "SWE"', "'SWE' must be one country's two capital letters"),
    ("company.toml", '"Europe/Oslo"', '"Europe/Bergen"', "'Europe/Bergen' is no time zone"),
    ("company.toml", 'language = "nb"', 'language = "no"', "'language' is 'no'"),
    ("company.toml", "kill_switch = false", 'kill_switch = "no"', "must be true or false"),
    ("slots.toml", 'code = "offer"', 'code = "greeting"', "slot 'greeting' is there twice"),
    ("slots.toml", 'kind = "channels"', 'kind = "channel"', "'kind' is 'channel'; it must be one of content"),
    (
        "slots.toml",
        'fields = ["subject"]',
        'fields = ["title"]',
        "needs the field 'subject' and the list 'blocks'",
    ),
    ("slots.toml", 'lists = ["blocks"]\n', "", "needs the field 'subject' and the list 'blocks'"),
    ("slots.toml", 'rank_by = "expected_value"', 'rank_by = "value"', "'rank_by' is 'value'"),
    ("slots.toml", 'kind = "agent"', 'kind = "agent"\ncontact = "sms"', "unknown key 'contact'"),
    ("texts.toml", "\nfi = ", "\nfr = ", "has no translation for 'fi'"),
    ("contact_channels.toml", '"web", "email"', '"web", "web"', "names the same thing twice"),
    ("contact_channels.toml", '"web", "email"', '"web", "fax"', "'ranked' is 'fax'"),
    ("greetings.toml", 'id = "greet-week"', 'id = "greet week"', "must be plain letters, digits and dashes"),
    ("greetings.toml", 'id = "greet-week"', 'id = "greet.week"', "the dot is kept for variants"),
    ("greetings.toml", 'id = "greet-week"', 'id = "gr\u00f8n"', "must be plain letters, digits and dashes"),
    ("first_emails.toml", "blocks = [", "blocks = [] # [", "'blocks' is empty"),
    ("offers.toml", 'code = "a"', 'code = "b"', "two variants have the same code"),
    ("offers.toml", "reach = 0.9\nresponse = 0.05\n", "", "ranks by expected value; give reach"),
]


@pytest.mark.parametrize(("name", "old", "new", "says"), FAULTS)
def test_a_fault_is_refused(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, name: str, old: str, new: str, says: str
) -> None:
    edit(name, old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert str(caught.value).startswith(f"{name}:")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("country", "language", "written"),
    [("DK", "fi", "fi"), ("NO", "de", "nb"), ("IS", "is", "da"), ("IS", "en", "en")],
)
def test_a_lead_is_written_to_in_its_language_or_that_of_its_market(
    policy: Policy, make_situation: Callable, make_lead: Callable, country: str, language: str, written: str
) -> None:
    assert policy.language_for(country, language) == written
    lead = make_lead(country=country, language=language)
    mail = choose_treatments(policy, make_situation(lead))["first_email"]
    assert mail.content["language"] == written


def test_the_kill_switch_of_the_company_gives_everybody_the_standard_flow(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, make_situation: Callable
) -> None:
    edit("company.toml", "kill_switch = false", "kill_switch = true")
    chosen = choose_treatments(load_policy(policy_folder, codes), make_situation())
    assert {t.propensity for t in chosen.values()} == {1.0}
    assert chosen["greeting"].id == "greet-standard"


def test_a_treatment_is_found_by_its_id_or_that_of_a_wording(policy: Policy) -> None:
    found = policy.treatment("offer", "offer-week-by-week.b")
    assert found is not None
    assert found.id == "offer-week-by-week"
    assert policy.treatment("offer", "offer-week-by-week") is found
    assert policy.treatment("offer", "offer-week") is None
    assert policy.treatment("no-such-slot", "offer-week-by-week") is None


def test_files_that_are_no_policy_do_not_change_its_version(
    policy_folder: Path, codes: tuple[str, ...]
) -> None:
    before = load_policy(policy_folder, codes).version
    (policy_folder / "README.md").write_text("other words", encoding="utf-8")
    (policy_folder / ".swp").write_text("an editor's", encoding="utf-8")
    assert load_policy(policy_folder, codes).version == before
    (policy_folder / "greetings.toml").rename(policy_folder / "hello.toml")
    text = (policy_folder / "slots.toml").read_text(encoding="utf-8")
    (policy_folder / "slots.toml").write_text(text.replace("greetings.toml", "hello.toml"), encoding="utf-8")
    assert load_policy(policy_folder, codes).version != before
