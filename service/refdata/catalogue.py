"""The source catalogue: one TOML file per source in `reference_data/sources/`.

A source says who publishes it, under which licence, where it lies, how its tables and columns are
called here, and which corrections it needs, each with its reason and status.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.errors import SourceError

DEFAULT_SOURCES = Path(__file__).resolve().parents[2] / "reference_data" / "sources"
NOT_SOURCES = frozenset({"denied.toml", "catalogue.toml"})
_REQUIRED = ("id", "country", "publisher", "title", "licence", "attribution", "url", "form", "vintage",
             "accessed", "cadence")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Correction:
    """A named departure from what the publisher's file says. `params` are what its kind needs."""

    name: str
    kind: str
    reason: str
    status: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """How one table of a source is read: either `columns` (code -> label) or `pattern` with `labels`.

    Columns of a `pattern` table that map to the same code are summed. `folds` names a denied attribute
    that the sum removes.
    """

    name: str
    file: str
    columns: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    pattern: str = ""
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    expected_columns: int | None = None
    kind: str = "count"
    folds: str = ""
    may_be_negative: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One source of the catalogue."""

    id: str
    country: str
    publisher: str
    title: str
    licence: str
    attribution: str
    url: str
    form: str
    vintage: str
    accessed: str
    cadence: str
    query: str
    folder: str
    key: str
    level: str
    tables: Mapping[str, TableSpec]
    corrections: tuple[Correction, ...]
    fetch: Mapping[str, Any]
    file: Path

    def correction(self, name: str) -> Correction:
        """The correction of this name. Raises SourceError: code and catalogue must name the same ones."""
        for correction in self.corrections:
            if correction.name == name:
                return correction
        raise SourceError(f"{self.file.name}: correction {name!r} is not in the catalogue; add it.")


def load_source(path: Path) -> Source:
    """Reads one source file. Raises SourceError naming the file and the key."""
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{path.name}: not readable as TOML ({error}).") from error
    missing = [key for key in _REQUIRED if not str(body.get(key, "")).strip()]
    if missing:
        raise SourceError(f"{path.name}: key {missing[0]!r} is missing; every source states it.")
    try:
        tables = {name: _table(name, entry) for name, entry in body.get("tables", {}).items()}
        corrections = tuple(_correction(path, entry) for entry in body.get("corrections", ()))
    except (KeyError, TypeError) as error:
        raise SourceError(f"{path.name}: a table or correction is malformed ({error!r}).") from error
    plain = {key: str(body[key]) for key in _REQUIRED}
    return Source(
        **plain,
        query=str(body.get("query", "")),
        folder=str(body.get("folder", "")),
        key=str(body.get("key", "")),
        level=str(body.get("level", "")),
        tables=tables,
        corrections=corrections,
        fetch=body.get("fetch", {}),
        file=path,
    )


def line_of(text: str, key: str, section: str = "") -> int:
    """The line (from 1) on which a key of a TOML text is written, `section` being the table it stands in."""
    below = re.search(rf"^\s*\[{re.escape(section)}\]", text, re.MULTILINE) if section else None
    start = below.end() if below else 0
    wanted = re.escape(key)
    found = re.compile(rf"^\s*(?:\[[^\]\n]*\.)?{wanted}\s*[=\]]", re.MULTILINE).search(text, start)
    return text.count("\n", 0, found.end() if found else start) + 1


def load_catalogue(folder: Path = DEFAULT_SOURCES) -> dict[str, Source]:
    """All sources by id, in order of their file names. Raises SourceError."""
    paths = sorted(p for p in folder.glob("*.toml") if p.name not in NOT_SOURCES)
    if not paths:
        raise SourceError(f"{folder}: there is no source catalogue here.")
    sources = {}
    for path in paths:
        source = load_source(path)
        if source.id != path.stem:
            raise SourceError(f"{path.name}: its id is {source.id!r}; id and file name must be the same.")
        sources[source.id] = source
    return sources


def _table(name: str, entry: Mapping[str, Any]) -> TableSpec:
    return TableSpec(
        name=name,
        file=entry["file"],
        columns=entry.get("columns", {}),
        prefix=entry.get("prefix", ""),
        pattern=entry.get("pattern", ""),
        labels=entry.get("labels", {}),
        expected_columns=entry.get("expected_columns"),
        kind=entry.get("kind", "count"),
        folds=entry.get("folds", ""),
        may_be_negative=tuple(entry.get("may_be_negative", ())),
    )


def _correction(path: Path, entry: Mapping[str, Any]) -> Correction:
    for key in ("name", "kind", "reason", "status"):
        if not str(entry.get(key, "")).strip():
            raise SourceError(f"{path.name}: correction {entry.get('name', '?')!r} has no {key}.")
    params = {k: v for k, v in entry.items() if k not in ("name", "kind", "reason", "status")}
    return Correction(entry["name"], entry["kind"], entry["reason"], entry["status"], params)
