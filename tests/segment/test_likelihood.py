"""What each fact says about the household: chances that are chances, by the rules that their tables state."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from service.model import AddressMatch, Declared, MatchCategory, MatchLevel, NextAction, UnitFacts
from service.segment.assign import SegmentModel
from service.segment.cells import (
    ATTRIBUTES,
    CELL_ATTRIBUTES,
    DWELLINGS,
    LIFE_STAGES,
    TENURES,
    attribute_of_cells,
)
from service.segment.likelihood import (
    FIRST_AGES,
    FLOOR_GIVEN,
    NEIGHBOUR_DISTANCE,
    UNITS_AT_NUMBER,
    Facts,
    gather_facts,
    life_stages,
    likelihoods,
)

TODAY = date(2026, 11, 21)
MULTI_DWELLING = ("flat", "dormitory_other")


def matched(level: MatchLevel = MatchLevel.HOUSE, **known: object) -> AddressMatch:
    return AddressMatch("DK", level, MatchCategory.A, NextAction.ACCEPT, **known)  # type: ignore[arg-type]


def gather(match: AddressMatch, unit: UnitFacts | None = None) -> Facts:
    return gather_facts(match, unit, Declared(), TODAY)


def by(attribute: str, facts: Facts) -> tuple[str, dict[str, float]]:
    """The value told, and P(fact | each value of the attribute), of the only fact."""
    ((_, value, cells),) = likelihoods(facts)
    of_cell = attribute_of_cells(attribute)
    told = {}
    for number, name in enumerate(CELL_ATTRIBUTES[attribute]):
        (told[name],) = set(np.round(cells[of_cell == number], 12).tolist())
    return value, told


def test_chances_of_one_dwelling_are_chances() -> None:
    for table in (UNITS_AT_NUMBER, NEIGHBOUR_DISTANCE):
        assert tuple(table) == DWELLINGS
        for dwelling, shares in table.items():
            assert sum(shares) == pytest.approx(1.0), dwelling
            assert min(shares) > 0, dwelling
    assert tuple(FLOOR_GIVEN) == DWELLINGS
    assert all(0 < share < 1 for share in FLOOR_GIVEN.values())


def test_98_6_percent_of_addresses_with_a_floor_are_in_a_building_of_several_homes(
    shipped_model: SegmentModel,
) -> None:
    """As the address register of Denmark says, with the country's own dwellings; four in ten leave it out."""
    national = shipped_model.levels[-1].p[0].astype(float)
    dwelling = attribute_of_cells("dwelling")
    given = {
        name: float(national[dwelling == number].sum()) * FLOOR_GIVEN[name]
        for number, name in enumerate(DWELLINGS)
    }
    assert sum(given[name] for name in MULTI_DWELLING) / sum(given.values()) == pytest.approx(
        0.986, abs=0.001
    )
    assert FLOOR_GIVEN["flat"] == pytest.approx(1 - 0.4)


def test_a_floor_that_is_missing_is_what_is_left_of_a_floor_that_is_given() -> None:
    value, given = by("dwelling", Facts(floor=True))
    assert (value, given) == ("given", FLOOR_GIVEN)
    value, missing = by("dwelling", Facts(floor=False))
    assert value == "not_given"
    assert missing == pytest.approx({name: 1 - share for name, share in FLOOR_GIVEN.items()})


@pytest.mark.parametrize(
    ("units", "value", "chance_of_a_flat", "chance_of_a_house"),
    [(1, "1", 0.03, 0.97), (2, "2", 0.07, 0.02), (3, "3_or_more", 0.9, 0.01), (40, "3_or_more", 0.9, 0.01)],
)
def test_units_at_the_number_speak_for_flats_from_two_on(
    units: int, value: str, chance_of_a_flat: float, chance_of_a_house: float
) -> None:
    told, chances = by("dwelling", gather(matched(units_at_number=units)))
    assert told == value
    assert (chances["flat"], chances["detached"]) == (chance_of_a_flat, chance_of_a_house)


def test_units_that_are_known_make_a_floor_superfluous_and_none_counted_are_not_known() -> None:
    assert gather(matched(units_at_number=2, floor="1")) == Facts(units=2)
    assert gather(matched(units_at_number=0, floor="1")) == Facts(floor=True)
    assert gather(matched(door="tv")) == Facts(floor=True)
    assert gather(matched()) == Facts(floor=False)


@pytest.mark.parametrize(
    ("metres", "value"),
    [
        (0.0, "under_10_m"), (9.9, "under_10_m"), (10.0, "10_18_m"), (17.9, "10_18_m"), (18.0, "18_35_m"),
        (34.9, "18_35_m"), (35.0, "over_35_m"), (4000.0, "over_35_m"),
    ],
)  # fmt: skip
def test_the_neighbour_is_near_in_bands_that_begin_with_their_first_metre(metres: float, value: str) -> None:
    facts = gather(matched(units_at_number=1, neighbour_distance_m=metres))
    assert next(said for name, said, _ in likelihoods(facts) if name == "neighbour_distance") == value


def test_a_row_house_stands_close_and_a_house_apart() -> None:
    close, apart = (by("dwelling", Facts(neighbour=band))[1] for band in (0, 3))
    assert max(close, key=close.__getitem__) == "row"
    assert max(apart, key=apart.__getitem__) == "detached"


