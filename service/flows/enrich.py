"""One lead in, one whole decision out. This file reads top to bottom like the product.

`Enricher.enrich_lead` is all that a caller needs. What a person typed never raises here: a step that
fails is counted, logged without the address, and answered with the standard flow, `degraded`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from service.decide.policy import Policy
from service.decide.situation import Status
from service.errors import StoreError
from service.flows.active import Assets
from service.flows.policy_memory import LeadHistory, PolicyMemory
from service.model import Decision, Found, Lead, MatchLevel, Treatment, nothing_found
from service.store.ids import new_id
from service.store.patience import at_most

log = logging.getLogger(__name__)


class Verdict(NamedTuple):
    """The status of an answer, and the code of its reason for anything but a plain `ok`."""

    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Enricher:
    """The pipeline. `current_assets` gives the active assets; each decision asks it once."""

    current_assets: Callable[[], Assets]
    memory: PolicyMemory
    count_failure: Callable[[str], None]

    def enrich_lead(self, lead: Lead) -> Decision:
        """Decides and records, within the lead's deadline as far as the store is concerned.

        What could not be read or stored in time makes the answer `degraded`, and its reason says whether
        the decision is on record (`history_not_read`), will be (`written_behind`) or is lost.
        """
        now, assets = datetime.now(UTC), self.current_assets()
        with at_most(lead.deadline_ms / 1000):
            history, failure = self._history(lead, now)
            decision = self.decide_with(assets, lead, history, now)
            if failure:
                decision = replace(decision, status="degraded", reason=failure)
            return self._record(assets.policy, decision)

    def _record(self, policy: Policy, decision: Decision) -> Decision:
        try:
            self.memory.record_decision(policy, decision)
        except StoreError:
            self._failed("decision_not_stored")
            behind = replace(decision, status="degraded", reason="written_behind")
            try:
                self.memory.record_behind(policy, behind)
            except StoreError:
                self._failed("decision_not_kept")
                return replace(decision, status="degraded", reason="decision_not_stored")
            return behind
        return decision

    def decide_lead(self, lead: Lead, history: LeadHistory, now: datetime) -> Decision:
        """Decides from the assets that are active now. Never raises, writes nothing."""
        return self.decide_with(self.current_assets(), lead, history, now)

    def decide_with(self, assets: Assets, lead: Lead, history: LeadHistory, now: datetime) -> Decision:
        """Address → match → place → profile → segment → treatments. Never raises, writes nothing."""
        profiling = lead.consent.profiling and not history.objected
        found, verdict = self._find(assets, lead, history, profiling, now)
        behaviour = history.behaviour if profiling else None
        weights, sub_segment = assets.treating.weigh_behaviour(lead, found.segment, behaviour)
        treatments, verdict = self._treat(assets, lead, found, sub_segment, verdict, history, now)
        return Decision(
            decision_id=new_id("dec"),
            lead_id=lead.lead_id,
            status=verdict.status,
            reason=verdict.reason,
            made_at=now,
            country=lead.country,
            language=lead.language,
            channel=lead.channel,
            address=found.match,
            place=found.place,
            profile=found.profile,
            segment=found.segment,
            sub_segment=sub_segment,
            weights=weights,
            treatments=treatments,
            versions=assets.versions_for(lead, verdict.status),
            profiling="performed" if profiling else "not_performed",
            unit=found.unit,
        )

    def _find(
        self, assets: Assets, lead: Lead, history: LeadHistory, profiling: bool, now: datetime
    ) -> tuple[Found, Verdict]:
        country = assets.countries.get(lead.country)
        try:
            if country is None:
                found = nothing_found(lead.country)
            else:
                found = country.find_home(lead, profiling, now.date())
            return found, judge(lead, found, history, country is not None)
        except Exception:  # the form must not fail because enrichment did
            self._failed("enrichment_failed")
            return nothing_found(lead.country), Verdict("degraded", "enrichment_failed")

    def _treat(
        self,
        assets: Assets,
        lead: Lead,
        found: Found,
        sub_segment: str | None,
        verdict: Verdict,
        history: LeadHistory,
        now: datetime,
    ) -> tuple[Mapping[str, Treatment], Verdict]:
        try:
            chosen = assets.treating.choose_treatments(lead, found, sub_segment, verdict.status, history, now)
        except Exception:  # the form has its own words to fall back on; it must get an answer
            self._failed("treatments_failed")
            return {}, Verdict("degraded", "treatments_failed")
        return chosen, verdict

    def of_slots(self, *only: str) -> Enricher:
        """An enricher that chooses in these slots only, from the assets active now, to the end of a job."""
        assets = self.current_assets()
        pinned = replace(assets, treating=replace(assets.treating, only=frozenset(only)))
        return Enricher(lambda: pinned, self.memory, self.count_failure)

    def _history(self, lead: Lead, now: datetime) -> tuple[LeadHistory, str | None]:
        try:
            return self.memory.read_history(lead, now), None
        except StoreError:
            # An objection may be on file that cannot be read now: do not profile.
            self._failed("history_not_read")
            return LeadHistory(objected=True), "history_not_read"

    def _failed(self, what: str) -> None:
        self.count_failure(what)
        # The traceback's own text could quote what was typed; its type and place cannot.
        log.error("enrichment step failed", extra={"failure": what, "where": _innermost_frame()})


def judge(lead: Lead, found: Found, history: LeadHistory, country_loaded: bool) -> Verdict:
    """What kind of answer this will be, worst first."""
    match = found.match
    if history.objected:
        return Verdict("fallback", "objected")
    if not lead.consent.profiling:
        return Verdict("fallback", "no_profiling_consent")
    if not country_loaded:
        return Verdict("fallback", "country_not_loaded")
    if match.level is MatchLevel.NONE:
        return Verdict("fallback", match.reason or "nothing_recognised")
    if found.segment.thin_evidence:
        return Verdict("fallback", found.segment.reason or "thin_evidence")
    if match.level in (MatchLevel.POSTCODE, MatchLevel.MUNICIPALITY):
        return Verdict("ok", f"{match.level}_only")
    return Verdict("ok")


def _innermost_frame() -> str:
    kind, _, trace = sys.exc_info()
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if kind is None or trace is None:
        return "unknown"
    return f"{kind.__name__} at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
