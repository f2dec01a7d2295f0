"""What nobody waits for: folding the log, ending reservations, sending webhooks, retention.

Duties a round at a time, for as long as the lease is ours: of several machines one works.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from service.errors import DoorstepError
from service.store import Store
from service.store.outbox import Message, Webhook
from service.store.privacy import Retention
from service.tables import current_release_id

log = logging.getLogger(__name__)

LEASE = "background"
_LEASE_S = 10.0
_RENEW_S = 3.0
_IDLE_S = 0.2  # the pause when there was nothing to do
# After work it rests this many times as long: derived sums may lag behind, requests may not. Measured on
# two cores: without it the folding took half of the requests that could have been answered. Sums keep up
# with some 1,400 decisions a second, and catch up later with what is above that.
_REST = 3.0
_MOST_REST_S = 1.0
_FOLD_AT_ONCE = 500  # decisions per round, so that the other duties get their turn
_SENDERS = 4  # receivers may be slow; this many are waited for at a time
_RETENTION_EVERY_S = 3600.0
_CHECKPOINT_EVERY_S = 1.0
_RESTART_S = 1.0


class Sent(Protocol):
    """What became of one attempt: `gone` when the receiver wants no more."""

    @property
    def delivered(self) -> bool: ...

    @property
    def answer(self) -> str: ...

    @property
    def gone(self) -> bool: ...


class Sender(Protocol):
    """Delivers one message to one receiver, once; never raises."""

    def send(self, message: Message, webhook: Webhook) -> Sent: ...


class Background:
    """The duties, a round at a time."""

    def __init__(
        self, store: Store, sender: Sender, retention: Retention, reference_data: Path | None = None
    ) -> None:
        self._store = store
        self._sender = sender
        self._retention = retention
        self._reference_data = reference_data
        self._due: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Rounds until told to stop. What goes wrong is logged, and tried again after a pause."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                worked = self.run_round()
            except DoorstepError as error:
                log.error("the background round broke off: %s", error)
                worked, self._due = False, {}
                stop.wait(_RESTART_S)
            except Exception:
                log.exception("the background round broke off")
                stop.wait(_RESTART_S)
                worked = False
            if worked:
                stop.wait(min((time.monotonic() - began) * _REST, _MOST_REST_S))
            else:
                stop.wait(_IDLE_S)
        try:
            self._store.leases.give_back(LEASE)
        except DoorstepError:
            log.warning("the lease could not be given back; it lapses by itself")

    def run_round(self) -> bool:
        """One round, if the lease is ours; whether there was something to do."""
        drained = self._store.decisions.drain()  # what waits on this machine, whoever has the lease
        if drained:
            log.info("decisions that waited are in the log", extra={"decisions": drained})
        if self._is_due("lease", _RENEW_S) and not self._store.leases.take(LEASE, _LEASE_S):
            self._due.pop("lease")  # another machine works; ask again next time
            time.sleep(_IDLE_S)
            return False
        worked = self._store.facts.fold(_FOLD_AT_ONCE) > 0
        worked |= self._store.desk.expire_due() > 0
        worked |= self._send_due() > 0
        if self._is_due("release", _CHECKPOINT_EVERY_S):
            self._announce_release()
            self._store.database.checkpoint()
        if self._is_due("retention", _RETENTION_EVERY_S):
            deleted = {
                kind: rows for kind, rows in self._store.privacy.delete_old(self._retention).items() if rows
            }
            if deleted:
                log.info("retention", extra={"deleted": deleted})
        return worked

    def _send_due(self) -> int:
        due = self._store.outbox.claim_due(_SENDERS * 4)
        if due:
            with ThreadPoolExecutor(_SENDERS) as senders:
                list(senders.map(self._send, due))
        return len(due)

    def _send(self, due: tuple[Message, Webhook]) -> None:
        message, webhook = due
        sent = self._sender.send(message, webhook)
        self._store.outbox.settle(message, sent.delivered, sent.answer)
        if sent.gone:
            log.warning("a receiver wants no more messages", extra={"webhook": webhook.webhook_id})
            self._store.outbox.remove_webhook(webhook.webhook_id)

    def _announce_release(self) -> None:
        if self._reference_data is None:
            return
        try:
            release = current_release_id(self._reference_data)
        except DoorstepError:
            return  # said by the workers, which cannot answer from it
        self._store.outbox.announce_once("release.activated", release, {"release": release})

    def _is_due(self, duty: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(duty, 0.0):
            return False
        self._due[duty] = now + every_s
        return True
