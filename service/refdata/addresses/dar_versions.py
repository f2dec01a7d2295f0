"""The versions of Danmarks Adresseregister that are valid registrations, in a temporary SQLite file.

The register is bitemporal: `registreringfra/til` say when the register held a version true,
`virkningfra/til` when it is true of the world. A version whose registration has ended was corrected
and is left out; the rest are the register's present knowledge of present and past.

House numbers, unit addresses and points (millions) go to SQLite and are read back house by house;
street, postcode and town names (some 120,000) stay in memory.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from types import TracebackType

from service.refdata.addresses.dar_house import (
    FOREVER,
    House,
    HouseVersion,
    Named,
    Names,
    Span,
    UnitVersion,
)
from service.refdata.addresses.dar_records import Record
from service.refdata.addresses.reading import Where
from service.refdata.addresses.report import ImportReport

# The mainland, islands and waters of Denmark in EPSG:25832, metres.
_EAST, _NORTH = (420_000.0, 910_000.0), (6_020_000.0, 6_420_000.0)
_POINT = re.compile(r"POINT ?Z? ?\((-?[\d.]+) (-?[\d.]+)(?: -?[\d.]+)?\)")
_MUNICIPALITY_ROAD = re.compile(r"(\d{4})-\d{1,4}")
_IN_USE, _NOT_IN_USE = "8", "7"
_BATCH = 50_000


class VersionStore:
    """Collects versions (`add`), then gives them back house by house (`houses`)."""

    def __init__(self, path: Path) -> None:
        """`path` is a file that does not exist yet; the caller removes it."""
        self.names = Names()
        self._path = path
        self._files: list[Path] = []
        self._sorted = False
        self._rows: dict[str, list[tuple[object, ...]]] = {"house": [], "unit": [], "point": []}
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;"
            "CREATE TABLE house(id, start, until, status, number, road, postcode, supplementary,"
            " municipality, point, text, file, line);"
            "CREATE TABLE unit(house, id, start, until, status, floor, door, text, file, line);"
            "CREATE TABLE point(id, start, until, status, east, north, file, line);"
            "BEGIN"
        )

    def __enter__(self) -> VersionStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        self._db.close()

    def add(self, where: Where, entity: str, record: Record, report: ImportReport) -> None:
        """Takes one record; corrected registrations are counted and left out.

        Raises SourceError for a time, house number or point that cannot be of this register.
        """
        report.read += 1
        if record["registreringtil"]:
            report.drop("versions that the register has corrected since")
            return
        span = Span(_time(where, record, "virkningfra", 0.0), _time(where, record, "virkningtil", FOREVER))
        if span.to <= span.start:
            report.drop("versions that were never in force")
            return
        own_id = record["id_lokalid"]
        if not own_id:
            where.fail("id_lokalid", "the record has no id.")
        if entity == "husnummer":
            self._add_house(where, own_id, span, record)
        elif entity == "adresse":
            self._add_unit(where, own_id, span, record)
        elif entity == "adressepunkt":
            self._add_point(where, own_id, span, record)
        else:
            self._add_name(where, own_id, span, entity, record)

    def _add_house(self, where: Where, own_id: str, span: Span, record: Record) -> None:
        road = _MUNICIPALITY_ROAD.fullmatch(record.get("vejmidte") or "")
        municipality = record.get("darkommune") or record.get("kommuneinddeling")
        self._put(
            "house",
            own_id,
            span.start,
            span.to,
            record["status"],
            record["husnummertekst"] or "",
            record["navngivenvej"],
            record["postnummer"],
            record["supplerendebynavn"],
            road[1] if road else municipality,
            record["adgangspunkt"],
            record["adgangsadressebetegnelse"] or "",
            self._file(where),
            where.line,
        )

    def _add_unit(self, where: Where, own_id: str, span: Span, record: Record) -> None:
        self._put(
            "unit",
            record["husnummer"],
            own_id,
            span.start,
            span.to,
            record["status"],
            record["etagebetegnelse"] or "",
            record["doerbetegnelse"] or "",
            record["adressebetegnelse"] or "",
            self._file(where),
            where.line,
        )

    def _add_point(self, where: Where, own_id: str, span: Span, record: Record) -> None:
        position = record["position"]
        if not position:
            return
        found = _POINT.fullmatch(position)
        if found is None:
            where.fail("position", f"{position[:60]!r} is not a point such as POINT (588454.58 6140353.14).")
        east, north = float(found[1]), float(found[2])
        if not (_EAST[0] <= east <= _EAST[1] and _NORTH[0] <= north <= _NORTH[1]):
            where.fail(
                "position",
                f"({found[1]} {found[2]}) is not in Denmark in EPSG:25832 (ETRS89 / UTM zone 32N, metres); "
                "the coordinates are in another projection.",
            )
        self._put(
            "point", own_id, span.start, span.to, record["status"], east, north, self._file(where), where.line
        )

    def _add_name(self, where: Where, own_id: str, span: Span, entity: str, record: Record) -> None:
        names = self.names
        if entity == "navngivenvejkommunedel":
            if record["status"] == "3" and span.to == FOREVER and record["navngivenvej"]:
                kept = names.road_municipalities.setdefault(record["navngivenvej"], set())
                kept.add((record["kommune"] or "").zfill(4))
            return
        into, name, code = {
            "navngivenvej": (names.roads, "vejnavn", "vejadresseringsnavn"),
            "postnummer": (names.postcodes, "navn", "postnr"),
            "supplerendebynavn": (names.supplementary, "navn", "navn"),
            "darkommuneinddeling": (names.municipalities, "navn", "kommunekode"),
        }[entity]
        versions = into.setdefault(own_id, [])
        if any(version.span == span for version in versions):
            where.fail("id_lokalid", f"version {own_id} with the same times occurs twice.")
        versions.append(Named(span, record[name] or "", record[code] or ""))
        versions.sort(key=lambda version: version.span.start)

    def _file(self, where: Where) -> int:
        if not self._files or self._files[-1] != where.path:
            self._files.append(where.path)
        return len(self._files) - 1

    def _put(self, table: str, *row: object) -> None:
        rows = self._rows[table]
        rows.append(row)
        if len(rows) >= _BATCH:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._rows[table]
        if rows:
            self._db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)  # noqa: S608
            rows.clear()

    def houses(self) -> Iterator[House]:
        """Every house number once, by id. Raises SourceError when one version occurs twice."""
        self.close_input()
        yield from self._grouped()

    def close_input(self) -> int:
        """Sorts what was added; how many house numbers there are. Raises SourceError as `houses` does."""
        if not self._sorted:
            for table in self._rows:
                self._flush(table)
            self._db.execute("COMMIT")
            for table in self._rows:
                self._index_once(table)
            self._db.execute("CREATE INDEX unit_house ON unit(house, start)")
            self._sorted = True
        count: int = self._db.execute("SELECT count(DISTINCT id) FROM house").fetchone()[0]
        return count

    def _index_once(self, table: str) -> None:
        try:
            self._db.execute(f"CREATE UNIQUE INDEX {table}_once ON {table}(id, start)")
        except sqlite3.IntegrityError:
            twice = self._db.execute(
                f"SELECT id, max(file), max(line), min(line) FROM {table} "  # noqa: S608
                "GROUP BY id, start HAVING count(*) > 1 ORDER BY 2, 3 LIMIT 1"
            ).fetchone()
            Where(self._files[twice[1]], twice[2]).fail(
                "id_lokalid",
                f"version {twice[0]} with the same times occurs twice (first in line {twice[3]}).",
            )

    def _grouped(self) -> Iterator[House]:
        with closing(self._db.cursor()) as houses, closing(self._db.cursor()) as units:
            rows = houses.execute(
                "SELECT id, start, until, status, number, road, postcode, supplementary, municipality, point,"
                " text FROM house ORDER BY id, start"
            )
            for own_id, versions in groupby(rows, key=lambda row: row[0]):
                house = [HouseVersion(Span(row[1], row[2]), *row[3:]) for row in versions]
                of_house = units.execute(
                    "SELECT id, start, until, status, floor, door, text FROM unit WHERE house = ?"
                    " ORDER BY start, id",
                    (own_id,),
                )
                unit = [UnitVersion(row[0], Span(row[1], row[2]), *row[3:]) for row in of_house]
                yield House(own_id, house, unit, self._points({v.point for v in house if v.point}))

    def _points(self, ids: Iterable[str]) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        for own_id in ids:
            # The last version in use; of a point that is no longer in use, its last place.
            row = self._db.execute(
                "SELECT east, north FROM point WHERE id = ? ORDER BY status IN (?, ?) DESC, start DESC"
                " LIMIT 1",
                (own_id, _IN_USE, _NOT_IN_USE),
            ).fetchone()
            if row:
                found[own_id] = (row[0], row[1])
        return found


def _time(where: Where, record: Record, column: str, absent: float) -> float:
    text = record[column]
    if not text:
        return absent
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        where.fail(column, f"{text[:40]!r} is not an ISO 8601 time.")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
