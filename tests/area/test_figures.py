"""Figures of made-up areas: whose are told, to how many digits, and against what."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.area.profile import Profiles
from service.model import Figure, Place
from service.tables import Release
from tests.area.conftest import figures, make_release

NAMES = ("share", "income", "wealth", "rare", "nobody")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    tables = {
        "profiles_parish": figures(
            [("large", 100.0), ("small", 99.0), ("unknown", None)],
            share=[0.123456, 0.5, 0.5], income=[None, 1.0, 1.0], wealth=[-250.0, 1.0, 1.0],
            rare=[None, None, None], nobody=[None, None, None],
        ),
        "profiles_municipality": figures(
            [("town", 2000.6)], share=[0.4], income=[1234.567], wealth=[50.0], rare=[12.3456], nobody=[None]
        ),
        "profiles_country": figures(
            [("DK", 9000.0)], share=[0.25], income=[617.2835], wealth=[100.0], rare=[0.0], nobody=[None]
        ),
    }  # fmt: skip
    return make_release(tmp_path_factory.mktemp("figures"), tables, NAMES)


@pytest.fixture(scope="module")
def profiles(release: Release) -> Profiles:
    return Profiles.load(release, "DK")


def ask(profiles: Profiles, **codes: str) -> dict[str, Figure]:
    profile = profiles.profile_place(Place("DK", codes))
    assert profile is not None
    return dict(profile.figures)


def test_what_an_area_does_not_publish_comes_from_the_next_that_does(profiles: Profiles) -> None:
    told = ask(profiles, parish="large", municipality="town")
    assert told == {
        "share": Figure(0.1235, "share", 49, "parish", "2025-01-01", "source of share", 100),
        "income": Figure(1235.0, "share", 200, "municipality", "2025-01-01", "source of income", 2001),
        "wealth": Figure(-250.0, "share", None, "parish", "2025-01-01", "source of wealth", 100),
        "rare": Figure(12.35, "share", None, "municipality", "2025-01-01", "source of rare", 2001),
    }  # an index means nothing for debts, nor against a country that has none


def test_a_hundred_households_speak_and_ninety_nine_do_not(profiles: Profiles) -> None:
    for code, level in (("large", "parish"), ("small", "municipality"), ("unknown", "municipality")):
        profile = profiles.profile_place(Place("DK", {"parish": code, "municipality": "town"}))
        assert profile is not None
        assert profile.level == level


def test_a_profile_is_that_of_its_finest_area(profiles: Profiles) -> None:
    profile = profiles.profile_place(Place("DK", {"parish": "large", "municipality": "town"}))
    assert profile is not None
    assert (profile.country, profile.code, profile.households, profile.urbanity) == ("DK", "large", 100.0, 0)
    town = profiles.profile_place(Place("DK", {"parish": "small", "municipality": "town"}))
    assert town is not None
    assert (town.code, town.households) == ("town", 2000.6)


def test_the_figures_of_one_area_are_not_changed_by_what_is_filled_in(profiles: Profiles) -> None:
    ask(profiles, parish="large", municipality="town")
    alone = ask(profiles, parish="large")
    assert {code: figure.level for code, figure in alone.items()} == {
        "share": "parish", "income": "country", "wealth": "parish", "rare": "country",
    }  # fmt: skip
    assert alone["income"].index == 100


def test_a_country_without_people_has_no_profile(tmp_path: Path) -> None:
    tables = {"profiles_country": figures([("DK", 99.0)], share=[0.5])}
    profiles = Profiles.load(make_release(tmp_path, tables, ["share"]), "DK")
    assert profiles.profile_place(Place("DK", {"parish": "any"})) is None


def test_a_column_that_is_not_described_is_no_variable(tmp_path: Path) -> None:
    table = figures([("DK", 500.0)], share=[0.5], secret=[1.0])
    profiles = Profiles.load(make_release(tmp_path, {"profiles_country": table}, ["share", "urbanity"]), "DK")
    assert [variable.code for variable in profiles.variables] == ["share"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.00014, 0.0001), (9.87654, 9.8765), (10.456, 10.46), (999.444, 999.44), (1000.6, 1001.0),
        (-9.87654, -9.8765), (-10.456, -10.46), (-1000.6, -1001.0), (0.0, 0.0),
    ],
)  # fmt: skip
def test_shares_are_told_to_four_digits_and_money_to_the_unit(
    tmp_path: Path, value: float, told: float
) -> None:
    table = figures([("DK", 500.0)], share=[value])
    profiles = Profiles.load(make_release(tmp_path, {"profiles_country": table}, ["share"]), "DK")
    assert ask(profiles, parish="any")["share"].value == told


@pytest.mark.parametrize(
    ("value", "country", "index"),
    [
        (0.3, 0.6, 50),
        (0.0, 0.6, 0),
        (-0.1, 0.6, None),
        (0.3, 0.0, None),
        (0.3, -1.0, None),
        (0.3, 0.001, 30000),
    ],
)
def test_an_index_is_the_value_over_the_countrys_in_percent(
    tmp_path: Path, value: float, country: float, index: int | None
) -> None:
    tables = {
        "profiles_parish": figures([("one", 500.0)], share=[value]),
        "profiles_country": figures([("DK", 500.0)], share=[country]),
    }
    profiles = Profiles.load(make_release(tmp_path, tables, ["share"]), "DK")
    assert ask(profiles, parish="one")["share"].index == index
