"""Areas to figures, over the committed release and over made-up ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.area.locate import AreaIndex
from service.area.profile import LEAST_HOUSEHOLDS, Profiles
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction, Place
from service.tables import Release

REFERENCE = Path(__file__).resolve().parents[2] / "reference_data"


@pytest.fixture(scope="module")
def release() -> Release:
    return Release.open(REFERENCE)


@pytest.fixture(scope="module")
def profiles(release: Release) -> Profiles:
    return Profiles.load(release, "DK")


def test_a_house_gets_figures_of_its_polling_area(profiles: Profiles) -> None:
    place = Place(
        "DK", {"polling_area": "400008", "parish": "7552", "postcode": "3700", "municipality": "0400"}
    )
    profile = profiles.profile_place(place)
    assert profile is not None
    assert (profile.level, profile.code) == ("polling_area", "400008")
    assert len(profile.figures) >= 25
    for figure in profile.figures.values():
        assert figure.unit
        assert figure.source
        assert len(figure.vintage) == 10
        assert figure.households is None or figure.households >= LEAST_HOUSEHOLDS
    own = profile.figures["owner_share"]
    assert (own.level, own.vintage, own.source) == ("polling_area", "2020-01-01", "dst-valgdatabase")
    assert 0 < own.value < 1
    assert profile.figures["age_mean"].level == "parish"
    assert profile.figures["disposable_income_mean"].level == "municipality"


def test_the_index_is_against_the_country(profiles: Profiles) -> None:
    town = profiles.profile_place(Place("DK", {"municipality": "0157"}))  # Gentofte
    country = profiles.profile_place(Place("DK", {"postcode": "none"}))
    assert town is not None
    assert country is not None
    assert country.level == "country"
    income, base = town.figures["household_income_mean"], country.figures["household_income_mean"]
    assert base.value == pytest.approx(615_174, abs=50)
    assert income.value == pytest.approx(1_077_575, abs=50)
    assert income.index == round(100 * income.value / base.value) == 175
    assert all(f.index in (100, None) for f in country.figures.values())


def test_a_small_area_steps_up(profiles: Profiles, release: Release) -> None:
    rows = release.table("DK", "profiles_parish").to_pylist()
    small = next(r for r in rows if 0 < (r["households"] or 0) < LEAST_HOUSEHOLDS)
    profile = profiles.profile_place(Place("DK", {"parish": small["code"], "municipality": "0400"}))
    assert profile is not None
    assert (profile.level, profile.code) == ("municipality", "0400")


def test_an_unpublished_area_steps_up(profiles: Profiles) -> None:
    profile = profiles.profile_place(Place("DK", {"polling_area": "330012", "municipality": "0330"}))
    assert profile is not None
    assert profile.level == "municipality"


def test_no_area_no_profile(profiles: Profiles) -> None:
    assert profiles.profile_place(Place("DK", {})) is None


def test_every_postcode_with_areas_has_25_figures(profiles: Profiles, release: Release) -> None:
    index = AreaIndex.load(release, "DK")
    postcodes = release.table("DK", "postcodes").column("postcode").to_pylist()
    assert len(postcodes) > 1000
    for postcode in postcodes:
        match = AddressMatch("DK", MatchLevel.POSTCODE, MatchCategory.C, NextAction.FIX, postcode=postcode)
        profile = profiles.profile_place(index.locate_match(match))
        assert profile is not None, postcode
        assert len(profile.figures) >= 25, postcode


def test_the_same_place_gives_the_same_profile(profiles: Profiles) -> None:
    place = Place("DK", {"polling_area": "400008", "municipality": "0400"})
    assert profiles.profile_place(place) == profiles.profile_place(place)
