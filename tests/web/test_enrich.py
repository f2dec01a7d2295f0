"""`POST /enrich`: what a person typed is always answered; what a program sent wrong is named."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import StoreError

TYPED = "Nørebrogade 52C, 2. th, 2200 København N"
SECRET = {"Authorization": "Bearer sk_demo"}
BROWSER = {"Authorization": "Bearer pk_demo"}


def post(client, body, headers=SECRET, path="/enrich"):
    return client.post(path, json=body, headers=headers)


def fields_of(answer):
    return {fault["field"]: fault["message"] for fault in answer.json["errors"]}


def test_a_secret_key_gets_the_whole_answer(client):
    answer = post(client, {"lead_id": "crm-84213", "address": TYPED})
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    body = answer.json
    assert body["lead_id"] == "crm-84213"
    assert body["status"] == "ok"
    assert body["address"]["municipality"] == "København"
    assert body["address"]["changes"] == ["street: 'Nørebrogade' -> 'Nørrebrogade'"]
    assert body["variables"]["owner_share"] == {
        "value": 0.12, "unit": "share of dwellings", "index": 25, "level": "polling_area",
        "vintage": "2020-01-01", "source": "dst-valgdatabase", "households": 5120,
    }  # fmt: skip
    assert body["decisions"]["agent"]["name"] == "Anna Ø."
    assert body["versions"]["reference_data"] == "2026-11-21.1"


def test_a_publishable_key_learns_nothing_that_was_inferred(client):
    answer = post(client, {"lead_id": "l1", "address": TYPED}, BROWSER)
    assert answer.status_code == 200
    assert set(answer.json) == {"decision_id", "lead_id", "status", "address", "decisions"}
    assert answer.json["address"]["next_action"] == "confirm"
    assert answer.json["decisions"]["greeting"]["headline"] == "Velkommen til Nørrebro"
    assert answer.json["decisions"]["agent"] == {"allowed": True}
    for hidden in ("Anna", "agent-17", "owner_share", "A1", "Unge i byen", "propensity", "speaks da"):
        assert hidden not in answer.text


def test_the_alias_answers_the_same(client):
    assert (
        post(client, {"address": TYPED}, path="/v1/enrich").json["address"]
        == (post(client, {"address": TYPED}).json["address"])
    )


def test_an_object_gets_the_same_as_text(client):
    parts = {"street": "Nørebrogade", "house_number": "52C", "floor": None, "postcode": "2200"}
    assert post(client, {"address": parts}).json["address"]["street"] == "Nørrebrogade"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"address": ""}',
        b'{"address": "\\u0000\\u0007\\u202e"}',
        b'{"address": "\\ud800 half a pair"}',
        b'{"address": "\xed\xa0\x80 half a pair in bytes"}',
        json.dumps({"address": "🏠🏡" * 2000}, ensure_ascii=False).encode(),
        json.dumps({"address": "x" * 10_000}).encode(),
        json.dumps({"address": "'; DROP TABLE decisions; --"}).encode(),
        json.dumps({"address": "مبنى ١٢ شارع"}).encode(),
        json.dumps({"address": {"street": "\x00", "postcode": "((((["}}).encode(),
    ],
)
def test_whatever_is_typed_is_answered(client, raw):
    answer = client.post("/enrich", data=raw, content_type="application/json", headers=SECRET)
    assert answer.status_code == 200, answer.text
    assert answer.json["status"] == "fallback"
    assert answer.json["address"]["match_level"] == "none"


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(typed=st.text(st.characters(), max_size=300), ascii_only=st.booleans())
def test_any_text_is_answered(client, typed, ascii_only):
    raw = json.dumps({"address": typed}, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    answer = client.post("/enrich", data=raw, content_type="application/json", headers=BROWSER)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("year", [1066, 19944, -1, 0, 3000])
def test_a_mistyped_year_of_birth_does_not_break_the_form(client, year):
    assert post(client, {"address": TYPED, "declared": {"birth_year": year}}).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "address"),
        ({"address": None}, "address"),
        ({"address": 7}, "address"),
        ({"address": ["a"]}, "address"),
        ({"address": {"street": 7}}, "address.street"),
        ({"address": {"streat": "x"}}, "address.streat"),
        ({"address": "x", "adress": "x"}, "adress"),
        ({"address": "x", "lead_id": "anna@example.org"}, "lead_id"),
        ({"address": "x", "lead_id": ""}, "lead_id"),
        ({"address": "x", "lead_id": 7}, "lead_id"),
        ({"address": "x", "country": "DNK"}, "country"),
        ({"address": "x", "language": "Danish"}, "language"),
        ({"address": "x", "channel": "pigeon"}, "channel"),
        ({"address": "x", "declared": {"birth_year": "1994"}}, "declared.birth_year"),
        ({"address": "x", "declared": {"birth_year": 1994.5}}, "declared.birth_year"),
        ({"address": "x", "declared": {"children_at_home": "yes"}}, "declared.children_at_home"),
        ({"address": "x", "declared": {"children_at_home": 1}}, "declared.children_at_home"),
        ({"address": "x", "declared": []}, "declared"),
        ({"address": "x", "consent": {"profiling": None}}, "consent.profiling"),
        ({"address": "x", "consent": {"email": {}}}, "consent.email.given"),
        ({"address": "x", "consent": {"email": {"given": True, "at": "soon"}}}, "consent.email.at"),
        ({"address": "x", "consent": {"sms": {"given": True, "at": "2026-11-21T10:02"}}}, "consent.sms.at"),
        ({"address": "x", "deadline_ms": 0}, "deadline_ms"),
        ({"address": "x", "deadline_ms": True}, "deadline_ms"),
        ({"address": "x", "tenure_days": -1}, "tenure_days"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(client, body, field):
    answer = post(client, body)
    assert answer.status_code == 422
    assert field in fields_of(answer), answer.text


@pytest.mark.parametrize(
    "field", ["name", "first_name", "email", "E-Mail", "phone", "phoneNumber", "mobile", "navn", "cpr", "ssn"]
)
def test_a_personal_field_is_refused_with_the_reason(client, field):
    answer = post(client, {"address": TYPED, field: "secret-value"})
    assert answer.status_code == 422
    assert "the service needs no name" in fields_of(answer)[field]
    assert "secret-value" not in answer.text
    assert "Nørebrogade" not in answer.text


def test_an_address_used_as_a_field_name_is_not_repeated(client):
    answer = post(client, {"address": "x", "Sankt Mortens Gade 3": 1})
    assert answer.status_code == 422
    assert "Mortens" not in answer.text


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"null", 400),
        (b'{"address": NaN}', 400),
        (b'{"address": "\xff\xfe"}', 400),
        (b"[" * 30_000, 400),
        (b'{"address":' * 2500, 400),
        (b'{"address": "' + b"x" * 33_000 + b'"}', 413),
    ],
)
def test_a_malformed_body_is_refused(client, raw, status):
    answer = client.post("/enrich", data=raw, content_type="application/json", headers=SECRET)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_a_lead_without_an_id_gets_one(client):
    assert post(client, {"address": TYPED}).json["lead_id"].startswith("lead_")


def test_profiling_refused_gives_the_standard_flow(client):
    answer = post(client, {"address": TYPED, "consent": {"profiling": False}})
    assert answer.json["status"] == "fallback"
    assert answer.json["profiling"] == "not_performed"
    assert answer.json["variables"] == {}


def test_a_store_that_fails_costs_the_log_not_the_answer(client, services, monkeypatch):
    def fail(decision, *spends):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(services.store, "record_decision", fail)
    monkeypatch.setattr(services.store, "record_behind", fail)
    answer = post(client, {"address": TYPED})
    assert answer.status_code == 200
    assert answer.json["status"] == "degraded"
    assert answer.json["reason"] == "decision_not_stored"
    assert answer.json["decisions"]["greeting"]["headline"]
    assert 'doorstep_failures_total{step="decision_not_stored"} 1.0' in client.get("/metrics").text


def without(answer, *names):
    return {key: value for key, value in answer.items() if key not in names}


def test_a_batch_answers_as_one_by_one(client):
    leads = [{"lead_id": f"l{i}", "address": typed} for i, typed in enumerate((TYPED, "nowhere", ""))]
    batch = client.post("/enrich/batch", json={"leads": leads}, headers=SECRET)
    assert batch.status_code == 200
    assert (batch.json["answered"], batch.json["refused"]) == (3, 0)
    for lead, result in zip(leads, batch.json["results"], strict=True):
        single = post(client, lead).json
        moving = ("decision_id", "made_at")
        assert without(result["answer"], *moving) == without(single, *moving)


def test_a_batch_refuses_only_the_lead_that_is_wrong(client):
    leads = [{"address": TYPED}, {"address": TYPED, "email": "a@b.dk"}, 7]
    batch = client.post("/enrich/batch", json={"leads": leads}, headers=SECRET).json
    assert (batch["answered"], batch["refused"]) == (1, 2)
    assert batch["results"][1]["problem"]["errors"][0]["field"] == "email"
    assert batch["results"][2]["problem"]["status"] == 400


@pytest.mark.parametrize("leads", [[], [{"address": "x"}] * 1001])
def test_a_batch_has_a_size(client, leads):
    answer = client.post("/enrich/batch", json={"leads": leads}, headers=SECRET)
    assert answer.status_code == 422
    assert "leads" in fields_of(answer)


def test_a_full_batch_is_not_too_large(client):
    leads = [{"address": TYPED, "lead_id": f"lead-{i}"} for i in range(1000)]
    answer = client.post("/enrich/batch", json={"leads": leads}, headers=SECRET)
    assert answer.json["answered"] == 1000
