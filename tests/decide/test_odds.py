"""The random part of a choice, laid out by hand: holdout, experiment, learned pick, rollout, wording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from service.decide.odds import Odds, follows_model
from service.decide.plans import ANY_CHANNEL, Candidate
from service.decide.policy import Policy


@pytest.fixture
def candidate(policy: Policy) -> Callable[[str, float], Candidate]:
    plan = policy.plans["offer", "DK", "da", ANY_CHANNEL]

    def build(code: str, rollout: float = 1.0) -> Candidate:
        found = plan.by_id[code]
        return replace(found, rule=replace(found.rule, rollout=rollout))

    return build


def test_each_preferred_candidate_gets_what_the_rollouts_before_it_leave(candidate: Callable) -> None:
    first, second, standard = (
        candidate("offer-week-plan", 0.4),
        candidate("offer-large-box", 0.5),
        candidate("offer-standard"),
    )
    odds = Odds(0.05, standard, [first, second, standard], [(None, 1.0)], None, 0.0)
    assert odds.share_of(first) == pytest.approx(0.95 * 0.4)
    assert odds.share_of(second) == pytest.approx(0.95 * 0.6 * 0.5)
    assert odds.share_of(standard) == pytest.approx(0.05 + 0.95 * 0.6 * 0.5)
    assert odds.share_of(candidate("offer-evening-30d")) == 0.0


def test_a_learned_pick_takes_its_share_from_the_rules(candidate: Callable) -> None:
    ruled, picked, standard = (
        candidate("offer-week-plan"),
        candidate("offer-large-box"),
        candidate("offer-standard"),
    )
    odds = Odds(0.1, standard, [ruled, standard], [(None, 1.0)], picked, 0.25)
    assert odds.share_of(picked) == pytest.approx(0.9 * 0.25)
    assert odds.share_of(ruled) == pytest.approx(0.9 * 0.75)
    assert odds.share_of(standard) == pytest.approx(0.1)
    agreed = Odds(0.1, standard, [ruled, standard], [(None, 1.0)], ruled, 0.25)
    assert agreed.share_of(ruled) == pytest.approx(0.9)


def test_an_experiment_goes_before_the_rules_and_the_pick(candidate: Callable) -> None:
    ruled, forced, standard = (
        candidate("offer-week-plan"),
        candidate("offer-large-box"),
        candidate("offer-standard"),
    )
    odds = Odds(0.0, standard, [ruled, standard], [(None, 0.7), (forced, 0.2), (standard, 0.1)], None, 0.0)
    assert odds.share_of(ruled) == pytest.approx(0.7)
    assert odds.share_of(forced) == pytest.approx(0.2)
    assert odds.share_of(standard) == pytest.approx(0.1)
    picked = Odds(0.0, standard, [ruled, standard], [(None, 0.5), (forced, 0.5)], forced, 0.4)
    assert picked.share_of(forced) == pytest.approx(0.5 + 0.5 * 0.4)
    assert picked.share_of(ruled) == pytest.approx(0.5 * 0.6)


def test_what_no_draw_leads_to_is_left_out_and_each_wording_has_its_share(candidate: Callable) -> None:
    weekly, standard = candidate("offer-week-by-week", 0.8), candidate("offer-standard")
    unseen = candidate("offer-large-box", 0.0)
    odds = Odds(0.05, standard, [unseen, weekly, standard], [(None, 1.0)], None, 0.0)
    assert odds.by_variant() == {
        "offer-week-by-week.a": pytest.approx(0.95 * 0.8 / 2),
        "offer-week-by-week.b": pytest.approx(0.95 * 0.8 / 2),
        "offer-standard": pytest.approx(0.05 + 0.95 * 0.2),
    }
    never = Odds(0.0, standard, [weekly], [(None, 1.0)], None, 0.0)
    assert "offer-standard" not in never.by_variant()


def test_what_is_forced_is_laid_out_with_what_is_preferred(candidate: Callable) -> None:
    ruled, picked, forced = (
        candidate("offer-week-plan"),
        candidate("offer-large-box"),
        candidate("offer-evening-30d"),
    )
    standard = candidate("offer-standard")
    odds = Odds(0.05, standard, [ruled], [(None, 0.5), (forced, 0.5)], picked, 0.5)
    assert set(odds.by_variant()) == {
        "offer-week-plan",
        "offer-large-box",
        "offer-evening-30d",
        "offer-standard",
    }
    assert sum(odds.by_variant().values()) == pytest.approx(1)


def test_the_leads_that_follow_a_model_are_its_share_and_the_same_whatever_the_model() -> None:
    following = [follows_model("s", "offer", f"l{n}", 0.3) for n in range(10_000)]
    assert abs(sum(following) - 3000) < 5 * (10_000 * 0.3 * 0.7) ** 0.5
    assert not any(follows_model("s", "offer", f"l{n}", 0.0) for n in range(100))
    assert all(follows_model("s", "offer", f"l{n}", 1.0) for n in range(100))
    more = [follows_model("s", "offer", f"l{n}", 0.5) for n in range(10_000)]
    assert all(later or not now for now, later in zip(following, more, strict=True))
