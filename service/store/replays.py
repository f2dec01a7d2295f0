"""Idempotency keys: a call that was made before is answered as it was then.

What is stored under a key is a salted hash of the request, never the request, and the answer as its
route gives it for keeping: a route whose answer holds an address keeps the ids of its decisions instead
(they are in the log) and gives the same answer again from them and from the request, which comes anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from service.store.clock import DAY_MS, now_ms
from service.store.connect import Database
from service.store.salts import salted_hash
from service.store.statements import insert_once
from service.store.tables import idempotency

_LIFETIME_MS = DAY_MS
# A worker that was killed leaves its call open; after this, the same call may be made again.
_ABANDONED_MS = 60_000


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer of the first call."""

    status: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """This is the first call; settle or drop it."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """The first call is not answered yet."""


@dataclass(frozen=True, slots=True)
class OtherBody:
    """The key was used for another request."""


class Replays:
    """Remembers, for a day, what was answered under which key."""

    def __init__(self, database: Database, salt: str) -> None:
        self._database = database
        self._salt = salt

    def begin(self, key_id: str, word: str, request: bytes) -> Kept | Begun | InFlight | OtherBody:
        """Claims an Idempotency-Key of a caller for a request (method, path and body)."""
        fingerprint = salted_hash(self._salt, "idempotency", hashlib.sha256(request).hexdigest())
        now = now_ms()
        row = {"scope": key_id, "word": _hash(word), "fingerprint": fingerprint, "started_ms": now}
        mine = (idempotency.c.scope == key_id) & (idempotency.c.word == _hash(word))
        with self._database.writing() as connection:
            connection.execute(delete(idempotency).where(mine, idempotency.c.started_ms < now - _LIFETIME_MS))
            if insert_once(connection, idempotency, row):
                return Begun()
            known = connection.execute(select(idempotency).where(mine)).one()
            if bytes(known.fingerprint) != fingerprint:
                return OtherBody()
            if known.status is not None:
                return Kept(known.status, bytes(known.answer))
            if known.started_ms > now - _ABANDONED_MS:
                return InFlight()
            connection.execute(update(idempotency).where(mine).values(started_ms=now))
            return Begun()

    def settle(self, key_id: str, word: str, status: int, answer: bytes) -> None:
        """Keeps the answer of a begun call."""
        with self._database.writing() as connection:
            connection.execute(
                update(idempotency)
                .where(idempotency.c.scope == key_id, idempotency.c.word == _hash(word))
                .values(status=status, answer=answer)
            )

    def drop(self, key_id: str, word: str) -> None:
        """Forgets a begun call that did nothing, so that it may be made again."""
        with self._database.writing() as connection:
            connection.execute(
                delete(idempotency).where(
                    idempotency.c.scope == key_id,
                    idempotency.c.word == _hash(word),
                    idempotency.c.status.is_(None),
                )
            )


def _hash(word: str) -> bytes:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
