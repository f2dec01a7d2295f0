"""A decision as the JSON that callers get: pure, and without a web framework.

A **secret** key gets all of it. A **publishable** key sits in a browser, where the visitor can read
the answer: it gets the washed address and what to show, never what was inferred or why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import orjson

from service.model import AddressMatch, Decision, Profile, Segment, Treatment

Audience = Literal["secret", "publishable"]  # as the kinds of key

# Digits kept: a share to a hundredth of a per cent, a coordinate to a decimetre, a probability to 0.0001.
_FIGURE_DIGITS = 4
_COORDINATE_DIGITS = 6
_PROBABILITY_DIGITS = 4

# What a browser may see of a slot. A list of what is allowed: content that is added later stays hidden
# until somebody decides here that a visitor may read it.
BROWSER_CONTENT = frozenset(
    {
        "headline", "text", "body", "title", "benefit", "recipient_reason", "purpose", "valid_until",
        "price_personalised", "disclosure", "subject", "blocks", "kind", "allowed", "channel", "image",
        "button", "notice",
    }
)  # fmt: skip

# Areas whose figures are kept as ready JSON. At ~6 kB each that is some 12 MB per worker at the most.
_KEPT_BLOCKS = 2048


class _VariableBlocks:
    """Ready JSON of a profile's figures. Profiles are shared per area, so most leads find theirs here.

    Keyed by the profile object itself: a new release brings new objects, so a block can never outlive
    the figures it was made from. Holding the profile keeps its `id` from being reused.
    """

    def __init__(self, kept: int = _KEPT_BLOCKS) -> None:
        self._kept = kept
        self._blocks: dict[int, tuple[Profile, orjson.Fragment]] = {}

    def block(self, profile: Profile) -> orjson.Fragment:
        found = self._blocks.get(id(profile))
        if found is not None and found[0] is profile:
            return found[1]
        made = orjson.Fragment(orjson.dumps(figures(profile)))
        if len(self._blocks) >= self._kept:
            self._blocks.clear()  # rarer and cheaper than keeping an order on every request
        self._blocks[id(profile)] = (profile, made)
        return made


_variable_blocks = _VariableBlocks()


def answer_bytes(decision: Decision, audience: Audience, *, shared_profile: bool = True) -> bytes:
    """The JSON answer of `POST /enrich` for `audience`.

    `shared_profile`: whether other leads of the area have the very same profile object, so that its
    JSON is worth keeping; a decision read back from the log has its own.
    """
    return orjson.dumps(answer(decision, audience, shared_profile=shared_profile), default=_plain)


def answer_secret(decision: Decision) -> bytes:
    """The whole answer, as a secret key gets it."""
    return answer_bytes(decision, "secret")


def answer(decision: Decision, audience: Audience, *, shared_profile: bool = False) -> dict[str, Any]:
    """The answer as a mapping ready for orjson (with `shared_profile`, `variables` is ready JSON)."""
    if audience != "secret":
        return {
            "decision_id": decision.decision_id,
            "lead_id": decision.lead_id,
            "status": decision.status,
            "address": address_block(decision),
            "decisions": {slot: _browser_treatment(t) for slot, t in decision.treatments.items()},
        }
    return {
        "decision_id": decision.decision_id,
        "lead_id": decision.lead_id,
        "status": decision.status,
        "reason": decision.reason,
        "made_at": decision.made_at,
        "country": decision.country,
        "language": decision.language,
        "channel": decision.channel,
        "profiling": decision.profiling,
        "address": address_block(decision),
        "areas": dict(decision.place.codes),
        "variables": _variables(decision.profile, shared_profile),
        "segment": segment_block(decision.segment),
        "sub_segment": decision.sub_segment,
        "weights": {
            "tenure_days": decision.weights.tenure_days,
            "geodemographic": decision.weights.geodemographic,
            "behaviour": decision.weights.behaviour,
        },
        "decisions": {slot: treatment_block(t) for slot, t in decision.treatments.items()},
        "versions": {
            "reference_data": decision.versions.reference_data,
            "policy": decision.versions.policy,
            "models": dict(decision.versions.models),
        },
    }


def _variables(profile: Profile | None, shared: bool) -> orjson.Fragment | dict[str, Any]:
    if profile is None:
        return {}
    return _variable_blocks.block(profile) if shared else figures(profile)


def address_block(decision: Decision) -> dict[str, Any]:
    """The matched address of a decision, with the municipality's name where it is known."""
    block = match_block(decision.address)
    block["municipality"] = decision.place.names.get("municipality")
    return block


def match_block(match: AddressMatch) -> dict[str, Any]:
    """What was found for an address: parts, level, category, what was changed and what to do."""
    return {
        "match_level": match.level,
        "category": match.category,
        "next_action": match.next_action,
        "reason": match.reason,
        "street": match.street,
        "house_number": match.house_number,
        "floor": match.floor,
        "door": match.door,
        "supplementary_city": match.supplementary_city,
        "postcode": match.postcode,
        "city": match.city,
        "municipality": None,
        "country": match.country,
        "lat": _rounded(match.lat, _COORDINATE_DIGITS),
        "lon": _rounded(match.lon, _COORDINATE_DIGITS),
        "status": match.status,
        "changes": match.changes,
        "alternatives": match.alternatives,
        "source": match.source,
    }


def figures(profile: Profile) -> dict[str, dict[str, Any]]:
    """The open figures of a profile, each with unit, index, level, vintage, source and households."""
    return {
        code: {
            "value": round(f.value, _FIGURE_DIGITS),
            "unit": f.unit,
            "index": f.index,
            "level": f.level,
            "vintage": f.vintage,
            "source": f.source,
            "households": f.households,
        }
        for code, f in profile.figures.items()
    }


def segment_block(segment: Segment) -> dict[str, Any]:
    """The distribution over base segments, and the evidence that moved it."""
    return {
        "code": segment.code,
        "name": segment.name,
        "probability": _rounded(segment.probability, _PROBABILITY_DIGITS),
        "thin_evidence": segment.thin_evidence,
        "level": segment.level,
        "reason": segment.reason,
        "distribution": [
            {"code": s.code, "probability": round(s.probability, _PROBABILITY_DIGITS)}
            for s in segment.distribution
        ],
        "evidence": [
            {
                "fact": e.fact,
                "value": e.value,
                "effect": round(e.effect, 2),
                "level": e.level,
                "vintage": e.vintage,
                "index": e.index,
            }
            for e in segment.evidence
        ],
    }


def treatment_block(treatment: Treatment) -> dict[str, Any]:
    """One slot of the answer, with the arm and the propensity it was decided with."""
    return {
        "id": treatment.id,
        **treatment.content,
        "arm": treatment.arm,
        "propensity": round(treatment.propensity, _PROBABILITY_DIGITS),
    }


def _browser_treatment(treatment: Treatment) -> dict[str, Any]:
    # An agent's id may be their name, so a browser learns only whether a call is allowed.
    shown = {} if treatment.slot == "agent" else {"id": treatment.id}
    return {**shown, **{key: value for key, value in treatment.content.items() if key in BROWSER_CONTENT}}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _plain(value: object) -> object:
    """Read-only mappings and dates inside `content`, for orjson."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(type(value).__name__)
