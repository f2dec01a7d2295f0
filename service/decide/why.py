"""Why a decision was what it was, in the recipient's language and plain words.

Which figures, about what area, how old, from whom; what was concluded and decided; what is kept; how to
object. Pure, and made from the logged decision alone: what is said is what was used, also a year later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from service.decide.policy import Policy
from service.decide.slots.kinds import KINDS
from service.decide.why_words import WhyWords
from service.model import Decision, Evidence, Figure, MatchLevel

_MOST_FACTS = 8
_MOST_FIGURES = 6
_LEAST_DIFFERENCE = 10  # index points from 100 below which a figure says nothing of the area


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A heading, a sentence or two (may be empty), and a list (may be empty)."""

    code: str
    heading: str
    text: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole page; `language` is the one it is really written in."""

    language: str
    title: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Words that the release and the definitions know: code -> language -> text, all optional.

    `variables` are labels of figures, `publishers` of sources, `segments` of base segments.
    """

    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    publishers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    segments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


NO_NAMES = Names()


def explain_decision(
    decision: Decision, language: str, policy: Policy, names: Names = NO_NAMES
) -> Explanation:
    """Explains one logged decision in `language`, or in the country's own where that is not written."""
    language = policy.language_for(decision.country, language)
    words = policy.why[language]
    profiled = (
        decision.profiling == "performed" and decision.profile is not None and bool(decision.segment.evidence)
    )
    paragraphs = [
        Paragraph(
            "what",
            words.say("what.heading"),
            words.say("what.text", date=_day(words, decision.made_at.date()), company=policy.company.name),
        )
    ]
    if profiled:
        paragraphs += _explain_figures(decision, language, words, names)
    else:
        paragraphs.append(Paragraph("looked", words.say("looked.heading"), words.say("looked.nothing")))
    paragraphs.append(_explain_choice(decision, policy, words))
    paragraphs.append(Paragraph("kept", words.say("kept.heading"), words.say("kept.text")))
    notice = policy.phrases["objection_notice"][language]
    page = words.say("object.page", url=policy.company.privacy_url)
    paragraphs.append(Paragraph("object", words.say("object.heading"), notice, (page,)))
    return Explanation(language, words.say("title"), tuple(paragraphs))


def _explain_figures(decision: Decision, language: str, words: WhyWords, names: Names) -> list[Paragraph]:
    profile, segment = decision.profile, decision.segment
    assert profile is not None  # the caller looked
    area = words.level(profile.level)
    name = decision.place.names.get(profile.level)
    area = f"{area} ({name})" if name else area
    households = _count(profile.households, language)
    text = words.say("looked.text", area=area, households=households)
    if not profile.households:
        text = words.say("looked.text_few", area=area)
    facts = [tell_fact(item, words) for item in segment.evidence[:_MOST_FACTS]]
    paragraphs = [Paragraph("looked", words.say("looked.heading"), text, tuple(facts))]
    used = sorted({(f.source, f.vintage, f.level) for f in profile.figures.values()})
    sources = [
        words.say(
            "sources.item",
            publisher=_named(names.publishers, source, language) or source,
            date=_vintage(words, vintage),
            area=words.level(level),
        )
        for source, vintage, level in used
    ]
    paragraphs.append(Paragraph("sources", words.say("sources.heading"), "", tuple(sources)))
    figures = _far_from_usual(profile.figures, language, words, names)
    if figures:
        paragraphs.append(Paragraph("figures", words.say("figures.heading"), "", figures))
    if segment.code is not None and segment.probability is not None:
        called = _named(names.segments, segment.code, language) or segment.name or segment.code
        conclusion = words.say("concluded.text", number=round(segment.probability * 100), segment=called)
        paragraphs.append(Paragraph("concluded", words.say("concluded.heading"), conclusion))
    return paragraphs


def _explain_choice(decision: Decision, policy: Policy, words: WhyWords) -> Paragraph:
    if decision.status == "ok":
        held_out = any(treatment.arm == "holdout" for treatment in decision.treatments.values())
        share = policy.experiments.holdout_share
        number = round(1 / share) if share else 0
        heading = words.say("decided.heading")
        text = words.say("decided.lot", number=number) if held_out else words.say("decided.chosen")
    else:
        heading, text = words.say("standard.heading"), words.say(f"standard.{_standard_reason(decision)}")
    items = [
        line
        for code, slot in policy.slots.items()
        if (treatment := decision.treatments.get(code)) is not None
        for line in KINDS[slot.kind].tell(slot, treatment.content, words)
    ]
    return Paragraph("decided", heading, text, tuple(items))


def _standard_reason(decision: Decision) -> str:
    if decision.reason in ("objected", "no_profiling_consent"):
        return decision.reason
    if decision.status == "degraded":
        return "trouble"
    return "unknown_address" if decision.address.level is MatchLevel.NONE else "thin_evidence"


# ---------------------------------------------------------------- words and numbers


def tell_fact(item: Evidence, words: WhyWords) -> str:
    """One fact of the evidence; an area's is written `value share%` by the segment model."""
    value, _, share = item.value.partition(" ")
    name = f"facts.{item.fact}"
    if name not in words.texts:
        name = f"facts.{item.fact}_{value}"
    if name not in words.texts:  # a fact that the words do not know yet: told as it is
        return f"{item.fact.replace('_', ' ')}: {item.value.replace('_', ' ')}"
    percent = words.say("percent", number=share.rstrip("%")) if share else ""
    text = words.say(name, value=words.value(value), percent=percent)
    return words.say("facts.index", text=text, index=item.index) if item.index is not None else text


def _far_from_usual(
    figures: Mapping[str, Figure], language: str, words: WhyWords, names: Names
) -> tuple[str, ...]:
    """The figures that differ most from the country, by ratio; only those with a name in plain words."""
    rows = []
    for code, figure in figures.items():
        label = names.variables.get(code, {}).get(language)  # half a page in English explains nothing
        if label is None or not figure.index or abs(figure.index - 100) < _LEAST_DIFFERENCE:
            continue
        value = (
            words.say("percent", number=_number(figure.value * 100, language, 0))
            if figure.unit.startswith("share")
            else f"{_number(figure.value, language, 1)} {figure.unit}"
        )
        told = words.say("figures.item", label=label, value=value, index=figure.index)
        rows.append((-abs(math.log(figure.index / 100)), code, told))
    return tuple(told for _, _, told in sorted(rows)[:_MOST_FIGURES])


def _named(names: Mapping[str, Mapping[str, str]], code: str, language: str) -> str | None:
    known = names.get(code)
    return (known.get(language) or known.get("en")) if known else None


def _day(words: WhyWords, day: date) -> str:
    return words.say("date", day=f"{day.day:02d}", month=f"{day.month:02d}", year=day.year)


def _vintage(words: WhyWords, vintage: str) -> str:
    """A vintage is a day, a month or a year; only a whole day is written in the reader's order."""
    try:
        return _day(words, date.fromisoformat(vintage))
    except ValueError:
        return vintage


def _count(value: float, language: str) -> str:
    return _number(value, language, 0)


def _number(value: float, language: str, decimals: int) -> str:
    """Thousands and decimals as the language writes them."""
    text = f"{value:,.{decimals}f}"
    if decimals and text.endswith("0"):
        text = text.rstrip("0").rstrip(".")
    if language == "en":
        return text
    thousands = "." if language == "da" else "\u00a0"
    return text.replace(",", "\0").replace(".", ",").replace("\0", thousands)
