"""Webhooks over real HTTP: signed as the specification says, tried again, and never sent inwards."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from service.errors import InvalidInputError, NotFoundError
from service.flows.background import Background
from service.store import open_store
from service.store.outbox import RETRY_S, Message, Webhook
from service.store.privacy import Retention
from service.web.webhooks import Sender, is_public

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Receiver(ThreadingHTTPServer):
    """Keeps what it got; answers the statuses it was told, then 204."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got = []
        self.statuses = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?x=1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        self.send_response(status)
        if status in (301, 307):
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    yield opened
    opened.close()


def background(store):
    return Background(store, Sender(LOOPBACK), Retention())


def make_due(store):
    with store.database.writing() as connection:
        connection.execute(text("UPDATE messages SET next_ms = 0 WHERE next_ms IS NOT NULL"))


def test_a_message_arrives_signed_and_the_receiver_can_verify_it(store, receiver):
    webhook = store.outbox.add_webhook(receiver.url, ["treatment.paused"])
    store.guards.pause("offer", "bike-30d", "complaints above 2 %")
    background(store).run_round()
    ((path, headers, body),) = receiver.got
    assert path == "/hook?x=1"
    assert Verifier(webhook.secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook.secret).verify(body.replace(b"bike", b"boat"), headers)
    assert json.loads(body)["type"] == "treatment.paused"
    assert json.loads(body)["data"] == {"slot": "offer", "id": "bike-30d", "reason": "complaints above 2 %"}
    (message,) = store.outbox.messages(webhook.webhook_id)
    assert headers["webhook-id"] == message.message_id
    assert message.delivered_at is not None
    background(store).run_round()
    assert len(receiver.got) == 1


def test_a_failed_message_is_tried_again_later_with_the_same_id_and_body(store, receiver):
    webhook = store.outbox.add_webhook(receiver.url, ["agent.reserved"])
    store.outbox.announce("agent.reserved", {"lead_id": "l1"})
    receiver.statuses = [500, 307]
    for attempt in (1, 2, 3):
        before = datetime.now(UTC)
        background(store).run_round()
        (message,) = store.outbox.messages(webhook.webhook_id)
        assert message.attempts == attempt
        if attempt < 3:
            assert message.delivered_at is None
            wait = (message.next_at - before).total_seconds()
            assert RETRY_S[attempt - 1] - 1 < wait < RETRY_S[attempt - 1] + 5
        background(store).run_round()  # nothing is due
        make_due(store)
    assert message.delivered_at is not None
    assert len(receiver.got) == 3
    assert len({(headers["webhook-id"], body) for _, headers, body in receiver.got}) == 1


def test_it_is_given_up_at_last_and_can_be_replayed(store, receiver):
    webhook = store.outbox.add_webhook(receiver.url, ["agent.reserved"])
    store.outbox.announce("agent.reserved", {"n": 1})
    receiver.statuses = [503] * (len(RETRY_S) + 1)
    for _ in range(len(RETRY_S) + 3):
        background(store).run_round()
        make_due(store)
    assert len(receiver.got) == len(RETRY_S) + 1
    (message,) = store.outbox.messages(webhook.webhook_id)
    assert (message.next_at, message.delivered_at, message.last_answer) == (None, None, "HTTP 503")
    assert store.outbox.replay(webhook.webhook_id) == 1
    background(store).run_round()
    (message,) = store.outbox.messages(webhook.webhook_id)
    assert message.delivered_at is not None


def test_410_ends_the_webhook(store, receiver):
    webhook = store.outbox.add_webhook(receiver.url, ["agent.reserved"])
    store.outbox.announce("agent.reserved", {"n": 1})
    receiver.statuses = [410]
    background(store).run_round()
    with pytest.raises(NotFoundError):
        store.outbox.webhook(webhook.webhook_id)
    store.outbox.announce("agent.reserved", {"n": 2})
    assert len(store.outbox.messages(webhook.webhook_id)) == 1


def test_a_message_of_a_sender_that_died_is_sent_by_another(store, receiver):
    store.outbox.add_webhook(receiver.url, ["agent.reserved"])
    store.outbox.announce("agent.reserved", {"n": 1})
    assert len(store.outbox.claim_due()) == 1
    assert store.outbox.claim_due() == []
    make_due(store)  # the minute is over
    background(store).run_round()
    assert len(receiver.got) == 1


def test_only_wanted_types_are_sent(store, receiver):
    store.outbox.add_webhook(receiver.url, ["agent.reserved"])
    store.outbox.announce("treatment.paused", {"n": 1})
    background(store).run_round()
    assert receiver.got == []
    with pytest.raises(InvalidInputError, match=r"decision\.made"):
        store.outbox.add_webhook(receiver.url, ["everything"])


def test_another_release_is_announced_once(store):
    webhook = store.outbox.add_webhook("https://receiver.example/", ["release.activated"])
    assert not store.outbox.announce_once("release.activated", "r1", {"release": "r1"})
    assert not store.outbox.announce_once("release.activated", "r1", {"release": "r1"})
    assert store.outbox.announce_once("release.activated", "r2", {"release": "r2"})
    assert not store.outbox.announce_once("release.activated", "r2", {"release": "r2"})
    assert [json.loads(m.body)["data"] for m in store.outbox.messages(webhook.webhook_id)] == [
        {"release": "r2"}
    ]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_private_addresses_are_not_public(address):
    assert not is_public(ip_address(address))
    with pytest.raises(InvalidInputError, match="private networks"):
        Sender(resolve=lambda host, port: [address]).check_url("https://receiver.example/x")


def test_public_addresses_are():
    for address in ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"):
        assert is_public(ip_address(address))
        Sender(resolve=lambda host, port, address=address: [address]).check_url("https://receiver.example/x")


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(InvalidInputError, match="private networks"):
        Sender(resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"]).check_url(
            "https://receiver.example/"
        )


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example/x", "ftp://shop.example/", "https://", "https://user:pw@shop.example/", "file:///etc/passwd",
        "https://shop.example/#x", "http://shop.example/", "https://[::1", "https://shop.example:99999/",
    ],
)  # fmt: skip
def test_urls_that_are_none(url):
    with pytest.raises(InvalidInputError):
        Sender(resolve=lambda host, port: ["93.184.216.34"]).check_url(url)


def test_a_name_that_turns_inwards_after_it_was_registered_gets_nothing(store, receiver):
    """DNS rebinding: what is connected to is the address that was checked, at every attempt."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    sender = Sender(resolve=lambda host, port: answers.pop(0))
    url = f"https://rebind.example:{receiver.server_port}/"
    sender.check_url(url)
    message = Message("msg_1", "wh_1", "agent.reserved", b"{}", datetime.now(UTC), 1, None, None, None)
    sent = sender.send(message, Webhook("wh_1", url, (), "whsec_" + "A" * 32, datetime.now(UTC)))
    assert not sent.delivered
    assert "private networks" in sent.answer
    assert receiver.got == []


def test_a_receiver_that_hangs_does_not_stop_the_sender(store, monkeypatch):
    monkeypatch.setattr("service.web.webhooks._READ_S", 0.3)
    import socket

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        webhook = store.outbox.add_webhook(f"http://127.0.0.1:{deaf.getsockname()[1]}/", ["agent.reserved"])
        store.outbox.announce("agent.reserved", {"n": 1})
        started = time.monotonic()
        background(store).run_round()
        assert time.monotonic() - started < 5
        (message,) = store.outbox.messages(webhook.webhook_id)
        assert message.last_answer == "ReadTimeout"
