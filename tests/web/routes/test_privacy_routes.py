"""Objection, export and erasure over HTTP, from a real address to nothing left."""

from __future__ import annotations

ADDRESS = "Sankt Mortens Gade 3, 3700 Rønne"
CONSENT = {
    "phone": {"given": True, "at": "2026-01-05T10:00:00Z"},
    "email": {"given": True, "at": "2026-01-05T10:00:00Z"},
}


def test_after_an_objection_every_answer_is_the_standard_flow(call):
    before = call("POST", "/enrich", json={"lead_id": "crm-1", "address": ADDRESS, "consent": CONSENT}).json
    assert before["profiling"] == "performed"
    assert len(before["variables"]) >= 25
    assert call("POST", "/objections", json={"lead_id": "crm-1"}).json["objected"] is True
    after = call("POST", "/enrich", json={"lead_id": "crm-1", "address": ADDRESS, "consent": CONSENT}).json
    assert after["profiling"] == "not_performed"
    assert after["variables"] == {}
    assert after["segment"]["code"] is None
    assert after["decisions"]["agent"]["allowed"] is False
    assert call("DELETE", "/objections/crm-1").json["objected"] is False
    assert call("DELETE", "/objections/crm-1").status_code == 404
    again = call("POST", "/enrich", json={"lead_id": "crm-1", "address": ADDRESS, "consent": CONSENT}).json
    assert again["profiling"] == "performed"


def test_all_that_is_stored_can_be_seen_and_erased(call, services):
    made = call("POST", "/enrich", json={"lead_id": "crm-1", "address": ADDRESS, "consent": CONSENT}).json
    call("POST", "/enrich", json={"lead_id": "crm-2", "address": ADDRESS})
    shown = call("GET", "/leads/crm-1/data")
    assert [decision["id"] for decision in shown.json["decisions"]] == [made["decision_id"]]
    assert "Mortens" not in shown.text
    assert (
        "Rønne" not in shown.text or made["decisions"]
    )  # only ever in copy about a town, never as an address
    call("POST", "/objections", json={"lead_id": "crm-1"})
    erased = call("DELETE", "/leads/crm-1/data").json
    assert erased["erased"]["decisions"] == 1
    assert erased["objection_kept"] is True
    assert call("GET", "/leads/crm-1").status_code == 404
    assert call("GET", "/leads/crm-1/data").json["decisions"] == []
    assert call("GET", "/leads/crm-2/data").json["decisions"]
    assert call("GET", "/leads/stranger/data").status_code == 404
    assert call("DELETE", "/leads/stranger/data").status_code == 404


def test_an_objection_names_what_is_wrong(call):
    wrong = call("POST", "/objections", json={"lead_id": "a b", "email": "x@y.z"})
    assert wrong.status_code == 422
    assert {fault["field"] for fault in wrong.json["errors"]} == {"lead_id", "email"}


def test_an_answer_kept_for_repeated_calls_is_erased_too(call, services):
    call("POST", "/objections", json={"lead_id": "crm-kept"}, headers={"Idempotency-Key": "w"})
    call("POST", "/objections", json={"lead_id": "crm-other"}, headers={"Idempotency-Key": "v"})
    assert call("DELETE", "/leads/crm-kept/data").json["erased"]["idempotency"] == 1
    kept = services.store.database.read_all("SELECT answer FROM idempotency", ())
    assert len(kept) == 1
    assert b"crm-kept" not in kept[0][0]
