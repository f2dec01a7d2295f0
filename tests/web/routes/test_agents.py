"""The call centre over HTTP: agents, reservations, the queue and the best assignment."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from service.wiring import Services


def test_the_policys_agents_are_there_and_one_can_be_added_and_redeclared(call, add_agent):
    policy = {agent["id"] for agent in call("GET", "/agents").json["agents"]}
    assert len(policy) >= 8
    assert add_agent("ann", 2)["capacity"] == 2
    some = sorted(policy)[0]
    add_agent(some, 5, name="Ny Navn")
    shown = {agent["id"]: agent for agent in call("GET", "/agents").json["agents"]}
    assert set(shown) == policy | {"ann"}
    assert (shown[some]["name"], shown[some]["capacity"], shown[some]["on_shift"]) == ("Ny Navn", 5, True)
    assert call("GET", "/agents/nobody").status_code == 404


def test_what_is_wrong_with_an_agent_is_named(call):
    wrong = call(
        "PUT", "/agents/x",
        json={"name": "", "languages": [], "countries": ["Denmark"], "timezone": "Mars/Olympus",
              "hours": {"monday": "17:00-08:00", "someday": "1"}, "capacity": 0},
    )  # fmt: skip
    assert wrong.status_code == 422
    named = {fault["field"] for fault in wrong.json["errors"]}
    assert {"name", "languages", "capacity", "hours.someday"} <= named
    assert any(field.startswith("countries") for field in named)
    assert call("PUT", "/agents/a%20b", json={}).status_code == 422
    zone = call(
        "PUT", "/agents/x",
        json={"name": "X", "languages": ["da"], "countries": ["DK"], "timezone": "Mars/Olympus",
              "hours": {"monday": "17:00-08:00"}, "capacity": 1},
    )  # fmt: skip
    assert {fault["field"] for fault in zone.json["errors"]} & {"timezone", "hours.monday"}


def test_a_state_changes_only_if_nothing_has_changed(call, add_agent):
    add_agent("ann")
    seen = call("GET", "/agents/ann")
    etag = seen.headers["ETag"]
    busy = call("PATCH", "/agents/ann/state", json={"state": "busy"}, headers={"If-Match": etag})
    assert (busy.status_code, busy.json["state"]) == (200, "busy")
    assert busy.headers["ETag"] != etag
    stale = call("PATCH", "/agents/ann/state", json={"state": "away"}, headers={"If-Match": etag})
    assert stale.status_code == 412
    assert "Read it again" in stale.json["detail"]
    assert (
        call("PATCH", "/agents/ann/state", json={"state": "away"}, headers={"If-Match": '"junk"'}).status_code
        == 412
    )
    assert (
        call("PATCH", "/agents/ann/state", json={"state": "away"}, headers={"If-Match": "*"}).status_code
        == 200
    )
    assert call("PATCH", "/agents/ann/state", json={"state": "asleep"}).status_code == 422
    assert call("PATCH", "/agents/nobody/state", json={"state": "away"}).status_code == 404


def test_reserve_accept_complete(call, add_agent, decide):
    add_agent("ann")
    decision = decide("lead-1")
    made = call("POST", "/leads/lead-1/agent/reserve").json
    assert made["state"] == "reserved"
    assert made["reservation"]["agent_id"] == "ann"
    assert made["reservation"]["decision_id"] == decision.decision_id
    again = call("POST", "/leads/lead-1/agent/reserve")
    assert again.status_code == 409
    assert "complete or release" in again.json["detail"]
    held = {"reservation_id": made["reservation"]["reservation_id"]}
    assert call("POST", "/leads/lead-1/agent/accept", json=held).json["state"] == "accepted"
    assert call("GET", "/agents/ann").json["active"] == 1
    assert call("POST", "/leads/lead-1/agent/complete", json=held).json["state"] == "completed"
    assert call("GET", "/leads/lead-1/agent/reservation").json["state"] == "completed"
    assert call("GET", "/agents/ann").json["active"] == 0


def test_with_nobody_free_the_lead_waits_and_the_queue_pages(call, add_agent, decide):
    for agent in call("GET", "/agents").json["agents"]:
        call("PATCH", f"/agents/{agent['id']}/state", json={"state": "away"})
    for number in range(5):
        decide(f"lead-{number}")
        waiting = call("POST", f"/leads/lead-{number}/agent/reserve").json
        assert waiting["state"] == "waiting"
        assert waiting["reservation"] is None
    page = call("GET", "/agents/queue?limit=2")
    assert [lead["position"] for lead in page.json["waiting"]] == [1, 2]
    assert page.headers["Link"] == '</agents/queue?limit=2&after=2>; rel="next"'
    last = call("GET", "/agents/queue?limit=2&after=4")
    assert len(last.json["waiting"]) == 1
    assert "Link" not in last.headers


def test_an_agent_may_take_a_lead_by_name(call, add_agent, decide):
    add_agent("ann")
    add_agent("bo")
    decide("lead-1", preferred=("ann",))
    assert (
        call("POST", "/leads/lead-1/agent/reserve", json={"agent_id": "bo"}).json["reservation"]["agent_id"]
        == "bo"
    )
    decide("lead-2")
    unknown = call("POST", "/leads/lead-2/agent/reserve", json={"agent_id": "nobody"})
    assert unknown.status_code == 422
    assert unknown.json["errors"][0]["field"] == "agent_id"


def test_outside_call_hours_an_agent_may_be_held_but_not_dial_yet(call, add_agent, decide, monkeypatch):
    add_agent("ann")
    decide("lead-1")
    monkeypatch.setattr(Services, "now", lambda _: datetime(2026, 11, 21, 22, tzinfo=UTC))
    held = call("POST", "/leads/lead-1/agent/reserve").json
    assert held["state"] == "reserved"
    assert held["call_from"].startswith("2026-11-23T08:00:00")


def test_no_call_without_consent_or_after_its_end_or_an_objection(call, add_agent, decide):
    add_agent("ann")
    decide("no-consent", allowed=False)
    refused = call("POST", "/leads/no-consent/agent/reserve")
    assert refused.status_code == 409
    assert "no consent" in refused.json["detail"]
    decide("too-late", call_until=datetime(2026, 11, 23, tzinfo=UTC).isoformat())
    assert "permission ran out" in call("POST", "/leads/too-late/agent/reserve").json["detail"]
    decide("objector")
    call("POST", "/objections", json={"lead_id": "objector"})
    assert "objected" in call("POST", "/leads/objector/agent/reserve").json["detail"]
    assert call("POST", "/leads/stranger/agent/reserve").status_code == 404


def test_an_expired_reservation_says_what_to_do(call, services, add_agent, decide):
    add_agent("ann")
    decide("lead-1")
    held = call("POST", "/leads/lead-1/agent/reserve", json={"hold_seconds": 5}).json["reservation"]
    with services.store.database.writing() as connection:
        connection.execute(text("UPDATE reservations SET expires_ms = expires_ms - 6000"))
    late = call("POST", "/leads/lead-1/agent/accept", json={"reservation_id": held["reservation_id"]})
    assert late.status_code == 409
    assert "reserve an agent again" in late.json["detail"]
    assert [lead["lead_id"] for lead in call("GET", "/agents/queue").json["waiting"]] == ["lead-1"]


def test_the_whole_queue_is_matched_at_once(call, services, add_agent, decide):
    for agent in call("GET", "/agents").json["agents"]:
        call("PATCH", f"/agents/{agent['id']}/state", json={"state": "away"})
    add_agent("ann", languages=["da"])
    add_agent("siri", languages=["sv"])
    for number in range(3):
        decide(f"lead-{number}")
    services.store.facts.fold()
    assert len(call("GET", "/agents/queue").json["waiting"]) == 3
    proposed = call("POST", "/agents/match").json
    assert [pair["agent_id"] for pair in proposed["assigned"]] == ["ann"]
    assert proposed["assigned"][0]["reservation_id"] is None
    assert proposed["idle"] == ["siri"]
    assert {left["reason"] for left in proposed["left"]} == {"agents_taken"}
    made = call("POST", "/agents/match", json={"reserve": True}).json
    assert made["assigned"][0]["reservation_id"].startswith("res_")
    assert call("GET", "/agents/ann").json["active"] == 1
    assert call("POST", "/agents/match", json={"reserve": True}).json["assigned"] == []


def test_fair_load_is_reported(call, add_agent, decide):
    add_agent("ann", 9)
    for number in range(4):
        decide(f"lead-{number}")
        call("POST", f"/leads/lead-{number}/agent/reserve", json={"agent_id": "ann"})
    (group,) = call("GET", "/agents/load").json["groups"]
    assert (group["country"], group["language"], group["taken"]) == ("DK", "da", 4)
    assert {row["agent_id"]: row["taken"] for row in group["rows"]}["ann"] == 4


def test_a_reservation_with_an_idempotency_key_is_made_once(call, add_agent, decide):
    add_agent("ann", 5)
    decide("lead-1")
    first = call("POST", "/leads/lead-1/agent/reserve", headers={"Idempotency-Key": "w1"})
    again = call("POST", "/leads/lead-1/agent/reserve", headers={"Idempotency-Key": "w1"})
    assert first.status_code == again.status_code == 200
    assert again.data == first.data
    assert call("GET", "/agents/ann").json["active"] == 1


def test_desk_routes_need_the_desk_scope(client, services):
    token, _ = services.store.keys.create("crm", "secret", ["enrich"])
    for path in ("/agents", "/agents/queue", "/leads/x/data", "/webhooks"):
        assert client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 403