@pytest.mark.parametrize("level", list(MatchLevel))
def test_a_place_coarser_than_a_house_says_nothing_about_the_home(level: MatchLevel) -> None:
    facts = gather(matched(level, floor="2", units_at_number=5, neighbour_distance_m=3.0))
    known = level in (MatchLevel.HOUSE, MatchLevel.UNIT)
    assert facts == (Facts(units=3, neighbour=0) if known else Facts())


def test_a_register_errs_once_in_a_hundred_and_then_in_any_direction() -> None:
    value, chances = by("dwelling", gather(matched(), UnitFacts(dwelling="flat")))
    assert value == "flat"
    assert chances["flat"] == pytest.approx(0.99)
    assert [chances[name] for name in DWELLINGS if name != "flat"] == pytest.approx([0.01 / 3] * 3)
    value, chances = by("tenure", Facts(tenure="owner"))
    assert (value, chances["owner"]) == ("owner", pytest.approx(0.99))
    assert chances["social_rent"] == pytest.approx(0.01 / 3)


@pytest.mark.parametrize(
    ("unit", "tenure"),
    [
        (UnitFacts(rented=True), "rented"),
        (UnitFacts(rented=False), None),
        (UnitFacts(tenure="owner", rented=True), "owner"),
        (UnitFacts(tenure="cooperative"), "cooperative"),
        (None, None),
    ],
)
def test_the_tenure_is_the_registers_own_word_or_that_the_home_is_let(
    unit: UnitFacts | None, tenure: str | None
) -> None:
    assert gather(matched(MatchLevel.STREET), unit).tenure == tenure


def test_a_home_that_is_let_has_the_owner_in_it_once_in_a_hundred() -> None:
    value, chances = by("tenure", Facts(tenure="rented"))
    assert value == "rented"
    assert chances == pytest.approx({name: 0.01 if name == "owner" else 0.99 for name in TENURES})


def test_declared_children_are_believed_but_for_one_in_a_hundred() -> None:
    assert by("children", Facts(children=True)) == ("yes", pytest.approx({"no": 0.01, "yes": 0.99}))
    assert by("children", Facts(children=False)) == ("no", pytest.approx({"no": 0.99, "yes": 0.01}))


def test_a_declared_age_is_believed_but_for_one_in_a_hundred_spread_over_all_stages() -> None:
    value, chances = by("life_stage", Facts(stages=(0.25, 0.75, 0.0, 0.0)))
    assert value == "30_49"
    assert chances == pytest.approx(
        {"18_29": 0.25, "30_49": 0.745, "50_64": 0.0025, "65_plus": 0.0025}
    )  # 0.99 × the stage + 0.01 / 4


def test_life_stages_begin_with_the_age_in_their_name() -> None:
    assert [int(name[:2]) for name in LIFE_STAGES] == list(FIRST_AGES)
    assert [int(name[3:5]) + 1 for name in LIFE_STAGES[:-1]] == list(FIRST_AGES[1:])


@pytest.mark.parametrize(
    ("month", "had_their_birthday"),
    [(1, 0.0), (2, 0.0), (3, 0.25), (5, 0.25), (6, 0.5), (8, 0.5), (9, 0.75), (11, 0.75), (12, 1.0)],
)
def test_of_those_who_turn_30_this_year_as_many_have_as_quarters_have_passed(
    month: int, had_their_birthday: float
) -> None:
    assert life_stages(1996, date(2026, month, 15)) == (1 - had_their_birthday, had_their_birthday, 0.0, 0.0)


@pytest.mark.parametrize(
    ("turns", "stages"),
    [
        (17, None), (18, (1.0, 0.0, 0.0, 0.0)), (29, (1.0, 0.0, 0.0, 0.0)), (31, (0.0, 1.0, 0.0, 0.0)),
        (50, (0.0, 0.5, 0.5, 0.0)), (65, (0.0, 0.0, 0.5, 0.5)), (110, (0.0, 0.0, 0.0, 1.0)), (111, None),
    ],
)  # fmt: skip
def test_only_ages_of_grown_people_are_believed(turns: int, stages: tuple[float, ...] | None) -> None:
    assert life_stages(2026 - turns, date(2026, 7, 1)) == stages


def test_every_fact_is_told_under_its_own_name_in_one_order() -> None:
    everything = Facts(True, 1, 0, "flat", "owner", (1.0, 0.0, 0.0, 0.0), False)
    assert [(name, value) for name, value, _ in likelihoods(everything)] == [
        ("floor_or_door", "given"),
        ("units_at_number", "1"),
        ("neighbour_distance", "under_10_m"),
        ("dwelling", "flat"),
        ("tenure", "owner"),
        ("declared_life_stage", "18_29"),
        ("declared_children_at_home", "no"),
    ]
    assert likelihoods(Facts()) == ()


def test_a_kept_likelihood_cannot_be_written_over() -> None:
    ((_, _, cells),) = likelihoods(Facts(floor=True))
    with pytest.raises(ValueError, match="read-only"):
        cells[0] = 1.0


def test_cells_count_through_the_attributes_with_the_last_fastest() -> None:
    assert list(ATTRIBUTES) == [*CELL_ATTRIBUTES, "urbanity"]
    assert [attribute_of_cells(name)[:4].tolist() for name in ("affluence", "tenure")] == [
        [0, 1, 2, 0],
        [0, 0, 0, 1],
    ]
    assert np.bincount(attribute_of_cells("life_stage")).tolist() == [96] * 4
