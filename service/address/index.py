"""The address index, opened in place: one memory map shared by all workers, nothing copied.

Look-ups go through memoryviews, whose scalar reads cost a third of numpy's; numpy views of the same
bytes serve the vector operations. Layout: see `layout`.
"""

from __future__ import annotations

import json
import mmap
import zlib
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from service.address import layout
from service.errors import ReleaseError

_FORMATS: dict[str, Literal["B", "H", "I", "Q", "i"]] = {
    "|u1": "B",
    "<u2": "H",
    "<u4": "I",
    "<u8": "Q",
    "<i4": "i",
}


@dataclass(frozen=True, slots=True)
class PostTown:
    """One postcode and its town; `bulk` means a mail receiver's own postcode, without an area."""

    postcode: str
    city: str
    bulk: bool
    municipalities: tuple[str, ...]


class AddressIndex:
    """Read access to one index file. Immutable; safe to share between threads and forked workers."""

    def __init__(self, view: memoryview, header: dict[str, Any], body: int) -> None:
        self.country: str = header["country"]
        self.source: str = header["source"]
        self.attribution: str = header["attribution"]
        self.houses: int = header["houses"]
        self.streets: int = header["streets"]
        self.names: int = header["names"]
        self.municipality_names: dict[str, str] = header["municipalities"]
        self.municipality_codes: list[str] = header["municipality_codes"]
        self.supplementary: list[str] = header["supplementary"]
        self.posts = [
            PostTown(code, city, bulk, tuple(munis)) for code, city, bulk, munis in header["postcodes"]
        ]
        self.town_aliases: list[tuple[int, str]] = [
            (row, name) for row, name in header.get("town_aliases", [])
        ]
        self.post_row = {post.postcode: row for row, post in enumerate(self.posts)}
        # an index written before autocomplete had these sections matches all the same
        self._sections = {"key_head": ("<u8", 0, 0), "inner_key": ("<u4", 0, 0), "inner_at": ("|u1", 0, 0)}
        self._sections |= {name: (kind, body + at, rows) for name, kind, at, rows in header["sections"]}
        self._view = view
        self.house_code = self._ints("house_code")
        self.house_lat, self.house_lon = self._ints("house_lat"), self._ints("house_lon")
        self.house_near = self._ints("house_near")
        self.house_flags = self._ints("house_flags")
        self.house_units = self._ints("house_units")
        self.seg_name = self._ints("seg_name")
        self.seg_post = self._ints("seg_post")
        self.seg_muni = self._ints("seg_muni")
        self.seg_extra = self._ints("seg_extra")
        self.seg_first = self._ints("seg_first")
        self.post_seg = self._ints("post_seg")
        self.name_seg = self._ints("name_seg")
        self.name_seg_start = self._ints("name_seg_start")
        self.key_name = self._ints("key_name")
        self.key_kind = self._ints("key_kind")
        self.key_start = self._ints("key_start")
        self.post_key_start = self._ints("post_key_start")
        self.unit_count = self._ints("unit_count")
        self.key_sig: npt.NDArray[np.uint64] = self._array("key_sig")
        self.key_size: npt.NDArray[np.uint8] = self._array("key_size")
        self.post_key: npt.NDArray[np.uint32] = self._array("post_key")
        self.key_head: npt.NDArray[np.uint64] = self._array("key_head")
        self._inner_key = self._ints("inner_key")
        self._inner_at = self._ints("inner_at")
        self._key_text = self._ints("key_text")
        self._name_text = self._ints("name_text")
        self._name_start = self._ints("name_start")
        self._hash_value = self._ints("hash_value")
        self._hash_key = self._ints("hash_key")
        self._id_bytes = self._ints("id_bytes")
        self._id_start = self._ints("id_start")
        self._unit_text = self._ints("unit_text")
        self._unit_start = self._ints("unit_start")
        self._replaced_from = self._ints("replaced_from")
        self._replaced_to = self._ints("replaced_to")

    @classmethod
    def open(cls, path: Path) -> AddressIndex:
        """Opens the index file, or that of a folder. Raises ReleaseError, which says what to run."""
        file = path / layout.FILE_NAME if path.is_dir() else path
        try:
            with file.open("rb") as handle:
                mapped = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise ReleaseError(
                f"The address index {file} cannot be opened ({error}). {layout.REBUILD}"
            ) from None
        view = memoryview(mapped)
        start = len(layout.MAGIC) + 8
        if len(view) < start or bytes(view[: len(layout.MAGIC)]) != layout.MAGIC:
            raise ReleaseError(f"{file} is not an address index. {layout.REBUILD}")
        version = int.from_bytes(view[8:12], "little")
        if version != layout.SCHEMA_VERSION:
            raise ReleaseError(
                f"The address index {file} has schema version {version}; this program reads version "
                f"{layout.SCHEMA_VERSION}. {layout.REBUILD}"
            )
        size = int.from_bytes(view[12:16], "little")
        try:
            header = json.loads(bytes(view[start : start + size]))
            body = layout.align(start + size)
            ends = [body + at + rows * np.dtype(kind).itemsize for _, kind, at, rows in header["sections"]]
            if max(ends) > len(view):
                raise ReleaseError(f"The address index {file} is cut off. {layout.REBUILD}")
            return cls(view, header, body)
        except (ValueError, KeyError, TypeError) as error:
            raise ReleaseError(f"The address index {file} is damaged ({error!r}). {layout.REBUILD}") from None

    def _ints(self, name: str) -> memoryview:
        kind, at, rows = self._sections[name]
        bounds = slice(at, at + rows * np.dtype(kind).itemsize)
        return self._view[bounds].cast(_FORMATS[kind])

    def _array(self, name: str) -> npt.NDArray[Any]:
        kind, at, rows = self._sections[name]
        return np.frombuffer(self._view, dtype=kind, count=rows, offset=at)

    # ------------------------------------------------------------ names and keys

    def name(self, row: int) -> str:
        """A street name as the register writes it."""
        return str(self._name_text[self._name_start[row] : self._name_start[row + 1]], "utf-8")

    def key(self, row: int) -> str:
        """A folded key."""
        return str(self._key_text[self.key_start[row] : self.key_start[row + 1]], "utf-8")

    def key_rows(self, key: str) -> list[int]:
        """Rows of exactly this key (several when several names fold to it)."""
        encoded = key.encode()
        crc = zlib.crc32(encoded)
        at = bisect_left(self._hash_value, crc)
        rows = []
        total = len(self._hash_value)
        while at < total and self._hash_value[at] == crc:
            row = self._hash_key[at]
            if self._key_text[self.key_start[row] : self.key_start[row + 1]] == encoded:
                rows.append(row)
            at += 1
        return rows

    def prefix_rows(self, prefix: str) -> tuple[int, int]:
        """The range of key rows that begin with a prefix."""
        total = len(self.key_name)
        wanted = prefix.encode()
        low = _first(total, wanted, self._key_from)
        return low, _first(total, wanted + b"\xff", self._key_from)

    def inner_rows(self, prefix: str, limit: int) -> list[int]:
        """Key rows in which a word after the first begins with a prefix; at most `limit`."""
        wanted = prefix.encode()
        low = _first(len(self._inner_key), wanted, self._inner_from)
        high = _first(len(self._inner_key), wanted + b"\xff", self._inner_from)
        return list(self._inner_key[low : min(high, low + limit)])

    def word_rows(self, prefix: str) -> npt.NDArray[np.int64]:
        """Key rows in which any word begins with a prefix, each once per such word."""
        wanted = prefix.encode()
        low = _first(len(self._inner_key), wanted, self._inner_from)
        high = _first(len(self._inner_key), wanted + b"\xff", self._inner_from)
        inner = np.asarray(self._inner_key[low:high]).astype(np.int64)
        return np.concatenate([np.arange(*self.prefix_rows(prefix)), inner])

    def _key_from(self, row: int) -> bytes:
        return bytes(self._key_text[self.key_start[row] : self.key_start[row + 1]])

    def _inner_from(self, at: int) -> bytes:
        row = self._inner_key[at]
        return bytes(self._key_text[self.key_start[row] + self._inner_at[at] : self.key_start[row + 1]])

    # ------------------------------------------------------------ streets

    @cached_property
    def seg_size(self) -> npt.NDArray[np.int64]:
        """How many house numbers each segment has; counted when first asked for."""
        first: npt.NDArray[np.int64] = np.asarray(self.seg_first).astype(np.int64)
        return first[1:] - first[:-1]

    @cached_property
    def key_weight(self) -> npt.NDArray[np.float64]:
        """How many house numbers the street name of each key row has, wherever it lies; summed once."""
        by_name = np.bincount(np.asarray(self.seg_name), weights=self.seg_size, minlength=self.names)
        weights: npt.NDArray[np.float64] = by_name[np.asarray(self.key_name)]
        return weights

    def segments_of(self, name: int) -> list[int]:
        """All segments of a street name."""
        return list(self.name_seg[self.name_seg_start[name] : self.name_seg_start[name + 1]])

    def segments_in(self, post: int, name: int) -> range:
        """The segments of a street name within one postcode."""
        low, high = self.post_seg[post], self.post_seg[post + 1]
        first = bisect_left(self.seg_name, name, low, high)
        last = first
        while last < high and self.seg_name[last] == name:
            last += 1
        return range(first, last)

    def post_keys(self, post: int) -> npt.NDArray[np.uint32]:
        """The key rows of one postcode."""
        return self.post_key[self.post_key_start[post] : self.post_key_start[post + 1]]

    # ------------------------------------------------------------ houses

    def houses_in(self, segment: int) -> range:
        """The house rows of a segment, by number."""
        return range(self.seg_first[segment], self.seg_first[segment + 1])

    def find_houses(self, segment: int, code: int) -> list[int]:
        """The house rows of a segment with exactly this number."""
        low, high = self.seg_first[segment], self.seg_first[segment + 1]
        at = bisect_left(self.house_code, code, low, high)
        rows = []
        while at < high and self.house_code[at] == code:
            rows.append(at)
            at += 1
        return rows

    def lettered(self, segment: int, number: int) -> list[int]:
        """The house rows of a segment with this number and any letter, or none."""
        low, high = self.seg_first[segment], self.seg_first[segment + 1]
        first = bisect_left(self.house_code, number << 5, low, high)
        return list(range(first, bisect_left(self.house_code, (number + 1) << 5, first, high)))

    def segment_of_house(self, house: int) -> int:
        """The segment that a house row lies in."""
        return bisect_left(self.seg_first, house + 1) - 1

    def point(self, house: int) -> tuple[float, float] | None:
        """(lat, lon) in WGS84 degrees, or None when the source has none."""
        lat = self.house_lat[house]
        if lat == layout.UNKNOWN:
            return None
        return lat / 1e6, self.house_lon[house] / 1e6

    def house_id(self, house: int) -> str:
        """The publisher's id of an address."""
        if len(self._id_start):
            return str(self._id_bytes[self._id_start[house] : self._id_start[house + 1]], "utf-8")
        text = self._id_bytes[house * 16 : house * 16 + 16].hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def units(self, house: int) -> tuple[str, ...]:
        """The known units of a house as "floor|door"; empty when the source knows none."""
        row = self.house_units[house]
        if not row:
            return ()
        return tuple(
            str(self._unit_text[self._unit_start[row] : self._unit_start[row + 1]], "utf-8").split(";")
        )

    def replacements(self, house: int) -> list[int]:
        """The house rows that took this one's place."""
        at = bisect_left(self._replaced_from, house)
        rows = []
        while at < len(self._replaced_from) and self._replaced_from[at] == house:
            rows.append(self._replaced_to[at])
            at += 1
        return rows


def _first(total: int, wanted: bytes, text: Callable[[int], bytes]) -> int:
    """The first of `total` sorted rows whose text is not below `wanted`."""
    low, high = 0, total
    while low < high:
        middle = (low + high) // 2
        if text(middle) < wanted:
            low = middle + 1
        else:
            high = middle
    return low
