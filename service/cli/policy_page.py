"""The policy as one self-contained page: what each segment meets in each slot, the e-mails, the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from service.decide.behaviour import SubSegment
from service.decide.company import Market
from service.decide.plans import ANY_CHANNEL, Candidate, SlotPlan
from service.decide.policy import Policy
from service.decide.slots.agent import Agent
from service.decide.slots.email import Email

_TEMPLATE = Path(__file__).with_name("policy_page.html")
_DAYS = 365  # of the drawn weights
_WIDTH, _HEIGHT = 640, 220
_ENDLESS = 100_000
_COLOURS = ("#0b5c4b", "#8a4b00", "#1a5fd0", "#9c1c28", "#5b3a8c", "#3d6b00")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one segment meets in one slot: the treatment by rule, and what is worth knowing of it."""

    id: str
    text: str
    notes: tuple[str, ...]
    standard: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """One drawn weight: points of an SVG polyline."""

    name: str
    colour: str
    points: str


def draw_page(policy: Policy, names: Mapping[str, str], market: Market, today: date) -> str:
    """The page as HTML. `names` are the segments' names, `market.language` the language of the copy."""
    plans = {code: policy.plans[code, market.country, market.language, ANY_CHANNEL] for code in policy.slots}
    shown = {code: plan for code, plan in plans.items() if plan.slot.kind != Agent.name}
    rows = [
        (code, name, [_cell(plan, code, today) for plan in shown.values()]) for code, name in names.items()
    ]
    standard = [_make_cell(plan, plan.standard) for plan in shown.values()]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        company=policy.company,
        market=market,
        today=today,
        version=policy.version,
        slots=list(shown),
        rows=rows,
        standard=standard,
        holdout=policy.experiments.holdout_share,
        experiments=policy.experiments.listed,
        mails=_mails(policy, plans),
        rules=policy.contact_rules[market.country].rules,
        curves=_curves(policy),
        basis=policy.weights.basis,
        width=_WIDTH,
        height=_HEIGHT,
        sub_segments=[(rule, _rule_text(rule, policy.segments)) for rule in policy.sub_segments],
        language=market.language,
    )


def _cell(plan: SlotPlan, segment: str, today: date) -> Cell:
    """The first treatment by priority that names the segment and may be used on that day."""
    for candidate in plan.candidates:
        rule = candidate.rule
        if segment in rule.segments and rule.is_current(today) and not rule.paused and not rule.sub_segments:
            return _make_cell(plan, candidate)
    return _make_cell(plan, plan.standard)


def _make_cell(plan: SlotPlan, candidate: Candidate) -> Cell:
    rule = candidate.rule
    notes = []
    if len(candidate.variants) > 1:
        notes.append(f"{len(candidate.variants)} wordings")
    if rule.price_personalised:
        notes.append("personalised price")
    if rule.rollout < 1:
        notes.append(f"{rule.rollout:.0%} rollout")
    if rule.valid_until is not None:
        notes.append(f"until {rule.valid_until}")
    headline = plan.slot.headline(candidate.variants[0].content) or ""
    return Cell(rule.id, headline, tuple(notes), rule.standard)


def _rule_text(rule: SubSegment, segments: tuple[str, ...]) -> str:
    """The rule in words; a range that ends beyond reach is told as a minimum."""
    parts = [] if rule.bases == segments else [f"base segment {', '.join(rule.bases)}"]
    for name, (low, high) in rule.ranges.items():
        word = name.replace("_", " ")
        parts.append(f"{word} at least {low:g}" if high >= _ENDLESS else f"{word} {low:g} to {high:g}")
    if rule.products:
        parts.append(f"bought {' or '.join(sorted(rule.products))}")
    return "; ".join(parts)


def _mails(policy: Policy, plans: Mapping[str, SlotPlan]) -> list[tuple[str, str, str]]:
    """(id, subject, HTML) of every e-mail."""
    found = []
    for plan in plans.values():
        if plan.slot.kind == Email.name:
            for candidate in plan.by_id.values():
                for variant in candidate.variants:
                    mail = policy.email.render(variant.content)
                    found.append((variant.id, mail.subject, mail.html))
    return found


def _curves(policy: Policy) -> list[Curve]:
    """The weight of geography over a year, for the default and each segment with a decay of its own."""
    named = {policy.weights.default: ["all other segments"]}
    for code, decay in policy.weights.by_segment.items():
        named.setdefault(decay, []).append(code)
    curves = []
    for number, (decay, codes) in enumerate(named.items()):
        points = " ".join(
            f"{_WIDTH * day / _DAYS:.1f},{_HEIGHT * (1 - decay.weight(day)):.1f}"
            for day in range(0, _DAYS + 1, 5)
        )
        curves.append(Curve(", ".join(codes), _COLOURS[number % len(_COLOURS)], points))
    return curves
