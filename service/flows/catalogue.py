"""What the service knows by name: segments, and the tables of the active release with their age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.errors import NotFoundError
from service.segment.definition_file import SegmentDefinition
from service.segment.definitions import Definitions
from service.tables import Release


@dataclass(frozen=True, slots=True)
class ReleasedTable:
    """One table of a release, as its manifest vouches for it. `age_days` is of its vintage."""

    path: str
    kind: str | None
    rows: int | None
    bytes: int | None
    vintage: str | None
    age_days: int | None
    accessed: str | None
    sources: Sequence[str]
    licence: str | None
    attribution: str | None
    sha256: str | None


def segment_by_code(definitions: Definitions, code: str) -> SegmentDefinition:
    """One base segment. Raises NotFoundError."""
    try:
        return definitions.by_code(code)
    except KeyError:
        raise NotFoundError("There is no segment with this code; GET /segments lists them.") from None


def released_tables(release: Release, country: str, today: date) -> list[ReleasedTable]:
    """The tables of a country, in the order of the manifest."""
    return [_table(entry, today) for entry in release.manifest["countries"][country]["tables"]]


def _table(entry: Mapping[str, Any], today: date) -> ReleasedTable:
    vintage = str(entry.get("vintage") or "") or None
    return ReleasedTable(
        path=entry["path"],
        kind=entry.get("kind"),
        rows=entry.get("rows"),
        bytes=entry.get("bytes"),
        vintage=vintage,
        age_days=_age_days(vintage, today),
        accessed=entry.get("accessed"),
        sources=list(entry.get("sources") or ()),
        licence=entry.get("licence"),
        attribution=entry.get("attribution"),
        sha256=entry.get("sha256"),
    )


def _age_days(vintage: str | None, today: date) -> int | None:
    """Days since the date that the figures describe; a year or month counts from its first day."""
    if vintage is None:
        return None
    padded = vintage + "0000-01-01"[len(vintage) :]
    try:
        return (today - date.fromisoformat(padded)).days
    except ValueError:
        return None  # a vintage in words
