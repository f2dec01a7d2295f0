"""API keys: only their hash is stored.

A key carries 160 random bits, so one SHA-256 is enough: there is no dictionary to try. bcrypt and its
kin slow down the guessing of passwords that people choose, and would cost every request 50 ms here.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson
from sqlalchemy import Row, insert, select, update

from service.errors import InvalidInputError, NotFoundError, StoreError
from service.store.clock import from_ms, now_ms, to_ms
from service.store.connect import Database
from service.store.ids import new_id
from service.store.tables import api_keys

# what a secret key may be allowed to ask for
SCOPES: Mapping[str, str] = {
    "enrich": "decisions, addresses, segments and variables",
    "leads": "the latest decision of a lead, its agent and the reasons",
    "desk": "agents, their state, reservations",
    "outcomes": "sending outcomes and events",
    "reports": "lift, potential, what is paused and the other reports",
    "pauses": "pausing and resuming treatments",
    "privacy": "objections, export and erasure",
    "webhooks": "where messages are sent",
}
PUBLISHABLE_SCOPES = frozenset({"enrich"})
Kind = Literal["secret", "publishable"]
_PREFIX: Mapping[str, str] = {"secret": "sk", "publishable": "pk"}
_FRESH_S = 2.0  # a revoked key is refused at most this long after
_RETRY_S = 0.25  # how often unknown keys may make us look again: bounds what guessing costs
_WAIT_S = 1.0  # how long a key that is not known waits for the thread that reads
_DEFAULT_PER_MINUTE: Mapping[str, int] = {"publishable": 600, "secret": 60_000}
_LOOPBACK = frozenset(("http://localhost:*", "http://127.0.0.1:*", "http://localhost", "http://127.0.0.1"))


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Who calls, and what they may. `per_minute` is the rate that the limits grant.

    `origins` are those of browser pages that may use it: `*` is any, `http://host:*` any port of a host.
    """

    key_id: str
    name: str
    kind: Kind
    scopes: frozenset[str]
    origins: frozenset[str] = frozenset()
    per_minute: int = 60_000
    hint: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


DEMO_KEYS: Mapping[str, ApiKey] = {
    "sk_demo": ApiKey(
        "key_demo_secret", "demo", "secret", frozenset(SCOPES), per_minute=1_000_000, hint="sk_demo"
    ),
    "pk_demo": ApiKey(
        "key_demo_publishable",
        "demo",
        "publishable",
        PUBLISHABLE_SCOPES,
        _LOOPBACK,
        per_minute=1_000_000,
        hint="pk_demo",
    ),
}


