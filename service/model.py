"""The nouns, as frozen dataclasses. Every other module speaks in these; this one imports none of them.

Countries are ISO 3166-1 alpha-2 codes, languages ISO 639-1 (`nb` for Norwegian), coordinates WGS84
degrees, money whole currency units unless said otherwise, times timezone-aware UTC, codes text
(a postcode `0800` keeps its zero). Unknown is `None`, never a sentinel.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

log = logging.getLogger(__name__)


class MatchLevel(StrEnum):
    """How fine the address match is."""

    UNIT = "unit"
    HOUSE = "house"
    STREET = "street"
    POSTCODE = "postcode"
    MUNICIPALITY = "municipality"
    NONE = "none"


class MatchCategory(StrEnum):
    """How sure it is: A exact, B one safe reading after correction, C unsure."""

    A = "A"
    B = "B"
    C = "C"


class NextAction(StrEnum):
    """What a form should do with the match."""

    ACCEPT = "accept"
    CONFIRM = "confirm"
    FIX = "fix"


class Channel(StrEnum):
    """Where the lead came from. How somebody is reached is a `Contact`."""

    WEB_FORM = "web_form"
    APP = "app"
    STORE = "store"
    PHONE = "phone"
    PARTNER = "partner"
    IMPORT = "import"


class Contact(StrEnum):
    """A way of contact: how somebody is reached. On our own pages, `app` and `web`, they come to us.

    An older word for one is understood wherever `Contact(word)` reads a file or a request; the log says
    once per process what to write instead. ValueError for a word that names none.
    """

    EMAIL = "email"
    PHONE = "phone"
    SMS = "sms"
    LETTER = "letter"
    APP = "app"
    WEB = "web"

    @classmethod
    def _missing_(cls, value: object) -> Contact | None:
        word = _OLD_WORDS.get(value)
        if word is not None and value not in _told:
            _told.add(value)
            log.warning("the way of contact '%s' is deprecated; write '%s'", value, word)
        return None if word is None else cls(word)


_OLD_WORDS: Mapping[object, str] = {"post": "letter", "e_mail": "email"}
_told: set[object] = set()


# ---------------------------------------------------------------- address


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """What was typed: free `text`, or the parts of a structured form. Never stored, never logged."""

    country: str
    text: str = ""
    street: str = ""
    house_number: str = ""
    floor: str = ""
    door: str = ""
    postcode: str = ""
    city: str = ""

    @property
    def is_structured(self) -> bool:
        return not self.text


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """What was found for a query. A and B name exactly one address; anything else is C.

    `points` are coordinates (lat, lon) that stand for the match: one for a house or unit; up to 8
    spread along a street; none for a postcode or coarser (the area itself is the answer).
    `reason` is a short code that says why the match is no better than it is, such as
    `unknown_number`, `unknown_street`, `no_house_number`, `ambiguous`, `nothing_recognised`.
    `pattern` is the shape of what was typed ("W N, P W"), of category C only, without a letter or digit
    of it; None when nothing was looked up.
    """

    country: str
    level: MatchLevel
    category: MatchCategory
    next_action: NextAction
    address_id: str | None = None
    street: str | None = None
    house_number: str | None = None
    floor: str | None = None
    door: str | None = None
    postcode: str | None = None
    city: str | None = None
    supplementary_city: str | None = None
    municipality_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    points: tuple[tuple[float, float], ...] = ()
    status: Literal["current", "preliminary", "abolished", "historic"] | None = None
    units_at_number: int | None = None
    neighbour_distance_m: float | None = None
    changes: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    reason: str | None = None
    source: str = ""
    pattern: str | None = None

    @property
    def is_coarse(self) -> bool:
        """Whether it is a postcode or coarser: only then is another geocoder asked."""
        return self.level in (MatchLevel.POSTCODE, MatchLevel.MUNICIPALITY, MatchLevel.NONE)


# ---------------------------------------------------------------- area and profile


@dataclass(frozen=True, slots=True)
class Place:
    """The areas that a match lies in, finest first, as `level -> code`, with names where known.

    `reason` says why they are no finer than they are, such as `coordinate_outside_postcode`.
    """

    country: str
    codes: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One open figure about one area: never shown without unit, level, vintage and source."""

    value: float
    unit: str
    index: int | None
    level: str
    vintage: str
    source: str
    households: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """The open figures of the areas of a place. `level` and `code` name the finest area that spoke."""

    country: str
    level: str
    code: str
    households: float
    urbanity: int
    figures: Mapping[str, Figure]


# ---------------------------------------------------------------- segment


