"""The nouns, as frozen dataclasses. Every other module speaks in these; this one imports none of them.

Countries are ISO 3166-1 alpha-2 codes, languages ISO 639-1 (`nb` for Norwegian), coordinates WGS84
degrees, money whole currency units unless said otherwise, times timezone-aware UTC, codes text
(a postcode `0800` keeps its zero). Unknown is `None`, never a sentinel.
"""

from __future__ import annotations

from service.model.address import (
    AddressMatch,
    AddressQuery,
    MatchCategory,
    MatchLevel,
    NextAction,
)
from service.model.home import (
    UNKNOWN_SEGMENT,
    Declared,
    Evidence,
    Figure,
    Found,
    Place,
    Profile,
    Segment,
    SegmentShare,
    UnitFacts,
    nothing_found,
)
from service.model.lead import (
    AgentState,
    Channel,
    Consent,
    ConsentProof,
    Contact,
    Decision,
    Lead,
    Treatment,
    Versions,
    Weights,
)

__all__ = [
    "UNKNOWN_SEGMENT",
    "AddressMatch",
    "AddressQuery",
    "AgentState",
    "Channel",
    "Consent",
    "ConsentProof",
    "Contact",
    "Decision",
    "Declared",
    "Evidence",
    "Figure",
    "Found",
    "Lead",
    "MatchCategory",
    "MatchLevel",
    "NextAction",
    "Place",
    "Profile",
    "Segment",
    "SegmentShare",
    "Treatment",
    "UnitFacts",
    "Versions",
    "Weights",
    "nothing_found",
]
