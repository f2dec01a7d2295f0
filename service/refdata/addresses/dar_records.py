"""The records of Danmarks Adresseregister (DAR) file downloads, one flat JSON object per version.

Three forms of the same records are read, each also inside a .zip or .gz:
- one entity per file, one object per line (NDJSON): `Husnummer.ndjson`;
- one entity per file, a JSON array: `DAR_V1_Husnummer_TotalDownload_json_Current_….json`;
- all entities in one JSON object: `{"AdresseList": […], "HusnummerList": […], …}`.

Field names differ between them only in case, Danish letters and an `_id` ending (`navngivenvej_id`,
`navngivenVej`; `dørbetegnelse`, `doerbetegnelse`); here they are lower-case ASCII without the ending.
A field that DAR 1.0 does not have stops the import: the publisher's format has then changed.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

import orjson

from service.errors import SourceError
from service.refdata.addresses.reading import MAX_LINE_BYTES, Where, open_source, read_lines

Record = dict[str, str | None]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERSIONED = _words(
    "id_lokalid status registreringfra registreringtil virkningfra virkningtil "
    "eventopret eventopdater rowkey id_namespace "
    "registreringsaktoer virkningsaktoer forretningshaendelse forretningsomraade forretningsproces "
    "datafordeleropdateringstid datafordelerregisterimportsequencenumber datafordelerrowid "
    "datafordelerrowversion"
)
_NEEDED = _words("id_lokalid status registreringtil virkningfra virkningtil")
# entity -> (fields that must be there, further fields that DAR 1.0 has)
_FIELDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    entity: (_words(needed), _words(further))
    for entity, needed, further in (
        (
            "husnummer",
            "husnummertekst adgangsadressebetegnelse adgangspunkt navngivenvej postnummer supplerendebynavn",
            "darafstemningsomraade darkommune darmenighedsraadsafstemningsomraade darsogneinddeling "
            "fk_bbr_bygning_adgangtilbygning fk_bbr_tekniskanlaeg_adgangtiltekniskanlaeg "
            "fk_geodk_bygning_geodanmarkbygning fk_geodk_vejmidte_vejmidte "
            "fk_mu_jordstykke_foreloebigtplaceretpaajordstykke fk_mu_jordstykke_jordstykke husnummerretning "
            "vejpunkt adgangtilbygning adgangtiltekniskanlaeg afstemningsomraade geodanmarkbygning "
            "jordstykke kommuneinddeling menighedsraadsafstemningsomraade placeretpaaforeloebigtjordstykke "
            "sogneinddeling vejmidte",
        ),
        (
            "adresse",
            "adressebetegnelse doerbetegnelse etagebetegnelse husnummer",
            "doerpunkt fk_bbr_bygning_bygning bygning",
        ),
        (
            "adressepunkt",
            "position",
            "oprindelse_kilde oprindelse_noejagtighedsklasse oprindelse_registrering "
            "oprindelse_tekniskstandard",
        ),
        (
            "navngivenvej",
            "vejnavn vejadresseringsnavn",
            "administreresafkommune beskrivelse retskrivningskontrol udtaltvejnavn "
            "vejnavnebeliggenhed_oprindelse_kilde vejnavnebeliggenhed_oprindelse_noejagtighedsklasse "
            "vejnavnebeliggenhed_oprindelse_registrering vejnavnebeliggenhed_oprindelse_tekniskstandard "
            "vejnavnebeliggenhed_vejnavnelinje vejnavnebeliggenhed_vejnavneomraade "
            "vejnavnebeliggenhed_vejtilslutningspunkter",
        ),
        ("postnummer", "postnr navn", "postnummerinddeling"),
        ("supplerendebynavn", "navn", "supplerendebynavn1 supplerendebynavn"),
        ("darkommuneinddeling", "kommunekode navn", "kommuneinddeling"),
        ("navngivenvejkommunedel", "kommune navngivenvej", "vejkode"),
    )
}
# Entities of the same download that addresses do not need; their files are passed over.
_NOT_NEEDED = _words(
    "navngivenvejpostnummer navngivenvejpostnummerrelation navngivenvejsupplerendebynavn "
    "navngivenvejsupplerendebynavnrelation darafstemningsomraade darsogneinddeling "
    "darmenighedsraadsafstemningsomraade reserveretvejnavn"
)
_CHUNK = 1 << 20
_JSON = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,]*")
_LIST_KEY = re.compile(r'\s*"(\w+)"\s*:\s*\[')
_DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


def read_records(path: Path, progress: bool = False) -> Iterator[tuple[Where, str, Record]]:
    """(place, entity, record) for every record of one file, fields by their plain names.

    Raises SourceError naming file, line and column for a truncated or damaged file, another encoding,
    a missing or unknown field, and a file whose name and content name no entity of DAR 1.0.
    """
    entity = entity_of(path.name)
    if entity in _NOT_NEEDED:
        return
    form = _form(path)
    if form != "lists" and entity is None:
        raise SourceError(
            f"{path.name}: the file name names no DAR entity (such as Husnummer, Adresse, Adressepunkt, "
            "NavngivenVej, Postnummer, SupplerendeBynavn); keep the publisher's file names."
        )
    raw = _line_records(path, progress) if form == "lines" else _json_records(path, progress)
    shapes: dict[str, _Shape] = {}
    for where, list_name, record in raw:
        name = entity if list_name is None else plain_name(list_name.removesuffix("List"))
        if name is None or name in _NOT_NEEDED:
            continue
        shape = shapes.get(name)
        if shape is None:
            shape = shapes[name] = _Shape(name, where)
        yield where, name, shape.plain(where, record)


def entity_of(file_name: str) -> str | None:
    """The DAR entity that a publisher's file name names; None when it names none."""
    for word in re.findall(r"[^\W\d_]+", file_name):
        name = plain_name(word)
        if name in _FIELDS or name in _NOT_NEEDED:
            return name
    return None


