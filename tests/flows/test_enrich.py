"""One lead in, one whole decision out, over the real release: golden rows, properties, failures."""

from __future__ import annotations

import csv
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import StoreError
from service.flows.enrich import Enricher
from service.flows.policy_memory import LeadHistory
from service.model import AddressQuery, Consent, ConsentProof, Decision, Declared, Lead
from service.store.outcomes import LeadEvent
from service.wiring import Services

_GOLDEN = Path(__file__).parent.parent / "golden" / "enrich.csv"
GOLDEN_ROWS = list(csv.DictReader(_GOLDEN.read_text(encoding="utf-8").splitlines()))
SLOTS = {"greeting", "offer", "first_email", "agent"}


def make_lead(address: str | AddressQuery = "Sankt Mortens Gade 3, 3700 Rønne", **changes: object) -> Lead:
    query = AddressQuery("DK", text=address) if isinstance(address, str) else address
    lead = Lead("lead-1", query, "DK", "da", "web_form")
    return replace(lead, **changes)  # type: ignore[arg-type]


def decide(services: Services, lead: Lead, history: LeadHistory | None = None) -> Decision:
    return services.enricher.decide_lead(lead, history or LeadHistory(), services.now())


@pytest.mark.parametrize("row", GOLDEN_ROWS, ids=lambda r: r["address"][:40])
def test_golden_rows(services: Services, row: dict[str, str]) -> None:
    """An empty cell means: not judged by this row."""
    decision = decide(services, make_lead(row["address"]))
    place = decision.place.codes
    got = {
        "status": decision.status,
        "reason": decision.reason or "",
        "level": decision.address.level.value,
        "category": decision.address.category.value,
        "area_level": next(iter(place), ""),
        "area": next(iter(place.values()), ""),
        "segment": decision.segment.code or "",
    }
    assert {k: v for k, v in row.items() if v and k != "address"} == {
        k: got[k] for k, v in row.items() if v and k != "address"
    }


def test_a_real_address_gets_the_whole_answer(services: Services) -> None:
    yes = ConsentProof(given=True)
    decision = decide(services, make_lead(consent=Consent(email=yes, phone=yes)))
    assert decision.status == "ok"
    assert set(decision.treatments) >= SLOTS
    assert decision.profile is not None
    assert len(decision.profile.figures) >= 25
    for figure in decision.profile.figures.values():
        assert figure.unit
        assert figure.level
        assert figure.vintage
        assert figure.source
    assert sum(s.probability for s in decision.segment.distribution) == pytest.approx(1, abs=1e-3)
    assert decision.segment.evidence
    assert decision.treatments["agent"].content["allowed"] is True
    assert decision.versions.policy.startswith("sha256:")


def test_an_address_that_no_table_holds_is_answered_from_its_postcode(services: Services) -> None:
    decision = decide(services, make_lead("Ukendt Gade 7, 5000 Odense C"))
    assert (decision.address.level, decision.address.postcode) == ("postcode", "5000")
    assert decision.reason == "postcode_only"
    assert decision.profile is not None
    assert len(decision.profile.figures) >= 25
    assert {f.level for f in decision.profile.figures.values()} >= {"postcode"}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300), structured=st.booleans())
def test_any_text_gives_a_decision(services: Services, text: str, structured: bool) -> None:
    query = (
        AddressQuery("DK", street=text, postcode=text[:4]) if structured else AddressQuery("DK", text=text)
    )
    decision = decide(services, make_lead(query))
    assert decision.status in ("ok", "fallback")
    assert set(decision.treatments) >= SLOTS


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lead_id=st.text(min_size=1, max_size=40))
def test_the_arm_depends_on_salt_and_lead_only(services: Services, lead_id: str) -> None:
    arms = {
        decide(services, make_lead(address, lead_id=lead_id, channel=channel)).treatments["offer"].arm
        for address, channel in (("Storegade 1, 3700 Rønne", "web_form"), ("8000 Aarhus C", "store"))
    }
    assert len(arms) == 1


def test_five_percent_are_held_out(services: Services) -> None:
    arms = [decide(services, make_lead(lead_id=f"l{i}")).treatments["offer"].arm for i in range(2000)]
    assert 0.03 < arms.count("holdout") / len(arms) < 0.07


@pytest.mark.parametrize(
    ("lead", "history", "reason"),
    [
        (make_lead(), LeadHistory(objected=True), "objected"),
        (make_lead(consent=Consent(profiling=False)), LeadHistory(), "no_profiling_consent"),
    ],
)
def test_nobody_is_profiled_against_their_will(
    services: Services, lead: Lead, history: LeadHistory, reason: str
) -> None:
    decision = decide(services, lead, history)
    assert (decision.status, decision.reason, decision.profiling) == ("fallback", reason, "not_performed")
    assert decision.profile is None
    assert decision.segment.distribution == ()
    assert all(
        "standard" in t.id or t.id in ("mail-service", "no-call") for t in decision.treatments.values()
    )


