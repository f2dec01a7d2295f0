"""Statistics Finland, Paavo by postal code area, over PxWeb.

Traps:
- The table's metadata (GET) lists postal codes; the data (POST) refuses more cells than the publisher's
  limit, so codes are asked in portions and the answers joined.
- CSV is latin-1, begins with a title and an empty line, and the area is "00100  Name (Municipality)".
- `.` and `..` mean suppressed: fewer than 30 people. They stay empty.
"""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path
from typing import Any

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.denied import load_denied
from service.refdata.fetching import Fetched, Fetcher, Request
from service.refdata.reading import read_text
from service.tables import file_sha256

FILE = "paavo.csv"


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads all postal areas to `raw/<folder>/paavo.csv`: area, then one column per fact."""
    asked = source.fetch
    url = f"{asked['base']}/{asked['table']}"
    areas, facts, year = _values(fetcher.get_json(url), asked)
    load_denied().refuse(source.file.name, facts)
    rows: list[list[str]] = []
    header: list[str] = []
    attempts, changed = 0, False
    for start in range(0, len(areas), int(asked["portion"])):
        codes = areas[start : start + int(asked["portion"])]
        page = raw / source.folder / ".pages" / f"{start:06}.csv"
        got = fetcher.fetch(
            Request(url, page, partial(_check, len(codes)), _query(asked, codes, facts, year))
        )
        attempts, changed = attempts + got.attempts, changed or got.changed
        head, body = read_pxweb(page)
        if header and head != header:
            raise SourceError(f"{FILE}: row {start + 2}: rule expected-columns: portions have other columns.")
        header, rows = head, rows + body
    target = raw / source.folder / FILE
    beside = target.with_name(FILE + ".new")
    with beside.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    beside.replace(target)
    return [Fetched(target, changed, target.stat().st_size, file_sha256(target), attempts)]


def _values(answer: Any, asked: Any) -> tuple[list[str], list[str], str]:
    try:
        known = {v["code"]: list(v["values"]) for v in answer["variables"]}
    except (KeyError, TypeError) as error:
        raise SourceError(f"{asked['table']}: rule metadata: no list of variables ({error!r}).") from error
    for name in ("area", "facts", "time"):
        if not known.get(asked[name]):
            raise SourceError(
                f"{asked['table']}: column {asked[name]!r}: rule expected-columns: the table "
                f"has {', '.join(known)}."
            )
    return known[asked["area"]], known[asked["facts"]], known[asked["time"]][-1]


def _query(asked: Any, codes: list[str], facts: list[str], year: str) -> dict[str, Any]:
    chosen = {asked["area"]: codes, asked["facts"]: facts, asked["time"]: [year]}
    query = [{"code": c, "selection": {"filter": "item", "values": v}} for c, v in chosen.items()]
    return {"query": query, "response": {"format": "csv"}}


def read_pxweb(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a PxWeb CSV; suppressed cells are empty. Raises SourceError."""
    text = read_text(path, "latin-1")
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    start = 1 if rows and len(rows[0]) == 1 else 0  # a title line
    if len(rows) < start + 2 or not text.endswith("\n"):
        raise SourceError(f"{path.name}: row {len(rows)}: rule whole-file: the answer is cut off.")
    header, body = rows[start], rows[start + 1 :]
    for number, row in enumerate(body, start=start + 2):
        if len(row) != len(header):
            raise SourceError(
                f"{path.name}: row {number}: rule whole-rows: {len(row)} fields of {len(header)}."
            )
    suppressed = {".", "..", "..."}
    return header, [["" if cell in suppressed else cell for cell in row] for row in body]


def _check(areas: int, path: Path) -> None:
    _, rows = read_pxweb(path)
    if len({row[0] for row in rows}) != areas:
        raise SourceError(
            f"{FILE}: rule matched-keys: {len({row[0] for row in rows})} areas came, asked for {areas}."
        )
