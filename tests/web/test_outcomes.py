"""Outcomes and events over HTTP, and the lift that follows from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

SECRET = {"Authorization": "Bearer sk_demo"}
TYPED = "Nørebrogade 52C, 2. th, 2200 København N"


def now(**later) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


@pytest.fixture
def decision(client):
    answer = client.post("/enrich", json={"lead_id": "crm-1", "address": TYPED}, headers=SECRET)
    return answer.get_json()["decision_id"]


def test_one_outcome_counts_once(client, decision):
    sent = {
        "event_id": "shop-1",
        "decision_id": decision,
        "slot": "greeting",
        "kind": "bought",
        "value": 349,
        "at": now(),
    }
    first = client.post("/outcomes", json=sent, headers=SECRET)
    assert first.status_code == 200
    assert first.get_json()["accepted"] == 1
    assert client.post("/outcomes", json=sent, headers=SECRET).get_json()["duplicates"] == 1


def test_without_an_id_the_same_report_counts_once(client, decision):
    sent = {"decision_id": decision, "kind": "clicked", "at": now()}
    fates = [
        client.post("/outcomes", json=sent, headers=SECRET).get_json()["results"][0]["fate"] for _ in range(2)
    ]
    assert fates == ["accepted", "duplicate"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"decision_id": "dec_nobody"}, "unknown_decision"),
        ({"value": -5}, "negative_value"),
        ({"at": now(days=2)}, "in_the_future"),
        ({"value": 1e155}, "too_large"),
        ({"kind": "smiled"}, "unknown_kind"),
        ({"slot": "parade"}, "unknown_slot"),
    ],
)
def test_a_wrong_outcome_is_refused_by_name(client, decision, change, reason):
    sent = {"event_id": "x-1", "decision_id": decision, "kind": "bought", "value": 1, "at": now()} | change
    answer = client.post("/outcomes", json=sent, headers=SECRET)
    assert answer.status_code == 422
    assert reason in answer.get_data(as_text=True)


def test_the_rest_of_a_batch_is_accepted(client, decision):
    good = {"event_id": "b-1", "decision_id": decision, "kind": "bought", "value": 10, "at": now()}
    sent = [
        good,
        {**good, "value": 11},
        {**good, "event_id": "b-2", "kind": 7},
        {**good, "event_id": "b-3", "at": now(days=-1)},
    ]
    answer = client.post("/outcomes", json={"outcomes": sent}, headers=SECRET).get_json()
    assert (answer["accepted"], answer["refused"]) == (2, 2)
    assert [r["reason"] for r in answer["results"]] == [
        None,
        "different_under_same_id",
        "invalid",
        "before_decision",
    ]


def test_events_count_as_outcomes_of_the_last_decision(client, decision):
    sent = [
        {
            "event_id": "e-1",
            "lead_id": "crm-1",
            "kind": "purchase",
            "product": "broadband",
            "value": 299,
            "at": now(),
        },
        {"event_id": "e-2", "lead_id": "nobody", "kind": "purchase", "at": now()},
        {"event_id": "e-3", "lead_id": "crm-1", "kind": "web", "at": now()},
    ]
    answer = client.post("/events", json={"events": sent}, headers=SECRET).get_json()
    assert answer["accepted"] == 3
    assert [r["reason"] for r in answer["results"]] == [None, "no_decision", None]
    text = client.get("/reports/lift?outcome=bought&by=slot&format=csv", headers=SECRET).get_data(
        as_text=True
    )
    assert text.splitlines()[0].startswith("slot,treated,holdout")
    assert "too few to compare: 1 treated" in text


def test_a_report_query_is_checked(client):
    assert client.get("/reports/lift?by=moon", headers=SECRET).status_code == 422
    assert client.get("/reports/lift?by=slot", headers={"Authorization": "Bearer pk_demo"}).status_code == 403


def test_frequency_counts_leads_by_how_often(client, decision):
    client.post("/enrich", json={"lead_id": "crm-1", "address": TYPED}, headers=SECRET)
    client.post("/enrich", json={"lead_id": "crm-2", "address": TYPED}, headers=SECRET)
    client.post(
        "/events", json={"event_id": "p", "lead_id": "crm-1", "kind": "purchase", "at": now()}, headers=SECRET
    )
    answer = client.get("/reports/frequency?slot=greeting", headers=SECRET).get_json()
    assert [(r["times"], r["leads"], r["rate"]) for r in answer["rows"]] == [(1, 1, 0.0), (2, 1, 1.0)]


def test_a_treatment_that_annoys_for_certain_is_paused(client, services):
    rng = np.random.default_rng(0)
    sent = []
    for i in range(150):
        made = client.post("/enrich", json={"lead_id": f"l-{i}", "address": TYPED}, headers=SECRET).get_json()
        if rng.random() < 0.4:
            sent.append(
                {
                    "event_id": f"c-{i}",
                    "decision_id": made["decision_id"],
                    "slot": "greeting",
                    "kind": "complained",
                    "at": now(),
                }
            )
    services.store.facts.fold()
    answer = client.post("/outcomes", json={"outcomes": sent}, headers=SECRET).get_json()
    assert answer["paused"] == ["greeting/greet-city"]
    assert "greet-city" in services.store.guards.totals(datetime.now(UTC).date()).paused


def test_the_lift_report_of_the_real_service(real_client):
    real_client.post(
        "/enrich", json={"lead_id": "lift-1", "address": "Store Torv 1, 3700 Rønne"}, headers=SECRET
    )
    report = real_client.get("/reports/lift?by=slot,segment", headers=SECRET).get_json()
    assert report["by"] == ["slot", "segment"]
    assert {"greeting", "offer", "first_email"} <= {row["slot"] for row in report["rows"]} | {
        ratio["slot"] for ratio in report["ratio"]
    }
    assert all(row["difference"] is None for row in report["rows"])


def test_lift_is_adjusted_by_figures_of_the_area(real_client):
    report = real_client.get("/reports/lift?adjust=owner_share,age_70_plus_share", headers=SECRET).get_json()
    assert report["adjusted"] == []  # too few decisions to compare
    wrong = real_client.get("/reports/lift?adjust=shoe_size", headers=SECRET)
    assert wrong.status_code == 422
    assert "No variable is called shoe_size" in wrong.get_json()["detail"]
