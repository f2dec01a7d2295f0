"""Words and numbers of the explanation, as each language writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from service.decide.choose import choose_treatments
from service.decide.policy import Policy, load_policy
from service.decide.situation import Situation
from service.decide.why import Explanation, Names, explain_decision
from service.model import (
    AddressMatch,
    Consent,
    Decision,
    Evidence,
    Figure,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Profile,
)

Make = Callable[..., Situation]
NAMES = Names(variables={"flat_share": {"da": "Lejligheder"}, "age_mean": {"da": "Gennemsnitsalder"}})
EVIDENCE = (Evidence("floor_or_door", "given", 0.5),)


@pytest.fixture
def decide(policy: Policy, make_situation: Make, log_decision: Callable) -> Callable[..., Decision]:
    """A decision as it is logged, with evidence and a profile; `more` replaces single fields."""

    def build(situation: Situation | None = None, **more: object) -> Decision:
        situation = situation or make_situation()
        values = {
            "place": Place("DK", {"polling_area": "101016"}, {"polling_area": "6. Østre"}),
            "profile": profile(9.0),
            "segment": replace(situation.segment, evidence=EVIDENCE),
            **more,
        }
        return log_decision(situation, choose_treatments(policy, situation), **values)

    return build


def paragraph(explanation: Explanation, code: str) -> str:
    found = [p for p in explanation.paragraphs if p.code == code]
    return "\n".join([found[0].heading, found[0].text, *found[0].items]) if found else ""


@pytest.fixture
def explained(policy: Policy, decide: Callable) -> Callable[..., Explanation]:
    def build(language: str = "da", names: Names = NAMES, **more: object) -> Explanation:
        return explain_decision(decide(**more), language, policy, names)

    return build


def profile(households: float, **figures: Figure) -> Profile:
    return Profile("DK", "polling_area", "101016", households, 2, figures)


@pytest.mark.parametrize(
    ("language", "households", "written"),
    [
        ("da", 1234567.4, "1.234.567 husstande"),
        ("da", 12.0, "12 husstande"),
        ("sv", 1234.0, "1\u00a0234 hushåll"),
        ("fi", 1234.0, "1\u00a0234"),
        ("en", 1234.0, "1,234 households"),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(
    explained: Callable, language: str, households: float, written: str
) -> None:
    page = explained(language, profile=profile(households))
    assert written in paragraph(page, "looked")


def test_where_nobody_is_counted_no_number_is_given(policy: Policy, explained: Callable) -> None:
    looked = paragraph(explained(profile=profile(0.0)), "looked")
    area = "afstemningsområdet omkring adressen (6. Østre)"
    assert policy.why["da"].say("looked.text_few", area=area) in looked


def aged(value: float, index: int | None) -> Figure:
    return Figure(value, "years", index, "parish", "2020-01", "dst", 5000)


@pytest.mark.parametrize(
    ("value", "language", "written"),
    [
        (38.04, "da", "38 years (89"),
        (38.06, "da", "38,1 years (89"),
        (38.5, "en", "38.5 years (89"),
        (40.0, "da", "40 years (89"),
    ],
)
def test_a_figure_has_one_decimal_where_it_says_something(
    explained: Callable, value: float, language: str, written: str
) -> None:
    names = Names(variables={"age_mean": {"da": "Gennemsnitsalder", "en": "Mean age"}})
    page = explained(language, names, profile=profile(9.0, age_mean=aged(value, 89)))
    assert written in paragraph(page, "figures")


@pytest.mark.parametrize(
    ("index", "told"), [(90, True), (91, False), (109, False), (110, True), (None, False), (0, False)]
)
def test_only_a_figure_ten_points_off_the_country_is_told(
    explained: Callable, index: int | None, told: bool
) -> None:
    page = explained(profile=profile(9.0, age_mean=aged(38.0, index)))
    assert ("Gennemsnitsalder" in paragraph(page, "figures")) is told


def test_the_six_figures_furthest_from_the_country_are_told_furthest_first(explained: Callable) -> None:
    indices = {"a": 200, "b": 40, "c": 120, "d": 80, "e": 110, "f": 300, "g": 60, "h": 500}
    figures = {code: aged(1.0, index) for code, index in indices.items()}
    names = Names(variables={code: {"da": f"tal {code}"} for code in indices})
    told = paragraph(explained("da", names, profile=profile(9.0, **figures)), "figures").splitlines()[2:]
    # by ratio to the country: 5.0, 3.0, 2.5 (one in 0.4), 2.0, 1.67 (one in 0.6), 1.25 (one in 0.8)
    assert [line.partition(":")[0] for line in told] == ["tal h", "tal f", "tal b", "tal a", "tal g", "tal d"]


def test_the_eight_strongest_facts_are_told(explained: Callable, make_segment: Callable) -> None:
    facts = tuple(Evidence("units_at_number", str(n), 1.0) for n in range(20))
    page = explained(segment=replace(make_segment(), evidence=facts))
    looked = next(p for p in page.paragraphs if p.code == "looked")
    assert len(looked.items) == 8
    assert looked.items[:2] == ("boliger på husnummeret: 0", "boliger på husnummeret: én")


@pytest.mark.parametrize(
    ("vintage", "written"), [("2020-01-01", "01.01.2020"), ("2020-01", "2020-01"), ("2021", "2021")]
)
def test_only_a_whole_day_is_written_as_a_date(explained: Callable, vintage: str, written: str) -> None:
    figure = Figure(0.5, "share of dwellings", 246, "parish", vintage, "x", 9)
    page = explained(profile=profile(9.0, flat_share=figure))
    assert f"x: tal pr. {written} om sognet" in paragraph(page, "sources")


@pytest.mark.parametrize(
    ("status", "reason", "level", "words"),
    [
        ("fallback", "unknown_street", MatchLevel.NONE, "unknown_address"),
        ("fallback", "few_households", MatchLevel.STREET, "thin_evidence"),
        ("degraded", "enrichment_failed", MatchLevel.NONE, "trouble"),
        ("degraded", "objected", MatchLevel.NONE, "objected"),
    ],
)
def test_the_reason_of_the_standard_flow_is_told_in_plain_words(
    policy: Policy, explained: Callable, status: str, reason: str, level: MatchLevel, words: str
) -> None:
    match = AddressMatch("DK", level, MatchCategory.C, NextAction.FIX)
    page = explained(status=status, reason=reason, address=match)
    assert policy.why["da"].say(f"standard.{words}") in paragraph(page, "decided")


def test_the_lot_is_told_by_the_share_that_is_drawn(
    policy_folder: Path, codes: tuple[str, ...], edit: Callable, decide: Callable
) -> None:
    edit("experiment.toml", "share = 0.05", "share = 0.3")
    policy, decision = load_policy(policy_folder, codes), decide()
    for arm, told in (("holdout", True), ("treated", False)):
        treatments = {slot: replace(t, arm=arm) for slot, t in decision.treatments.items()}
        page = explain_decision(replace(decision, treatments=treatments), "en", policy)
        assert ("one in 3," in paragraph(page, "decided")) is told


def test_a_call_and_a_personalised_price_are_told(
    policy: Policy, explained: Callable, make_situation: Make, make_lead: Callable, make_segment: Callable,
    treated: str,
) -> None:  # fmt: skip
    words = policy.why["en"]

    def decided(segment: str, consent: Consent | None) -> list[str]:
        situation = make_situation(make_lead(treated, consent=consent), make_segment(segment))
        return paragraph(explained("en", situation=situation), "decided").splitlines()

    told = decided("B2", None)
    assert words.say("decided.call_yes") in told
    offer = next(n for n, line in enumerate(told) if line.startswith("Offer: "))
    assert told[offer + 1] == words.say("decided.price")
    told = decided("B1", Consent())
    assert words.say("decided.call_no") in told
    assert words.say("decided.price") not in told


def test_a_name_without_the_language_is_english_and_without_any_the_code(
    explained: Callable, make_segment: Callable
) -> None:
    def concluded(names: dict[str, dict[str, str]], name: str | None = "Unge i byen") -> str:
        segment = replace(make_segment("A1", 0.6), evidence=EVIDENCE, name=name)
        return paragraph(explained("fi", Names(segments=names), segment=segment), "concluded")

    assert "Nuoret" in concluded({"A1": {"fi": "Nuoret", "en": "Young"}})
    assert "Young" in concluded({"A1": {"en": "Young", "sv": "Unga"}})
    assert "Unge i byen" in concluded({"A1": {"sv": "Unga"}})
    assert "A1" in concluded({}, None)
