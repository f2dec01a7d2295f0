"""One method per route. Generated: `python service/client/generate.py`."""

from __future__ import annotations

from typing import Any, Literal

from service.client.shapes import (
    AgentAnswer,
    AgentOfLeadAnswer,
    AgentRequest,
    AgentsAnswer,
    BatchAnswer,
    BatchRequest,
    CorrelationAnswer,
    EnrichAnswer,
    EnrichRequest,
    ErasureAnswer,
    EventsRequest,
    FairnessAnswer,
    FirstEmailAnswer,
    FrequencyAnswer,
    LeadRecordsAnswer,
    LiftAnswer,
    LiveAnswer,
    LoadAnswer,
    MatchedAnswer,
    MatchQualityAnswer,
    MatchRequest,
    MessagesAnswer,
    NewWebhookAnswer,
    ObjectionAnswer,
    ObjectionRequest,
    OutcomesRequest,
    PauseRequest,
    PausesAnswer,
    PotentialAnswer,
    ProfileReportAnswer,
    QueueAnswer,
    ReadyAnswer,
    ReceiptsAnswer,
    ReferenceDataAnswer,
    RemovedAnswer,
    ReplayAnswer,
    ReplayRequest,
    ReservationAnswer,
    ReservationRequest,
    ReserveAnswer,
    ReserveRequest,
    SegmentAnswer,
    SegmentsAnswer,
    StateRequest,
    SuggestAnswer,
    VariablesAnswer,
    WashAnswer,
    WashRequest,
    WebhookRequest,
    WebhooksAnswer,
    WhyAnswer,
)
from service.client.transport import Transport


