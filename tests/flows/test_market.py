"""The market from the release, and own leads against it; figures checked by hand against the tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from service.errors import InvalidInputError, NotFoundError
from service.flows.market import market_correlations, market_potential, profile_leads
from service.model import Profile, Treatment
from service.store.store import Store
from service.wiring import Services
from tests.logged import logged


def test_the_potential_of_a_level_is_ordered_by_households(services: Services) -> None:
    asked = market_potential(services.assets(), "dk", "municipality")
    households = asked.found.households[list(asked.order)]
    assert (np.diff(households) <= 0).all()
    largest = asked.order[0]
    assert asked.names[asked.found.codes[largest]] == "København"
    expected, national = asked.found.expected[largest], asked.found.expected.sum(axis=0)
    by_hand = 100 * (expected / expected.sum()) / (national / national.sum())
    assert asked.index(largest) == pytest.approx(by_hand)
    (one,) = market_potential(services.assets(), "DK", "postcode", "3700").order
    assert market_potential(services.assets(), "DK", "postcode").found.codes[one] == "3700"


@pytest.mark.parametrize(
    ("country", "level", "area", "error", "says"),
    [
        ("XX", "postcode", None, InvalidInputError, "There are tables for DK, FI only"),
        ("DK", "street", None, InvalidInputError, "There are areas of polling_area, postcode, municipality"),
        ("DK", "postcode", "0000", NotFoundError, "There is no postcode with this code"),
    ],
)
def test_what_is_not_there_is_said(
    services: Services, country: str, level: str, area: str | None, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        market_potential(services.assets(), country, level, area)


def test_correlations_are_of_the_finest_level_unless_another_is_asked(services: Services) -> None:
    assets = services.assets()
    level, found = market_correlations(assets, "DK")
    assert level == "polling_area"
    other, coarse = market_correlations(assets, "DK", "municipality")
    assert other == "municipality"
    assert found.pairs() != coarse.pairs()
    with pytest.raises(InvalidInputError):
        market_correlations(assets, "DK", "parish")  # has figures, but no joint table


@pytest.fixture
def store(store: Store) -> Store:
    """Forty leads in Gentofte, half of whom got an offer of 100 kroner, and ten in no area."""
    profile = Profile("DK", "municipality", "0157", 1000.0, 2, {})
    greeting = Treatment("greeting", "greet-city", "treated", 0.5, {})
    store.record_decisions(
        [logged(n, profile=profile, treatments={"greeting": greeting}) for n in range(40)]
        + [logged(n, treatments={"greeting": greeting}) for n in range(40, 50)]
    )
    return store


def test_leads_count_with_the_figures_of_their_area(services: Services, store: Store) -> None:
    assets = services.assets()
    found = profile_leads(store, assets, "DK", "greeting")
    assert (found.leads, found.without_area) == (50, 10)
    income = next(row for row in found.variables if row.code == "household_income_mean")
    assert income.base == pytest.approx(1_077_575, abs=50)
    assert income.market == pytest.approx(615_174, abs=50)
    assert income.index == pytest.approx(100 * income.base / income.market)
    assert income.leads == 40
    assert sum(row.base for row in found.segments) == pytest.approx(1)
    nobody = profile_leads(store, assets, "DK", "greeting", "bought")
    assert (nobody.leads, nobody.without_area) == (0, 0)
    assert all(math.isnan(row.base) for row in nobody.variables)
    assert profile_leads(store, assets, "FI", "greeting").leads == 0
