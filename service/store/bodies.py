"""A decision as stored, and back. This is the place that keeps addresses out of the store.

Kept: everything of the answer but the address itself; of that only how good the match was, and of one
that failed the shape of what was typed ("W N, P W"), checked here to hold nothing else. The areas
kept are those of the published tables, the small area being the finest. Figures are not copied into
every row: they follow from the areas and the release, which the row names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from service.model import (
    AddressMatch,
    Decision,
    Evidence,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Profile,
    Segment,
    SegmentShare,
    Treatment,
    UnitFacts,
    Versions,
    Weights,
)
from service.store.guards import Spend

_SHAPE = frozenset("WLNPDF, …")  # all that the shape of an address can be written with
_SHAPE_LENGTH = 80


def write_body(decision: Decision, spends: Sequence[Spend] = ()) -> bytes:
    """The decision as JSON without address, coordinates, alternatives or changes; and what it gives."""
    match, profile, unit = decision.address, decision.profile, decision.unit
    return orjson.dumps(
        {
            "id": decision.decision_id,
            "lead": decision.lead_id,
            "status": decision.status,
            "reason": decision.reason,
            "at": decision.made_at,
            "country": decision.country,
            "language": decision.language,
            "channel": decision.channel,
            "match": [
                match.level,
                match.category,
                match.next_action,
                match.reason,
                match.source,
                _shape(match.pattern),
            ],
            "codes": decision.place.codes,
            "names": decision.place.names,
            "profile": None
            if profile is None
            else {
                "level": profile.level,
                "code": profile.code,
                "households": profile.households,
                "urbanity": profile.urbanity,
            },
            "segment": decision.segment,
            "sub_segment": decision.sub_segment,
            "weights": decision.weights,
            "treatments": decision.treatments,
            "versions": decision.versions,
            "profiling": decision.profiling,
            # size, rooms and year of building could single out one dwelling of a small area
            "unit": None if unit is None else (unit.dwelling, unit.tenure, unit.vintage, unit.source),
            "spends": [(spend.treatment, spend.discount) for spend in spends],
        },
        default=_plain,
    )


def read_body(body: bytes) -> Decision:
    """The stored decision. Its `address` says how good the match was and nothing more."""
    kept: dict[str, Any] = orjson.loads(body)
    level, category, next_action, reason, source, *shape = kept["match"]  # older ones have no shape
    return Decision(
        decision_id=kept["id"],
        lead_id=kept["lead"],
        status=kept["status"],
        reason=kept["reason"],
        made_at=datetime.fromisoformat(kept["at"]),
        country=kept["country"],
        language=kept["language"],
        channel=kept["channel"],
        address=AddressMatch(
            country=kept["country"],
            level=MatchLevel(level),
            category=MatchCategory(category),
            next_action=NextAction(next_action),
            reason=reason,
            source=source,
            pattern=shape[0] if shape else None,
        ),
        place=Place(kept["country"], kept["codes"], kept["names"]),
        profile=_profile(kept["country"], kept["profile"]),
        segment=_segment(kept["segment"]),
        sub_segment=kept["sub_segment"],
        weights=Weights(**kept["weights"]),
        treatments={slot: Treatment(**treatment) for slot, treatment in kept["treatments"].items()},
        versions=Versions(**kept["versions"]),
        profiling=kept["profiling"],
        unit=_unit(kept["unit"]),
    )


@dataclass(frozen=True, slots=True)
class Given:
    """What one slot gave."""

    treatment: str
    arm: str
    propensity: float


@dataclass(frozen=True, slots=True)
class LoggedMatch:
    """How the address was matched, for counting; `pattern` is the shape of what failed, else ""."""

    level: str
    category: str
    reason: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Logged:
    """What is derived from a stored decision, read without building the decision: a quarter of the time.

    `segment` and the two parts of `area` (level, code) are "" where there is none. `match` is None where
    nothing was looked up, or a version wrote it that did not say. `spends` are (treatment, discount).
    """

    decision_id: str
    lead_id: str
    status: str
    reason: str | None
    made_at: str
    country: str
    channel: str
    segment: str
    area: tuple[str, str]
    given: Mapping[str, Given]
    match: LoggedMatch | None
    spends: Sequence[tuple[str, float]]
    wants_call: bool


def read_logged(body: bytes) -> Logged:
    """Of a stored decision, what sums, queue and messages are derived from."""
    kept: dict[str, Any] = orjson.loads(body)
    profile, treatments = kept["profile"] or {}, kept["treatments"]
    contents = [treatment["content"] for treatment in treatments.values()]
    return Logged(
        decision_id=kept["id"],
        lead_id=kept["lead"],
        status=kept["status"],
        reason=kept["reason"],
        made_at=kept["at"],
        country=kept["country"],
        channel=kept["channel"],
        segment=kept["segment"]["code"] or "",
        area=(profile.get("level", ""), profile.get("code", "")),
        given={slot: Given(t["id"], t["arm"], t["propensity"]) for slot, t in treatments.items()},
        match=_logged_match(*kept["match"]),
        spends=kept.get("spends", ()),
        wants_call=any(c.get("allowed") is True and c.get("preferred_agents") for c in contents),
    )


def read_slots(body: bytes) -> frozenset[str]:
    """The slots that a stored decision filled."""
    return frozenset(orjson.loads(body)["treatments"])


def show_body(body: bytes) -> dict[str, Any]:
    """A stored decision as the lead may read it: all of it."""
    shown: dict[str, Any] = orjson.loads(body)
    return shown


def _logged_match(
    level: str, category: str, _action: str, reason: str | None, _source: str, *shape: str | None
) -> LoggedMatch | None:
    if not shape or (category == "C" and shape[0] is None):
        return None
    return LoggedMatch(level, category, reason or "", shape[0] or "")


def _shape(pattern: str | None) -> str | None:
    """A shape as it is, cut to length; nothing of a text that is none, whoever made it."""
    if pattern is None or not _SHAPE.issuperset(pattern):
        return None
    return pattern[:_SHAPE_LENGTH]


def _profile(country: str, kept: dict[str, Any] | None) -> Profile | None:
    if kept is None:
        return None
    return Profile(country=country, figures={}, **kept)


def _unit(kept: list[Any] | None) -> UnitFacts | None:
    if kept is None:
        return None
    dwelling, tenure, vintage, source = kept
    return UnitFacts(dwelling=dwelling, tenure=tenure, vintage=vintage, source=source)


def _segment(kept: dict[str, Any]) -> Segment:
    distribution = tuple(SegmentShare(**share) for share in kept.pop("distribution"))
    evidence = tuple(Evidence(**fact) for fact in kept.pop("evidence"))
    return Segment(distribution=distribution, evidence=evidence, **kept)


def _plain(value: object) -> object:
    """What orjson does not know: mappings other than dict, and sets."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"A decision holds a {type(value).__name__}, which cannot be stored.")
