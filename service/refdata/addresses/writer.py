"""Writes the immutable address index from staging records (`record.STAGING_SCHEMA`).

Same records in, same bytes out. The index replaces the old one only when it is whole.
"""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from service.address import layout
from service.address.rules import CountryRules, load_rules
from service.address.text import expand_words, fold_key, join_key, name_words
from service.errors import SourceError
from service.refdata.addresses.columns import Array, Houses, text_sections
from service.refdata.addresses.record import POSTCODES_SCHEMA, STAGING_SCHEMA

ALIAS_COUNT = 3  # addresses of a postcode that make a town's other name
ALIAS_SHARE = 0.1


@dataclass(frozen=True)
class WrittenIndex:
    """What was written: the file, counts, and what was left out and why."""

    path: Path
    houses: int
    streets: int
    names: int
    postcodes: int
    units: int
    bytes: int
    dropped: Mapping[str, int] = field(default_factory=dict)


def write_index(
    staging: pa.Table,
    postcodes: pa.Table,
    folder: Path,
    *,
    country: str,
    source: str,
    licence: str,
    attribution: str,
    vintage: str,
    municipalities: Mapping[str, str] | None = None,
) -> WrittenIndex:
    """Writes `folder/addresses.idx` and says what is in it.

    `staging` has STAGING_SCHEMA, `postcodes` POSTCODES_SCHEMA (all post towns of the country, with or
    without addresses); `municipalities` is code -> name. `source` is shown with every match, such as
    "dk-addresses 2026-10". Raises SourceError when a table has another form.
    """
    _check_form(staging, STAGING_SCHEMA, "address records")
    _check_form(postcodes, POSTCODES_SCHEMA, "postcodes")
    rules = load_rules(country)
    dropped: Counter[str] = Counter()
    places, aliases = _places(staging, postcodes)
    houses = Houses.read(staging, places, dropped)
    names, rank = _sorted_names(houses.streets, rules)
    houses.name = rank[houses.street]
    houses.sort(dropped)
    segments = houses.segments(len(places))
    sections = houses.sections() | segments | _name_sections(names)
    sections |= _key_sections(names, houses.short_names, segments, len(places), rules)
    unit_sections, units = houses.unit_sections()
    sections |= unit_sections
    header = {
        "country": country,
        "source": source,
        "licence": licence,
        "attribution": attribution,
        "vintage": vintage,
        "houses": len(houses.code),
        "streets": len(segments["seg_name"]),
        "names": len(names),
        "units": units,
        "postcodes": places,
        "town_aliases": aliases,
        "municipalities": dict(sorted((municipalities or {}).items())),
        "municipality_codes": houses.municipalities,
        "supplementary": houses.extras,
    }
    path = _write_file(folder, header, sections)
    return WrittenIndex(
        path=path,
        houses=len(houses.code),
        streets=len(segments["seg_name"]),
        names=len(names),
        postcodes=len(places),
        units=units,
        bytes=path.stat().st_size,
        dropped=dict(sorted(dropped.items())),
    )


def _check_form(table: pa.Table, schema: pa.Schema, what: str) -> None:
    for column in schema:
        if column.name not in table.column_names:
            raise SourceError(f"The {what} have no column {column.name!r}; the index needs {schema.names}.")
        if table.schema.field(column.name).type != column.type:
            found = table.schema.field(column.name).type
            raise SourceError(f"Column {column.name!r} of the {what} is {found}, not {column.type}.")
        if not column.nullable and table.column(column.name).null_count:
            raise SourceError(f"Column {column.name!r} of the {what} has empty values; it must have none.")


def _places(staging: pa.Table, postcodes: pa.Table) -> tuple[list[list[Any]], list[tuple[int, str]]]:
    """[postcode, city, bulk, municipalities] sorted by postcode; those only addresses know are added.

    Also (row, town) for a town that a good part of a postcode's addresses are written with and that is
    not the table's: postal areas may have names of their own that nobody writes on a letter.
    """
    rows = {
        row["postcode"]: [row["postcode"], row["city"], row["bulk"], list(row["municipalities"])]
        for row in postcodes.to_pylist()
    }
    pairs = staging.select(["postcode", "city"]).group_by(["postcode", "city"]).aggregate([([], "count_all")])
    found = sorted(pairs.to_pylist(), key=lambda row: (row["postcode"], -row["count_all"], row["city"]))
    for row in found:
        if row["postcode"]:
            rows.setdefault(row["postcode"], [row["postcode"], row["city"], False, []])
    places = [rows[code] for code in sorted(rows)]
    at = {row[0]: place for place, row in enumerate(places)}
    total: Counter[str] = Counter()
    for row in found:
        total[row["postcode"]] += row["count_all"]
    aliases = [
        (at[row["postcode"]], row["city"])
        for row in found
        if row["city"]
        and row["count_all"] >= max(ALIAS_COUNT, ALIAS_SHARE * total[row["postcode"]])
        and row["city"].casefold() != rows[row["postcode"]][1].casefold()
    ]
    return places, aliases


