"""A policy file that is wrong is refused with its name, its line and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from service.decide.policy import list_expired, load_policy
from service.errors import PolicyError

Edit = Callable[[str, str, str], int]
TODAY = date(2026, 11, 23)


def refusal(folder: Path, codes: tuple[str, ...], today: date | None = None) -> str:
    with pytest.raises(PolicyError) as caught:
        load_policy(folder, codes, today=today)
    return str(caught.value)


def test_the_shipped_policy_is_right(policy_folder: Path, codes: tuple[str, ...]) -> None:
    policy = load_policy(policy_folder, codes, today=TODAY)
    targeted = [rule for rule in policy.treatments["offer"] if not rule.standard]
    assert len(targeted) >= 6
    assert len(policy.agents.agents) >= 8
    assert set(policy.company.languages) == {"da", "sv", "nb", "fi", "en"}
    assert policy.version.startswith("sha256:")


def test_the_version_changes_with_any_byte(policy_folder: Path, codes: tuple[str, ...], edit: Edit) -> None:
    before = load_policy(policy_folder, codes).version
    edit("offers.toml", "# The welcome offer.", "# The welcome offer!")
    assert load_policy(policy_folder, codes).version != before


FAULTS = [
    # file, what stands there, what a marketer writes instead, what the refusal says
    ("offers.toml", 'purpose = "activate"\n', "", "'purpose' is missing"),
    ("offers.toml", 'purpose = "activate"', 'purpose = "sell"', "'purpose' is 'sell'"),
    ("offers.toml", 'recipient_reason = "everybody"\n', "", "'recipient_reason' is missing"),
    (
        "offers.toml",
        'benefit = "Spar 75 kr. på den første levering. Ingen binding."',
        "",
        "'benefit' is missing",
    ),
    ("offers.toml", "valid_until = 2027-12-31\n", "", "'valid_until' is missing"),
    ("offers.toml", "valid_until = 2027-12-31", 'valid_until = "2027-12-31"', "a date such as"),
    ("offers.toml", "valid_until = 2027-12-31", "valid_until = 2025-12-31", "lies before valid_from"),
    ("offers.toml", "min_share", "min_chare", "unknown key 'min_chare'"),
    ("offers.toml", '["A1", "C1"]', '["A1", "Z9"]', "'segments' names 'Z9'"),
    ("offers.toml", "[treatment.fi]", "[treatment.fr]", "no translation for 'fi'"),
    ("offers.toml", 'id = "offer-week-plan"', 'id = "offer-standard"', "is there twice"),
    ("offers.toml", "discount = 110", "discount = 190", "under the margin floor"),
    ("offers.toml", "price_personalised = true\n", "", "price_personalised = true"),
    ("offers.toml", "share = 0.5", "share = 0.4", "sum to 0.9"),
    ("offers.toml", "priority = 1000", "priority = 1000\nrollout_percent = 99", "cannot be paused"),
    ("offers.toml", "valid_until = 2027-12-31", "valid_until = 2025-12-31\n", "lies before valid_from"),
    (
        "offers.toml",
        "standard = true",
        'standard = true\nsegments = ["A1"]',
        "either segments = [...] or standard",
    ),
    ("offers.toml", "priority = 1000", "priority = 1000\npaused = true", "cannot be paused"),
    ("offers.toml", "valid_days = 30", "valid_until = 2027-01-01", "may not run out"),
    ("offers.toml", 'segments = ["B1"]', 'segments = ["B1", "A1"]', "both claim slot 'offer', segment A1"),
    ("offers.toml", "title = ", "title == ", "not valid TOML"),
    ("greetings.toml", 'segments = ["D1"]', 'segments = ["D2"]', "claim slot 'greeting', segment D2"),
    ("greetings.toml", 'segments = ["C2", "D2"]', 'segments = ["C2"]', "segment 'D2' has no treatment"),
    ("greetings.toml", "standard = true", "standard = false", "needs either segments"),
    (
        "greetings.toml",
        'headline = "Welcome to',
        'headline = "Hello {first_name}, welcome to',
        "no placeholders",
    ),
    ("first_emails.toml", 'kind = "service"\n', "", "has no service e-mail"),
    (
        "first_emails.toml",
        'blocks = ["Tak, oprettelsen er modtaget.",',
        "blocks = [3,",
        "texts in quotes only",
    ),
    ("calls.toml", 'message = "help', 'messages = "help', "'message' is missing"),
    ("agents.toml", '"da", "en"', '"da", "de"', "'languages' names 'de'"),
    ("agents.toml", 'monday = "08:00-16:00"', 'monday = "16:00-08:00"', "must end after it begins"),
    ("agents.toml", '"Europe/Copenhagen"', '"Europe/Kopenhagen"', "is no time zone"),
    ("agents.toml", '["week_planning", "large_orders"]', '["week_plans"]', "names 'week_plans'"),
    ("company.toml", "margin_floor = 100", 'margin_floor = "100"', "must be a number"),
    ("experiment.toml", "share = 0.05", "share = 0.75", "must lie from 0 to 0.5"),
    ("experiment.toml", 'treatment = "offer-standard"', 'treatment = "offer-x"', "'treatment' is 'offer-x'"),
    ("consent/dk.toml", '13\nbasis = "consent"', '13\nbasis = "yes"', "'basis' is 'yes'"),
    ("consent/se.toml", 'medium = "sms"', 'medium = "fax"', "'medium' is 'fax'"),
    ("texts.toml", "[objection_notice]", "[objection_note]", "'objection_notice' is missing"),
]


@pytest.mark.parametrize(("name", "old", "new", "says"), FAULTS)
def test_a_fault_is_refused_with_file_and_line(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit, name: str, old: str, new: str, says: str
) -> None:
    edit(name, old, new)
    message = refusal(policy_folder, codes)
    place, line, rest = message.split(":", 2)
    assert place == name
    assert says in rest
    lines = (policy_folder / name).read_text(encoding="utf-8").count("\n") + 1
    assert 1 <= int(line) <= lines


def test_the_line_is_that_of_the_fault(policy_folder: Path, codes: tuple[str, ...], edit: Edit) -> None:
    line = edit("offers.toml", "discount = 110", "discount = 190")
    assert refusal(policy_folder, codes).startswith(f"offers.toml:{line}: ")


def test_a_missing_file_is_named(policy_folder: Path, codes: tuple[str, ...]) -> None:
    (policy_folder / "consent" / "fi.toml").unlink()
    assert "consent/fi.toml:1: the file is missing" in refusal(policy_folder, codes)


def test_a_segment_without_a_treatment_is_refused(policy_folder: Path, codes: tuple[str, ...]) -> None:
    assert "segment 'Q7' has no treatment in slot 'greeting'" in refusal(policy_folder, (*codes, "Q7"))


def test_an_offer_that_ran_out_is_refused_at_check_but_a_server_starts(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit
) -> None:
    edit("offers.toml", "valid_until = 2027-12-31", "valid_until = 2026-11-22")
    message = refusal(policy_folder, codes, TODAY)
    assert message.startswith("offers.toml:")
    assert "'offer-evening-30d' ran out on 2026-11-22" in message
    served = load_policy(policy_folder, codes)
    assert [str(fault) for fault in list_expired(served, TODAY)] == [message]


def test_a_treatment_runs_out_after_its_last_day_and_an_experiment_too(
    policy_folder: Path, codes: tuple[str, ...], edit: Edit
) -> None:
    edit("offers.toml", "valid_until = 2027-12-31", "valid_until = 2027-03-31")
    edit("experiment.toml", 'status = "planned"', 'status = "running"')
    policy = load_policy(policy_folder, codes, today=date(2027, 3, 31))
    assert list_expired(policy, date(2027, 3, 31)) == ()
    told = [str(fault) for fault in list_expired(policy, date(2027, 4, 1))]
    assert len(told) == 2
    assert "'offer-evening-30d' ran out on 2027-03-31, before 2027-04-01" in told[0]
    assert "'offer-chosen-or-standard-2027' ended on 2027-03-31" in told[1]
    edit("experiment.toml", 'status = "running"', 'status = "ended"')
    assert len(list_expired(load_policy(policy_folder, codes), date(2027, 4, 1))) == 1
