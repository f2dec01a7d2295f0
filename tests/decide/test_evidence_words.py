"""Everything that evidence can say of a lead is told in plain words, in every language of the policy."""

from __future__ import annotations

from itertools import product
from string import Formatter

import pytest

from service.decide.policy import Policy
from service.decide.why import tell_fact
from service.decide.why_words import WhyWords
from service.model import Evidence
from service.segment.assign import EVIDENCE
from service.segment.cells import CHILDREN, DWELLINGS, LIFE_STAGES, TENURES
from service.segment.likelihood import (
    FACTS,
    LET,
    NEIGHBOURS,
    UNITS,
    Facts,
    likelihoods,
)

LANGUAGES = ("da", "sv", "nb", "fi", "en")
TOLD = [(fact, value) for fact, values in EVIDENCE.items() for value in values]


def told_by_the_code() -> set[tuple[str, str]]:
    """Every fact and value that comes of any facts of one lead."""
    stages = [tuple(float(n == m) for m in range(len(LIFE_STAGES))) for n in range(len(LIFE_STAGES))]
    known = [
        *(Facts(floor=floor) for floor in (True, False)),
        *(Facts(units=n + 1) for n in range(len(UNITS))),
        *(Facts(neighbour=n) for n in range(len(NEIGHBOURS))),
        *(Facts(dwelling=name) for name in DWELLINGS),
        *(Facts(tenure=name) for name in (*TENURES, LET)),
        *(Facts(stages=one) for one in stages),
        *(Facts(children=at_home) for at_home in (True, False)),
    ]
    return {(fact, value) for facts in known for fact, value, _ in likelihoods(facts)}


def test_the_listed_facts_are_those_that_the_code_tells() -> None:
    assert told_by_the_code() == {(fact, value) for fact, values in FACTS.items() for value in values}
    assert CHILDREN == ("no", "yes")


@pytest.mark.parametrize(("language", "told"), list(product(LANGUAGES, TOLD)), ids=str)
def test_every_fact_and_value_has_words(policy: Policy, language: str, told: tuple[str, str]) -> None:
    fact, value = told
    words = policy.why[language]
    text = words.texts.get(f"facts.{fact}") or words.texts.get(f"facts.{fact}_{value}")
    assert text is not None, f"why/{language}.toml has no [facts] {fact}"
    places = {place for _, place, _, _ in Formatter().parse(text)}
    if "value" in places:
        assert f"values.{value}" in words.texts, f"why/{language}.toml has no [values] {value}"
    written = value + (" 12%" if fact.startswith("area_") and fact != "area_urbanity" else "")
    line = tell_fact(Evidence(fact, written, 0.5), words)
    assert "_" not in line
    assert ("12" in line) is (written != value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_left_for_facts_that_nothing_tells(policy: Policy, language: str) -> None:
    words = policy.why[language]
    split = {f"{fact}_{value}" for fact, value in TOLD}
    assert section(words, "facts") - set(EVIDENCE) - split == {"index"}
    assert section(words, "values") <= {value for _, value in TOLD}


def section(words: WhyWords, name: str) -> set[str]:
    return {key.partition(".")[2] for key in words.texts if key.startswith(f"{name}.")}


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("da", "ejerforhold ifølge bygningsregistret: lejebolig"),
        ("sv", "upplåtelseform enligt byggnadsregistret: hyresrätt"),
        ("nb", "eierforhold ifølge bygningsregisteret: leid bolig"),
        ("fi", "hallintamuoto rakennusrekisterin mukaan: vuokra-asunto"),
        ("en", "tenure in the building register: a rented home"),
    ],
)
def test_a_home_that_is_let_is_told_so(policy: Policy, language: str, line: str) -> None:
    assert tell_fact(Evidence("tenure", LET, -0.7), policy.why[language]) == line
