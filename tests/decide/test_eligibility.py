"""Who may get a treatment at all, what is worth most, and slots that configuration adds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.decide.choose import choose_treatments
from service.decide.policy import Policy, load_policy
from service.decide.situation import Situation, Spent
from service.model import Segment, SegmentShare

Make = Callable[..., Situation]
Edit = Callable[[str, str, str], int]


@pytest.fixture
def greeting_of(
    policy_folder: Path,
    codes: tuple[str, ...],
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    treated: str,
) -> Callable[..., str]:
    """The greeting of a B1 lead under the edited policy."""

    def choose(*, lead: dict | None = None, **more: object) -> str:
        policy = load_policy(policy_folder, codes)
        situation = make_situation(make_lead(treated, **(lead or {})), make_segment("B1"), **more)
        return choose_treatments(policy, situation)["greeting"].id

    return choose


NARROW = """
id = "greet-narrow"
purpose = "welcome"
message = "m"
motivation = "m"
segments = ["B1"]
priority = 5
"""


def add_narrow(policy_folder: Path, rule: str) -> None:
    """A second greeting for B1, of higher priority, that asks for more."""
    path = policy_folder / "greetings.toml"
    text = path.read_text(encoding="utf-8")
    copy = "".join(
        f'[treatment.{language}]\nheadline = "h"\ntext = "t"\nbenefit = "b"\n'
        for language in ("da", "sv", "nb", "fi", "en")
    )
    dates = 'recipient_reason = "everybody"\nvalid_from = 2026-01-01\nvalid_until = 2027-12-31\n'
    path.write_text(f"{text}\n[[treatment]]{NARROW}{dates}{rule}\n{copy}", encoding="utf-8")


@pytest.mark.parametrize(
    ("rule", "fits", "does_not"),
    [
        ('channels = ["phone"]', {"lead": {"channel": "phone"}}, {}),
        ('countries = ["SE"]', {"lead": {"country": "SE"}}, {}),
        ('stages = ["customer"]', {"stage": "customer"}, {}),
        ('sub_segments = ["loyal"]', {"sub_segment": "B1-loyal"}, {"sub_segment": "B1-new"}),
        ("valid_from = 2026-11-23", {}, None),
        ("valid_from = 2026-11-24", None, {}),
    ],
)
def test_a_treatment_that_asks_for_more_goes_first_where_it_fits(
    policy_folder: Path, greeting_of: Callable[..., str], rule: str, fits: dict | None, does_not: dict | None
) -> None:
    add_narrow(policy_folder, "" if rule.startswith("valid_from") else rule)
    if rule.startswith("valid_from"):
        path = policy_folder / "greetings.toml"
        text = path.read_text(encoding="utf-8")
        head, tail = text.split('id = "greet-narrow"')
        path.write_text(
            f'{head}id = "greet-narrow"{tail.replace("valid_from = 2026-01-01", rule)}', encoding="utf-8"
        )
    if fits is not None:
        assert greeting_of(**fits) == "greet-narrow"
    if does_not is not None:
        assert greeting_of(**does_not) == "greet-week"


def test_enough_probability_on_its_segments_makes_a_lead_eligible(
    policy: Policy, codes: tuple[str, ...], make_situation: Make, make_lead: Callable, treated: str
) -> None:
    """offer-evening-30d asks for A1 and C1 together at 60 %: a lead most likely B2 may still get it."""

    def offer(a1: float, c1: float, b2: float) -> str:
        shares = {"B2": b2, "A1": a1, "C1": c1}
        rest = (1 - a1 - c1 - b2) / (len(codes) - 3)
        ranked = sorted(codes, key=lambda c: -shares.get(c, rest))
        distribution = tuple(SegmentShare(c, shares.get(c, rest)) for c in ranked)
        segment = Segment(ranked[0], "", 0.4, False, distribution, (), "postcode")
        return choose_treatments(policy, make_situation(make_lead(treated), segment))["offer"].id

    assert offer(0.31, 0.31, 0.32) == "offer-evening-30d"
    assert offer(0.25, 0.35, 0.36) == "offer-evening-30d"  # just enough
    assert offer(0.29, 0.30, 0.35) == "offer-large-box"


def test_expected_value_weighs_the_whole_distribution(
    policy: Policy, codes: tuple[str, ...], make_situation: Make, make_lead: Callable, treated: str
) -> None:
    """Hardly more B2 than others: the larger discount is not worth it, and the standard offer is."""

    def offer(b2: float) -> str:
        rest = (1 - b2) / (len(codes) - 2)
        shares = {"B2": b2, "B3": 0.0}
        distribution = tuple(SegmentShare(c, shares.get(c, rest)) for c in codes)
        segment = Segment("B2", "", b2, False, distribution, (), "postcode")
        return choose_treatments(policy, make_situation(make_lead(treated), segment))["offer"].id

    # 0.9 × ((0.12 − 0.05) b + 0.05) × 130 = 0.9 × 0.05 × 165 at b = 0.1923
    assert offer(0.19) == "offer-standard"
    assert offer(0.20) == "offer-large-box"


def test_when_nothing_is_worth_its_cost_nothing_is_offered(
    policy_folder: Path,
    codes: tuple[str, ...],
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    treated: str,
) -> None:
    path = policy_folder / "offers.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("\ncost = 1", "\ncost = 50"), encoding="utf-8")
    policy = load_policy(policy_folder, codes)
    offer = choose_treatments(policy, make_situation(make_lead(treated), make_segment("B1")))["offer"]
    assert offer.id == "no-offer"
    assert offer.content["title"] is None
    assert offer.content["reason"] == "nothing_is_worth_its_cost"
    assert offer.propensity == pytest.approx(0.95)


def test_a_further_slot_is_configuration_alone(
    policy_folder: Path,
    codes: tuple[str, ...],
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    treated: str,
) -> None:
    """How often to write, as one more slot: contact frequency becomes a factor to experiment on."""
    slots = policy_folder / "slots.toml"
    slots.write_text(
        slots.read_text(encoding="utf-8")
        + '\n[[slot]]\ncode = "frequency"\nkind = "content"\n'
        + 'file = "frequencies.toml"\nfields = ["rhythm"]\n',
        encoding="utf-8",
    )
    rows = []
    for code, rule in (("freq-standard", "standard = true\nvalid_days = 30"),
                       ("freq-weekly", 'segments = ["B1"]\nvalid_until = 2027-12-31')):  # fmt: skip
        rows.append(
            f'[[treatment]]\nid = "{code}"\npurpose = "inform"\nmessage = "m"\nmotivation = "m"\n'
            f'recipient_reason = "everybody"\npriority = 10\nvalid_from = 2026-01-01\n{rule}\n'
        )
        rows += [
            f'[treatment.{lang}]\nrhythm = "x"\nbenefit = "y"\n' for lang in ("da", "sv", "nb", "fi", "en")
        ]
    (policy_folder / "frequencies.toml").write_text("".join(rows), encoding="utf-8")
    policy = load_policy(policy_folder, codes)
    chosen = choose_treatments(policy, make_situation(make_lead(treated), make_segment("B1")))
    assert list(chosen)[-1] == "frequency"
    assert chosen["frequency"].id == "freq-weekly"
    assert chosen["frequency"].content["rhythm"] == "x"
    other = choose_treatments(policy, make_situation(make_lead(treated), make_segment("E1")))
    assert other["frequency"].id == "freq-standard"


def test_of_two_that_are_worth_the_same_the_lower_priority_number_goes_first(
    policy_folder: Path,
    codes: tuple[str, ...],
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    treated: str,
) -> None:
    path = policy_folder / "offers.toml"
    text = path.read_text(encoding="utf-8")
    start = text.index('[[treatment]]\nid = "offer-week-plan"')
    end = text.index("[[treatment]]", start + 5)
    twin = text[start:end].replace("offer-week-plan", "offer-twin")

    def offer(priority: str) -> str:
        again = twin.replace("priority = 10", f"priority = {priority}")
        path.write_text(f"{text}\n{again}", encoding="utf-8")
        policy = load_policy(policy_folder, codes)
        return choose_treatments(policy, make_situation(make_lead(treated), make_segment("B1")))["offer"].id

    assert (offer("9"), offer("11")) == ("offer-twin", "offer-week-plan")


def test_what_is_valid_for_some_days_is_dated_from_the_day_of_the_choice(
    policy: Policy, make_situation: Make, make_lead: Callable
) -> None:
    def until(day: int) -> object:
        now = datetime(2026, 11, day, 12, 0, tzinfo=UTC)
        return choose_treatments(policy, make_situation(make_lead(), status="fallback", now=now))[
            "offer"
        ].content

    assert [until(day)["valid_until"] for day in (1, 1, 2, 1)] == [  # type: ignore[index]
        "2026-12-01", "2026-12-01", "2026-12-02", "2026-12-01",
    ]  # fmt: skip
    assert until(3) is until(3)  # made once a day


def test_where_something_must_be_shown_the_least_loss_is(
    policy_folder: Path,
    codes: tuple[str, ...],
    edit: Edit,
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    treated: str,
) -> None:
    edit("slots.toml", "nothing_allowed = true\n", "")
    path = policy_folder / "offers.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("\ncost = 1", "\ncost = 50"), encoding="utf-8")
    policy = load_policy(policy_folder, codes)
    offer = choose_treatments(policy, make_situation(make_lead(treated), make_segment("B1")))["offer"]
    assert offer.id == "offer-week-plan"


def test_only_what_is_given_once_is_not_given_to_a_household_again(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable, treated: str
) -> None:
    for code in policy.segments:
        usual = choose_treatments(policy, make_situation(make_lead(treated), make_segment(code)))["offer"]
        rule = policy.treatment("offer", usual.id)
        assert rule is not None
        had = Spent(household_had=frozenset({rule.id}))
        again = make_situation(make_lead(treated), make_segment(code), spent=had)
        assert (choose_treatments(policy, again)["offer"].id == usual.id) is not rule.once_per_household
