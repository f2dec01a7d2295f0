"""The layout of the address index file, shared by the reader and the writer.

One file: 8 bytes magic, schema version and header length (little-endian uint32 each), a JSON header,
then one section per array, each aligned to 64 bytes. All arrays are little-endian and are used in
place through mmap, so that every worker shares one copy. Sections (n rows):

houses, sorted by (postcode, street, municipality, supplementary town, number)
  house_code  uint32  house number << 5 | letter (a = 1 … z = 26, æ ø å = 27 28 29, none = 0)
  house_lat, house_lon  int32  microdegrees, UNKNOWN when the source has none
  house_near  uint16  decimetres to the nearest other house of the street, 65535 unknown
  house_flags uint8   status (0 current, 1 preliminary, 2 abolished, 3 historic)
  house_units uint16 or uint32  row of the dictionary of unit sets (0: no units known)
  id_bytes, id_start  16-byte UUIDs (id_start empty) or UTF-8 text with offsets
replaced_from, replaced_to  uint32  house rows, sorted by the first
streets ("segments": one street in one postcode, municipality and supplementary town)
  seg_name uint32, seg_post uint16, seg_muni uint16, seg_extra uint16, seg_first uint32 (+1 row: the end)
  post_seg uint32 (+1 row)  first segment of each postcode
  name_seg_start uint32 (+1 row), name_seg uint32  the segments of each name
names: distinct street names as written
  name_text uint8, name_start uint32 (+1 row)
keys: folded names (and their expansions and short forms), sorted
  key_text, key_start, key_name uint32, key_sig uint64, key_size uint8
  key_kind uint8  0 the street's own name, 1 its shorter addressing name, 2 an abbreviation written in full
  key_head uint64  signature of the key's first HEAD_SIZE letters, for names that are still being typed
  inner_key uint32, inner_at uint8  where a later word of a key begins; sorted by the text from there on
  hash_value uint32 sorted, hash_key uint32  CRC-32 of the key -> key row
  post_key_start uint32 (+1 row), post_key uint32  the keys of each postcode
units: unit_text, unit_start, unit_count uint16
"""

from __future__ import annotations

from collections.abc import Iterable

MAGIC = b"DOORADDR"
SCHEMA_VERSION = 1
FILE_NAME = "addresses.idx"
ALIGNMENT = 64
HEAD_SIZE = 6
UNKNOWN = -(2**31)
UNKNOWN_NEAR = 65535
STATUSES = ("current", "preliminary", "abolished", "historic")
REBUILD = "Build it again with `enrich refdata build`, or publish a release of this version."

_LETTERS = {letter: row for row, letter in enumerate("abcdefghijklmnopqrstuvwxyzæøå", start=1)}
_LETTERS |= {"ae": 27, "ä": 27, "ö": 28}
_WRITTEN = " ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅ"


def number_code(number: int, letter: str = "") -> int | None:
    """House number and letter as one sortable integer; None for a letter that no house has."""
    if not letter:
        return number << 5
    row = _LETTERS.get(letter.lower())
    return None if row is None else number << 5 | row


def written_number(code: int) -> str:
    """The house number of a code as it is written: "52C"."""
    letter = code & 31
    return f"{code >> 5}{_WRITTEN[letter]}" if letter else str(code >> 5)


def key_signature(key: str) -> int:
    """64 bits that say which letters a key has once and which twice or more.

    One edit changes at most two letter counts, so two keys within k edits differ in at most 2k bits:
    a filter over a whole country in one vector operation, before any edit distance is computed.
    """
    signature = 0
    for code in key.encode("ascii", "replace"):
        place = (code - 97) * 2 if 97 <= code <= 122 else 52 + code % 6 * 2
        bit = 1 << place
        signature |= bit << 1 if signature & bit else bit
    return signature


def align(offset: int) -> int:
    """The next offset that a section may begin at."""
    return -(-offset // ALIGNMENT) * ALIGNMENT


def offsets(lengths: Iterable[int]) -> list[int]:
    """Running sums, beginning with 0."""
    result = [0]
    total = 0
    for length in lengths:
        total += length
        result.append(total)
    return result
