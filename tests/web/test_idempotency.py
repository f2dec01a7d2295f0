"""`Idempotency-Key`: the same answer again, made once, and no address kept for it."""

from __future__ import annotations

import sqlite3

import pytest

from service.errors import StoreError

TYPED = "Nørebrogade 52C, 2. th, 2200 København N"
LEAD = {"lead_id": "crm-1", "address": TYPED}


def post(client, body, word="3f2c", path="/enrich", key="sk_demo"):
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": word}
    return client.post(path, json=body, headers=headers)


@pytest.mark.parametrize("key", ["sk_demo", "pk_demo"])
def test_the_same_call_gets_the_same_answer_byte_for_byte(client, key):
    first = post(client, LEAD, key=key)
    again = post(client, LEAD, key=key)
    assert first.status_code == again.status_code == 200
    assert first.json["address"]["street"] == "Nørrebrogade"
    assert again.data == first.data
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_no_second_decision_is_made(client, services):
    first = post(client, LEAD).json["decision_id"]
    post(client, LEAD)
    latest = services.store.latest_decision("crm-1")
    assert latest is not None
    assert latest.decision_id == first
    assert post(client, LEAD, word="another").json["decision_id"] != first


def test_a_batch_is_repeated_lead_by_lead_with_its_refusals(client):
    leads = {"leads": [LEAD, {"address": "x", "email": "a@b.c"}, {"lead_id": "crm-2", "address": "nonsense"}]}
    first = post(client, leads, path="/enrich/batch")
    again = post(client, leads, path="/enrich/batch")
    assert first.json["answered"] == 2
    first_results, again_results = first.json["results"], again.json["results"]
    for results in (first_results, again_results):
        assert results[1]["problem"].pop("request_id")  # of the request, not of the call
    assert again_results == first_results


def test_a_large_batch_may_have_a_key(client):
    leads = {"leads": [{"lead_id": f"crm-{i}", "address": TYPED} for i in range(600)]}
    assert post(client, leads, path="/enrich/batch").json["answered"] == 600


def test_the_word_for_another_call_is_refused(client):
    post(client, LEAD)
    other = post(client, {**LEAD, "lead_id": "crm-2"})
    assert other.status_code == 422
    assert "another request" in other.json["detail"]
    assert post(client, LEAD, key="pk_demo").status_code == 200  # another caller's word


def test_a_refused_call_may_be_corrected(client):
    assert post(client, {"lead_id": "x"}).status_code == 422
    assert post(client, LEAD).status_code == 200


def test_a_call_under_way_is_answered_409(client, services):
    services.store.replays.begin("key_demo_secret", "3f2c", b"POST /enrich\n" + b'{"address": "x"}')
    answer = client.post(
        "/enrich",
        data=b'{"address": "x"}',
        headers={
            "Authorization": "Bearer sk_demo",
            "Idempotency-Key": "3f2c",
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code == 409
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("word", ["a b", "x" * 256, '""'])
def test_a_key_that_is_none_is_named(client, word):
    answer = post(client, LEAD, word=word)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json["detail"]


def test_nothing_of_the_address_is_kept(client, tmp_path):
    post(client, LEAD)
    post(client, {"leads": [LEAD]}, path="/enrich/batch", word="b")
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert b"brogade" not in content
        assert "København N".encode() not in content
    with sqlite3.connect(tmp_path / "store.sqlite") as store:
        assert store.execute("SELECT count(*) FROM idempotency WHERE status = 200").fetchone() == (2,)
    store.close()


def test_a_form_does_not_fail_because_the_word_cannot_be_kept(client, services, monkeypatch):
    def fail(*_):
        raise StoreError("no disk")

    monkeypatch.setattr(services.store.replays, "begin", fail)
    assert post(client, LEAD).status_code == 200
    monkeypatch.undo()
    monkeypatch.setattr(services.store.replays, "settle", fail)
    assert post(client, LEAD).status_code == 200


def test_every_post_route_takes_a_key(app):
    for rule in app.url_map.iter_rules():
        page = rule.endpoint.startswith("desk.")  # forms of a page: no client repeats them
        if "POST" in (rule.methods or ()) and not page:
            documented = app.view_functions[rule.endpoint]._apidoc["manual_doc"].get("parameters", [])
            assert "Idempotency-Key" in [p.get("name") for p in documented], rule.rule
