"""Ids, times and bodies that no careful caller sends: each is refused by name, none breaks anything."""

from __future__ import annotations

import json

import pytest

from tests.web.fake_services import SECRET, TYPED


def post(client, path, body):
    return client.post(path, json=body, headers=SECRET)


def fields_of(answer):
    assert answer.status_code == 422, answer.get_data(as_text=True)
    return {fault["field"] for fault in answer.json["errors"]}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"lead_id": "nl-1\n"}, "lead_id"),
        ({"lead_id": "."}, "lead_id"),
        ({"lead_id": ".."}, "lead_id"),
        ({"lead_id": "hans@example.dk"}, "lead_id"),
        ({"lead_id": "010190-1234"}, "lead_id"),
        ({"lead_id": "131052-308T"}, "lead_id"),
        ({"lead_id": "19900101-2384"}, "lead_id"),
        ({"country": "DK\n"}, "country"),
        ({"language": "da\n"}, "language"),
        ({"consent": {"email": {"given": True, "at": "0001-01-01T00:00:00+23:59"}}}, "consent.email.at"),
        ({"consent": {"email": {"given": True, "at": "9999-12-31T23:59:59-23:59"}}}, "consent.email.at"),
    ],
    ids=str,
)
def test_an_id_or_time_that_cannot_be_carried_is_refused_by_name(client, sent, field):
    assert fields_of(post(client, "/enrich", {"address": TYPED, **sent})) == {field}


@pytest.mark.parametrize("lead_id", ["...", ".a", "crm-84213", "1234567890", "0101901234", "320190-1234"])
def test_an_id_that_only_looks_a_little_like_one_is_taken(client, lead_id):
    assert post(client, "/enrich", {"address": TYPED, "lead_id": lead_id}).status_code == 200


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "1899-12-31T23:59:59Z", "2100-01-01T00:30:00Z"]
)
def test_an_event_of_a_far_time_is_refused_and_the_lead_still_answers(client, moment):
    post(client, "/enrich", {"address": TYPED, "lead_id": "l1"})
    event = {"event_id": "x-1", "lead_id": "l1", "kind": "web", "at": moment}
    assert fields_of(post(client, "/events", event)) == {"at"}
    assert post(client, "/enrich", {"address": TYPED, "lead_id": "l1", "tenure_days": 10}).status_code == 200
    assert client.get("/leads/l1/data", headers=SECRET).status_code == 200


@pytest.mark.parametrize("field", ["event_id", "product"])
def test_line_ends_and_addresses_of_mail_are_no_part_of_an_event(client, field):
    event = {"event_id": "x-2", "lead_id": "l1", "kind": "web", "at": "2026-11-21T10:02:11Z"}
    assert fields_of(post(client, "/events", {**event, field: "a\n"})) == {field}
    if field == "event_id":
        assert fields_of(post(client, "/events", {**event, field: "hans@example.dk"})) == {field}


def test_a_day_with_a_line_end_is_no_day(client):
    answer = client.get("/reports/lift?from=2026-11-21%0A", headers=SECRET)
    assert fields_of(answer) == {"from"}


@pytest.mark.parametrize("depth", [500, 975, 5000])
def test_a_body_that_is_nested_deep_beside_a_lone_surrogate_is_not_json(client, depth):
    body = '{"address":"\\ud800 x","zz":' + "[" * depth + "]" * depth + "}"
    answer = client.post("/enrich", data=body, headers={**SECRET, "Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


def test_a_lone_surrogate_alone_is_answered(client):
    answer = client.post(
        "/enrich",
        data='{"address":"\\ud800 ' + json.dumps(TYPED)[1:] + "}",
        headers={**SECRET, "Content-Type": "application/json"},
    )
    assert answer.status_code == 200
