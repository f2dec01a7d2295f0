"""Lift, its alarms and contact frequency, from a log whose outcomes are known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.errors import InvalidInputError
from service.flows.lift import LiftQuestion, measure_frequency, measure_lift
from service.flows.outcomes import record_outcomes
from service.model import Profile
from service.store.store import Store
from service.wiring import Services
from tests.logged import MADE, logged

AREAS = ("0400", "0157")  # Bornholm and Gentofte: few own their home here, many there


@pytest.fixture
def store(store: Store) -> Store:
    """Six hundred leads of two municipalities: of 300 treated 60 buy for 100, of 300 held out 30."""
    decisions = []
    for number in range(600):
        profile = Profile("DK", "municipality", AREAS[number % 2], 1000.0, 1, {})
        decisions.append(logged(number, "treated" if number < 300 else "holdout", profile=profile))
    store.record_decisions(decisions)
    buyers = [*range(60), *range(300, 330)]
    bought = {"kind": "bought", "at": MADE + timedelta(hours=1), "value": 100.0}
    record_outcomes(store, [bought | {"decision_id": f"dec_{number}"} for number in buyers])
    record_outcomes(
        store, [{"kind": "complained", "at": MADE, "decision_id": f"dec_{number}"} for number in range(45)]
    )
    return store


def measure(services: Services, store: Store, asked: LiftQuestion):  # type: ignore[no-untyped-def]
    assets = services.assets()
    return measure_lift(store, assets.policy, assets.profiles, asked)


def test_treated_are_compared_with_the_holdout(services: Services, store: Store) -> None:
    found = measure(services, store, LiftQuestion(costs={"offer-bike": 2.0}))
    (row,) = found.rows
    assert row.group == {"slot": "offer", "treatment": "offer-bike"}
    assert (row.treated_rate, row.holdout_rate) == (0.2, 0.1)
    assert row.incremental_value[0] == pytest.approx(300 * 10.0)
    assert row.romi[0] == pytest.approx(300 * 10.0 / 600 - 1)
    (ratio,) = found.ratios
    assert (ratio.holdout, ratio.expected, ratio.alarm) == (300, 30.0, True)  # the policy holds out 5 %
    (complaint,) = found.complaints
    assert (complaint.treatment, complaint.rate, complaint.pause) == ("offer-bike", 0.15, True)
    assert found.adjusted == ()


def test_only_the_days_and_the_slot_that_were_asked_count(services: Services, store: Store) -> None:
    day = MADE.date().isoformat()
    assert measure(services, store, LiftQuestion(first_day=day, last_day=day)).rows
    later = (MADE + timedelta(days=1)).date().isoformat()
    nothing = measure(services, store, LiftQuestion(first_day=later))
    assert (nothing.rows, nothing.ratios, nothing.complaints) == ([], [], [])
    assert measure(services, store, LiftQuestion(slot="agent")).rows == []
    assert measure(services, store, LiftQuestion(outcome="clicked")).rows[0].treated_rate == 0


def test_figures_of_the_areas_are_fetched_to_adjust_and_only_then(services: Services, store: Store) -> None:
    (sharper,) = measure(services, store, LiftQuestion(adjust=("owner_share",))).adjusted
    assert sharper.slot == "offer"
    assert sharper.plain.value == pytest.approx(0.1)
    assert sharper.variables == ("owner_share",)

    def no_profiles():  # type: ignore[no-untyped-def]
        raise AssertionError("nobody asked for figures")

    assert measure_lift(store, services.assets().policy, no_profiles, LiftQuestion()).rows
    with pytest.raises(InvalidInputError, match="No variable is called shoe_size; GET"):
        measure(services, store, LiftQuestion(adjust=("owner_share", "shoe_size")))


def test_frequency_counts_leads_by_how_often_and_gives_bounds_to_what_is_sure(store: Store) -> None:
    store.record_decisions([logged(900 + n, lead_id=f"lead-{n}") for n in range(20)])
    rows = measure_frequency(store, "offer", "bought", "1970-01-01", "9999-12-31")
    assert [(row.arm, row.times, row.leads) for row in rows] == [
        ("holdout", 1, 300),
        ("treated", 1, 280),
        ("treated", 2, 20),
    ]
    held, once, twice = rows
    assert (held.rate, once.rate, twice.rate) == (0.1, pytest.approx(40 / 280), 1.0)
    assert held.low is not None
    assert held.high is not None
    assert 0 <= held.low < 0.1 < held.high
    assert twice.high == 1.0
    clicked = measure_frequency(store, "offer", "clicked", "1970-01-01", "9999-12-31")
    assert all((row.rate, row.low, row.high) == (0.0, None, None) for row in clicked)
