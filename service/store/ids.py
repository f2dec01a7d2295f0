"""Time-ordered identifiers: a prefix and a ULID, 26 characters of Crockford base 32.

The first 10 characters are milliseconds, the other 16 are random (80 bits), so ids made by several
workers never meet, sort by time, and fill an index from one side. Own code because `uuid.uuid7` needs
Python 3.14. Source of the form: https://github.com/ulid/spec
"""

from __future__ import annotations

import os

from service.store.clock import now_ms

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)  # ten bits at a time: half the look-ups


def new_id(prefix: str) -> str:
    """A new id such as `dec_01JX3V5M8Q…`: `prefix`, an underscore, 26 characters."""
    number = now_ms() << 80 | int.from_bytes(os.urandom(10), "big")
    return prefix + "_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