def plain_name(field: str) -> str:
    """Lower-case ASCII without an `_id` ending; `id` itself is `id_lokalid`."""
    name = field.lower().translate(_DANISH)
    return "id_lokalid" if name == "id" else name.removesuffix("_id")


class _Shape:
    """The field names of one entity in one file, checked once per change."""

    def __init__(self, entity: str, where: Where) -> None:
        if entity not in _FIELDS:
            where.fail(entity, "this list is not an entity of DAR 1.0.")
        self._needed, further = _FIELDS[entity]
        self._known = self._needed | further | _VERSIONED
        self._raw: set[str] = set()
        self._names: list[tuple[str, str]] = []

    def plain(self, where: Where, record: Record) -> Record:
        if record.keys() != self._raw:
            self._names = [(plain_name(raw), raw) for raw in record]
            names = {name for name, _ in self._names}
            for name in sorted(self._needed | _NEEDED):
                if name not in names:
                    where.fail(name, "the record lacks this field.")
            for name, raw in self._names:
                if name not in self._known:
                    where.fail(raw, "unknown field; the publisher's format is no longer DAR 1.0.")
            self._raw = set(record)
        return {name: record[raw] for name, raw in self._names}


def _form(path: Path) -> str:
    """ "lines", "array" or "lists", by the first characters."""
    with open_source(path) as (source, _):
        first = source.readline(MAX_LINE_BYTES)
    start = first.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"["):
        return "array"
    if re.match(rb'\{\s*("\w+List"\s*:|$)', start):
        return "lists"
    return "lines"


def _line_records(path: Path, progress: bool) -> Iterator[tuple[Where, None, Record]]:
    for where, line in read_lines(path, progress, last_line_ends=False):
        if not line:
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            where.fail(str(error.colno), f"not one whole JSON object ({error.msg}).")
        if not isinstance(record, dict):
            where.fail("1", "not a JSON object.")
        yield where, None, record


def _json_records(path: Path, progress: bool) -> Iterator[tuple[Where, str | None, Record]]:
    with open_source(path, progress) as (source, bar):
        text = _Text(path, _counted(source, bar))
        opening = text.skip()
        if opening == "[":
            text.at += 1
            yield from _array(text, None)
        else:
            text.at += 1
            while text.skip() != "}":
                key = text.match(_LIST_KEY)
                yield from _array(text, key)


def _array(text: _Text, name: str | None) -> Iterator[tuple[Where, str | None, Record]]:
    while text.skip() != "]":
        where = text.where()
        record = text.value()
        if not isinstance(record, dict):
            where.fail("1", "a list member is not a JSON object.")
        yield where, name, record
    text.at += 1


def _counted(source: IO[bytes], bar: object) -> Iterator[bytes]:
    for chunk in iter(lambda: source.read(_CHUNK), b""):
        bar.update(len(chunk))  # type: ignore[attr-defined]
        yield chunk


class _Text:
    """A window on a long JSON text that knows its line; holds about one chunk at a time."""

    def __init__(self, path: Path, chunks: Iterator[bytes]) -> None:
        self._path = path
        self._chunks = chain(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._window = ""
        self._line = 1
        self._counted = 0
        self._ended = False
        self.at = 0

    def where(self) -> Where:
        self._line += self._window.count("\n", self._counted, self.at)
        self._counted = self.at
        return Where(self._path, self._line)

    def skip(self) -> str:
        """Moves past blanks and commas; the next character."""
        while True:
            found = _BETWEEN.match(self._window, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self._window):
                return self._window[self.at]
            self._more()

    def match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._window, self.at)
        while found is None:
            if len(self._window) - self.at > _CHUNK or self._ended:
                self.where().fail("1", "not a list of DAR records.")
            self._more()
            found = pattern.match(self._window, self.at)
        self.at = found.end()
        return found[1]

    def value(self) -> object:
        while True:
            try:
                value, end = _JSON.raw_decode(self._window, self.at)
            except json.JSONDecodeError as error:
                # Cut off by the window's end, or wrong: only more text can tell.
                if len(self._window) - error.pos > _CHUNK:
                    self._fail(error)
                self._more()
                continue
            self.at = end
            return value

    def _fail(self, error: json.JSONDecodeError) -> None:
        line = self.where().line + self._window.count("\n", self.at, error.pos)
        column = error.pos - self._window.rfind("\n", 0, error.pos)
        Where(self._path, line).fail(str(column), f"not valid JSON ({error.msg}).")

    def _more(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            if self._ended:
                where = self.where()
                line = where.line + self._window.count("\n", self.at)
                column = len(self._window) - self._window.rfind("\n")
                Where(self._path, line).fail(
                    str(column), "the file ends in the middle of a list: truncated, download it again."
                )
            self._ended = True
            chunk = b""
        self.where()
        self._window, self.at, self._counted = self._window[self.at :], 0, 0
        try:
            self._window += self._decode.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            line = self._line + self._window.count("\n") + chunk.count(b"\n", 0, error.start)
            Where(self._path, line).fail(
                str(error.start - chunk.rfind(b"\n", 0, error.start)),
                f"byte 0x{error.object[error.start]:02x} is not UTF-8; the file is in another encoding.",
            )
