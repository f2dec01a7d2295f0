"""Messages to webhooks: who gets which, when they are tried again, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import text

from service.errors import InvalidInputError, NotFoundError
from service.store import Store
from service.store.outbox import RETRY_S, Message, Webhook

URL = "https://shop.example/hook"
SECOND = timedelta(seconds=1)


def _due(store: Store) -> list[tuple[Message, Webhook]]:
    return store.outbox.claim_due()


def _later(store: Store, seconds: float) -> None:
    """As if so much time had passed: what is to be sent is due so much sooner."""
    with store.database.writing() as connection:
        connection.execute(text(f"UPDATE messages SET next_ms = next_ms - {round(seconds * 1000)}"))


def test_a_receiver_is_registered_with_a_secret_of_its_own(store: Store) -> None:
    made = store.outbox.add_webhook(URL, ["agent.reserved", "decision.made", "agent.reserved"])
    other = store.outbox.add_webhook(URL, ["treatment.paused"])
    assert made.types == ("agent.reserved", "decision.made")
    assert made.secret.startswith("whsec_")
    assert len(made.secret) == len("whsec_") + 44
    assert made.secret != other.secret
    assert store.outbox.webhooks() == [made, other]
    assert store.outbox.webhook(other.webhook_id) == other
    assert datetime.now(UTC) - 5 * SECOND < made.created_at <= datetime.now(UTC)
    for wrong in ([], ["decision.made", "moon.rose"]):
        with pytest.raises(InvalidInputError, match=r"one or more of decision\.made, agent\.reserved") as no:
            store.outbox.add_webhook(URL, wrong)
        assert no.value.field == "types"


def test_a_message_goes_to_those_who_want_its_type(store: Store) -> None:
    wants = store.outbox.add_webhook(URL, ["decision.made", "agent.reserved"])
    other = store.outbox.add_webhook(URL, ["treatment.paused"])
    gone = store.outbox.add_webhook(URL, ["decision.made"])
    store.outbox.remove_webhook(gone.webhook_id)
    store.outbox.announce("decision.made", {"lead_id": "crm-1", "status": "ok"})
    assert store.outbox.backlog() == 1
    ((message, webhook),) = _due(store)
    assert webhook == wants
    assert (message.type, message.attempts, message.delivered_at) == ("decision.made", 0, None)
    body = orjson.loads(message.body)
    assert body == {
        "type": "decision.made",
        "timestamp": message.created_at.isoformat(),
        "data": {"lead_id": "crm-1", "status": "ok"},
    }
    assert store.outbox.messages(other.webhook_id) == []
    assert store.privacy.export("crm-1")["messages"][0]["message_id"] == message.message_id


def test_what_is_claimed_is_ours_for_a_minute_and_then_anybodys(store: Store) -> None:
    store.outbox.add_webhook(URL, ["decision.made"])
    assert _due(store) == []
    store.outbox.announce("decision.made", {"n": 1})
    ((first, _),) = _due(store)
    assert _due(store) == []
    _later(store, 58)
    assert _due(store) == []
    _later(store, 3)
    ((again, _),) = _due(store)
    assert (again.message_id, again.body, again.attempts) == (first.message_id, first.body, 1)


def test_the_longest_due_are_sent_first_and_so_many_at_a_time(store: Store) -> None:
    hook = store.outbox.add_webhook(URL, ["decision.made"])
    for number in range(5):
        store.outbox.announce("decision.made", {"n": number})
    with store.database.writing() as connection:
        for message in store.outbox.messages(hook.webhook_id):
            seconds = 9 - orjson.loads(message.body)["data"]["n"]
            late = f"UPDATE messages SET next_ms = next_ms - {seconds}000 WHERE message_id = :id"
            connection.execute(text(late), {"id": message.message_id})
    claimed = store.outbox.claim_due(2)
    assert [orjson.loads(m.body)["data"]["n"] for m, _ in claimed] == [0, 1]
    assert len(store.outbox.claim_due()) == 3


def test_a_delivered_message_is_done(store: Store) -> None:
    hook = store.outbox.add_webhook(URL, ["decision.made"])
    store.outbox.announce("decision.made", {"n": 1})
    ((message, _),) = _due(store)
    store.outbox.settle(message, True, "204")
    (kept,) = store.outbox.messages(hook.webhook_id)
    assert kept.delivered_at is not None
    assert (kept.next_at, kept.last_answer, kept.attempts) == (None, "204", 1)
    assert store.outbox.backlog() == 0
    _later(store, 10_000)
    assert _due(store) == []


def test_a_failed_message_is_tried_again_on_schedule_and_given_up_after_the_last(store: Store) -> None:
    hook = store.outbox.add_webhook(URL, ["decision.made"])
    store.outbox.announce("decision.made", {"n": 1})
    for failed, wait in enumerate((*RETRY_S, None)):
        ((message, _),) = _due(store)
        assert message.attempts == failed
        before = datetime.now(UTC)
        store.outbox.settle(message, False, "x" * 300)
        (kept,) = store.outbox.messages(hook.webhook_id)
        assert (kept.attempts, kept.delivered_at, kept.last_answer) == (failed + 1, None, "x" * 200)
        if wait is None:
            assert kept.next_at is None
            break
        assert kept.next_at is not None
        assert timedelta(seconds=wait) - SECOND < kept.next_at - before < timedelta(seconds=wait) + 5 * SECOND
        assert store.outbox.backlog() == 1
        _later(store, wait)
    assert store.outbox.backlog() == 0


def test_a_removed_receiver_gets_nothing_more(store: Store) -> None:
    hook = store.outbox.add_webhook(URL, ["decision.made"])
    other = store.outbox.add_webhook(URL, ["decision.made"])
    for number in range(2):
        store.outbox.announce("decision.made", {"n": number})
    claimed = {m.message_id: m for m, w in _due(store) if w == hook}
    delivered, under_way = claimed.values()
    store.outbox.settle(delivered, True, "200")
    store.outbox.remove_webhook(hook.webhook_id)
    store.outbox.settle(under_way, False, "late answer")  # its sender comes too late to try again
    kept = {m.message_id: m for m in store.outbox.messages(hook.webhook_id)}
    assert kept[delivered.message_id].last_answer == "200"
    assert kept[under_way.message_id].last_answer == "the webhook was removed"
    assert kept[under_way.message_id].next_at is None
    assert store.outbox.webhooks() == [other]
    assert store.outbox.backlog() == 2
    with pytest.raises(NotFoundError, match="no webhook with this id"):
        store.outbox.webhook(hook.webhook_id)
    with pytest.raises(NotFoundError, match="no webhook with this id"):
        store.outbox.remove_webhook(hook.webhook_id)


def test_messages_are_read_newest_first_page_by_page(store: Store) -> None:
    hook, other = (store.outbox.add_webhook(URL, ["decision.made"]) for _ in range(2))
    for number in range(5):
        store.outbox.announce("decision.made", {"n": number})
    ids = [m.message_id for m in store.outbox.messages(hook.webhook_id)]
    assert len(ids) == 5
    assert ids == sorted(ids, reverse=True)
    assert [m.message_id for m in store.outbox.messages(hook.webhook_id, 2)] == ids[:2]
    assert [m.message_id for m in store.outbox.messages(hook.webhook_id, 2, ids[1])] == ids[2:4]
    assert not set(ids) & {m.message_id for m in store.outbox.messages(other.webhook_id)}


def test_messages_are_sent_again_one_or_all_since_a_moment(store: Store) -> None:
    hook, other = (store.outbox.add_webhook(URL, ["decision.made"]) for _ in range(2))
    for number in range(3):
        store.outbox.announce("decision.made", {"n": number})
    for message, _ in _due(store):
        store.outbox.settle(message, True, "200")
    newest, middle, oldest = store.outbox.messages(hook.webhook_id)
    with store.database.writing() as connection:
        connection.execute(
            text("UPDATE messages SET created_ms = created_ms - 60000 WHERE message_id = :id"),
            {"id": oldest.message_id},
        )
    assert store.outbox.replay(hook.webhook_id, message_id=middle.message_id) == 1
    ((again, _),) = _due(store)
    assert (again.message_id, again.attempts, again.delivered_at) == (middle.message_id, 0, None)
    assert store.outbox.replay(hook.webhook_id, since=newest.created_at - 30 * SECOND) == 2
    assert {m.message_id for m, _ in _due(store)} == {newest.message_id, middle.message_id}
    assert store.outbox.replay(hook.webhook_id) == 3
    assert store.outbox.replay(hook.webhook_id, message_id="msg_none") == 0
    assert {w.webhook_id for _, w in _due(store)} == {hook.webhook_id}
    assert all(m.delivered_at for m in store.outbox.messages(other.webhook_id))


def test_a_new_state_is_announced_once_and_the_first_one_only_noted(store: Store) -> None:
    hook = store.outbox.add_webhook(URL, ["release.activated"])

    def announce(state: str) -> bool:
        return store.outbox.announce_once("release.activated", state, {"release": state})

    assert not announce("2026-11-01.1")
    assert not announce("2026-11-01.1")
    assert announce("2026-11-21.4")
    assert not announce("2026-11-21.4")
    assert announce("2026-11-01.1")
    told = [orjson.loads(m.body)["data"]["release"] for m in store.outbox.messages(hook.webhook_id)]
    assert told == ["2026-11-01.1", "2026-11-21.4"]