def _sorted_names(streets: list[str], rules: CountryRules) -> tuple[list[str], Array]:
    """Street names sorted by key, and dictionary row -> place."""
    names = sorted(set(streets), key=lambda name: (fold_key(name, rules), name))
    at = {name: row for row, name in enumerate(names)}
    return names, np.array([at[name] for name in streets] or [0], np.int64)


def _name_sections(names: list[str]) -> dict[str, Array]:
    return text_sections(names, "name_text", "name_start")


def _key_sections(
    names: list[str],
    short: dict[str, set[str]],
    segments: dict[str, Array],
    postcodes: int,
    rules: CountryRules,
) -> dict[str, Array]:
    rows: dict[tuple[str, int], int] = {}
    for at, name in enumerate(names):
        own = fold_key(name, rules)
        rows[own, at] = 0
        for other in short.get(name, ()):
            rows.setdefault((fold_key(other, rules), at), 1)
        words = list(name_words(name, rules))
        if any(len(word) > 1 and word in rules.words for word in words[:-1]):
            for variant in expand_words(words, rules, limit=4):
                if variant[-1] == words[-1]:
                    rows.setdefault((join_key(variant, rules), at), 2)
    ordered = sorted((key, at) for key, at in rows if key)
    keys = [key for key, _ in ordered]
    owner = np.array([at for _, at in ordered], np.uint32)
    crc = np.array([zlib.crc32(key.encode()) for key in keys], np.uint32)
    by_hash = np.lexsort((np.arange(len(keys)), crc))
    # the keys of each postcode: its distinct names, each with all its keys
    by_owner = np.argsort(owner, kind="stable")
    owner_start = np.searchsorted(owner[by_owner], np.arange(len(names) + 1))
    pairs = np.unique(segments["seg_post"].astype(np.int64) * (len(names) + 1) + segments["seg_name"])
    post, street = pairs // (len(names) + 1), pairs % (len(names) + 1)
    counts = owner_start[street + 1] - owner_start[street]
    total = int(counts.sum())
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    post_key = by_owner[np.repeat(owner_start[street], counts) + within]
    return text_sections(keys, "key_text", "key_start") | {
        "key_name": owner,
        "key_kind": np.array([rows[pair] for pair in ordered], np.uint8),
        "key_sig": np.array([layout.key_signature(key) for key in keys], np.uint64),
        "key_size": np.array([min(len(key), 255) for key in keys], np.uint8),
        "key_head": np.array([layout.key_signature(key[: layout.HEAD_SIZE]) for key in keys], np.uint64),
        **_inner_sections(names, keys, owner, rules),
        "hash_value": crc[by_hash],
        "hash_key": by_hash.astype(np.uint32),
        "post_key": post_key.astype(np.uint32),
        "post_key_start": np.searchsorted(np.repeat(post, counts), np.arange(postcodes + 1)).astype(
            np.uint32
        ),
    }


def _inner_sections(names: list[str], keys: list[str], owner: Array, rules: CountryRules) -> dict[str, Array]:
    """Where the later words of names begin in their keys, so that "boulevard" finds "Andersens Boulevard"."""
    found: list[tuple[str, int, int]] = []
    for row, key in enumerate(keys):
        words = name_words(names[owner[row]], rules)
        at = 0
        for word in words[:-1]:
            at += len(word)
            if key.startswith(words[0]) and 0 < at < min(len(key), 256):
                found.append((key[at:], row, at))
    found.sort()
    return {
        "inner_key": np.array([row for _, row, _ in found], np.uint32),
        "inner_at": np.array([at for _, _, at in found], np.uint8),
    }


def _write_file(folder: Path, header: dict[str, Any], sections: dict[str, Array]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    listed: list[list[Any]] = []
    offset = 0
    for name, array in sections.items():
        listed.append([name, array.dtype.newbyteorder("<").str, offset, len(array)])
        offset = layout.align(offset + array.nbytes)
    head = json.dumps(header | {"sections": listed}, ensure_ascii=False, separators=(",", ":")).encode()
    prefix = layout.MAGIC + layout.SCHEMA_VERSION.to_bytes(4, "little") + len(head).to_bytes(4, "little")
    body = layout.align(len(prefix) + len(head))
    target = folder / layout.FILE_NAME
    partial = folder / f"{layout.FILE_NAME}.partial"
    with partial.open("wb") as out:
        out.write(prefix + head)
        out.write(bytes(body - len(prefix) - len(head)))
        for (_, _, start, _), array in zip(listed, sections.values(), strict=True):
            out.write(bytes(body + start - out.tell()))
            out.write(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        out.flush()
        os.fsync(out.fileno())
    os.replace(partial, target)
    return target
