"""Lays out the plans of a policy at load, and refuses one in which a lead could be left without an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from service.decide.company import Company
from service.decide.plans import ANY_CHANNEL, Candidate, PlanKey, ReadyVariant, SlotPlan
from service.decide.slots.kinds import KINDS
from service.decide.slots.slot import Slot
from service.decide.toml_table import Origin
from service.decide.treatments import CHANNELS, TreatmentRule, Value, Variant


def compile_plans(
    company: Company,
    slots: Mapping[str, Slot],
    treatments: Mapping[str, tuple[TreatmentRule, ...]],
    segments: Sequence[str],
    disclosure: Mapping[str, str],
    notice: Mapping[str, str],
) -> dict[PlanKey, SlotPlan]:
    """All plans. Raises PolicyError when a standard flow is missing or a segment has no treatment.

    `disclosure` and `notice` are texts per language: what is said beside a personalised price, and how
    to object (with every message).
    """
    plans: dict[PlanKey, SlotPlan] = {}
    for code, slot in slots.items():
        rules = sorted(treatments[code], key=lambda rule: rule.priority)
        check_contradictions(rules)
        for country in company.markets:
            if slot.every_segment:
                _check_every_segment(slot, rules, country, segments)
            for language in company.languages:
                ready = {
                    rule.id: _make_candidate(
                        rule, slot, language, disclosure[language], notice[language], segments
                    )
                    for rule in rules
                }
                for channel in (*CHANNELS, ANY_CHANNEL):
                    fit = [r for r in rules if _fits(r, country, channel)]
                    plans[code, country, language, channel] = _make_plan(
                        slot, fit, ready, segments, country, channel
                    )
    return plans


def _fits(rule: TreatmentRule, country: str, channel: str) -> bool:
    return (not rule.countries or country in rule.countries) and (
        not rule.channels or channel in rule.channels
    )


def _make_plan(
    slot: Slot,
    fit: Sequence[TreatmentRule],
    ready: Mapping[str, Candidate],
    segments: Sequence[str],
    country: str,
    channel: str,
) -> SlotPlan:
    where = f"for {country} and channel '{channel}'" if channel != ANY_CHANNEL else f"for {country}"
    KINDS[slot.kind].check_plan(slot, fit, where)
    standard = next(ready[rule.id] for rule in fit if rule.is_standard_marketing)
    targeted = tuple(ready[rule.id] for rule in fit if not rule.standard)
    return SlotPlan(
        slot=slot,
        candidates=targeted,
        standard=standard,
        service=next((ready[rule.id] for rule in fit if rule.is_service), None),
        nothing=_make_nothing(slot, standard),
        near={
            code: tuple(c for c in targeted if code in c.segments or c.rule.min_share is not None)
            for code in segments
        },
        by_id={rule.id: ready[rule.id] for rule in fit},
    )


def _make_candidate(
    rule: TreatmentRule, slot: Slot, language: str, disclosure: str, notice: str, segments: Sequence[str]
) -> Candidate:
    value = rule.value
    net = value.reach * (value.margin - value.discount)
    responses = value.response_by_segment or {}
    variants = tuple(
        _make_variant(rule, slot, variant, language, disclosure, notice) for variant in rule.variants
    )
    return Candidate(
        rule=rule,
        segments=frozenset(rule.segments),
        earned={code: net * responses.get(code, value.response) for code in segments},
        earned_elsewhere=net * value.response,
        variants=variants,
        ids=frozenset({rule.id, *(variant.id for variant in variants)}),
    )


def _make_nothing(slot: Slot, standard: Candidate) -> Candidate:
    name = f"no-{slot.code}"
    content: dict[str, object] = dict.fromkeys(standard.variants[0].content)
    content["reason"] = "nothing_is_worth_its_cost"
    rule = replace(standard.rule, id=name, value=Value(), valid_days=None)
    return replace(standard, rule=rule, variants=(ReadyVariant(name, 1.0, content),))


def _make_variant(
    rule: TreatmentRule, slot: Slot, variant: Variant, language: str, disclosure: str, notice: str
) -> ReadyVariant:
    copy = variant.copy[language]
    content: dict[str, object] = {name: copy[name] for name in slot.fields}
    content.update({name: list(copy[name]) for name in slot.lists})
    content["benefit"] = copy["benefit"]
    content["recipient_reason"] = rule.recipient_reason[language]
    content["purpose"] = rule.purpose
    content["valid_until"] = rule.valid_until.isoformat() if rule.valid_until else None
    content["message"] = rule.message
    content["motivation"] = rule.motivation
    content.update(KINDS[slot.kind].own_content(rule, language, notice))
    if slot.rank_by == "expected_value":
        content["price_personalised"] = rule.price_personalised
        if rule.price_personalised:
            content["price_disclosure"] = disclosure
    name = f"{rule.id}.{variant.code}" if variant.code else rule.id
    return ReadyVariant(name, variant.share, content)


# ---------------------------------------------------------------- checks


def check_contradictions(rules: Sequence[TreatmentRule]) -> None:
    """Two treatments of a slot may not claim the same segment with the same priority on the same day."""
    for number, rule in enumerate(rules):
        for other in rules[:number]:
            if other.priority != rule.priority or other.kind != rule.kind or other.standard != rule.standard:
                continue
            shared = sorted(set(other.segments) & set(rule.segments))
            if not _overlap(other.sub_segments, rule.sub_segments):
                continue
            if not (shared or rule.standard) or not _meet(other, rule):
                continue
            first, second = sorted((other, rule), key=lambda r: r.origin.line)
            claim = f"segment {', '.join(shared)}" if shared else "the standard flow"
            raise second.origin.fault(
                f"'{second.id}' and '{first.id}' (line {first.origin.line}) both claim slot '{rule.slot}', "
                f"{claim}, priority {rule.priority}; give one of them another priority."
            )


def _meet(one: TreatmentRule, other: TreatmentRule) -> bool:
    """Whether some lead on some day could get either."""
    far = date.max
    return (
        _overlap(one.countries, other.countries)
        and _overlap(one.channels, other.channels)
        and _overlap(one.stages, other.stages)
        and one.valid_from <= (other.valid_until or far)
        and other.valid_from <= (one.valid_until or far)
    )


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return not one or not other or bool(set(one) & set(other))


def _check_every_segment(
    slot: Slot, rules: Sequence[TreatmentRule], country: str, segments: Sequence[str]
) -> None:
    for code in segments:
        if not any(
            code in rule.segments and not rule.sub_segments and _fits(rule, country, ANY_CHANNEL)
            for rule in rules
        ):
            raise Origin(slot.file, 1).fault(
                f"segment '{code}' has no treatment in slot '{slot.code}' for {country}; "
                "name it in the segments of one."
            )
