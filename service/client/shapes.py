"""What is sent and answered. Generated: `python service/client/generate.py`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class FieldFaultAnswer(TypedDict):
    field: str
    message: str


class ProblemAnswer(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldFaultAnswer]
    request_id: str


class PaginationMetadata(TypedDict):
    total: NotRequired[int]
    total_pages: NotRequired[int]
    first_page: NotRequired[int]
    last_page: NotRequired[int]
    page: NotRequired[int]
    previous_page: NotRequired[int]
    next_page: NotRequired[int]


class AddressParts(TypedDict):
    street: NotRequired[str | None]
    house_number: NotRequired[str | None]
    floor: NotRequired[str | None]
    door: NotRequired[str | None]
    postcode: NotRequired[str | None]
    city: NotRequired[str | None]


class DeclaredRequest(TypedDict):
    birth_year: NotRequired[int | None]
    children_at_home: NotRequired[bool | None]


class ConsentProofRequest(TypedDict):
    given: bool
    at: NotRequired[str | None]
    text_version: NotRequired[str | None]


class ConsentRequest(TypedDict):
    profiling: NotRequired[bool]
    email: NotRequired[ConsentProofRequest | None]
    phone: NotRequired[ConsentProofRequest | None]
    sms: NotRequired[ConsentProofRequest | None]
    letter: NotRequired[ConsentProofRequest | None]
    post: NotRequired[ConsentProofRequest | None]


class EnrichRequest(TypedDict):
    lead_id: NotRequired[str | None]
    address: str | AddressParts
    country: NotRequired[str | None]
    language: NotRequired[str | None]
    channel: NotRequired[Literal["web_form", "app", "store", "phone", "partner", "import"] | None]
    declared: NotRequired[DeclaredRequest | None]
    consent: NotRequired[ConsentRequest | None]
    tenure_days: NotRequired[int | None]
    deadline_ms: NotRequired[int | None]


class MatchAnswer(TypedDict):
    match_level: Literal["unit", "house", "street", "postcode", "municipality", "none"]
    category: Literal["A", "B", "C"]
    next_action: Literal["accept", "confirm", "fix"]
    reason: str | None
    street: str | None
    house_number: str | None
    floor: str | None
    door: str | None
    supplementary_city: str | None
    postcode: str | None
    city: str | None
    municipality: str | None
    country: str
    lat: float | None
    lon: float | None
    status: str | None
    changes: list[str]
    alternatives: list[str]
    source: str


class TreatmentAnswer(TypedDict):
    id: NotRequired[str]
    arm: NotRequired[Literal["treated", "holdout"]]
    propensity: NotRequired[float]


class FigureAnswer(TypedDict):
    value: float
    unit: str
    index: int | None
    level: str
    vintage: str
    source: str
    households: int | None


class SegmentShareAnswer(TypedDict):
    code: str
    probability: float


class EvidenceAnswer(TypedDict):
    fact: str
    value: str
    effect: float
    level: str | None
    vintage: str | None
    index: int | None


class SegmentOfLeadAnswer(TypedDict):
    code: str | None
    name: str | None
    probability: float | None
    thin_evidence: bool
    level: str | None
    reason: str | None
    distribution: list[SegmentShareAnswer]
    evidence: list[EvidenceAnswer]


class WeightsAnswer(TypedDict):
    tenure_days: int
    geodemographic: float
    behaviour: float


class VersionsAnswer(TypedDict):
    reference_data: str
    policy: str
    models: dict[str, str]


class EnrichAnswer(TypedDict):
    decision_id: str
    lead_id: str
    status: Literal["ok", "fallback", "degraded"]
    address: MatchAnswer
    decisions: dict[str, TreatmentAnswer]
    reason: NotRequired[str | None]
    made_at: NotRequired[str]
    country: NotRequired[str]
    language: NotRequired[str]
    channel: NotRequired[str]
    profiling: NotRequired[Literal["performed", "not_performed"]]
    areas: NotRequired[dict[str, str]]
    variables: NotRequired[dict[str, FigureAnswer]]
    segment: NotRequired[SegmentOfLeadAnswer]
    sub_segment: NotRequired[str | None]
    weights: NotRequired[WeightsAnswer]
    versions: NotRequired[VersionsAnswer]


class BatchRequest(TypedDict):
    leads: list[Any]


class BatchResult(TypedDict):
    answer: NotRequired[EnrichAnswer]
    problem: NotRequired[ProblemAnswer]


class BatchAnswer(TypedDict):
    results: list[BatchResult]
    answered: int
    refused: int


class WashRequest(TypedDict):
    address: str | AddressParts
    country: NotRequired[str | None]


class WashAnswer(TypedDict):
    match_level: Literal["unit", "house", "street", "postcode", "municipality", "none"]
    category: Literal["A", "B", "C"]
    next_action: Literal["accept", "confirm", "fix"]
    reason: str | None
    street: str | None
    house_number: str | None
    floor: str | None
    door: str | None
    supplementary_city: str | None
    postcode: str | None
    city: str | None
    municipality: str | None
    country: str
    lat: float | None
    lon: float | None
    status: str | None
    changes: list[str]
    alternatives: list[str]
    source: str
    text: str | None


class SuggestionAnswer(TypedDict):
    text: str
    level: Literal["unit", "house", "street", "postcode", "municipality", "none"]
    complete: bool
    street: str
    house_number: str | None
    postcode: str | None
    city: str | None
    lat: float | None
    lon: float | None


class SuggestAnswer(TypedDict):
    suggestions: list[SuggestionAnswer]


class AgentOfLeadAnswer(TypedDict):
    lead_id: str
    decision_id: str
    made_at: str
    status: Literal["ok", "fallback", "degraded"]
    language: str
    agent: TreatmentAnswer


class FirstEmailAnswer(TypedDict):
    lead_id: str
    decision_id: str
    id: str
    kind: str | None
    language: str | None
    subject: str
    text: str
    html: str


class ParagraphAnswer(TypedDict):
    code: str
    heading: str
    text: str
    items: list[str]


class WhyAnswer(TypedDict):
    lead_id: str
    language: str
    title: str
    paragraphs: list[ParagraphAnswer]


class ReserveRequest(TypedDict):
    agent_id: NotRequired[str]
    hold_seconds: NotRequired[int]


class ReservationAnswer(TypedDict):
    reservation_id: str
    lead_id: str
    agent_id: str
    decision_id: str | None
    state: Literal["reserved", "accepted", "completed", "rejected", "released", "expired"]
    made_at: str
    expires_at: str
    ended_at: str | None


class WaitingAnswer(TypedDict):
    lead_id: str
    decision_id: str
    since: str
    refused_by: list[str]
    position: int


class ReserveAnswer(TypedDict):
    state: Literal["reserved", "waiting"]
    reservation: ReservationAnswer | None
    waiting: WaitingAnswer | None
    call_from: str


class ReservationRequest(TypedDict):
    reservation_id: NotRequired[str]


class AgentAnswer(TypedDict):
    id: str
    name: str
    languages: list[str]
    countries: list[str]
    skills: list[str]
    certificates: list[str]
    timezone: str
    on_shift: bool
    capacity: int
    state: Literal["available", "busy", "away"]
    active: int
    version: int
    since: str | None


class AgentsAnswer(TypedDict):
    agents: list[AgentAnswer]


class HoursRequest(TypedDict):
    monday: NotRequired[str]
    tuesday: NotRequired[str]
    wednesday: NotRequired[str]
    thursday: NotRequired[str]
    friday: NotRequired[str]
    saturday: NotRequired[str]
    sunday: NotRequired[str]


class AgentRequest(TypedDict):
    name: str
    languages: list[str]
    countries: list[str]
    skills: NotRequired[list[str]]
    certificates: NotRequired[list[str]]
    timezone: str
    hours: HoursRequest
    capacity: int


class StateRequest(TypedDict):
    state: Literal["available", "busy", "away"]


class QueueAnswer(TypedDict):
    waiting: list[WaitingAnswer]


class MatchRequest(TypedDict):
    limit: NotRequired[int]
    reserve: NotRequired[bool]


class AssignmentAnswer(TypedDict):
    lead_id: str
    agent_id: str
    reasons: list[str]
    reservation_id: str | None


class LeftAnswer(TypedDict):
    lead_id: str
    reason: str


class MatchedAnswer(TypedDict):
    assigned: list[AssignmentAnswer]
    left: list[LeftAnswer]
    idle: list[str]


class AgentLoadAnswer(TypedDict):
    agent_id: str
    taken: int
    expected: float
    index: int | None
    uneven: bool


class LoadGroupAnswer(TypedDict):
    country: str
    language: str
    taken: int
    rows: list[AgentLoadAnswer]


class LoadAnswer(TypedDict):
    since: str
    groups: list[LoadGroupAnswer]


class ObjectionRequest(TypedDict):
    lead_id: str


class ObjectionAnswer(TypedDict):
    lead_id: str
    objected: bool
    at: str | None


class LeadRecordsAnswer(TypedDict):
    lead_id: str
    objected: bool
    decisions: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]
    events: list[dict[str, Any]]
    reservations: list[dict[str, Any]]


class ErasureAnswer(TypedDict):
    lead_id: str
    erased: dict[str, int]
    objection_kept: bool


class OutcomesRequest(TypedDict):
    outcomes: NotRequired[list[dict[str, Any]]]
    event_id: NotRequired[Any]
    decision_id: NotRequired[Any]
    slot: NotRequired[Any]
    kind: NotRequired[Any]
    value: NotRequired[Any]
    at: NotRequired[Any]


class ReceiptAnswer(TypedDict):
    event_id: str | None
    fate: Literal["accepted", "duplicate", "refused"]
    reason: str | None
    message: str | None


class ReceiptsAnswer(TypedDict):
    accepted: int
    duplicates: int
    refused: int
    results: list[ReceiptAnswer]
    paused: list[str]


class EventsRequest(TypedDict):
    events: NotRequired[list[dict[str, Any]]]
    event_id: NotRequired[Any]
    lead_id: NotRequired[Any]
    kind: NotRequired[Any]
    product: NotRequired[Any]
    value: NotRequired[Any]
    at: NotRequired[Any]


class LiftRowAnswer(TypedDict):
    treated: int
    holdout: int
    treated_rate: float
    holdout_rate: float
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    stands: bool
    warnings: list[str]


class RatioAlarmAnswer(TypedDict):
    slot: str
    holdout: int
    expected: float
    p: float
    alarm: bool


class WatchedAnswer(TypedDict):
    value: float
    low: float | None
    high: float | None
    p: NotRequired[float | None]


class AdjustedAnswer(TypedDict):
    slot: str
    plain: WatchedAnswer
    adjusted: WatchedAnswer
    spared: float
    variables: list[str]


class LiftAnswer(TypedDict):
    outcome: str
    by: list[str]
    rows: list[LiftRowAnswer]
    ratio: list[RatioAlarmAnswer]
    complaints: list[dict[str, Any]]
    adjusted: list[AdjustedAnswer]


class FrequencyRowAnswer(TypedDict):
    arm: str
    times: int
    leads: int
    rate: float
    low: float | None
    high: float | None


class FrequencyAnswer(TypedDict):
    slot: str
    outcome: str
    rows: list[FrequencyRowAnswer]


class PauseAnswer(TypedDict):
    slot: str
    treatment: str
    reason: str
    since: str


class PausesAnswer(TypedDict):
    pauses: list[PauseAnswer]


class PauseRequest(TypedDict):
    action: Literal["pause", "resume"]
    slot: str
    treatment: str
    reason: NotRequired[str]


class PeriodQualityAnswer(TypedDict):
    start: str
    requests: int
    categories: dict[str, float]
    levels: dict[str, float]
    named_low: float
    named_high: float


class FrequentFailureAnswer(TypedDict):
    reason: str
    pattern: str
    count: int
    share: float


class MatchQualityAnswer(TypedDict):
    period: str
    total: PeriodQualityAnswer | None
    periods: list[PeriodQualityAnswer]
    failures: list[FrequentFailureAnswer]
    failures_not_shown: int


class SegmentPotentialAnswer(TypedDict):
    code: str
    name: str
    households: float
    share: float


class AreaPotentialAnswer(TypedDict):
    code: str
    name: str
    households: float
    expected: dict[str, float]
    index: dict[str, float]


class PotentialAnswer(TypedDict):
    country: str
    level: str
    vintage: str
    reference_data: str
    segments: list[SegmentPotentialAnswer]
    areas: list[AreaPotentialAnswer]
    areas_in_all: int


class CorrelatedPairAnswer(TypedDict):
    first: str
    second: str
    r: float


class CorrelationAnswer(TypedDict):
    country: str
    level: str
    reference_data: str
    variables: int
    pairs: list[CorrelatedPairAnswer]


class ComparedAnswer(TypedDict):
    code: str
    base: float | None
    market: float | None
    index: float | None
    index_low: float | None
    index_high: float | None
    leads: int


class ProfileReportAnswer(TypedDict):
    country: str
    reference_data: str
    outcome: str
    leads: int
    without_area: int
    segments: list[ComparedAnswer]
    variables: list[ComparedAnswer]


class FairGroupAnswer(TypedDict):
    measure: str
    kind: str
    group: str
    leads: int
    mean: float
    everybody: float
    ratio: float
    within_band: bool


class FairnessAnswer(TypedDict):
    country: str
    band: float
    open: bool
    groups: list[FairGroupAnswer]


class WebhookAnswer(TypedDict):
    webhook_id: str
    url: str
    types: list[str]
    created_at: str


class WebhooksAnswer(TypedDict):
    webhooks: list[WebhookAnswer]


class WebhookRequest(TypedDict):
    url: str
    types: list[Literal["decision.made", "agent.reserved", "release.activated", "treatment.paused"]]


class NewWebhookAnswer(TypedDict):
    webhook_id: str
    url: str
    types: list[str]
    created_at: str
    secret: str


class RemovedAnswer(TypedDict):
    webhook_id: str
    removed: bool


class MessageAnswer(TypedDict):
    message_id: str
    type: str
    created_at: str
    attempts: int
    delivered_at: str | None
    next_at: str | None
    last_answer: str | None


class MessagesAnswer(TypedDict):
    messages: list[MessageAnswer]


class ReplayRequest(TypedDict):
    message_id: NotRequired[str]
    since: NotRequired[str]


class ReplayAnswer(TypedDict):
    queued: int


class CardAnswer(TypedDict):
    needs: list[str]
    motivators: list[str]
    channels: list[str]
    media: str
    priority: int


class SegmentAnswer(TypedDict):
    code: str
    name: dict[str, str]
    portrait: dict[str, str]
    card: CardAnswer


class SegmentsAnswer(TypedDict):
    version: str
    segments: list[SegmentAnswer]


class VariableAnswer(TypedDict):
    code: str
    unit: str
    topic: str
    label: dict[str, str]
    weight: str
    source: str
    vintage: str


class VariablesAnswer(TypedDict):
    country: str
    reference_data: str
    variables: list[VariableAnswer]


class TableAnswer(TypedDict):
    path: str
    kind: str | None
    rows: int | None
    bytes: int | None
    vintage: str | None
    age_days: int | None
    accessed: str | None
    sources: list[str]
    licence: str | None
    attribution: str | None
    sha256: str | None


class CountryTablesAnswer(TypedDict):
    levels: list[str]
    finest: str
    tables: list[TableAnswer]


class ReferenceDataAnswer(TypedDict):
    release: str
    schema_version: int
    countries: dict[str, CountryTablesAnswer]


class LiveAnswer(TypedDict):
    status: Literal["alive"]


class ReadyAnswer(TypedDict):
    status: Literal["ready"]
    reference_data: str
    policy: str
    countries: list[str]
