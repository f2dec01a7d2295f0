"""Staging records as columns: sorted, without doubles, and as the house sections of the index."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.spatial import cKDTree

from service.address import layout
from service.errors import SourceError

_NUMBER = re.compile(r"0*([0-9]{1,5}) ?([A-Za-zÆØÅæøåÄÖäö]?)")
SAME_PLACE_M = 300.0  # two records of one address nearer than this are one address
_M_PER_DEGREE = 111_195.0
Array = np.ndarray[Any, Any]


def _codes(column: pa.ChunkedArray) -> tuple[Array, list[str | None]]:
    """A text column as (row of the dictionary per value, -1 for null; dictionary)."""
    encoded = column.combine_chunks().dictionary_encode()
    return (
        encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64),
        encoded.dictionary.to_pylist(),
    )


@dataclass
class Houses:
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
    def read(cls, staging: pa.Table, places: list[list[Any]], dropped: Counter[str]) -> Houses:
        """The addresses that can be found, as columns; what is left out is counted in `dropped`.

        Raises SourceError for an unknown status.
        """
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
        # "Kaivopiha, Mannerheimintie": some mappers write the place before the street
        names = [(text or "").rpartition(",")[2].strip() or (text or "") for text in streets]
        street = _one_spelling(street, names, post[keep])
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
            streets=names,
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
        return text_sections(self.ids.to_pylist(), "id_bytes", "id_start")

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
        sections = text_sections(["", *used], "unit_text", "unit_start")
        sections |= {"house_units": house.astype(kind), "unit_count": counts}
        return sections, int(counts[house].sum()) if len(house) else 0


def _one_spelling(street: Array, streets: list[str], post: Array) -> Array:
    """Streets of one postcode that differ in case only become the commonest spelling."""
    pairs, counts = np.unique(np.column_stack([post, street]), axis=0, return_counts=True)
    spellings: dict[tuple[int, str], list[tuple[int, str, int]]] = defaultdict(list)
    for (place, row), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        name = streets[row]
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


def text_sections(texts: Sequence[str], text: str, start: str) -> dict[str, Array]:
    """Two sections: the texts joined as UTF-8, and where each begins (and the last ends)."""
    encoded = [item.encode() for item in texts]
    return {
        text: np.frombuffer(b"".join(encoded), np.uint8),
        start: np.array(layout.offsets(map(len, encoded)), np.uint32),
    }
