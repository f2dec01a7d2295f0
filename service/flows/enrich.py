"""One lead in, one whole decision out. This file reads top to bottom like the product.

`Enricher.enrich_lead` is all that a caller needs. What a person typed never raises here: a step that
fails is counted, logged without the address, and answered with the standard flow, `degraded`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal, Protocol

from service.decide.behaviour import Behaviour
from service.errors import StoreError
from service.model import (
    AddressMatch,
    AddressQuery,
    Decision,
    Declared,
    Lead,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Profile,
    Segment,
    Treatment,
    UnitFacts,
    Versions,
    Weights,
)

log = logging.getLogger(__name__)

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
Status = Literal["ok", "fallback", "degraded"]


class Country(Protocol):
    """What one country's tables answer; `wiring` builds one per country of the active release."""

    def match_address(self, query: AddressQuery, deadline_ms: int) -> AddressMatch: ...

    def locate_match(self, match: AddressMatch) -> Place: ...

    def unit_facts(self, match: AddressMatch) -> UnitFacts | None: ...

    def profile_place(self, place: Place, unit: UnitFacts | None) -> Profile | None: ...

    def assign_segment(
        self,
        place: Place,
        profile: Profile | None,
        match: AddressMatch,
        unit: UnitFacts | None,
        declared: Declared,
        language: str,
        today: date,
    ) -> Segment: ...


@dataclass(frozen=True, slots=True)
class LeadHistory:
    """What the log knows of a lead before this answer; `behaviour` once there is any."""

    objected: bool = False
    behaviour: Behaviour | None = None


class Treating(Protocol):
    """The policy half: what the company wants to do, given what is known."""

    def weigh_behaviour(
        self, lead: Lead, segment: Segment, behaviour: Behaviour | None
    ) -> tuple[Weights, str | None]: ...

    def choose_treatments(
        self,
        lead: Lead,
        segment: Segment,
        sub_segment: str | None,
        status: Status,
        history: LeadHistory,
        match: AddressMatch,
        profile: Profile | None,
        now: datetime,
    ) -> Mapping[str, Treatment]: ...

    def models_followed(self, lead: Lead, status: Status) -> Mapping[str, str]: ...


class Log(Protocol):
    """The decision log, as far as enrichment needs it."""

    def read_history(self, lead: Lead, now: datetime) -> LeadHistory: ...

    def record_decision(self, decision: Decision) -> None: ...

    def new_decision_id(self, now: datetime) -> str: ...


@dataclass(frozen=True, slots=True)
class Assets:
    """All that one answer is made from: wholly one release and one policy, swapped as one."""

    countries: Mapping[str, Country]
    treating: Treating
    versions: Versions


@dataclass(frozen=True, slots=True)
class Enricher:
    """The pipeline. `current_assets` gives the active assets; each request asks it once."""

    current_assets: Callable[[], Assets]
    log: Log
    count_failure: Callable[[str], None]

    def enrich_lead(self, lead: Lead) -> Decision:
        """Decides and records. A decision that could not be recorded is answered `degraded`."""
        now = datetime.now(UTC)
        history, failure = self._history(lead, now)
        decision = self.decide_lead(lead, history, now)
        if failure:
            return replace(decision, status="degraded", reason=failure)
        try:
            self.log.record_decision(decision)
        except StoreError:
            self._failed("decision_not_stored")
            return replace(decision, status="degraded", reason="decision_not_stored")
        return decision

    def decide_lead(self, lead: Lead, history: LeadHistory, now: datetime) -> Decision:
        """Address → match → place → profile → segment → treatments. Never raises, writes nothing."""
        assets = self.current_assets()
        country = assets.countries.get(lead.country)
        profiling = lead.consent.profiling and not history.objected
        match, place, profile, unit = _nothing(lead), Place(lead.country, {}), None, None
        segment, broken = UNKNOWN_SEGMENT, None
        try:
            if country is not None:
                match = country.match_address(lead.address, lead.deadline_ms)
                if profiling:
                    place = country.locate_match(match)
                    unit = country.unit_facts(match)
                    profile = country.profile_place(place, unit)
                    segment = country.assign_segment(
                        place, profile, match, unit, lead.declared, lead.language, now.date()
                    )
        except Exception:  # the form must not fail because enrichment did
            self._failed("enrichment_failed")
            broken = "enrichment_failed"
            match, place, profile, unit = _nothing(lead), Place(lead.country, {}), None, None
            segment = UNKNOWN_SEGMENT
        status, reason = _status(lead, country, match, segment, history, broken)
        weights, sub_segment = assets.treating.weigh_behaviour(
            lead, segment, history.behaviour if profiling else None
        )
        treatments: Mapping[str, Treatment] = {}
        try:
            treatments = assets.treating.choose_treatments(
                lead, segment, sub_segment, status, history, match, profile, now
            )
        except Exception:  # the form has its own words to fall back on; it must get an answer
            self._failed("treatments_failed")
            status, reason = "degraded", "treatments_failed"
        models = assets.treating.models_followed(lead, status)
        return Decision(
            decision_id=self.log.new_decision_id(now),
            lead_id=lead.lead_id,
            status=status,
            reason=reason,
            made_at=now,
            country=lead.country,
            language=lead.language,
            channel=lead.channel,
            address=match,
            place=place,
            profile=profile,
            segment=segment,
            sub_segment=sub_segment,
            weights=weights,
            treatments=treatments,
            versions=replace(assets.versions, models=models) if models else assets.versions,
            profiling="performed" if profiling else "not_performed",
            unit=unit,
        )

    def _history(self, lead: Lead, now: datetime) -> tuple[LeadHistory, str | None]:
        try:
            return self.log.read_history(lead, now), None
        except StoreError:
            # An objection may be on file that cannot be read now: do not profile.
            self._failed("history_not_read")
            return LeadHistory(objected=True), "history_not_read"

    def _failed(self, what: str) -> None:
        self.count_failure(what)
        # The traceback's own text could quote what was typed; its type and place cannot.
        log.error("enrichment step failed", extra={"failure": what, "where": _innermost_frame()})


def _status(
    lead: Lead,
    country: Country | None,
    match: AddressMatch,
    segment: Segment,
    history: LeadHistory,
    broken: str | None,
) -> tuple[Status, str | None]:
    """The status and its reason code, worst first."""
    if broken:
        return "degraded", broken
    if history.objected:
        return "fallback", "objected"
    if not lead.consent.profiling:
        return "fallback", "no_profiling_consent"
    if country is None:
        return "fallback", "country_not_loaded"
    if match.level is MatchLevel.NONE:
        return "fallback", match.reason or "nothing_recognised"
    if segment.thin_evidence:
        return "fallback", segment.reason or "thin_evidence"
    if match.level in (MatchLevel.POSTCODE, MatchLevel.MUNICIPALITY):
        return "ok", f"{match.level}_only"
    return "ok", None


def _nothing(lead: Lead) -> AddressMatch:
    return AddressMatch(
        country=lead.country,
        level=MatchLevel.NONE,
        category=MatchCategory.C,
        next_action=NextAction.FIX,
        reason="nothing_recognised",
    )


def _innermost_frame() -> str:

    kind, _, trace = sys.exc_info()
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if kind is None or trace is None:
        return "unknown"
    return f"{kind.__name__} at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
