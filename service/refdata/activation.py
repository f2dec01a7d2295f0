"""Makes a release the active one, and back: verify, then swap one pointer. Every switch is logged."""

from __future__ import annotations

import getpass
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from service.errors import ConflictError, NotFoundError, ReleaseError
from service.tables import MANIFEST, Release, current_release_id, releases_folder

LOG = "activations.jsonl"
POINTER = "current"


@dataclass(frozen=True, slots=True)
class Activation:
    """One line of the log. `previous` is empty for the first; `accepted` are rules set aside by name."""

    release: str
    previous: str
    who: str
    at: str
    action: str
    accepted: list[str] = field(default_factory=list)


def list_releases(reference_data: Path) -> list[str]:
    """Ids of the built releases, oldest first."""
    found = [p.parent.name for p in releases_folder(reference_data).glob(f"[0-9]*/{MANIFEST}")]
    return sorted(found, key=release_order)


def newest_release(reference_data: Path) -> str:
    """The id of the last built release. Raises ConflictError where there is none."""
    releases = list_releases(reference_data)
    if not releases:
        raise ConflictError(
            f"There is no release in {reference_data}; build one with `enrich refdata build`."
        )
    return releases[-1]


def release_order(release_id: str) -> tuple[str, int]:
    """Sort key: 2026-11-21.10 comes after 2026-11-21.9."""
    day, _, number = release_id.partition(".")
    return day, int(number) if number.isdigit() else 0


def next_release_id(reference_data: Path, today: str) -> str:
    """`<today>.<n>`, n one above the highest of the day."""
    numbers = [release_order(r)[1] for r in list_releases(reference_data) if r.startswith(f"{today}.")]
    return f"{today}.{max(numbers, default=0) + 1}"


def active_or_none(reference_data: Path) -> str | None:
    """The active release's id, or None where there is none yet."""
    try:
        return current_release_id(reference_data)
    except ReleaseError:
        return None


def activate_release(
    reference_data: Path,
    release_id: str,
    who: str = "",
    action: str = "publish",
    accepted: Iterable[str] = (),
) -> Activation:
    """Verifies the release against its manifest, then swaps `current`; running workers follow.

    The swap is one `os.replace`: killed before it, the old release stays active; after it, the new one
    is, and only the log line may be missing (the next activation notes it). Raises ReleaseError, and
    NotFoundError for what is no release's name (a path, such as a shell completes).
    """
    if release_id not in list_releases(reference_data):
        known = ", ".join(list_releases(reference_data)) or "none yet"
        raise NotFoundError(f"There is no release called {release_id!r}; there are: {known}.")
    Release.open(reference_data, release_id, verify=True)
    previous = active_or_none(reference_data) or ""
    folder = releases_folder(reference_data)
    _replace_text(folder / POINTER, release_id + "\n")
    done = Activation(
        release_id,
        previous,
        who or _who(),
        datetime.now(UTC).isoformat(timespec="seconds"),
        action,
        sorted(accepted),
    )
    _append(folder / LOG, done)
    return done


def roll_back(reference_data: Path, who: str = "") -> Activation:
    """Activates the release that was active before the present one.

    Raises ConflictError when the log names none, NotFoundError when its folder is gone.
    """
    active = current_release_id(reference_data)
    for entry in reversed(read_activations(reference_data)):
        if entry.release == active and entry.previous and entry.previous != active:
            if entry.previous not in list_releases(reference_data):
                raise NotFoundError(
                    f"Release {entry.previous} is no longer in {releases_folder(reference_data)}."
                )
            return activate_release(reference_data, entry.previous, who, "rollback")
    raise ConflictError(f"{active} is the first active release; there is none to go back to.")


def read_activations(reference_data: Path) -> list[Activation]:
    """The log, oldest first. A last line cut off by a crash is passed over."""
    path = releases_folder(reference_data) / LOG
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            entries.append(Activation(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return entries


def _replace_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _flush_directory(path.parent)


def _append(path: Path, entry: Activation) -> None:
    cut_off = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as stream:
        stream.write(("\n" if cut_off else "") + json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _flush_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return f"uid {os.getuid()}"
