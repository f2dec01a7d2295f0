"""How often a key may call: one allowance per key, shared by all workers of this machine.

The generic cell rate algorithm (GCRA, ITU-T I.371) needs a single number per key: the moment at which
its allowance would be whole again. These numbers lie in memory that the workers inherit from the
process that forked them. Two machines have two allowances; divide `per_minute` if that matters.
"""

from __future__ import annotations

import fcntl
import hashlib
import math
import mmap
import os
import struct
import tempfile
import threading
import time
import weakref
from dataclasses import dataclass

from flask import Flask, Response, request

from service.web.problems import Problem
from service.web.visit import VISIT, Key

WINDOW_S = 60.0
_SLOTS = 2048  # keys seen since the start; beyond that a worker counts for itself
_SLOT = struct.Struct("16sd")
_STANDING = "doorstep.standing"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands: calls granted per minute, calls left, seconds until all are back."""

    per_minute: int
    left: int
    reset_s: float
    retry_after_s: float | None = None

    @property
    def policy(self) -> str:
        return f'"key";q={self.per_minute};w={WINDOW_S:.0f}'

    @property
    def line(self) -> str:
        return f'"key";r={self.left};t={math.ceil(self.reset_s)}'


class Limits:
    """Allowances by key id. Make it before the workers are forked."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SLOTS * _SLOT.size)
        # Record locks belong to a process and end with it: a worker killed in here locks nobody out.
        self._lock_file, path = tempfile.mkstemp(prefix="doorstep-limits-")
        os.unlink(path)
        weakref.finalize(self, os.close, self._lock_file)
        self._threads = threading.Lock()
        self._slots: dict[str, tuple[int, bytes]] = {}
        self._own: dict[str, float] = {}

    def charge(self, key_id: str, per_minute: int, now: float | None = None) -> Standing:
        """Counts one call of a key. `retry_after_s` is set when it is one too many and not counted."""
        moment = time.monotonic() if now is None else now
        interval = WINDOW_S / per_minute
        with self._threads:
            place = self._slots.get(key_id) or self._find_slot(key_id)
            if place is None:
                whole_at, standing = _charge(self._own.get(key_id, 0.0), moment, interval, per_minute)
                self._own[key_id] = whole_at
                return standing
            offset, tag = place
            fcntl.lockf(self._lock_file, fcntl.LOCK_EX, 1, offset)
            try:
                _, before = _SLOT.unpack_from(self._memory, offset)
                whole_at, standing = _charge(before, moment, interval, per_minute)
                _SLOT.pack_into(self._memory, offset, tag, whole_at)
            finally:
                fcntl.lockf(self._lock_file, fcntl.LOCK_UN, 1, offset)
            return standing

    def _find_slot(self, key_id: str) -> tuple[int, bytes] | None:
        """The slot that holds the key, or a free one, claimed under a lock over all of them."""
        tag = hashlib.sha256(key_id.encode()).digest()[:16]
        first = int.from_bytes(tag[:4], "big") % _SLOTS
        fcntl.lockf(self._lock_file, fcntl.LOCK_EX)
        try:
            for step in range(_SLOTS):
                offset = (first + step) % _SLOTS * _SLOT.size
                found, _ = _SLOT.unpack_from(self._memory, offset)
                if found == bytes(16):
                    _SLOT.pack_into(self._memory, offset, tag, 0.0)
                if found in (tag, bytes(16)):
                    self._slots[key_id] = (offset, tag)
                    return offset, tag
            return None
        finally:
            fcntl.lockf(self._lock_file, fcntl.LOCK_UN)


def _charge(whole_at: float, now: float, interval: float, per_minute: int) -> tuple[float, Standing]:
    charged = max(whole_at, now) + interval
    over = charged - now - WINDOW_S
    if over > 1e-9:
        return whole_at, Standing(per_minute, 0, max(whole_at - now, 0.0), over)
    return charged, Standing(per_minute, max(0, int(-over / interval + 1e-6)), charged - now)


def install_limits(app: Flask, limits: Limits) -> None:
    """Charges every call that has a key, and says in each answer what is left of the allowance."""

    @app.before_request
    def charge() -> None:
        environ = request.environ
        visit = environ.get(VISIT)
        key: Key | None = None if visit is None else visit.key
        if key is None:
            return
        standing = limits.charge(key.key_id, key.per_minute)
        environ[_STANDING] = standing
        if standing.retry_after_s is not None:
            wait = math.ceil(standing.retry_after_s)
            raise Problem(
                429,
                f"This key may call {standing.per_minute} times a minute. Wait {wait} s and try again.",
                headers={"Retry-After": str(wait)},
            )

    @app.after_request
    def tell(response: Response) -> Response:
        standing = request.environ.get(_STANDING)
        if standing is not None:
            response.headers.add("RateLimit-Policy", standing.policy)
            response.headers.add("RateLimit", standing.line)
        return response
