"""The explanation: what was used is said, and nothing that was not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.decide.arms import draw_number
from service.decide.choose import choose_treatments
from service.decide.policy import Policy, load_policy
from service.decide.situation import Situation
from service.decide.why import Explanation, Names, explain_decision
from service.errors import PolicyError
from service.model import (
    AddressMatch,
    Decision,
    Evidence,
    Figure,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Profile,
    Versions,
    Weights,
)

Make = Callable[..., Situation]
NAMES = Names(
    variables={"flat_share": {"da": "Lejligheder", "en": "Flats"}, "age_mean": {"da": "Gennemsnitsalder"}},
    publishers={"dst-valgdatabase": {"da": "Danmarks Statistik", "en": "Statistics Denmark"}},
    segments={"A1": {"da": "Unge i byen", "fi": "Nuoret kaupungissa"}},
)
FIGURES = {
    "flat_share": Figure(
        0.96, "share of dwellings", 246, "polling_area", "2020-01-01", "dst-valgdatabase", 1234
    ),
    "age_mean": Figure(38.04, "years", 91, "parish", "2020-01-01", "dst-valgdatabase", 5000),
    "person_density": Figure(9000.0, "persons per km²", 5000, "parish", "2021", "dagi", 5000),
}
EVIDENCE = (
    Evidence("area_dwelling", "flat 96%", 0.9, "polling_area", "2020-01-01", 246),
    Evidence("floor_or_door", "given", 0.5),
    Evidence("area_urbanity", "city", 0.3, "polling_area", "2020-01-01"),
    Evidence("moon_phase", "full_moon", 0.01),
)


def decide(policy: Policy, situation: Situation, **more: object) -> Decision:
    lead = situation.lead
    segment = replace(situation.segment, evidence=EVIDENCE, name="Unge i byen")
    values: dict[str, object] = {
        "decision_id": "dec_1",
        "lead_id": lead.lead_id,
        "status": "ok",
        "reason": None,
        "made_at": datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        "country": lead.country,
        "language": lead.language,
        "channel": lead.channel,
        "address": AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT),
        "place": Place("DK", {"polling_area": "101016"}, {"polling_area": "6. Østre"}),
        "profile": Profile("DK", "polling_area", "101016", 1234.0, 2, FIGURES),
        "segment": segment,
        "sub_segment": None,
        "weights": Weights(),
        "treatments": choose_treatments(policy, situation),
        "versions": Versions("r", policy.version),
        **more,
    }
    return Decision(**values)  # type: ignore[arg-type]


def paragraph(explanation: Explanation, code: str) -> str:
    found = [p for p in explanation.paragraphs if p.code == code]
    return "\n".join([found[0].heading, found[0].text, *found[0].items]) if found else ""


def test_the_page_says_what_of_whom_how_old_from_whom_and_how_to_object(
    policy: Policy, make_situation: Make, make_lead: Callable, make_segment: Callable, treated: str
) -> None:
    decision = decide(policy, make_situation(make_lead(treated), make_segment("A1", 0.71)))
    page = explain_decision(decision, "da", policy, NAMES)
    looked = paragraph(page, "looked")
    assert "afstemningsområdet omkring adressen (6. Østre)" in looked
    assert "1.234 husstande" in looked
    assert "96 % af de voksne dér bor i lejlighed (246, hvor hele landet er 100)" in looked
    assert "der blev skrevet etage eller dør i adressen" in looked
    assert "området er en storby" in looked
    assert "moon phase: full moon" in looked  # a fact that the words do not know is told as it is
    sources = paragraph(page, "sources")
    assert "Danmarks Statistik: tal pr. 01.01.2020 om afstemningsområdet omkring adressen" in sources
    assert "Danmarks Statistik: tal pr. 01.01.2020 om sognet" in sources
    assert "dagi: tal pr. 2021 om sognet" in sources
    assert "Lejligheder: 96 % (246" in paragraph(page, "figures")
    assert "5000" not in paragraph(page, "figures")  # no name in Danish, so not in plain words
    assert "omkring 71 af den slags, vi kalder »Unge i byen«" in paragraph(page, "concluded")
    decided = paragraph(page, "decided")
    assert "Hilsen: Aftensmad på 20 minutter" in decided
    assert "Tilbud: Aftenlevering" in decided
    assert "En rådgiver må ringe." in decided
    assert "hej@hverdagskassen.example" in paragraph(page, "object")
    assert policy.company.privacy_url in paragraph(page, "object")


@pytest.mark.parametrize("language", ["da", "sv", "nb", "fi", "en"])
def test_every_language_has_the_same_paragraphs(
    policy: Policy,
    make_situation: Make,
    make_lead: Callable,
    make_segment: Callable,
    treated: str,
    language: str,
) -> None:
    decision = decide(policy, make_situation(make_lead(treated), make_segment("A1", 0.71)))
    page = explain_decision(decision, language, policy, NAMES)
    assert page.language == language
    codes = [p.code for p in page.paragraphs if p.code != "figures"]
    assert codes == ["what", "looked", "sources", "concluded", "decided", "kept", "object"]
    for p in page.paragraphs:
        text = f"{p.heading}{p.text}{p.items}"
        assert "{" not in text
        assert p.heading


def test_a_language_that_is_not_written_gives_the_markets_own(
    policy: Policy, make_situation: Make, make_lead: Callable
) -> None:
    decision = decide(policy, make_situation(make_lead(country="SE", language="sv")))
    assert explain_decision(decision, "de", policy).language == "sv"


def test_the_lot_is_told_to_the_holdout(policy: Policy, make_situation: Make, make_lead: Callable) -> None:
    e = policy.experiments
    held = next(
        f"l{n}" for n in range(999) if draw_number("pepper", e.holdout_key, f"l{n}") < e.holdout_share
    )
    page = explain_decision(decide(policy, make_situation(make_lead(held))), "en", policy)
    assert "drawn by lot, one in 20" in paragraph(page, "decided")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": "fallback", "reason": "objected", "profiling": "not_performed"}, "You have said no"),
        (
            {"status": "fallback", "reason": "no_profiling_consent", "profiling": "not_performed"},
            "no consent to",
        ),
        ({"status": "fallback", "reason": "thin_evidence"}, "did not say enough"),
        ({"status": "degraded", "reason": "enrichment_failed", "profile": None}, "did not work on our side"),
    ],
)
def test_the_standard_flow_says_why(
    policy: Policy, make_situation: Make, make_lead: Callable, changes: dict, says: str
) -> None:
    page = explain_decision(
        decide(policy, make_situation(make_lead(), status="fallback"), **changes), "en", policy
    )
    assert says in paragraph(page, "decided")
    used = changes.get("profiling") != "not_performed" and "profile" not in changes
    assert bool(paragraph(page, "sources")) is used
    if not used:
        assert "Nothing about the area" in paragraph(page, "looked")
        assert not paragraph(page, "concluded")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{households} husstande", "mange husstande", "must hold {households}"),
        ("{company} automatisk", "{firma} automatisk", "must hold"),
        ('call_no = "Ingen ringer for at sælge."\n', "", "'call_no' is missing"),
        ('row = "rækkehus"\n', "", "'values.row' is in only one of"),
        ('flat = "lejlighed"', 'flat = "{percent}"', "nothing fills in"),
        ("{number} %", "{number %", "a brace that does not pair"),
    ],
)
def test_faults_in_the_words_are_refused_with_file_and_line(
    policy_folder: Path,
    codes: tuple[str, ...],
    edit: Callable[[str, str, str], int],
    old: str,
    new: str,
    says: str,
) -> None:
    edit("why/da.toml", old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(policy_folder, codes)
    assert str(caught.value).startswith("why/")
    assert says in str(caught.value)
