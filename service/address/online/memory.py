"""A bounded memory of recent answers: least recently used goes first, and everything after a while.

Nothing is written anywhere. What was typed is kept as a keyed hash only.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from service.model import AddressMatch, AddressQuery

# Told apart from "remembered that there is none", which is None.
UNKNOWN = object()


class AnswerMemory:
    """Thread-safe. `entries` answers for `seconds` each; zero entries remember nothing."""

    def __init__(
        self, entries: int = 2_048, seconds: float = 600.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._entries, self._seconds, self._clock = entries, seconds, clock
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(16)
        self._kept: OrderedDict[bytes, tuple[float, AddressMatch | None]] = OrderedDict()

    def recall(self, query: AddressQuery) -> AddressMatch | object | None:
        """The remembered answer (None: there is no such address), or UNKNOWN."""
        key = self._hash(query)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return UNKNOWN
            if self._clock() - kept[0] > self._seconds:
                del self._kept[key]
                return UNKNOWN
            self._kept.move_to_end(key)
            return kept[1]

    def remember(self, query: AddressQuery, match: AddressMatch | None) -> None:
        """Keeps an answer; the one unused for longest makes room."""
        with self._lock:
            self._kept[self._hash(query)] = (self._clock(), match)
            self._kept.move_to_end(self._hash(query))
            while len(self._kept) > self._entries:
                self._kept.popitem(last=False)

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
