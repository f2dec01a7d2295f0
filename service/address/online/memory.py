"""A bounded memory of recent answers: least recently used goes first, and everything after a while.

Nothing is written anywhere. What was typed is kept as a keyed hash only.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from cachetools import TTLCache

from service.model import AddressMatch, AddressQuery

# Told apart from "remembered that there is none", which is None.
UNKNOWN = object()


class AnswerMemory:
    """Thread-safe. `entries` answers for `seconds` each; zero entries remember nothing."""

    def __init__(
        self, entries: int = 2_048, seconds: float = 600.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(16)
        self._kept: TTLCache[bytes, AddressMatch | None] = TTLCache(entries, seconds, clock)

    def recall(self, query: AddressQuery) -> AddressMatch | object | None:
        """The remembered answer (None: there is no such address), or UNKNOWN."""
        with self._lock:
            return self._kept.get(self._hash(query), UNKNOWN)

    def remember(self, query: AddressQuery, match: AddressMatch | None) -> None:
        """Keeps an answer; the one unused for longest makes room."""
        with self._lock, suppress(ValueError):  # nothing fits into a memory of no entries
            self._kept[self._hash(query)] = match

    def __len__(self) -> int:
        return len(self._kept)

    def _hash(self, query: AddressQuery) -> bytes:
        text = "\x1f".join(
            (
                query.country,
                query.text,
                query.street,
                query.house_number,
                query.floor,
                query.door,
                query.postcode,
                query.city,
            )
        )
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=16).digest()
