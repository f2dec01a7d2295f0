"""A decision as the JSON that callers get: pure, and without a web framework.

A **secret** key gets all of it. A **publishable** key sits in a browser, where the visitor can read
the answer: it gets the washed address and what to show, never what was inferred or why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import orjson

from service.address.suggestion import Suggestion
from service.decide.slots.kinds import browser_view
from service.decide.slots.slot import Slot
from service.model import AddressMatch, Decision, Place, Profile, Segment, Treatment
from service.tables import Kept

Audience = Literal["secret", "publishable"]  # as the kinds of key

# Digits kept: a share to a hundredth of a per cent, a coordinate to a decimetre, a probability to 0.0001.
_FIGURE_DIGITS = 4
_COORDINATE_DIGITS = 6
_PROBABILITY_DIGITS = 4

# Places whose figures are kept as ready JSON. At ~7 kB each that is some 14 MB per worker at the most.
_KEPT_BLOCKS = 2048


class _VariableBlocks:
    """Ready JSON of the figures of a place: most leads share their areas with another.

    Without facts of the dwelling itself, figures follow from the release and the areas alone, so these
    are the key; another release finds nothing that an older one left.
    """

    def __init__(self, kept: int = _KEPT_BLOCKS) -> None:
        self._blocks: Kept[tuple[object, ...], orjson.Fragment] = Kept(kept)

    def block(self, profile: Profile, place: Place, release: str) -> orjson.Fragment:
        codes = place.codes
        key = (release, place.country, profile.level, profile.code, *codes, *codes.values())
        return self._blocks.get(key) or self._blocks.keep(
            key, orjson.Fragment(orjson.dumps(figures(profile)))
        )


_variable_blocks = _VariableBlocks()


def answer_bytes(decision: Decision, audience: Audience, slots: Mapping[str, Slot]) -> bytes:
    """The JSON answer of `POST /enrich` for `audience`. `slots` are those of the policy in force."""
    if audience == "secret":
        return answer_secret(decision)
    return orjson.dumps(browser_answer(decision, slots), default=_plain)


def answer_secret(decision: Decision) -> bytes:
    """The whole answer, as a secret key gets it."""
    return orjson.dumps(secret_answer(decision), default=_plain)


def browser_answer(decision: Decision, slots: Mapping[str, Slot]) -> dict[str, Any]:
    """The answer that a visitor may read; what of a treatment, its slot's kind says."""
    return {
        "decision_id": decision.decision_id,
        "lead_id": decision.lead_id,
        "status": decision.status,
        "address": address_block(decision),
        "decisions": {code: browser_view(slots, t) for code, t in decision.treatments.items()},
    }


def secret_answer(decision: Decision) -> dict[str, Any]:
    """The answer as a mapping ready for orjson (`variables` is ready JSON)."""
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
        "variables": _variables(decision),
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


def _variables(decision: Decision) -> orjson.Fragment | dict[str, Any]:
    if decision.profile is None:
        return {}
    if decision.unit is not None:
        return figures(decision.profile)  # holds facts of this very dwelling: not to be shared
    return _variable_blocks.block(decision.profile, decision.place, decision.versions.reference_data)


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


def suggestion_block(suggestion: Suggestion) -> dict[str, Any]:
    """One line of autocomplete."""
    return {
        "text": suggestion.text,
        "level": suggestion.level,
        "complete": suggestion.complete,
        "street": suggestion.street,
        "house_number": suggestion.house_number,
        "postcode": suggestion.postcode,
        "city": suggestion.city,
        "lat": _rounded(suggestion.lat, _COORDINATE_DIGITS),
        "lon": _rounded(suggestion.lon, _COORDINATE_DIGITS),
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
