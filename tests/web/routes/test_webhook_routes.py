"""Webhooks over HTTP: registering, seeing what was sent, sending again."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from service.web.webhooks import Sender


@pytest.fixture(autouse=True)
def public_dns(monkeypatch):
    """Tests have no network: every name is a public address, `inside.example` a private one."""

    def resolve(host, port):
        if host == "nowhere.example":
            raise OSError("no such name")
        return ["10.0.0.7" if host == "inside.example" else "93.184.216.34"]

    monkeypatch.setattr(Sender.__init__, "__defaults__", ((), resolve, None))


def _add(call, url="https://shop.example/in", types=("agent.reserved",)):
    return call("POST", "/webhooks", json={"url": url, "types": list(types)})


def test_a_receiver_is_registered_listed_and_removed(call):
    made = _add(call)
    assert made.status_code == 201
    assert made.json["secret"].startswith("whsec_")
    listed = call("GET", "/webhooks").json["webhooks"]
    assert [webhook["webhook_id"] for webhook in listed] == [made.json["webhook_id"]]
    assert "secret" not in listed[0]
    assert call("DELETE", f"/webhooks/{made.json['webhook_id']}").json["removed"] is True
    assert call("GET", "/webhooks").json["webhooks"] == []
    assert call("DELETE", f"/webhooks/{made.json['webhook_id']}").status_code == 404


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://inside.example/", "private networks"),
        ("http://shop.example/", "must be https"),
        ("https://nowhere.example/", "no address"),
        ("shop.example", "needs a URL"),
    ],
)
def test_urls_that_must_not_be_called(call, url, words):
    refused = _add(call, url)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "url"
    assert words in refused.json["errors"][0]["message"]


def test_what_was_sent_can_be_seen_and_sent_again(call, services, add_agent, decide):
    webhook_id = _add(call).json["webhook_id"]
    add_agent("ann", 9)
    for number in range(3):
        decide(f"lead-{number}")
        call("POST", f"/leads/lead-{number}/agent/reserve")
    page = call("GET", f"/webhooks/{webhook_id}/messages?limit=2")
    assert [message["type"] for message in page.json["messages"]] == ["agent.reserved"] * 2
    path = page.headers["Link"].partition(">")[0].removeprefix("<")
    rest = call("GET", path).json["messages"]
    assert len(rest) == 1
    with services.store.database.writing() as connection:
        connection.execute(text("UPDATE messages SET next_ms = NULL, delivered_ms = 1, attempts = 1"))
    one = page.json["messages"][0]["message_id"]
    assert call("POST", f"/webhooks/{webhook_id}/replay", json={"message_id": one}).json == {"queued": 1}
    assert call("POST", f"/webhooks/{webhook_id}/replay").json == {"queued": 3}
    assert call("POST", f"/webhooks/{webhook_id}/replay", json={"since": "2099-01-01T00:00:00Z"}).json == {
        "queued": 0
    }
    assert call("POST", "/webhooks/wh_none/replay").status_code == 404
    assert call("GET", "/webhooks/wh_none/messages").status_code == 404