class Doorstep(Transport):
    """The service, as `openapi.yaml` describes it."""

    def enrich(self, body: EnrichRequest, *, idempotency_key: str | None = None) -> EnrichAnswer:
        """Decides one lead."""
        answer: EnrichAnswer = self.call(
            "POST", "/enrich", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def enrich_batch(self, body: BatchRequest, *, idempotency_key: str | None = None) -> BatchAnswer:
        """Decides up to 1,000 leads, each as `POST /enrich` would."""
        answer: BatchAnswer = self.call(
            "POST", "/enrich/batch", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def addresses_wash(self, body: WashRequest, *, idempotency_key: str | None = None) -> WashAnswer:
        """One address to its category: A exact, B one safe reading after correction, C unsure."""
        answer: WashAnswer = self.call(
            "POST", "/addresses/wash", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def addresses(self, *, q: str, limit: int | None = None, country: str | None = None) -> SuggestAnswer:
        """Addresses that begin with, or contain, what has been typed so far, best first."""
        answer: SuggestAnswer = self.call(
            "GET", "/addresses", query={"q": q, "limit": limit, "country": country}
        )
        return answer

    def lead(self, lead_id: str) -> EnrichAnswer:
        """The latest decision of a lead."""
        answer: EnrichAnswer = self.call("GET", "/leads/{lead_id}", path_values={"lead_id": lead_id})
        return answer

    def lead_agent(self, lead_id: str) -> AgentOfLeadAnswer:
        """The agent suggested for a lead, with reasons; whether a call is allowed at all."""
        answer: AgentOfLeadAnswer = self.call(
            "GET", "/leads/{lead_id}/agent", path_values={"lead_id": lead_id}
        )
        return answer

    def lead_first_email(self, lead_id: str) -> FirstEmailAnswer:
        """The first e-mail as it is to be sent: subject, text and HTML, with the objection notice in
        it."""
        answer: FirstEmailAnswer = self.call(
            "GET", "/leads/{lead_id}/first-email", path_values={"lead_id": lead_id}
        )
        return answer

    def lead_why(self, lead_id: str, *, language: str | None = None) -> WhyAnswer:
        """Which figures about what area, how old and from whom; what was decided; how to object."""
        answer: WhyAnswer = self.call(
            "GET", "/leads/{lead_id}/why", path_values={"lead_id": lead_id}, query={"language": language}
        )
        return answer

    def lead_agent_reserve(
        self, lead_id: str, body: ReserveRequest | None = None, *, idempotency_key: str | None = None
    ) -> ReserveAnswer:
        """Holds the best free agent for a lead until it is accepted or the time is over."""
        answer: ReserveAnswer = self.call(
            "POST",
            "/leads/{lead_id}/agent/reserve",
            path_values={"lead_id": lead_id},
            body={} if body is None else body,
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def lead_agent_reservation(self, lead_id: str) -> ReservationAnswer:
        """The newest reservation of a lead, in force or ended."""
        answer: ReservationAnswer = self.call(
            "GET", "/leads/{lead_id}/agent/reservation", path_values={"lead_id": lead_id}
        )
        return answer

    def lead_agent_accept(
        self, lead_id: str, body: ReservationRequest | None = None, *, idempotency_key: str | None = None
    ) -> ReservationAnswer:
        """The agent takes the call. 409 when the reservation has expired: reserve again."""
        answer: ReservationAnswer = self.call(
            "POST",
            "/leads/{lead_id}/agent/accept",
            path_values={"lead_id": lead_id},
            body={} if body is None else body,
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def lead_agent_reject(
        self, lead_id: str, body: ReservationRequest | None = None, *, idempotency_key: str | None = None
    ) -> ReservationAnswer:
        """The agent will not take it: the lead waits again, and this agent comes last for it."""
        answer: ReservationAnswer = self.call(
            "POST",
            "/leads/{lead_id}/agent/reject",
            path_values={"lead_id": lead_id},
            body={} if body is None else body,
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def lead_agent_release(
        self, lead_id: str, body: ReservationRequest | None = None, *, idempotency_key: str | None = None
    ) -> ReservationAnswer:
        """Gives the agent back; the lead waits again."""
        answer: ReservationAnswer = self.call(
            "POST",
            "/leads/{lead_id}/agent/release",
            path_values={"lead_id": lead_id},
            body={} if body is None else body,
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def lead_agent_complete(
        self, lead_id: str, body: ReservationRequest | None = None, *, idempotency_key: str | None = None
    ) -> ReservationAnswer:
        """The call is done: the agent is free, and the lead leaves the queue."""
        answer: ReservationAnswer = self.call(
            "POST",
            "/leads/{lead_id}/agent/complete",
            path_values={"lead_id": lead_id},
            body={} if body is None else body,
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def agents(self) -> AgentsAnswer:
        """Every agent: what they can, whether they are on shift, and what they are doing."""
        answer: AgentsAnswer = self.call("GET", "/agents")
        return answer

    def agent(self, agent_id: str) -> AgentAnswer:
        """One agent. The ETag is what `If-Match` takes when the state is changed."""
        answer: AgentAnswer = self.call("GET", "/agents/{agent_id}", path_values={"agent_id": agent_id})
        return answer

    def put_agent(self, agent_id: str, body: AgentRequest) -> AgentAnswer:
        """Adds an agent, or says anew what one of the policy's can do. Takes effect within a second."""
        answer: AgentAnswer = self.call(
            "PUT", "/agents/{agent_id}", path_values={"agent_id": agent_id}, body=body
        )
        return answer

    def patch_agent_state(
        self, agent_id: str, body: StateRequest, *, if_match: str | None = None
    ) -> AgentAnswer:
        """Available, busy or away. With `If-Match`, only if nothing has changed since it was read."""
        answer: AgentAnswer = self.call(
            "PATCH",
            "/agents/{agent_id}/state",
            path_values={"agent_id": agent_id},
            body=body,
            headers={"If-Match": if_match},
        )
        return answer

    def agents_queue(self, *, limit: int | None = None, after: int | None = None) -> QueueAnswer:
        """The leads that may be called and wait for an agent, longest wait first. `Link` leads on."""
        answer: QueueAnswer = self.call("GET", "/agents/queue", query={"limit": limit, "after": after})
        return answer

    def agents_match(
        self, body: MatchRequest | None = None, *, idempotency_key: str | None = None
    ) -> MatchedAnswer:
        """The best assignment of the waiting leads to the free agents, over all of them at once."""
        answer: MatchedAnswer = self.call(
            "POST",
            "/agents/match",
            body={} if body is None else body,
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def agents_load(self, *, days: int | None = None) -> LoadAnswer:
        """Whether work is shared fairly: leads taken per agent against what their hours imply."""
        answer: LoadAnswer = self.call("GET", "/agents/load", query={"days": days})
        return answer

    def objections(self, body: ObjectionRequest, *, idempotency_key: str | None = None) -> ObjectionAnswer:
        """Records that a lead objects to profiling: every later answer is the standard flow."""
        answer: ObjectionAnswer = self.call(
            "POST", "/objections", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def delete_objection(self, lead_id: str) -> ObjectionAnswer:
        """The lead takes its objection back."""
        answer: ObjectionAnswer = self.call(
            "DELETE", "/objections/{lead_id}", path_values={"lead_id": lead_id}
        )
        return answer

    def delete_lead_data(self, lead_id: str) -> ErasureAnswer:
        """Erases all that is stored of a lead, at once and for good. An objection stays, without the
        id."""
        answer: ErasureAnswer = self.call("DELETE", "/leads/{lead_id}/data", path_values={"lead_id": lead_id})
        return answer

    def lead_data(self, lead_id: str) -> LeadRecordsAnswer:
        """All that is stored of a lead, to be handed to the person. There is no address in it."""
        answer: LeadRecordsAnswer = self.call(
            "GET", "/leads/{lead_id}/data", path_values={"lead_id": lead_id}
        )
        return answer

    def outcomes(self, body: OutcomesRequest, *, idempotency_key: str | None = None) -> ReceiptsAnswer:
        """Takes one outcome, or up to 1,000 under `outcomes`: late, out of order, each once."""
        answer: ReceiptsAnswer = self.call(
            "POST", "/outcomes", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def events(self, body: EventsRequest, *, idempotency_key: str | None = None) -> ReceiptsAnswer:
        """Takes one event of a lead, or up to 1,000 under `events`: late, out of order, each once."""
        answer: ReceiptsAnswer = self.call(
            "POST", "/events", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def reports_lift(
        self,
        *,
        outcome: Literal["opened", "clicked", "answered", "accepted", "bought", "complained", "objected"]
        | None = None,
        by: str | None = None,
        period: Literal["day", "month", "year"] | None = None,
        from_: str | None = None,
        to: str | None = None,
        slot: str | None = None,
        adjust: str | None = None,
        format: Literal["json", "csv"] | None = None,
    ) -> LiftAnswer:
        """Treated minus holdout per group of `by`: rates, difference, always-valid interval,
        incremental value."""
        answer: LiftAnswer = self.call(
            "GET",
            "/reports/lift",
            query={
                "outcome": outcome,
                "by": by,
                "period": period,
                "from": from_,
                "to": to,
                "slot": slot,
                "adjust": adjust,
                "format": format,
            },
        )
        return answer

    def reports_frequency(
        self,
        *,
        slot: str | None = None,
        outcome: Literal["opened", "clicked", "answered", "accepted", "bought", "complained", "objected"]
        | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> FrequencyAnswer:
        """Outcome rate by how often a lead was decided on in a slot, treated beside holdout."""
        answer: FrequencyAnswer = self.call(
            "GET", "/reports/frequency", query={"slot": slot, "outcome": outcome, "from": from_, "to": to}
        )
        return answer

    def pauses(self) -> PausesAnswer:
        """What is paused, by a person or for its complaints, with the reason and since when."""
        answer: PausesAnswer = self.call("GET", "/pauses")
        return answer

    def post_pauses(self, body: PauseRequest, *, idempotency_key: str | None = None) -> PausesAnswer:
        """Pauses a treatment until it is resumed, or resumes it; answers what is paused then."""
        answer: PausesAnswer = self.call(
            "POST", "/pauses", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def reports_match_quality(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        period: Literal["day", "week", "month"] | None = None,
        country: str | None = None,
        top: int | None = None,
    ) -> MatchQualityAnswer:
        """Shares of category and level per period, and the most frequent failures by the shape of
        what was typed."""
        answer: MatchQualityAnswer = self.call(
            "GET",
            "/reports/match-quality",
            query={"from": from_, "to": to, "period": period, "country": country, "top": top},
        )
        return answer

    def reports_potential(
        self,
        *,
        country: str | None = None,
        level: str | None = None,
        area: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> PotentialAnswer:
        """Expected households per segment and area, largest areas first, with the index against the
        country."""
        answer: PotentialAnswer = self.call(
            "GET",
            "/reports/potential",
            query={"country": country, "level": level, "area": area, "limit": limit, "offset": offset},
        )
        return answer

    def reports_correlation(
        self, *, country: str | None = None, level: str | None = None, least: float | None = None
    ) -> CorrelationAnswer:
        """Variables that say the same: pairs by correlation over areas, weighted by households."""
        answer: CorrelationAnswer = self.call(
            "GET", "/reports/correlation", query={"country": country, "level": level, "least": least}
        )
        return answer

    def reports_profile(
        self, *, country: str | None = None, outcome: str | None = None, slot: str | None = None
    ) -> ProfileReportAnswer:
        """Leads (or those with an outcome) against the market: index and 95 % interval per segment
        and variable."""
        answer: ProfileReportAnswer = self.call(
            "GET", "/reports/profile", query={"country": country, "outcome": outcome, "slot": slot}
        )
        return answer

    def reports_fairness(self, *, country: str | None = None, band: float | None = None) -> FairnessAnswer:
        """What leads did get (offer value, reach, agent seniority) by income of the area and
        urbanity."""
        answer: FairnessAnswer = self.call(
            "GET", "/reports/fairness", query={"country": country, "band": band}
        )
        return answer

    def webhooks(self) -> WebhooksAnswer:
        """The receivers in use."""
        answer: WebhooksAnswer = self.call("GET", "/webhooks")
        return answer

    def post_webhooks(self, body: WebhookRequest, *, idempotency_key: str | None = None) -> NewWebhookAnswer:
        """Registers a receiver. Its URL must be https and lead out of private networks."""
        answer: NewWebhookAnswer = self.call(
            "POST", "/webhooks", body=body, headers={"Idempotency-Key": idempotency_key}
        )
        return answer

    def delete_webhook(self, webhook_id: str) -> RemovedAnswer:
        """Ends a receiver; what was on its way is not sent any more."""
        answer: RemovedAnswer = self.call(
            "DELETE", "/webhooks/{webhook_id}", path_values={"webhook_id": webhook_id}
        )
        return answer

    def webhook_messages(
        self, webhook_id: str, *, limit: int | None = None, before: str | None = None
    ) -> MessagesAnswer:
        """What was sent to a receiver in the last 30 days, newest first. `Link` leads on."""
        answer: MessagesAnswer = self.call(
            "GET",
            "/webhooks/{webhook_id}/messages",
            path_values={"webhook_id": webhook_id},
            query={"limit": limit, "before": before},
        )
        return answer

    def webhook_replay(
        self, webhook_id: str, body: ReplayRequest | None = None, *, idempotency_key: str | None = None
    ) -> ReplayAnswer:
        """Sends messages again, under their old ids, after a receiver has lost them."""
        answer: ReplayAnswer = self.call(
            "POST",
            "/webhooks/{webhook_id}/replay",
            path_values={"webhook_id": webhook_id},
            body={} if body is None else body,
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer

    def segments(self) -> SegmentsAnswer:
        """The base segments: names, portraits, what they need and how they are reached."""
        answer: SegmentsAnswer = self.call("GET", "/segments")
        return answer

    def segment(self, code: str) -> SegmentAnswer:
        """One base segment."""
        answer: SegmentAnswer = self.call("GET", "/segments/{code}", path_values={"code": code})
        return answer

    def variables(self, *, country: str | None = None) -> VariablesAnswer:
        """The variables of a country: unit, topic, names, what they are weighted by, source and
        vintage."""
        answer: VariablesAnswer = self.call("GET", "/variables", query={"country": country})
        return answer

    def reference_data(self) -> ReferenceDataAnswer:
        """The active release: per table its source, vintage, age, rows, licence and attribution."""
        answer: ReferenceDataAnswer = self.call("GET", "/reference-data")
        return answer

    def livez(self) -> LiveAnswer:
        """The worker runs. Says nothing of what it depends on."""
        answer: LiveAnswer = self.call("GET", "/livez")
        return answer

    def readyz(self) -> ReadyAnswer:
        """The worker can answer and the store can be written: a real write was made, within half a
        second."""
        answer: ReadyAnswer = self.call("GET", "/readyz")
        return answer

    def openapi_json(self) -> dict[str, Any]:
        """The description of every route, as JSON."""
        answer: dict[str, Any] = self.call("GET", "/openapi.json")
        return answer
