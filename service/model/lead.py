"""A lead, what it has agreed to, what was decided for it, and who may call."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from service.model.address import AddressMatch, AddressQuery
from service.model.home import Declared, Place, Profile, Segment, UnitFacts

log = logging.getLogger(__name__)


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
