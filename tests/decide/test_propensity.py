"""The arm of a lead, and that a treatment comes as often as its logged propensity says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide.arms import assign_arm, draw_number
from service.decide.choose import choose_treatments
from service.decide.policy import Policy
from service.decide.situation import Situation
from service.model import Consent

Make = Callable[..., Situation]


@given(st.text(), st.text(min_size=1), st.sampled_from(["DK", "SE"]), st.sampled_from(["web_form", "phone"]))
def test_the_arm_depends_on_salt_and_lead_only(
    policy: Policy,
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    salt: str,
    lead_id: str,
    country: str,
    channel: str,
) -> None:
    lead = make_lead(lead_id, country=country, channel=channel)
    other = make_lead(lead_id, language="en", consent=Consent(profiling=False))
    one = choose_treatments(policy, make_situation(lead, make_segment("A1"), salt=salt))
    two = choose_treatments(policy, make_situation(other, make_segment("E2"), salt=salt, status="fallback"))
    assert {t.arm for t in one.values()} == {t.arm for t in two.values()}
    assert len({t.arm for t in one.values()}) == 1


def test_arms_are_uniform_and_independent_between_experiments() -> None:
    shares = [("holdout", 0.05), ("treated", 0.95)]
    first = [assign_arm("s", "one", str(n), shares) for n in range(40_000)]
    second = [assign_arm("s", "two", str(n), shares) for n in range(40_000)]
    held = Counter(first)["holdout"] / 40_000
    both = sum(a == b == "holdout" for a, b in zip(first, second, strict=True)) / 40_000
    # five standard errors of a share of 0.05 and of 0.0025 among 40,000
    assert abs(held - 0.05) < 5 * math.sqrt(0.05 * 0.95 / 40_000)
    assert abs(both - 0.0025) < 5 * math.sqrt(0.0025 / 40_000)


@pytest.mark.parametrize("code", ["A2", "B1", "D1"])
def test_the_propensity_is_the_frequency_over_leads(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable, code: str
) -> None:
    """Over many leads in one situation, each treatment comes as often as its logged propensity says."""
    n = 6_000
    segment = make_segment(code)
    counts: Counter[tuple[str, str]] = Counter()
    logged: dict[tuple[str, str], float] = {}
    for number in range(n):
        for slot, treatment in choose_treatments(
            policy, make_situation(make_lead(f"l{number}"), segment)
        ).items():
            if slot == "agent":
                continue  # shared among equals by lead: see test_agents
            counts[slot, treatment.id] += 1
            logged.setdefault((slot, treatment.id), treatment.propensity)
            assert logged[slot, treatment.id] == treatment.propensity
    for key, count in counts.items():
        p = logged[key]
        assert abs(count / n - p) <= 5 * math.sqrt(p * (1 - p) / n) + 1e-9, key
    for slot in ("greeting", "offer", "first_email", "contact_channel"):
        assert sum(p for (s, _), p in logged.items() if s == slot) == pytest.approx(1)


def test_variants_share_a_treatment_and_are_logged_apart(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable
) -> None:
    segment = make_segment("A2")
    seen = {
        t.id: t.propensity
        for n in range(400)
        for t in [choose_treatments(policy, make_situation(make_lead(f"v{n}"), segment))["offer"]]
    }
    assert seen == {
        "offer-week-by-week.a": pytest.approx(0.475),
        "offer-week-by-week.b": pytest.approx(0.475),
        "offer-standard": pytest.approx(0.05),
    }


def test_a_draw_is_a_number_of_its_own_for_each_salt_experiment_and_lead() -> None:
    numbers = [draw_number("s", "e", str(n)) for n in range(1000)]
    assert all(0 <= number < 1 for number in numbers)
    assert len(set(numbers)) == 1000
    one = draw_number("salt", "one", "lead")
    assert draw_number("salt", "one", "lead") == one
    assert one not in {draw_number("pepper", "one", "lead"), draw_number("salt", "two", "lead")}
    assert draw_number("a", "bc", "d") != draw_number("ab", "c", "d")
    assert 0 <= draw_number("s", "e", "\udcff") < 1  # a lone surrogate of a caller's encoding


def test_arms_are_laid_one_after_another_in_their_order() -> None:
    number = draw_number("s", "e", "lead")
    assert assign_arm("s", "e", "lead", [("first", number + 1e-6), ("rest", 1)]) == "first"
    assert assign_arm("s", "e", "lead", [("first", number), ("rest", 1)]) == "rest"
    assert (
        assign_arm("s", "e", "lead", [("first", number / 3), ("second", number / 3), ("third", 1)]) == "third"
    )
    assert assign_arm("s", "e", "lead", [("first", 0.0), ("short", number / 2)]) == "short"
