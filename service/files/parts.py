"""A long job on a table in finished parts beside the target, joined to one file at the end.

A part that exists is whole (written beside and renamed), so a run that was stopped goes on after the last
of them; the target appears at once, when all are there. Parts hold what the target will: they are for the
one who runs the job alone, and so is the target.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from service.errors import ConflictError, InvalidInputError
from service.files.tables import is_parquet


@contextmanager
def one_run_at(target: Path) -> Iterator[Path]:
    """The folder of the parts of `target`, ours alone until the end; a killed run holds nobody up.

    Raises ConflictError while another run writes the same target.
    """
    lock = target.with_name(f".{target.name}.lock")
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConflictError(f"Another run is writing {target}; wait, or name another file.") from None
            if not (lock.exists() and lock.stat().st_ino == os.fstat(descriptor).st_ino):
                continue  # the run that has just ended took this one away
            yield target.with_name(target.name + ".parts")
            lock.unlink(missing_ok=True)
            return
        finally:
            os.close(descriptor)


def open_parts(parts: Path, fingerprint: str, restart: bool) -> int:
    """The number of parts already written. Parts of another input, option or release are not mixed in.

    Raises InvalidInputError for such parts, unless `restart` throws them away.
    """
    if restart and parts.exists():
        shutil.rmtree(parts)
    parts.mkdir(mode=0o700, parents=True, exist_ok=True)
    job, digest = parts / "job", hashlib.sha256(fingerprint.encode()).hexdigest()
    if job.exists() and job.read_text() != digest:
        raise InvalidInputError(
            f"{parts} is left from a run with another input, option or release; --restart begins again."
        )
    if not job.exists():
        job.write_text(digest)
    number = 0
    while (parts / f"{number:06d}.parquet").exists():
        number += 1
    return number


def write_part(parts: Path, number: int, table: pa.Table) -> None:
    """Written beside and then renamed: a part that exists is whole."""
    beside = parts / f"{number:06d}.tmp"
    pq.write_table(table, beside)
    os.replace(beside, parts / f"{number:06d}.parquet")


def join_parts(parts: Path, target: Path, schema: pa.Schema) -> int:
    """All parts into one file, which appears at once; then the parts are removed."""
    beside, count = target.with_name(target.name + ".tmp"), 0
    beside.touch(mode=0o600)
    beside.chmod(0o600)
    files = sorted(parts.glob("*.parquet"))
    if is_parquet(target):
        with pq.ParquetWriter(beside, schema) as writer:
            for part in files:
                table = pq.read_table(part)
                writer.write_table(table)
                count += table.num_rows
    else:
        with beside.open("w", encoding="utf-8", newline="") as lines:
            writer_csv = csv.writer(lines)
            writer_csv.writerow(schema.names)
            for part in files:
                table = pq.read_table(part)
                writer_csv.writerows(zip(*(c.to_pylist() for c in table.columns), strict=True))
                count += table.num_rows
    os.replace(beside, target)
    shutil.rmtree(parts)
    return count
