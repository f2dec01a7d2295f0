"""An address index of one house, in memory: so that a found address meets the same matcher as our own.

The category rules (nothing left over, number and postcode never corrected, three edits in a street) are
the matcher's. Rather than state them a second time for online results, the one found house is laid out
as an index and what was typed is matched against that.
"""

from __future__ import annotations

import re
import zlib

import numpy as np
import numpy.typing as npt

from service.address import layout
from service.address.index import AddressIndex
from service.address.online.parts import FoundParts
from service.address.rules import load_rules
from service.address.text import expand_words, fold_key, join_key, name_words

_NUMBER = re.compile(r"0*(\d{1,5}) ?([A-Za-zÆØÅæøåÄÖäö]?)")
_KINDS = {"|u1": np.uint8, "<u2": np.uint16, "<u4": np.uint32, "<u8": np.uint64, "<i4": np.int32}


def index_of_one(country: str, found: FoundParts, lat: float, lon: float, source: str) -> AddressIndex | None:
    """The index of one found house; None when its number cannot be a house number."""
    number = _NUMBER.fullmatch(found.number.strip())
    code = layout.number_code(int(number[1]), number[2]) if number else None
    if code is None:
        return None
    rules = load_rules(country)
    words = list(name_words(found.street, rules))
    keys = {fold_key(found.street, rules): 0}
    for variant in expand_words(words, rules, limit=4):
        keys.setdefault(join_key(variant, rules), 2)
    ordered = sorted(key for key in keys if key)
    if not ordered:
        return None
    encoded = [key.encode() for key in ordered]
    checks = [zlib.crc32(key) for key in encoded]
    by_check = sorted(range(len(ordered)), key=lambda row: (checks[row], row))
    unit_sets = ["", ";".join(sorted(found.units))] if found.units else [""]
    name, own_id = found.street.encode(), found.id.encode()
    sections: list[tuple[str, str, list[int] | bytes]] = [
        ("house_code", "<u4", [code]),
        ("house_lat", "<i4", [round(lat * 1e6)]),
        ("house_lon", "<i4", [round(lon * 1e6)]),
        ("house_near", "<u2", [layout.UNKNOWN_NEAR]),
        ("house_flags", "|u1", [0]),
        ("house_units", "<u2", [len(unit_sets) - 1]),
        ("id_bytes", "|u1", own_id),
        ("id_start", "<u4", [0, len(own_id)]),
        ("replaced_from", "<u4", []),
        ("replaced_to", "<u4", []),
        ("seg_name", "<u4", [0]),
        ("seg_post", "<u2", [0]),
        ("seg_muni", "<u2", [1 if found.municipality else 0]),
        ("seg_extra", "<u2", [1 if found.supplementary else 0]),
        ("seg_first", "<u4", [0, 1]),
        ("post_seg", "<u4", [0, 1]),
        ("name_seg", "<u4", [0]),
        ("name_seg_start", "<u4", [0, 1]),
        ("name_text", "|u1", name),
        ("name_start", "<u4", [0, len(name)]),
        ("key_text", "|u1", b"".join(encoded)),
        ("key_start", "<u4", layout.offsets(map(len, encoded))),
        ("key_name", "<u4", [0] * len(ordered)),
        ("key_kind", "|u1", [keys[key] for key in ordered]),
        ("key_sig", "<u8", [layout.key_signature(key) for key in ordered]),
        ("key_size", "|u1", [min(len(key), 255) for key in ordered]),
        ("hash_value", "<u4", [checks[row] for row in by_check]),
        ("hash_key", "<u4", by_check),
        ("post_key", "<u4", list(range(len(ordered)))),
        ("post_key_start", "<u4", [0, len(ordered)]),
        ("unit_text", "|u1", "".join(unit_sets).encode()),
        ("unit_start", "<u4", layout.offsets(len(text.encode()) for text in unit_sets)),
        ("unit_count", "<u2", [text.count(";") + 1 if text else 0 for text in unit_sets]),
    ]
    listed: list[list[object]] = []
    body = bytearray()
    for section, kind, values in sections:
        array: npt.NDArray[np.generic] = (
            np.frombuffer(values, np.uint8) if isinstance(values, bytes) else np.array(values, _KINDS[kind])
        )
        listed.append([section, kind, len(body), len(array)])
        body += array.tobytes()
        body += bytes(layout.align(len(body)) - len(body))
    postcode = found.postcode.replace(" ", "")
    header = {
        "country": country,
        "source": source,
        "attribution": "",
        "houses": 1,
        "streets": 1,
        "names": 1,
        "municipalities": {},
        "municipality_codes": ["", found.municipality] if found.municipality else [""],
        "supplementary": ["", found.supplementary] if found.supplementary else [""],
        "postcodes": [[postcode, found.city or postcode, False, []]],
        "sections": listed,
    }
    return AddressIndex(memoryview(bytes(body) or b"\0"), header, 0)
