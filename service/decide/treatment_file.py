"""One slot's file: a [[treatment]] table per thing we do, in every language, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.decide.claims import ClaimWords, check_copy
from service.decide.company import Company
from service.decide.slots.kinds import KINDS
from service.decide.slots.slot import Slot
from service.decide.toml_table import TomlTable
from service.decide.treatments import (
    CHANNELS,
    MARKETING,
    PURPOSES,
    SERVICE,
    STAGES,
    Copy,
    Text,
    TreatmentRule,
    Value,
    Variant,
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a treatment may refer to."""

    company: Company
    segments: tuple[str, ...]
    sub_segments: tuple[str, ...]
    phrases: Mapping[str, Mapping[str, str]]
    claims: Mapping[str, ClaimWords]


def read_treatments(file: TomlTable, slot: Slot, known: Vocabulary) -> tuple[TreatmentRule, ...]:
    """One slot's file. Raises PolicyError with file and line at the first fault."""
    rules: dict[str, TreatmentRule] = {}
    for row in file.tables("treatment"):
        rule = _read_treatment(row, slot, known)
        if rule.id in rules:
            raise row.fault(
                f"treatment '{rule.id}' is there twice (also line {rules[rule.id].origin.line}).", "id"
            )
        rules[rule.id] = rule
    file.close()
    return tuple(rules.values())


def _read_treatment(row: TomlTable, slot: Slot, known: Vocabulary) -> TreatmentRule:
    code = row.text("id")
    if "." in code or not code.isascii() or " " in code:
        raise row.fault(
            f"'{code}' must be plain letters, digits and dashes; the dot is kept for variants.", "id"
        )
    standard = row.boolean("standard", False)
    segments = row.texts("segments", (), allowed=known.segments)
    if standard == bool(segments):
        raise row.fault(f"'{code}' needs either segments = [...] or standard = true, not both.")
    days = row.integer("valid_days", 0, low=1, high=365) if row.has("valid_days") else None
    until = row.day("valid_until") if days is None else None
    start = row.day("valid_from")
    if standard and until is not None:
        raise row.fault(
            "the standard flow may not run out; write valid_days instead of valid_until.", "valid_until"
        )
    if until is not None and until < start:
        raise row.fault(f"valid_until {until} lies before valid_from {start}.", "valid_until")
    reason = row.text("recipient_reason", allowed=tuple(known.phrases))
    rollout = row.number("rollout_percent", 100.0, low=0, high=100) / 100
    paused = row.boolean("paused", False)
    variants = _read_variants(row, slot, known)
    if standard and (rollout < 1 or paused or len(variants) > 1):
        raise row.fault(f"'{code}' is the standard flow: it cannot be paused, rolled out or have variants.")
    rule = TreatmentRule(
        slot=slot.code,
        id=code,
        purpose=row.text("purpose", allowed=PURPOSES),
        message=row.text("message"),
        motivation=row.text("motivation"),
        recipient_reason=known.phrases[reason],
        standard=standard,
        kind=row.text("kind", MARKETING, allowed=(MARKETING, SERVICE)),  # type: ignore[arg-type]
        segments=segments,
        sub_segments=row.texts("sub_segments", (), allowed=known.sub_segments),
        min_share=row.number("min_share", low=0, high=1) if row.has("min_share") else None,
        priority=row.integer("priority", low=1, high=9999),
        valid_from=start,
        valid_until=until,
        valid_days=days,
        countries=row.texts("countries", (), allowed=tuple(known.company.markets)),
        channels=row.texts("channels", (), allowed=CHANNELS),
        stages=row.texts("stages", (), allowed=STAGES),
        value=_read_value(row, slot, known),
        rollout=rollout,
        paused=paused,
        once_per_household=row.boolean("once_per_household", False),
        cap_per_day=row.integer("cap_per_day", low=1, high=10**9) if row.has("cap_per_day") else None,
        price_personalised=row.boolean("price_personalised", False),
        ranked=KINDS[slot.kind].read_ranked(row),
        variants=variants,
        origin=row.origin(),
    )
    row.close()
    return rule


def _read_value(row: TomlTable, slot: Slot, known: Vocabulary) -> Value:
    if not row.has("response"):
        if slot.rank_by == "expected_value":
            raise row.fault(
                f"slot '{slot.code}' ranks by expected value; give reach, response, margin and cost."
            )
        return Value()
    by_segment = None
    if row.has("response_by_segment"):
        table = row.table("response_by_segment")
        for code in table.names():
            if code not in known.segments:
                raise table.fault(f"unknown segment '{code}'; known are {', '.join(known.segments)}.", code)
        by_segment = {code: table.number(code, low=0, high=1) for code in table.names()}
    value = Value(
        reach=row.number("reach", low=0, high=1),
        response=row.number("response", low=0, high=1),
        response_by_segment=by_segment,
        margin=row.number("margin", low=0, high=1e6),
        discount=row.number("discount", 0.0, low=0, high=1e6),
        cost=row.number("cost", low=0, high=1e6),
    )
    left = value.margin - value.discount
    if left < known.company.margin_floor:
        raise row.fault(
            f"margin {value.margin:g} less discount {value.discount:g} leaves {left:g}, "
            f"under the margin floor of {known.company.margin_floor:g} (company.toml).",
            "discount" if row.has("discount") else "margin",
        )
    return value


def _read_variants(row: TomlTable, slot: Slot, known: Vocabulary) -> tuple[Variant, ...]:
    """The treatment's own wording, then its [[treatment.variant]] tables; shares sum to 1."""
    rows = list(row.tables("variant", required=False))
    if not rows:
        return (Variant("", 1.0, _read_copy(row, slot, known)),)
    variants = []
    for part in rows:
        share = part.number("share", low=0.001, high=1)
        variants.append(Variant(part.text("code"), share, _read_copy(part, slot, known)))
        part.close()
    if len({variant.code for variant in variants}) != len(variants):
        raise row.fault("two variants have the same code.", "variant")
    total = sum(variant.share for variant in variants)
    if abs(total - 1) > 1e-9:
        raise row.fault(f"the shares of the variants sum to {total:g}, not 1.", "variant")
    return tuple(variants)


def _read_copy(row: TomlTable, slot: Slot, known: Vocabulary) -> Copy:
    copy: dict[str, dict[str, Text]] = {}
    for language in known.company.languages:
        if not row.has(language):
            raise row.fault(f"there is no translation for '{language}'; add a table for it.")
        table = row.table(language)
        words: dict[str, Text] = {field: table.text(field) for field in (*slot.fields, "benefit")}
        words.update({field: _texts_or_fault(table, field) for field in slot.lists})
        table.close()
        for field, value in words.items():
            check_copy(table, field, (value,) if isinstance(value, str) else value, known.claims[language])
        copy[language] = words
    return copy


def _texts_or_fault(table: TomlTable, field: str) -> tuple[str, ...]:
    values = table.texts(field)
    if not values:
        raise table.fault(f"'{field}' is empty; write at least one text.", field)
    return values
