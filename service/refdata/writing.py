"""Writes release tables and their manifest: the same input gives the same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from service.errors import CheckError
from service.refdata.catalogue import Source
from service.refdata.denied import load_denied
from service.tables import MANIFEST, SCHEMA_VERSION, file_sha256


@dataclass(frozen=True, slots=True)
class TableNote:
    """What the manifest says of a table besides its bytes. `sources` are ids of the catalogue."""

    path: str
    kind: str
    rows: int
    vintage: str
    sources: tuple[str, ...]


def write_arrow(table: pa.Table, path: Path) -> int:
    """Writes an uncompressed Arrow IPC file without metadata of this machine; returns its rows.

    Raises CheckError when a column's name is on the deny-list.
    """
    denied = load_denied()
    for name in table.column_names:
        if hit := denied.match(name):
            raise CheckError(
                f"{path.name}: column {name!r} is denied ({hit[0]}: {hit[1]}); nothing is written."
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = table.replace_schema_metadata(None).combine_chunks()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, plain.schema) as writer:
        writer.write_table(plain)
    return int(plain.num_rows)


def write_frame(frame: pd.DataFrame, schema: pa.Schema, path: Path) -> int:
    """Writes a DataFrame (index left out) with exactly the columns of `schema`; unknown numbers are NaN."""
    columns = [
        pa.array(frame[field.name].to_numpy(dtype=field.type.to_pandas_dtype()), field.type)
        if pa.types.is_floating(field.type)
        else pa.array(frame[field.name], field.type, from_pandas=True)
        for field in schema
    ]
    return write_arrow(pa.Table.from_arrays(columns, schema=schema), path)


def write_json(content: Any, path: Path) -> None:
    """Writes JSON with stable order and line ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def manifest_entry(folder: Path, note: TableNote, sources: Mapping[str, Source]) -> dict[str, Any]:
    """The manifest's line about one table: where it came from, under which licence, and its sha256."""
    used = [sources[name] for name in note.sources]
    path = folder / note.path
    return {
        "path": note.path,
        "kind": note.kind,
        "rows": note.rows,
        "bytes": path.stat().st_size,
        "sha256": file_sha256(path),
        "vintage": note.vintage,
        "accessed": max((s.accessed for s in used if s.accessed[:4].isdigit()), default=""),
        "sources": list(note.sources),
        "licence": "; ".join(dict.fromkeys(s.licence for s in used)),
        "attribution": "; ".join(dict.fromkeys(s.attribution for s in used)),
    }


def write_manifest(
    folder: Path,
    release_id: str,
    countries: Mapping[str, tuple[Sequence[str], Sequence[TableNote]]],
    sources: Mapping[str, Source],
    corrections: Mapping[str, str],
) -> None:
    """Writes `manifest.json`. `countries`: code -> (levels finest first, its tables)."""
    body = {
        "schema_version": SCHEMA_VERSION,
        "release": release_id,
        "countries": {
            code: {
                "levels": list(levels),
                "finest": levels[0],
                "publishers": {
                    name: sources[name].publisher
                    for name in sorted({name for note in notes for name in note.sources})
                },
                "tables": [
                    manifest_entry(folder, note, sources) for note in sorted(notes, key=lambda n: n.path)
                ],
            }
            for code, (levels, notes) in sorted(countries.items())
        },
        "corrections": dict(corrections),
    }
    write_json(body, folder / MANIFEST)


def flush_folder(folder: Path) -> None:
    """Forces every file below `folder` to disk, so that a pointer never names a half-written release."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
