"""Pauses over HTTP, through the service as shipped: not given, given again, and by whom it may be said."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from service.config import load_config
from service.learn.lift.compare import LEAST_DECISIONS
from service.web.app import create_app
from service.web.schemas.pauses import PausesAnswer
from service.wiring import build_services

SECRET = {"Authorization": "Bearer sk_demo"}
ADDRESS = "Sankt Mortens Gade 3, 3700 Rønne"


@pytest.fixture
def worker(tmp_path):
    """worker() starts one more worker over the same store."""
    opened = []

    def start():
        url = f"sqlite:///{tmp_path}/store.sqlite"
        opened.append(build_services(load_config({"ENRICH_DATABASE_URL": url, "ENRICH_SALT": "pauses"})))
        return create_app(opened[-1]).test_client()

    yield start
    for services in opened:
        services.store.close()


def change(client, action, treatment, **more):
    body = {"action": action, "slot": "greeting", "treatment": treatment, **more}
    return client.post("/pauses", json=body, headers=SECRET)


def enrich(client, lead_id):
    return client.post("/enrich", json={"lead_id": lead_id, "address": ADDRESS}, headers=SECRET).json


def greeting(client, lead_id):
    return enrich(client, lead_id)["decisions"]["greeting"]["id"]


def treated_lead(client):
    """A lead who is greeted in a way of their own, and that greeting."""
    for number in range(50):
        given = greeting(client, f"crm-{number}")
        if given != "greet-standard":
            return f"crm-{number}", given
    raise AssertionError("nobody is treated")


def test_what_is_paused_is_not_given_and_what_is_resumed_is_given_again_within_a_second(worker):
    one, other = worker(), worker()
    lead, given = treated_lead(other)
    answer = change(one, "pause", given, reason="forkert pris på Ærø")
    assert answer.status_code == 200
    (pause,) = answer.json["pauses"]
    assert (pause["slot"], pause["treatment"], pause["reason"]) == ("greeting", given, "forkert pris på Ærø")
    PausesAnswer().load(answer.json)
    assert one.get("/pauses", headers=SECRET).json == answer.json
    time.sleep(1.05)
    assert greeting(other, lead) != given
    assert greeting(worker(), lead) != given  # as after a restart
    assert change(one, "resume", given).json == {"pauses": []}
    time.sleep(1.05)
    assert greeting(other, lead) == given


def test_complaints_that_a_person_has_looked_at_do_not_pause_again_but_new_ones_do(worker):
    client = worker()
    _, given = treated_lead(client)
    size = LEAST_DECISIONS * 3

    def decide(prefix):
        found = []
        for number in range(size * 10):
            made = enrich(client, f"{prefix}-{number}")
            found += [made["decision_id"]] * (made["decisions"]["greeting"]["id"] == given)
            if len(found) == size:
                return found
        raise AssertionError("too few are treated")

    def complain(decisions):
        at = datetime.now(UTC).isoformat()
        reports = [{"decision_id": d, "slot": "greeting", "kind": "complained", "at": at} for d in decisions]
        return client.post("/outcomes", json={"outcomes": reports}, headers=SECRET).json["paused"]

    first = decide("first")
    assert complain(first[: size // 2]) == [f"greeting/{given}"]
    (pause,) = client.get("/pauses", headers=SECRET).json["pauses"]
    assert pause["reason"] == "complaints above 2%"
    assert change(client, "resume", given).json == {"pauses": []}
    assert complain(first[size // 2 :]) == []  # all of the old ones have now complained
    second = decide("second")
    assert complain(second[:1]) == []
    assert complain(second[1 : size // 2]) == [f"greeting/{given}"]


def test_names_and_callers_are_checked(worker):
    client = worker()
    _, given = treated_lead(client)
    assert change(client, "resume", given).status_code == 404
    wrong = change(client, "pause", "greet-moon")
    assert wrong.status_code == 422
    assert wrong.json["errors"][0]["field"] == "treatment"
    assert change(client, "stop", given).status_code == 422
    keys = client.application.extensions["doorstep"].keyring
    for scopes, reads, writes in ((["reports"], 200, 403), (["pauses"], 403, 200), (["outcomes"], 403, 403)):
        token, _ = keys.create("one scope", "secret", scopes)
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/pauses", headers=headers).status_code == reads
        body = {"action": "pause", "slot": "greeting", "treatment": given}
        assert client.post("/pauses", json=body, headers=headers).status_code == writes
    assert client.get("/pauses", headers={"Authorization": "Bearer pk_demo"}).status_code == 403