class KeyRing:
    """Looks keys up from memory, which is at most two seconds behind the store.

    A key that is not known is refused only by a ring that could be read: until then nobody knows.
    """

    def __init__(self, database: Database, demo_keys: bool = False) -> None:
        self._database = database
        self._demo = {_hash(token): key for token, key in DEMO_KEYS.items()} if demo_keys else {}
        self._known: dict[bytes, ApiKey] = {}
        self._read_at = float("-inf")  # when the ring was last read, or tried to be
        self._was_read = False  # whether that went well
        self._reading = threading.Lock()

    def authenticate(self, token: str) -> ApiKey | None:
        """The key behind a token, or None when it is unknown, expired or revoked.

        A store that cannot be read leaves the keys as last seen: a signup form must not fail with it.
        Raises StoreError for a key that is not among them then: it may be a good one.
        """
        digest = _hash(token)
        if digest in self._demo:
            return self._demo[digest]
        if digest not in self._known:
            if not self._looked_for_unknown():
                raise StoreError("The keys cannot be read now, so nobody knows whether this one holds.")
        elif time.monotonic() - self._read_at > _FRESH_S:
            self._read_again()
        key = self._known.get(digest)
        if key is None or (key.expires_at is not None and key.expires_at <= datetime.now(UTC)):
            return None
        return key

    def all_origins(self) -> frozenset[str]:
        """The origins that any key in force allows: what a preflight, which carries no key, may name."""
        if time.monotonic() - self._read_at > _FRESH_S:
            self._read_again(0.0 if self._known else _WAIT_S)
        keys = (*self._demo.values(), *self._known.values())
        return frozenset(origin for key in keys for origin in key.origins)

    def read(self) -> bool:
        """Reads the ring, as each worker does before its first request; whether the store could be read."""
        return self._read_again(_WAIT_S)

    def create(
        self,
        name: str,
        kind: Kind,
        scopes: Sequence[str] | None = None,
        origins: Sequence[str] = (),
        expires_at: datetime | None = None,
        per_minute: int | None = None,
    ) -> tuple[str, ApiKey]:
        """A new key: its token, which is shown this once, and what is stored of it.

        Raises InvalidInputError for an unknown scope, and for a publishable key without origins.
        """
        granted = (
            frozenset(scopes) if scopes else (frozenset(SCOPES) if kind == "secret" else PUBLISHABLE_SCOPES)
        )
        allowed = frozenset(SCOPES) if kind == "secret" else PUBLISHABLE_SCOPES
        if not granted <= allowed:
            unknown = ", ".join(sorted(granted - allowed))
            raise InvalidInputError(
                f"A {kind} key cannot have {unknown}: choose from {_list(allowed)}.", "scopes"
            )
        if kind == "publishable" and not origins:
            raise InvalidInputError(
                "A publishable key needs the origins of its pages, such as https://shop.example.", "origins"
            )
        token = f"{_PREFIX[kind]}_{secrets.token_urlsafe(20)}"
        now = now_ms()
        key = ApiKey(
            new_id("key"),
            name,
            kind,
            granted,
            frozenset(origins),
            per_minute or _DEFAULT_PER_MINUTE[kind],
            hint=token[:7],
            created_at=from_ms(now),
            expires_at=expires_at,
        )
        with self._database.writing() as connection:
            connection.execute(
                insert(api_keys).values(
                    key_id=key.key_id,
                    name=name,
                    kind=kind,
                    hash=_hash(token),
                    hint=key.hint,
                    scopes=orjson.dumps(sorted(granted)).decode(),
                    origins=orjson.dumps(sorted(key.origins)).decode(),
                    per_minute=key.per_minute,
                    created_ms=now,
                    expires_ms=None if expires_at is None else to_ms(expires_at),
                )
            )
        self._read_at = float("-inf")
        return token, key

    def rotate(self, key_id: str, overlap: timedelta) -> tuple[str, ApiKey]:
        """A new key like this one; the old one ends after `overlap`, so that callers can change over.

        Raises NotFoundError when there is no such key in force.
        """
        old = next((key for key in self.all() if key.key_id == key_id and key.revoked_at is None), None)
        if old is None:
            raise NotFoundError(f"There is no key {key_id} in force; `enrich keys list` shows them.")
        created = self.create(
            old.name, old.kind, sorted(old.scopes), sorted(old.origins), None, old.per_minute
        )
        ends = to_ms(datetime.now(UTC) + overlap)
        with self._database.writing() as connection:
            connection.execute(
                update(api_keys)
                .where(api_keys.c.key_id == key_id)
                .where((api_keys.c.expires_ms.is_(None)) | (api_keys.c.expires_ms > ends))
                .values(expires_ms=ends)
            )
        return created

    def revoke(self, key_id: str) -> None:
        """Ends a key now. Raises NotFoundError when there is no such key in force."""
        with self._database.writing() as connection:
            ended = connection.execute(
                update(api_keys)
                .where(api_keys.c.key_id == key_id, api_keys.c.revoked_ms.is_(None))
                .values(revoked_ms=now_ms())
            )
        if not ended.rowcount:
            raise NotFoundError(f"There is no key {key_id} in force; `enrich keys list` shows them.")
        self._read_at = float("-inf")

    def all(self) -> list[ApiKey]:
        """Every key ever made, newest first; demo keys are not stored and not among them."""
        with self._database.reading() as connection:
            return [
                _key(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.key_id.desc()))
            ]

    def _looked_for_unknown(self) -> bool:
        """Reads again for a key that is not known, at most every `_RETRY_S`, which bounds what guessing
        costs; whether the ring is as the store has it."""
        asked = time.monotonic()
        if asked - self._read_at <= _RETRY_S:
            return self._was_read
        return self._read_again(_WAIT_S, unless_read_since=asked)

    def _read_again(self, wait_s: float = 0.0, unless_read_since: float = float("inf")) -> bool:
        """Reads the ring, or waits up to `wait_s` for the thread that is at it; whether it is read."""
        if not self._reading.acquire(timeout=wait_s):
            return False  # another thread is at it; what is known serves meanwhile
        try:
            if self._read_at < unless_read_since:
                self._was_read = self._read_ring()
                self._read_at = time.monotonic()
            return self._was_read
        finally:
            self._reading.release()

    def _read_ring(self) -> bool:
        try:
            with self._database.reading() as connection:
                rows = connection.execute(select(api_keys).where(api_keys.c.revoked_ms.is_(None))).all()
        except StoreError:
            return False  # said and counted where decisions are recorded
        self._known = {bytes(row.hash): _key(row) for row in rows}
        return True


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        row.key_id,
        row.name,
        row.kind,
        frozenset(orjson.loads(row.scopes)),
        frozenset(orjson.loads(row.origins)),
        row.per_minute,
        row.hint,
        from_ms(row.created_ms),
        None if row.expires_ms is None else from_ms(row.expires_ms),
        None if row.revoked_ms is None else from_ms(row.revoked_ms),
    )


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
