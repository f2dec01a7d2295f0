"""Writes the immutable address index from staging records (`record.STAGING_SCHEMA`).

Same records in, same bytes out. The index replaces the old one only when it is whole.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.spatial import cKDTree

from service.address import layout
from service.address.rules import CountryRules, load_rules
from service.address.text import expand_words, fold_key, join_key, name_words
from service.errors import SourceError
from service.refdata.addresses.record import POSTCODES_SCHEMA, STAGING_SCHEMA

_NUMBER = re.compile(r"0*([0-9]{1,5}) ?([A-Za-zÆØÅæøåÄÖäö]?)")
SAME_PLACE_M = 300.0  # two records of one address nearer than this are one address
_M_PER_DEGREE = 111_195.0


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


Array = np.ndarray[Any, Any]


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
    places = _places(staging, postcodes)
    houses = _Houses.read(staging, places, dropped)
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


def _places(staging: pa.Table, postcodes: pa.Table) -> list[list[Any]]:
    """[postcode, city, bulk, municipalities] sorted by postcode; those only addresses know are added."""
    rows = {
        row["postcode"]: [row["postcode"], row["city"], row["bulk"], list(row["municipalities"])]
        for row in postcodes.to_pylist()
    }
    pairs = staging.select(["postcode", "city"]).group_by(["postcode", "city"]).aggregate([([], "count_all")])
    found = sorted(pairs.to_pylist(), key=lambda row: (row["postcode"], -row["count_all"], row["city"]))
    for row in found:
        if row["postcode"]:
            rows.setdefault(row["postcode"], [row["postcode"], row["city"], False, []])
    return [rows[code] for code in sorted(rows)]


def _codes(column: pa.ChunkedArray) -> tuple[Array, list[str | None]]:
    """A text column as (row of the dictionary per value, -1 for null; dictionary)."""
    encoded = column.combine_chunks().dictionary_encode()
    return (
        encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64),
        encoded.dictionary.to_pylist(),
    )


@dataclass
class _Houses:
    """The records as columns, one row per house number."""

    streets: list[str]
    short_names: dict[str, set[str]]
    municipalities: list[str]
    extras: list[str]
    unit_sets: list[str]
    street: Array
    post: Array
    muni: Array
    extra: Array
    code: Array
    lat: Array
    lon: Array
    status: Array
    units: Array
    ids: pa.Array
    replaced_by: pa.Array
    name: Array = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def read(cls, staging: pa.Table, places: list[list[Any]], dropped: Counter[str]) -> _Houses:
        number, numbers = _codes(staging.column("number"))
        code_of = np.array([_number_code(text or "") for text in numbers] or [-1], np.int64)
        code = code_of[number]
        post_of = {row[0]: at for at, row in enumerate(places)}
        post, codes = _codes(staging.column("postcode"))
        post = np.array([post_of.get(text or "", -1) for text in codes] or [-1], np.int64)[post]
        nameless = pc.equal(pc.utf8_trim_whitespace(staging.column("street")), "").to_numpy()
        for reason, bad in (
            ("no street name", nameless),
            ("house number not digits and at most one letter", (code < 0) & ~nameless),
            ("no postcode", (post < 0) & (code >= 0) & ~nameless),
        ):
            if bad.any():
                dropped[reason] += int(bad.sum())
        keep = (code >= 0) & (post >= 0) & ~nameless
        table = staging.filter(pa.array(keep))
        street, streets = _codes(table.column("street"))
        street = _one_spelling(street, streets, post[keep])
        muni, munis = _codes(table.column("municipality"))
        extra, extras = _codes(table.column("supplementary"))
        status, statuses = _codes(table.column("status"))
        wrong = set(statuses) - set(layout.STATUSES)
        if wrong:
            raise SourceError(
                f"Unknown address status {sorted(map(str, wrong))}; known are {layout.STATUSES}."
            )
        status_of = np.array([layout.STATUSES.index(text or "") for text in statuses] or [0], np.uint8)
        unit_text = pc.binary_join(table.column("units").combine_chunks(), ";")
        units, unit_sets = _codes(pa.chunked_array([unit_text]))
        streets_short = table.select(["street", "street_short"]).filter(pc.is_valid(table["street_short"]))
        short: dict[str, set[str]] = defaultdict(set)
        for row in streets_short.group_by(["street", "street_short"]).aggregate([]).to_pylist():
            short[row["street"]].add(row["street_short"])
        muni_order, muni_rank = _rank(munis)
        extra_order, extra_rank = _rank(extras)
        return cls(
            streets=[text or "" for text in streets],
            short_names=short,
            municipalities=["", *muni_order],
            extras=["", *extra_order],
            unit_sets=[text or "" for text in unit_sets],
            street=street,
            post=post[keep],
            muni=muni_rank[muni],
            extra=extra_rank[extra],
            code=code[keep],
            lat=table.column("lat").to_numpy().astype(np.float64),
            lon=table.column("lon").to_numpy().astype(np.float64),
            status=status_of[status] if len(status) else status.astype(np.uint8),
            units=units,
            ids=table.column("id").combine_chunks(),
            replaced_by=table.column("replaced_by").combine_chunks(),
        )

    def sort(self, dropped: Counter[str]) -> None:
        """Sorts by (postcode, street, municipality, supplementary, number, status, id), without doubles."""
        # ids, heirs and places break ties: the same bytes whatever the order of the input
        last = [pc.rank(column, tiebreaker="dense").to_numpy() for column in (self.replaced_by, self.ids)]
        keys = (self.status, self.code, self.extra, self.muni, self.name, self.post)
        order = np.lexsort((self.lon, self.lat, *last, *keys))
        self._take(order)
        same = np.ones(len(self.code), bool)
        same[:1] = False
        for column in (self.post, self.name, self.muni, self.extra, self.code):
            same[1:] &= column[1:] == column[:-1]
        near = np.zeros(len(self.code), bool)
        if len(self.code) > 1:
            north = (self.lat[1:] - self.lat[:-1]) * _M_PER_DEGREE
            east = (self.lon[1:] - self.lon[:-1]) * _M_PER_DEGREE * np.cos(np.radians(self.lat[1:]))
            near[1:] = ~(np.hypot(north, east) > SAME_PLACE_M)
        live = self.status == 0
        both_live = np.zeros(len(live), bool)
        both_live[1:] = live[1:] & live[:-1]
        double = same & near & both_live
        if double.any():
            dropped["same address twice"] += int(double.sum())
            self._take(np.flatnonzero(~double))

    def _take(self, rows: Array) -> None:
        for column in ("street", "post", "muni", "extra", "code", "lat", "lon", "status", "units", "name"):
            setattr(self, column, getattr(self, column)[rows])
        picked = pa.array(rows)
        self.ids = self.ids.take(picked)
        self.replaced_by = self.replaced_by.take(picked)

    def segments(self, postcodes: int) -> dict[str, Array]:
        total = len(self.code)
        new = np.ones(total, bool)
        if total:
            new[1:] = False
            for column in (self.post, self.name, self.muni, self.extra):
                new[1:] |= column[1:] != column[:-1]
        first = np.flatnonzero(new)
        name = self.name[first]
        by_name = np.lexsort((np.arange(len(first)), name))
        names = len(set(self.streets))
        return {
            "seg_name": name.astype(np.uint32),
            "seg_post": self.post[first].astype(np.uint16),
            "seg_muni": self.muni[first].astype(np.uint16),
            "seg_extra": self.extra[first].astype(np.uint16),
            "seg_first": np.append(first, total).astype(np.uint32),
            "post_seg": np.searchsorted(self.post[first], np.arange(postcodes + 1)).astype(np.uint32),
            "name_seg": by_name.astype(np.uint32),
            "name_seg_start": np.searchsorted(name[by_name], np.arange(names + 1)).astype(np.uint32),
        }

    def sections(self) -> dict[str, Array]:
        known = ~(np.isnan(self.lat) | np.isnan(self.lon))
        lat = np.where(known, np.round(np.nan_to_num(self.lat) * 1e6), layout.UNKNOWN)
        lon = np.where(known, np.round(np.nan_to_num(self.lon) * 1e6), layout.UNKNOWN)
        sections: dict[str, Array] = {
            "house_code": self.code.astype(np.uint32),
            "house_lat": lat.astype(np.int32),
            "house_lon": lon.astype(np.int32),
            "house_near": self._neighbours(known),
            "house_flags": self.status.astype(np.uint8),
        }
        return sections | self._id_sections() | self._replaced_sections()

    def _neighbours(self, known: Array) -> Array:
        """Decimetres from each house to the nearest other of its street in its postcode."""
        near = np.full(len(self.code), layout.UNKNOWN_NEAR, np.uint16)
        rows = np.flatnonzero(known & (self.status <= 1))
        if len(rows) < 2:
            return near
        new = np.ones(len(rows), bool)
        new[1:] = (self.post[rows][1:] != self.post[rows][:-1]) | (
            self.name[rows][1:] != self.name[rows][:-1]
        )
        street = np.cumsum(new)
        lat, lon = self.lat[rows], self.lon[rows]
        middle = np.radians(lat[np.flatnonzero(new)][street - 1])
        # a third axis holds the streets apart, so that one tree serves the whole country
        points = np.column_stack([lat * _M_PER_DEGREE, lon * _M_PER_DEGREE * np.cos(middle), street * 1e7])
        distance = cKDTree(points).query(points, k=2, workers=-1)[0][:, 1]
        near[rows] = np.where(distance < 6_500.0, np.round(distance * 10), layout.UNKNOWN_NEAR)
        return near

    def _id_sections(self) -> dict[str, Array]:
        uuid = pc.match_substring_regex(self.ids, r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        if len(self.ids) and pc.all(uuid).as_py():
            text = "".join(self.ids.to_pylist()).replace("-", "")
            return {
                "id_bytes": np.frombuffer(bytes.fromhex(text), np.uint8),
                "id_start": np.empty(0, np.uint32),
            }
        return _text_sections(self.ids.to_pylist(), "id_bytes", "id_start")

    def _replaced_sections(self) -> dict[str, Array]:
        # a former text of an address that still is: its own id, or the id that it names
        historic = pa.array(self.status == layout.STATUSES.index("historic"))
        heir = pc.if_else(historic, pc.coalesce(self.replaced_by, self.ids), self.replaced_by)
        rows = np.flatnonzero(pc.is_valid(heir).to_numpy(zero_copy_only=False))
        live = np.flatnonzero(self.status <= 1)
        if not len(rows) or not len(live):
            return {"replaced_from": np.empty(0, np.uint32), "replaced_to": np.empty(0, np.uint32)}
        at = pc.index_in(heir.take(pa.array(rows)), self.ids.take(pa.array(live))).fill_null(-1).to_numpy()
        found = at >= 0
        to = live[at]
        return {
            "replaced_from": rows[found].astype(np.uint32),
            "replaced_to": to[found].astype(np.uint32),
        }

    def unit_sections(self) -> tuple[dict[str, Array], int]:
        """The dictionary of unit sets; row 0 is the empty one."""
        sets = [";".join(sorted(set(text.lower().split(";")))) if text else "" for text in self.unit_sets]
        used = sorted({sets[row] for row in np.unique(self.units)} - {""}) if len(self.units) else []
        rows = {"": 0} | {text: at for at, text in enumerate(used, start=1)}
        ranked = np.array([rows.get(text, 0) for text in sets] or [0], np.int64)
        house = ranked[self.units] if len(self.units) else self.units
        counts = np.array([0, *(text.count(";") + 1 for text in used)], np.uint16)
        kind = np.uint16 if len(rows) < 2**16 else np.uint32
        sections = _text_sections(["", *used], "unit_text", "unit_start")
        sections |= {"house_units": house.astype(kind), "unit_count": counts}
        return sections, int(counts[house].sum()) if len(house) else 0


def _one_spelling(street: Array, streets: list[str | None], post: Array) -> Array:
    """Streets of one postcode that differ in case only become the commonest spelling."""
    pairs, counts = np.unique(np.column_stack([post, street]), axis=0, return_counts=True)
    spellings: dict[tuple[int, str], list[tuple[int, str, int]]] = defaultdict(list)
    for (place, row), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        name = streets[row] or ""
        spellings[place, name.casefold()].append((-count, name, row))
    street = street.copy()
    for (place, _), found in spellings.items():
        _, _, chosen = min(found)
        for _, _, row in found:
            if row != chosen:
                street[(post == place) & (street == row)] = chosen
    return street


def _number_code(text: str) -> int:
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return -1
    code = layout.number_code(int(found[1]), found[2])
    return -1 if code is None else code


def _rank(texts: Sequence[str | None]) -> tuple[list[str], Array]:
    """Sorted distinct texts, and dictionary row -> 1 + place in them (0: none). Index -1 is null."""
    order = sorted({text for text in texts if text})
    at = {text: row for row, text in enumerate(order, start=1)}
    return order, np.array([*(at.get(text or "", 0) for text in texts), 0], np.int64)


def _sorted_names(streets: list[str], rules: CountryRules) -> tuple[list[str], Array]:
    """Street names sorted by key, and dictionary row -> place."""
    names = sorted(set(streets), key=lambda name: (fold_key(name, rules), name))
    at = {name: row for row, name in enumerate(names)}
    return names, np.array([at[name] for name in streets] or [0], np.int64)


def _text_sections(texts: Sequence[str], text: str, start: str) -> dict[str, Array]:
    encoded = [item.encode() for item in texts]
    return {
        text: np.frombuffer(b"".join(encoded), np.uint8),
        start: np.array(layout.offsets(map(len, encoded)), np.uint32),
    }


def _name_sections(names: list[str]) -> dict[str, Array]:
    return _text_sections(names, "name_text", "name_start")


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
    return _text_sections(keys, "key_text", "key_start") | {
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
