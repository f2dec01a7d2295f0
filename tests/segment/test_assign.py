"""The distribution over segments: sums to one, moves with evidence, admits when it is thin."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.model import (
    AddressMatch,
    Declared,
    Found,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Segment,
    UnitFacts,
)
from service.segment.assign import SegmentModel, market_shares
from service.segment.cells import DWELLINGS, TENURES
from service.segment.likelihood import life_stages

TODAY = date(2026, 11, 21)
HOUSE = MatchLevel.HOUSE


def matched(level: MatchLevel = HOUSE, **known: object) -> AddressMatch:
    return AddressMatch("DK", level, MatchCategory.A, NextAction.ACCEPT, **known)  # type: ignore[arg-type]


def ask(
    model: SegmentModel,
    code: str,
    match: AddressMatch | None = None,
    unit: UnitFacts | None = None,
    declared: Declared | None = None,
    language: str = "da",
    level: str = "polling_area",
) -> Segment:
    place = Place("DK", {level: code, "country": "DK"})
    found = Found(match or matched(MatchLevel.STREET), place, unit)
    return model.assign_segment(found, declared or Declared(), language, TODAY)


def share(segment: Segment, code: str) -> float:
    return next(item.probability for item in segment.distribution if item.code == code)


def whole(segment: Segment) -> None:
    probabilities = [item.probability for item in segment.distribution]
    assert sum(probabilities) == pytest.approx(1, abs=1e-9)
    assert min(probabilities) >= 0
    assert probabilities == sorted(probabilities, reverse=True)
    assert segment.distribution[0].code == segment.code


matches = st.builds(
    matched,
    level=st.sampled_from(list(MatchLevel)),
    floor=st.sampled_from([None, "2", "st"]),
    door=st.sampled_from([None, "th"]),
    units_at_number=st.none() | st.integers(0, 400),
    neighbour_distance_m=st.none() | st.floats(0, 5000),
)
units = st.none() | st.builds(
    UnitFacts, dwelling=st.none() | st.sampled_from(DWELLINGS), tenure=st.none() | st.sampled_from(TENURES)
)
declarations = st.builds(
    Declared, birth_year=st.none() | st.integers(-5, 9999), children_at_home=st.none() | st.booleans()
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["city", "suburb", "village", "hamlet"]), matches, units, declarations)
def test_any_evidence_gives_a_whole_distribution(small_model, code, match, unit, declared) -> None:
    whole(ask(small_model, code, match, unit, declared))


def test_every_shipped_area_gives_a_whole_distribution_with_any_kind_of_evidence(shipped_model) -> None:
    kinds = [
        (matched(MatchLevel.STREET), None, Declared()),
        (matched(floor="2"), None, Declared()),
        (matched(), None, Declared(birth_year=1950)),
        (matched(units_at_number=1, neighbour_distance_m=25.0), None, Declared(children_at_home=True)),
        (matched(), UnitFacts(dwelling="flat", tenure="owner"), Declared(1999, False)),
    ]
    asked = 0
    for table in shipped_model.levels:
        for code in table.rows:
            for match, unit, declared in kinds:
                whole(ask(shipped_model, code, match, unit, declared, level=table.level))
                asked += 1
    assert asked >= 5 * 1298


def test_the_market_sums_to_one_and_every_segment_is_someone(shipped_model) -> None:
    shares = market_shares(shipped_model)
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) > 0.02


def test_a_floor_speaks_for_a_flat_and_its_absence_only_a_little(small_model) -> None:
    without, floor, house = (
        ask(small_model, "suburb", match)
        for match in (matched(MatchLevel.STREET), matched(floor="3"), matched())
    )
    assert share(floor, "A2") > share(without, "A2") > share(house, "A2")
    assert share(floor, "A2") - share(without, "A2") > share(without, "A2") - share(house, "A2")


def test_in_a_district_of_flats_a_missing_floor_changes_little(shipped_model) -> None:
    street, house = ask(shipped_model, "101001"), ask(shipped_model, "101001", matched())
    assert house.code == street.code
    assert abs(house.probability - street.probability) < 0.03


def test_a_floor_says_nothing_where_no_house_was_matched(small_model) -> None:
    assert ask(small_model, "suburb", matched(MatchLevel.STREET, floor="2")) == ask(small_model, "suburb")


def test_units_at_the_number_outweigh_a_missing_floor(small_model) -> None:
    assert share(ask(small_model, "suburb", matched(units_at_number=12)), "A2") > share(
        ask(small_model, "suburb", matched(units_at_number=1)), "A2"
    )


def test_a_register_outweighs_every_hint(small_model) -> None:
    told = ask(small_model, "suburb", matched(floor="2", units_at_number=9), UnitFacts(dwelling="detached"))
    assert [e for e in told.evidence if e.fact in {"floor_or_door", "units_at_number"}] == []
    assert next(e for e in told.evidence if e.fact == "dwelling").value == "detached"


def test_children_declared_leave_segments_with_children(small_model) -> None:
    told = ask(small_model, "city", declared=Declared(children_at_home=True))
    assert sum(share(told, code) for code in ("B1", "B2", "B3")) > 0.95


def test_a_birth_year_places_the_life_stage_by_todays_date(small_model) -> None:
    young = ask(small_model, "city", declared=Declared(2000, children_at_home=False))
    old = ask(small_model, "city", declared=Declared(1940, children_at_home=False))
    assert young.code == "A1"
    assert sum(share(old, code) for code in ("D1", "E1", "E2")) > 0.95
    assert young.evidence[0].effect > 0


@pytest.mark.parametrize(
    ("born", "today", "stages"),
    [
        (1996, date(2026, 1, 2), (1.0, 0.0, 0.0, 0.0)),
        (1996, date(2026, 7, 2), (0.5, 0.5, 0.0, 0.0)),
        (1995, date(2026, 7, 2), (0.0, 1.0, 0.0, 0.0)),
        (2008, date(2026, 3, 1), (1.0, 0.0, 0.0, 0.0)),
        (1961, date(2026, 12, 31), (0.0, 0.0, 0.0, 1.0)),
        (2010, date(2026, 6, 1), None),
        (1890, date(2026, 6, 1), None),
        (None, date(2026, 6, 1), None),
    ],
)
def test_life_stages_of_a_birth_year(born, today, stages) -> None:
    assert life_stages(born, today) == stages


def test_evidence_is_ordered_by_what_it_changed_and_area_figures_carry_their_vintage(small_model) -> None:
    told = ask(small_model, "city", matched(floor="2"), declared=Declared(children_at_home=False))
    effects = [abs(item.effect) for item in told.evidence]
    assert effects == sorted(effects, reverse=True)
    figures = [item for item in told.evidence if item.fact.startswith("area_")]
    assert figures
    assert all(item.vintage == "2020-01-01" and item.level == "polling_area" for item in figures)
    assert all(item.index for item in figures if item.fact != "area_urbanity")


def test_leaving_a_fact_out_changes_the_answer_by_its_effect(small_model) -> None:
    from math import log2

    told = ask(small_model, "suburb", matched(floor="2"))
    left_out = ask(small_model, "suburb", matched(MatchLevel.STREET))
    effect = next(item.effect for item in told.evidence if item.fact == "floor_or_door")
    assert effect == pytest.approx(log2(told.probability) - log2(share(left_out, told.code)), abs=1e-3)


def test_a_hamlet_is_thin_evidence_whatever_it_says(small_model) -> None:
    told = ask(small_model, "hamlet")
    assert (told.thin_evidence, told.reason) == (True, "few_households")
    assert not ask(small_model, "village").thin_evidence


def test_the_country_alone_is_not_distinct(shipped_model) -> None:
    told = ask(shipped_model, "unknown", level="municipality")
    assert (told.level, told.thin_evidence, told.reason) == ("country", True, "not_distinct")


def test_no_area_at_all_gives_no_segment(small_model) -> None:
    told = small_model.assign_segment(Found(matched(), Place("DK", {})), Declared(), "da", TODAY)
    assert (told.code, told.distribution, told.reason) == (None, (), "nothing_recognised")
    assert told.thin_evidence


def test_the_name_comes_in_the_language_of_the_lead(small_model) -> None:
    assert ask(small_model, "city").name == "Unge i byen"
    assert ask(small_model, "city", language="fi").name == "Nuoret kaupungissa"


def test_the_same_question_is_answered_from_memory(small_model) -> None:
    assert ask(small_model, "city", matched(floor="2")) is ask(small_model, "city", matched(floor="4"))