@dataclass(frozen=True, slots=True)
class Declared:
    """What the lead has said of themselves. Nothing else about the person is ever used."""

    birth_year: int | None = None
    children_at_home: bool | None = None


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a building register says of the dwelling at this address; `None` where it does not.

    `rented` is known where `tenure` is not: a register may say that a home is let, but not by whom.
    """

    dwelling: Literal["detached", "row", "flat", "dormitory_other"] | None = None
    tenure: Literal["owner", "cooperative", "social_rent", "other_rent"] | None = None
    area_m2: int | None = None
    rooms: int | None = None
    year_built: int | None = None
    vintage: str = ""
    source: str = ""
    rented: bool | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that moved the distribution. `effect` is in bits: how much log2 P(segment) changed."""

    fact: str
    value: str
    effect: float
    level: str | None = None
    vintage: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class SegmentShare:
    code: str
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """The distribution over base segments for one lead; `code` is its argmax.

    `thin_evidence` means: too little to differentiate on; the lead gets the standard flow.
    `code` is None only when there is no distribution at all (nothing was recognised).
    """

    code: str | None
    name: str | None
    probability: float | None
    thin_evidence: bool
    distribution: tuple[SegmentShare, ...]
    evidence: tuple[Evidence, ...]
    level: str | None
    reason: str | None = None


UNKNOWN_SEGMENT = Segment(
    code=None,
    name=None,
    probability=None,
    thin_evidence=True,
    distribution=(),
    evidence=(),
    level=None,
    reason="nothing_recognised",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one typed address, each part from those before it: match, place, unit, profile,
    segment. Whoever needs several of them is handed this one record."""

    match: AddressMatch
    place: Place
    unit: UnitFacts | None = None
    profile: Profile | None = None
    segment: Segment = UNKNOWN_SEGMENT


def nothing_found(country: str) -> Found:
    """What is known where no address was understood, or none could be looked up."""
    match = AddressMatch(
        country=country,
        level=MatchLevel.NONE,
        category=MatchCategory.C,
        next_action=NextAction.FIX,
        reason="nothing_recognised",
    )
    return Found(match, Place(country, {}))


# ---------------------------------------------------------------- lead and decision


@dataclass(frozen=True, slots=True)
class ConsentProof:
    """One consent as the caller recorded it."""

    given: bool
    at: datetime | None = None
    text_version: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What the lead has agreed to, by way of contact. `profiling=False` gives the standard flow."""

    profiling: bool = True
    email: ConsentProof | None = None
    phone: ConsentProof | None = None
    sms: ConsentProof | None = None
    letter: ConsentProof | None = None

    def proof(self, way: Contact) -> ConsentProof | None:
        """What was recorded for `way`; None where nobody was asked."""
        found: ConsentProof | None = getattr(self, way, None)
        return found


@dataclass(frozen=True, slots=True)
class Lead:
    """A prospective customer before anyone has spoken to them; known by the caller's `lead_id`."""

    lead_id: str
    address: AddressQuery = field(repr=False)
    country: str
    language: str
    channel: str
    declared: Declared = Declared()
    consent: Consent = Consent()
    tenure_days: int = 0
    deadline_ms: int = 300


@dataclass(frozen=True, slots=True)
class Treatment:
    """What one slot (greeting, offer, first_email, agent, …) answers.

    `content` is slot-specific and ready for the answer (headline; title, benefit, …; subject, blocks;
    name, reasons, …). `arm` and `propensity` are those the decision was made with: the probability
    that this lead would have got this treatment under the policy in force.
    """

    slot: str
    id: str
    arm: Literal["treated", "holdout"]
    propensity: float
    content: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much geography and behaviour speak, at this tenure; they sum to 1."""

    tenure_days: int = 0
    geodemographic: float = 1.0
    behaviour: float = 0.0


@dataclass(frozen=True, slots=True)
class Versions:
    """What the answer was made from: wholly one release, one policy, one set of models."""

    reference_data: str
    policy: str
    models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The whole answer for one lead. `reason` is a code for anything but `ok`."""

    decision_id: str
    lead_id: str
    status: Literal["ok", "fallback", "degraded"]
    reason: str | None
    made_at: datetime
    country: str
    language: str
    channel: str
    address: AddressMatch
    place: Place
    profile: Profile | None
    segment: Segment
    sub_segment: str | None
    weights: Weights
    treatments: Mapping[str, Treatment]
    versions: Versions
    profiling: Literal["performed", "not_performed"] = "performed"
    unit: UnitFacts | None = None


@dataclass(frozen=True, slots=True)
class AgentState:
    """An agent as the desk knows them now. `version` is the ETag of the state."""

    agent_id: str
    state: Literal["available", "busy", "away"]
    active: int = 0
    version: int = 0
    since: datetime | None = None
