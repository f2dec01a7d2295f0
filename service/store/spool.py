"""Decisions that the store could not take in time, kept on disk until it can: written behind.

One file for all processes of a machine; a line is one decision as `bodies` writes it, so without an
address. A line is whole or is not there: it is written at once, and what a killed process left half-written
is passed over. Writing the lines into the log again does nothing, so a drain may be interrupted anywhere.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from service.errors import StoreError

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024 * 1024  # some 10,000 decisions
_FILE = "decisions.waiting"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One decision that waits. `households`: what a household may have once, as (household, treatment)."""

    decision_id: str
    lead_id: str
    made_ms: int
    body: bytes
    households: tuple[tuple[bytes, str], ...] = ()


class Spool:
    """The waiting decisions of one store on this machine."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_bytes = most_bytes

    def add(self, decision: Waiting) -> None:
        """Keeps one decision. Raises StoreError when the disk or the bound does not allow it."""
        line = orjson.dumps(
            {
                "id": decision.decision_id,
                "lead": decision.lead_id,
                "made_ms": decision.made_ms,
                "households": [(household.hex(), name) for household, name in decision.households],
                "body": decision.body.decode(),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked() as descriptor:
                size = os.fstat(descriptor).st_size
                if size + len(line) > self._most_bytes:
                    raise StoreError(f"{self.folder / _FILE} is full ({size:,} bytes); the store is away.")
                if os.write(descriptor, line) != len(line):
                    os.ftruncate(descriptor, size)  # a disk that is full takes a part
                    raise StoreError(f"{self.folder} takes no more; the disk is full.")
        except OSError as error:
            raise StoreError(f"{self.folder} cannot be written ({error.strerror}).") from error

    def waiting_bytes(self) -> int:
        """How much waits, in bytes; 0 for nothing."""
        return sum(path.stat().st_size for path in self._files())

    def claim(self) -> Path | None:
        """Sets what waits aside for whoever writes it into the log; None when nothing does."""
        files = self._files()
        taken = [path for path in files if path.name != _FILE]
        if taken:
            return taken[0]  # left by one that was interrupted
        if not files:
            return None
        with self._locked() as descriptor:
            if not os.fstat(descriptor).st_size:
                return None
            aside = self.folder / f"{_FILE}.{os.getpid()}"
            os.rename(self.folder / _FILE, aside)
        return aside

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, ours alone; it may have been set aside while we waited for it."""
        path = self.folder / _FILE
        while True:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
                    yield descriptor
                    return
            finally:
                os.close(descriptor)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"{_FILE}*")) if self.folder.is_dir() else []


def read_waiting(path: Path) -> Sequence[Waiting]:
    """The decisions of a file that was set aside, oldest first; a half-written line is passed over."""
    found = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if not line:
            continue
        try:
            kept = orjson.loads(line)
        except orjson.JSONDecodeError:
            log.error("a decision that waited is half-written", extra={"file": path.name, "line": number})
            continue
        households = tuple((bytes.fromhex(household), name) for household, name in kept["households"])
        found.append(Waiting(kept["id"], kept["lead"], kept["made_ms"], kept["body"].encode(), households))
    return found
