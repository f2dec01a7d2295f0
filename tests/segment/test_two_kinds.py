"""A country of two kinds of household, small enough to work out every figure by hand.

Young: 18-29, no children, renting a flat, low income. Old: 65 and over, no children, owning a house, middle
income. Of 500 households 300 are young and 200 old: 400 live in the city (north, south), 100 in the country
(heath). So the market is A1 (young in the city) 245, A2 (young elsewhere) 55, E1 (seniors who own) 200.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from math import log2
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from service.errors import ReleaseError
from service.model import AddressMatch, Declared, Found, MatchCategory, MatchLevel, NextAction, Place, Segment
from service.segment.areas import load_levels
from service.segment.assign import SegmentModel, market_shares
from service.segment.cells import CELL_ATTRIBUTES, CELLS
from service.segment.definitions import Definitions
from service.segment.likelihood import Facts
from service.segment.potential import expected_households
from service.tables import Release
from tests.segment.conftest import joint_table, make_release, profile_table, write_table

RURAL, TOWN, CITY = range(3)
EVERY_KIND = np.full(CELLS, 1 / CELLS)  # of a billionth of a household: every segment is someone, somewhere


def cells(**shares: float) -> np.ndarray:
    """All households in the two kinds, by their shares."""
    kinds = {
        "young": ("18_29", "no", "flat", "other_rent", "low"),
        "old": ("65_plus", "no", "detached", "owner", "middle"),
    }
    table = np.zeros([len(values) for values in CELL_ATTRIBUTES.values()])
    for kind, share in shares.items():
        place = [v.index(said) for v, said in zip(CELL_ATTRIBUTES.values(), kinds[kind], strict=True)]
        table[tuple(place)] = share
    return table.ravel()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    areas = {
        "north": (300.0, CITY, cells(young=0.75, old=0.25)),
        "south": (100.0, CITY, cells(young=0.2, old=0.8)),
        "heath": (100.0, RURAL, cells(young=0.55, old=0.45)),
        "others": (1e-9, CITY, EVERY_KIND),
        "others outside": (1e-9, RURAL, EVERY_KIND),
    }
    towns = {
        "mixed": (200.0, TOWN, cells(young=0.7, old=0.3)),
        "told": (50.0, TOWN, cells(young=0.6, old=0.4)),
        "even": (40.0, TOWN, cells(young=0.5, old=0.5)),
        # A1 over its 0.49 of the market: 129 and 131
        "nearly": (100.0, CITY, cells(young=0.6321, old=0.3679)),
        "just": (100.0, CITY, cells(young=0.6419, old=0.3581)),
    }
    within = pa.table(
        {
            "code": ["mixed", "mixed", "mixed", "mixed", "gone"],
            "level": ["polling_area", "polling_area", "parish", "polling_area", "polling_area"],
            "within": ["north", "heath", "south", "unknown", "north"],
            "share": [0.2, 0.6, 0.9, 0.2, 1.0],
        }
    )
    return make_release(tmp_path_factory.mktemp("two_kinds"), areas, towns, within)


@pytest.fixture(scope="module")
def model(release: Release, definitions: Definitions) -> SegmentModel:
    return SegmentModel.load(release, "DK", definitions)


def ask(model: SegmentModel, level: str, code: str, **matched: object) -> Segment:
    match = AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT, **matched)  # type: ignore[arg-type]
    if not matched:
        match = AddressMatch("DK", MatchLevel.POSTCODE, MatchCategory.C, NextAction.FIX)
    place = Place("DK", {level: code, "country": "DK"})
    return model.assign_segment(Found(match, place), Declared(), "en", date(2026, 11, 21))


def shares(segment: Segment) -> dict[str, float]:
    """The segments that are at all likely."""
    return at_all((item.code, item.probability) for item in segment.distribution)


def at_all(numbers: Iterable[tuple[str, float]]) -> dict[str, float]:
    return {code: round(number, 6) for code, number in numbers if number > 1e-6}


def effects(segment: Segment) -> list[tuple[str, str, float, int | None]]:
    return [(item.fact, item.value, item.effect, item.index) for item in segment.evidence]


def test_the_market_is_the_households_of_the_finest_areas(model: SegmentModel) -> None:
    assert at_all(market_shares(model).items()) == {"A1": 0.49, "A2": 0.11, "E1": 0.4}


def test_an_area_says_how_its_households_live(model: SegmentModel) -> None:
    assert shares(ask(model, "polling_area", "north")) == {"A1": 0.75, "E1": 0.25}
    assert shares(ask(model, "polling_area", "south")) == {"E1": 0.8, "A1": 0.2}
    assert shares(ask(model, "polling_area", "heath")) == {"A2": 0.55, "E1": 0.45}


def test_of_two_that_are_as_likely_the_first_in_the_file_is_named(model: SegmentModel) -> None:
    assert shares(ask(model, "municipality", "even")) == {"A2": 0.5, "E1": 0.5}
    assert ask(model, "municipality", "even").code == "A2"


def test_the_country_lies_where_its_households_lie(model: SegmentModel) -> None:
    """Four in five households in the city: of the young six tenths, 0.48 in it and 0.12 out of it."""
    assert shares(ask(model, "country", "DK")) == {"A1": 0.48, "E1": 0.4, "A2": 0.12}


def test_a_town_of_several_areas_is_as_urban_as_the_parts_that_are_known(
    release: Release, model: SegmentModel
) -> None:
    """Of what is known a quarter is city and three quarters country; what is not known says nothing."""
    town = next(table for table in load_levels(release, "DK") if table.level == "municipality")
    assert town.urbanity[town.rows["mixed"]].tolist() == pytest.approx([0.75, 0.0, 0.25])
    assert town.urbanity[town.rows["told"]].tolist() == [0.0, 1.0, 0.0]
    assert shares(ask(model, "municipality", "mixed")) == {"A2": 0.525, "E1": 0.3, "A1": 0.175}
    assert shares(ask(model, "municipality", "told")) == {"A2": 0.6, "E1": 0.4}


def test_each_figure_of_the_area_moves_what_leaving_it_out_would_take_away(model: SegmentModel) -> None:
    """With the country's figure in its place the young are 0.6: log2(0.75 / 0.6) bits less.

    The same holds for where the area lies: at the country's mixture 0.75 × 0.8 = 0.6. All live without
    children, everywhere: that tells nothing and is not told.
    """
    moved = round(log2(0.75 / 0.6), 3)
    assert effects(ask(model, "polling_area", "north")) == [
        ("area_affluence", "low 75%", moved, 125),
        ("area_dwelling", "flat 75%", moved, 125),
        ("area_life_stage", "18_29 75%", moved, 125),
        ("area_tenure", "other_rent 75%", moved, 125),
        ("area_urbanity", "city", moved, None),
    ]


def test_the_figure_told_is_the_one_in_which_the_likeliest_segment_lies(model: SegmentModel) -> None:
    told = {
        fact: (value, effect, index)
        for fact, value, effect, index in effects(ask(model, "polling_area", "south"))
    }
    moved = round(log2(0.8 / 0.4), 3)
    assert told == {
        "area_affluence": ("middle 80%", moved, 200),
        "area_dwelling": ("detached 80%", moved, 200),
        "area_life_stage": ("65_plus 80%", moved, 200),
        "area_tenure": ("owner 80%", moved, 200),
    }  # seniors who own are the same segment in city and country, so where it lies tells nothing


def test_a_town_of_several_kinds_is_told_no_urbanity(model: SegmentModel) -> None:
    assert "area_urbanity" not in {item.fact for item in ask(model, "municipality", "mixed").evidence}
    assert "area_urbanity" in {item.fact for item in ask(model, "municipality", "told").evidence}


def test_a_floor_weighs_as_its_chance_in_a_flat_over_its_chance_in_a_house(model: SegmentModel) -> None:
    """Six in ten of a flat give a floor, four in a thousand of a house: 0.75 × 0.6 against 0.25 × 0.004."""
    given = ask(model, "polling_area", "north", floor="2")
    assert given.probability == pytest.approx(0.45 / 0.451, abs=1e-6)
    assert effects(given)[0] == ("floor_or_door", "given", round(log2(0.45 / 0.451 / 0.75), 3), None)
    left_out = ask(model, "polling_area", "north", street="Torvegade")
    assert left_out.probability == pytest.approx(0.3 / (0.3 + 0.249), abs=1e-6)
    assert ("floor_or_door", "not_given") in {(item.fact, item.value) for item in left_out.evidence}


def test_of_two_facts_each_is_told_by_what_leaving_it_alone_out_would_change(model: SegmentModel) -> None:
    """Two homes at the number: 0.07 of flats, 0.02 of houses. A neighbour within 10 m: 0.39 and 0.07."""
    told = ask(model, "polling_area", "north", units_at_number=2, neighbour_distance_m=5.0)
    both = 0.75 * 0.07 * 0.39 / (0.75 * 0.07 * 0.39 + 0.25 * 0.02 * 0.07)
    only_units, only_neighbour = 0.0525 / (0.0525 + 0.005), 0.2925 / (0.2925 + 0.0175)
    assert told.probability == pytest.approx(both, abs=1e-6)
    effect = {item.fact: item.effect for item in told.evidence}
    assert effect["units_at_number"] == round(log2(both / only_neighbour), 3)
    assert effect["neighbour_distance"] == round(log2(both / only_units), 3)


def test_a_fact_that_changes_nothing_is_not_told(model: SegmentModel) -> None:
    """Nobody in this country has children at home, so to declare none tells nothing."""
    place = Place("DK", {"polling_area": "north", "country": "DK"})
    match = AddressMatch("DK", MatchLevel.POSTCODE, MatchCategory.C, NextAction.FIX)
    declared = Declared(children_at_home=False)
    told = model.assign_segment(Found(match, place), declared, "en", date(2026, 11, 21))
    assert told.evidence == ask(model, "polling_area", "north").evidence


def test_a_distribution_can_be_had_by_level_and_code(model: SegmentModel) -> None:
    codes = model.definitions.codes
    told = model.distribution("polling_area", "north", Facts(floor=True))
    assert told[codes.index("A1")] == pytest.approx(0.45 / 0.451, abs=1e-6)
    assert told.sum() == pytest.approx(1.0)
    for level, code in (("polling_area", "south"), ("municipality", "mixed"), ("country", "DK")):
        alike = zip(codes, model.distribution(level, code, Facts()), strict=True)
        assert at_all(alike) == shares(ask(model, level, code))
    with pytest.raises(KeyError):
        model.distribution("polling_area", "mixed", Facts())


def test_evidence_is_thin_where_the_likeliest_segment_is_little_more_common_than_anywhere(
    model: SegmentModel,
) -> None:
    """North: A1 0.75 against 0.49 of the market, index 153, and it differs by

    0.75 log2(0.75 / 0.49) + 0.25 log2(0.25 / 0.4) = 0.29 bits. Country: A1 0.48 against 0.49, index 98.
    """
    north, south, country = (
        ask(model, level, code)
        for level, code in (("polling_area", "north"), ("polling_area", "south"), ("country", "DK"))
    )
    assert (north.thin_evidence, north.reason) == (False, None)
    assert (south.thin_evidence, south.reason) == (False, None)  # a hundred households are enough
    assert (country.thin_evidence, country.reason) == (True, "not_distinct")
    assert ask(model, "municipality", "told").reason == "few_households"
    assert ask(model, "municipality", "nearly").reason == "not_distinct"
    assert ask(model, "municipality", "just").reason is None


def test_expected_households_are_the_shares_of_each_area_by_its_households(model: SegmentModel) -> None:
    found = expected_households(model, "municipality")
    rows = {
        code: at_all(zip(model.definitions.codes, row, strict=True))
        for code, row in zip(found.codes, found.expected, strict=True)
    }
    assert {code: rows[code] for code in ("mixed", "told", "even")} == {
        "mixed": pytest.approx({"A1": 35.0, "A2": 105.0, "E1": 60.0}, abs=1e-3),
        "told": pytest.approx({"A2": 30.0, "E1": 20.0}, abs=1e-3),
        "even": pytest.approx({"A2": 20.0, "E1": 20.0}, abs=1e-3),
    }
    assert found.households.tolist() == [200.0, 50.0, 40.0, 100.0, 100.0]
    assert (found.level, found.vintage) == ("municipality", "2020-01-01")


def test_levels_come_finest_first_with_the_vintage_of_their_own_table(release: Release) -> None:
    levels = load_levels(release, "DK")
    assert [table.level for table in levels] == ["polling_area", "municipality", "country"]
    assert list(levels[0].rows.items())[:3] == [("north", 0), ("south", 1), ("heath", 2)]
    assert levels[0].households[:3].tolist() == [300.0, 100.0, 100.0]
    assert levels[0].p.shape == (5, CELLS)
    assert levels[2].urbanity.tolist() == [[pytest.approx(0.2), 0.0, pytest.approx(0.8)]]
    assert {table.vintage for table in levels} == {"2020-01-01"}


def test_an_area_that_no_profile_classes_counts_as_rural(tmp_path: Path) -> None:
    release = make_release(tmp_path, {"somewhere": (100.0, CITY, cells(young=1.0))})
    folder = tmp_path / "releases" / "2026-01-01.1"
    write_table(folder, "profiles_polling_area", profile_table({"elsewhere": CITY}))
    assert load_levels(Release.open(tmp_path, verify=False), "DK")[0].urbanity.tolist() == [[1.0, 0.0, 0.0]]
    assert release.id == "2026-01-01.1"


def test_a_release_without_joint_tables_says_how_to_get_them(tmp_path: Path) -> None:
    make_release(tmp_path, {"somewhere": (100.0, CITY, cells(young=1.0))})
    for gone in ("joint_country", "joint_polling_area"):
        (tmp_path / "releases" / "2026-01-01.1" / "DK" / f"{gone}.arrow").unlink()
        with pytest.raises(
            ReleaseError, match=r"no joint tables for DK; rebuild it with `enrich refdata build`"
        ):
            load_levels(Release.open(tmp_path, verify=False), "DK")


def test_a_joint_table_of_other_cells_is_refused(tmp_path: Path) -> None:
    release = make_release(tmp_path, {"somewhere": (100.0, CITY, cells(young=1.0))})
    short = joint_table({"somewhere": (100.0, cells(young=1.0))}).set_column(
        3, "p", pa.FixedSizeListArray.from_arrays(pa.array(np.ones(6, dtype=np.float32)), 6)
    )
    for table in (short, short.slice(0, 0)):
        write_table(tmp_path / "releases" / "2026-01-01.1", "joint_polling_area", table)
        with pytest.raises(ReleaseError, match=r"does not hold 384 cells; rebuild it"):
            load_levels(Release.open(tmp_path, verify=False), release.countries[0])
