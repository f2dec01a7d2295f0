"""What can be settled before any lead comes: per slot, country, language and channel, the candidates.

A request then only filters and ranks a handful of ready-made contents; no text is put together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from service.decide.company import Company, Slot
from service.decide.toml_table import Origin
from service.decide.treatments import CHANNELS, TreatmentRule, Value, Variant

ANY_CHANNEL = "*"  # a channel that the policy has no word for: only what is meant for all channels
PlanKey = tuple[str, str, str, str]  # slot, country, language, channel


@dataclass(frozen=True, slots=True)
class ReadyVariant:
    """One wording in one language. `content` is shared between answers: never change it."""

    id: str
    share: float
    content: Mapping[str, object]
    _dated: dict[date, Mapping[str, object]] = field(default_factory=dict, repr=False, compare=False)

    def content_until(self, until: date) -> Mapping[str, object]:
        """The content with its last day: the same for all leads of a day, so made once a day."""
        dated = self._dated.get(until)
        if dated is None:
            self._dated.clear()
            dated = self._dated[until] = {**self.content, "valid_until": until.isoformat()}
        return dated


@dataclass(frozen=True, slots=True)
class Candidate:
    """One treatment in one language, with its value laid out per segment."""

    rule: TreatmentRule
    segments: frozenset[str]
    earned: Mapping[str, float]  # segment -> reach × response × (margin − discount)
    earned_elsewhere: float
    variants: tuple[ReadyVariant, ...]
    ids: frozenset[str]  # as logged: the treatment's own and those of its variants

    @property
    def id(self) -> str:
        return self.rule.id


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """`candidates` by rising priority number, without the standard flow. `service` only for e-mails;
    `nothing` is the answer when no candidate is worth its cost.
    `near` are the candidates that a lead of a segment may be eligible for at all."""

    slot: Slot
    candidates: tuple[Candidate, ...]
    standard: Candidate
    service: Candidate | None
    nothing: Candidate
    near: Mapping[str, tuple[Candidate, ...]]
    by_id: Mapping[str, Candidate]


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
    to object (with every e-mail).
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
    if slot.kind == "agent" and any(not rule.standard for rule in fit):
        raise fit[0].origin.fault(
            "the agent slot has one standard treatment; whom to suggest is in agents.toml."
        )
    standards = [rule for rule in fit if rule.standard and rule.kind == "marketing"]
    services = [rule for rule in fit if rule.standard and rule.kind == "service"]
    where = f"for {country} and channel '{channel}'" if channel != ANY_CHANNEL else f"for {country}"
    if not standards:
        raise Origin(slot.file, 1).fault(
            f"slot '{slot.code}' has no standard treatment {where}; add one with standard = true."
        )
    if slot.kind == "email" and not services:
        raise Origin(slot.file, 1).fault(
            f"slot '{slot.code}' has no service e-mail {where} for leads without e-mail consent; "
            'add one with standard = true and kind = "service".'
        )
    standard = ready[standards[0].id]
    targeted = tuple(ready[rule.id] for rule in fit if not rule.standard)
    return SlotPlan(
        slot=slot,
        candidates=targeted,
        standard=standard,
        service=ready[services[0].id] if services else None,
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
    if slot.kind == "email":
        content["kind"] = rule.kind
        content["language"] = language
        content["objection_notice"] = notice
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