def test_what_was_declared_moves_the_distribution(services: Services) -> None:
    young = decide(services, make_lead(declared=Declared(birth_year=2003, children_at_home=False)))
    old = decide(services, make_lead(declared=Declared(birth_year=1948, children_at_home=False)))
    assert young.segment.code != old.segment.code


class _BrokenCountry:
    def find_home(self, lead: Lead, profiling: bool, today: object) -> object:
        raise ValueError(f"boom at {lead.address.text}")


def test_a_step_that_breaks_gives_the_standard_flow_and_no_address_in_the_log(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    counted: list[str] = []
    broken = replace(services.assets(), countries={"DK": _BrokenCountry()})
    enricher = Enricher(lambda: broken, services.enricher.memory, counted.append)
    with caplog.at_level(logging.DEBUG):
        decision = enricher.decide_lead(make_lead("Hemmelig Vej 1"), LeadHistory(), services.now())
    assert (decision.status, decision.reason) == ("degraded", "enrichment_failed")
    assert set(decision.treatments) >= SLOTS
    assert counted == ["enrichment_failed"]
    assert caplog.records
    assert "Hemmelig" not in "".join(str(vars(r)) for r in caplog.records)


class _DeadStore:
    def __init__(self, reads: bool) -> None:
        self.reads = reads

    def read_history(self, lead: Lead, now: object) -> LeadHistory:
        if self.reads:
            return LeadHistory()
        raise StoreError("gone")

    def record_decision(self, policy: object, decision: Decision) -> None:
        raise StoreError("gone")

    record_behind = record_decision


@pytest.mark.parametrize("reads", [True, False])
def test_a_store_that_fails_later_degrades_the_answer_and_is_counted(services: Services, reads: bool) -> None:
    counted: list[str] = []
    enricher = Enricher(services.assets, _DeadStore(reads), counted.append)
    decision = enricher.enrich_lead(make_lead())
    assert (decision.status, decision.reason) == ("degraded", "decision_not_stored")
    assert counted[-2:] == ["decision_not_stored", "decision_not_kept"]
    assert ("history_not_read" in counted) is not reads
    assert set(decision.treatments) >= SLOTS
    if not reads:
        assert decision.profiling == "not_performed"


def test_a_decision_is_recorded_without_its_address(services: Services) -> None:
    lead = make_lead(lead_id="privacy-1")
    services.enricher.enrich_lead(lead)
    kept = services.store.latest_decision("privacy-1")
    assert kept is not None
    assert kept.address.level == "house"
    assert "Mortens" not in repr(kept)


def test_no_address_in_any_file_of_the_store(services: Services) -> None:
    services.enricher.enrich_lead(make_lead(lead_id="privacy-2"))
    database = services.store.database.url.database
    assert database is not None
    for path in Path(database).parent.iterdir():
        assert b"Mortens" not in path.read_bytes(), path


def test_a_lead_does_not_print_its_address() -> None:
    assert "Mortens" not in repr(make_lead())


def test_behaviour_takes_over_from_geography_as_the_customer_stays(services: Services) -> None:
    lead = make_lead(lead_id="loyal-1")
    now = services.now()
    orders = [
        LeadEvent(f"order-{i}", "loyal-1", "purchase", now - timedelta(days=7 * i), "box-4", 600.0)
        for i in range(12)
    ]
    services.store.outcomes.record_events(orders)
    fresh = services.enricher.enrich_lead(lead)
    stayed = services.enricher.enrich_lead(replace(lead, tenure_days=400))
    assert (fresh.weights.geodemographic, fresh.sub_segment) == (1.0, None)
    assert stayed.weights.behaviour > 0.5
    assert stayed.weights.behaviour + stayed.weights.geodemographic == pytest.approx(1)
    assert stayed.sub_segment is not None
    assert stayed.sub_segment.startswith(f"{stayed.segment.code}-")


def test_choosing_in_one_slot_only_gives_what_choosing_in_all_would(services: Services) -> None:
    only_offers = services.enricher.of_slots("offer")
    for number in range(50):
        lead = make_lead("8000 Aarhus C", lead_id=f"slot-{number}")
        whole = decide(services, lead).treatments["offer"]
        alone = only_offers.decide_lead(lead, LeadHistory(), services.now()).treatments
        assert set(alone) == {"offer"}
        assert (alone["offer"].id, alone["offer"].propensity) == (whole.id, whole.propensity)


class _Online:
    """Finds nothing, and remembers that it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def match_address(self, query: AddressQuery, deadline_ms: int) -> None:
        self.asked += 1


def test_online_geocoders_are_asked_only_when_our_own_answer_is_coarse(services: Services) -> None:
    online = _Online()
    country = replace(services.assets().countries["DK"], online=online)  # type: ignore[arg-type]
    assert (
        country.match_address(AddressQuery("DK", text="Sankt Mortens Gade 3, 3700 Rønne"), 300).level
        == "house"
    )
    assert online.asked == 0
    assert (
        country.match_address(AddressQuery("DK", text="Ukendt Gade 7, 5000 Odense C"), 300).level
        == "postcode"
    )
    assert online.asked == 1
