"""What is laid out at load: who could get what, and treatments that would both claim one lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from service.decide.planning import check_contradictions
from service.decide.plans import ANY_CHANNEL
from service.decide.policy import Policy, load_policy
from service.decide.toml_table import Origin
from service.decide.treatments import TreatmentRule, Value
from service.errors import PolicyError

RULE = TreatmentRule(
    slot="offer", id="first", purpose="inform", message="m", motivation="m", recipient_reason={},
    standard=False, kind="marketing", segments=("A1", "B1"), sub_segments=(), min_share=None, priority=10,
    valid_from=date(2026, 1, 1), valid_until=date(2026, 6, 30), valid_days=None, countries=(), channels=(),
    stages=(), value=Value(), rollout=1.0, paused=False, once_per_household=False, cap_per_day=None,
    price_personalised=False, ranked=(), variants=(), origin=Origin("offers.toml", 3),
)  # fmt: skip


def other(**changes: object) -> TreatmentRule:
    return replace(RULE, id="second", origin=Origin("offers.toml", 9), **changes)  # type: ignore[arg-type]


MEET: list[dict[str, object]] = [
    {},
    {"segments": ("B1", "C1")},
    {"valid_from": date(2026, 6, 30), "valid_until": None},
    {"valid_from": date(2025, 1, 1), "valid_until": date(2026, 1, 1)},
    {"countries": ("DK",)},
    {"channels": ("app",)},
    {"stages": ("lead",)},
    {"sub_segments": ("loyal",)},
    {"min_share": 0.4},
    {"paused": True},
]
APART: list[dict[str, object]] = [
    {"segments": ("C1",)},
    {"priority": 11},
    {"kind": "service"},
    {"standard": True, "segments": ()},
    {"valid_from": date(2026, 7, 1), "valid_until": None},
    {"valid_from": date(2025, 1, 1), "valid_until": date(2025, 12, 31)},
]


@pytest.mark.parametrize("changes", MEET)
def test_two_treatments_that_could_reach_one_lead_on_one_day_are_refused(changes: dict[str, object]) -> None:
    for pair in ([RULE, other(**changes)], [other(**changes), RULE]):
        with pytest.raises(PolicyError) as caught:
            check_contradictions(pair)
        told = str(caught.value)
        assert told.startswith(
            "offers.toml:9: 'second' and 'first' (line 3) both claim slot 'offer', segment "
        )
        assert "priority 10" in told


@pytest.mark.parametrize("changes", APART)
def test_two_that_never_meet_are_not(changes: dict[str, object]) -> None:
    check_contradictions([RULE, other(**changes)])
    check_contradictions([other(**changes), RULE])


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        ("countries", ("DK", "SE"), ("NO",)),
        ("channels", ("app",), ("phone", "store")),
        ("stages", ("lead",), ("customer",)),
        ("sub_segments", ("new",), ("loyal",)),
    ],
)
def test_two_that_ask_for_different_leads_are_not(
    name: str, one: tuple[str, ...], two: tuple[str, ...]
) -> None:
    first = replace(RULE, **{name: one})
    check_contradictions([first, other(**{name: two})])
    with pytest.raises(PolicyError):
        check_contradictions([first, other(**{name: (*two, one[0])})])


def test_two_standard_flows_of_one_priority_are_told_as_such() -> None:
    first = replace(RULE, standard=True, segments=())
    with pytest.raises(PolicyError, match="both claim slot 'offer', the standard flow, priority 10"):
        check_contradictions([first, other(standard=True, segments=())])
    check_contradictions([first, other(standard=True, segments=(), kind="service")])


def test_a_fault_is_found_wherever_in_the_file_the_two_stand() -> None:
    between = other(segments=("E1",))
    with pytest.raises(PolicyError, match="'second' and 'first'"):
        check_contradictions([between, RULE, replace(between, id="third", segments=("E2",)), other()])


# ---------------------------------------------------------------- plans


def test_candidates_are_ordered_by_priority_and_near_those_who_may_get_them(
    policy: Policy, codes: tuple[str, ...]
) -> None:
    for (slot, *_), plan in policy.plans.items():
        assert plan.slot is policy.slots[slot]
        priorities = [c.rule.priority for c in plan.candidates]
        assert priorities == sorted(priorities)
        assert not any(c.rule.standard for c in plan.candidates)
        assert plan.standard.rule.standard
        for code in codes:
            near = {c.id for c in plan.near[code]}
            assert near == {c.id for c in plan.candidates if code in c.rule.segments or c.rule.min_share}
        for code, candidate in plan.by_id.items():
            assert candidate.id == code


def test_what_is_earned_is_reach_times_response_times_what_the_discount_leaves(policy: Policy) -> None:
    plan = policy.plans["offer", "DK", "da", ANY_CHANNEL]
    evening = plan.by_id["offer-evening-30d"]
    assert evening.earned["A1"] == pytest.approx(0.9 * 0.08 * (240 - 75))
    assert evening.earned["E1"] == pytest.approx(0.9 * 0.05 * (240 - 75))
    assert evening.earned_elsewhere == pytest.approx(0.9 * 0.05 * (240 - 75))
    box = plan.by_id["offer-large-box"]
    assert box.earned_elsewhere == pytest.approx(box.rule.value.reach * box.rule.value.response * (240 - 110))


def test_only_emails_have_a_service_version_and_every_wording_is_paused_by_its_id(policy: Policy) -> None:
    assert {slot for (slot, *_), plan in policy.plans.items() if plan.service is not None} == {"first_email"}
    weekly = policy.plans["offer", "DK", "da", ANY_CHANNEL].by_id["offer-week-by-week"]
    assert weekly.ids == {"offer-week-by-week", "offer-week-by-week.a", "offer-week-by-week.b"}
    assert [(v.id, v.share) for v in weekly.variants] == [
        ("offer-week-by-week.a", 0.5),
        ("offer-week-by-week.b", 0.5),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "greetings.toml",
            "standard = true",
            'standard = true\ncountries = ["DK"]',
            "no standard treatment for SE",
        ),
        (
            "greetings.toml",
            "standard = true",
            'standard = true\nchannels = ["app"]',
            "no standard treatment for DK and channel 'web_form'",
        ),
        (
            "first_emails.toml",
            'id = "mail-service"',
            'id = "mail-service"\ncountries = ["DK", "SE", "NO"]',
            "no service e-mail for FI",
        ),
        (
            "greetings.toml",
            'segments = ["B1"]',
            'segments = ["B1"]\ncountries = ["DK"]',
            "segment 'B1' has no treatment in slot 'greeting' for SE",
        ),
        (
            "greetings.toml",
            'segments = ["B1"]',
            'segments = ["B1"]\nsub_segments = ["loyal"]',
            "segment 'B1' has no treatment in slot 'greeting' for DK",
        ),
        (
            "greetings.toml",
            'segments = ["B1"]',
            'segments = ["B1"]\nchannels = ["app"]',
            "segment 'B1' has no treatment in slot 'greeting' for DK",
        ),
    ],
)
def test_a_lead_that_would_be_left_without_is_refused(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, name: str, old: str, new: str, says: str
) -> None:
    edit(name, old, new)
    with pytest.raises(PolicyError, match=says):
        load_policy(policy_folder, codes)


def test_a_slot_may_leave_segments_without_a_treatment_of_their_own(policy: Policy) -> None:
    ways = policy.plans["contact_channel", "DK", "da", ANY_CHANNEL]
    assert ways.near["B1"] == ()
