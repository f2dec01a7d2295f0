"""Statistics Finland, Paavo by postal code area, over PxWeb.

Traps:
- The table's metadata (GET) lists postal codes; the data (POST) refuses more cells than the publisher's
  limit, so codes are asked in portions and the answers joined.
- CSV is latin-1, begins with a title and an empty line; one row per area and fact, the year as column; the
  area is "00100  Name (Municipality)". (Checked on the publisher's own file of Helsinki, 2023.)
- Some facts are denied (the unemployed): they are not asked for.
- `.` and `..` mean suppressed: fewer than 30 people. They stay empty.
"""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path
from typing import Any

from service.errors import SourceError
from service.files.strict import read_text
from service.refdata.catalogue import Source
from service.refdata.denied import load_denied
from service.refdata.fetching import Fetched, Fetcher, Request, put_joined

FILE = "paavo.csv"


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads all postal areas to `raw/<folder>/paavo.csv`: `postcode`, `name`, one column per fact.

    Raises SourceError when portions differ in their columns.
    """
    asked = source.fetch
    url = f"{asked['base']}/{asked['table']}"
    areas, facts, year = _chosen(fetcher.get_json(url), asked)
    rows: list[list[str]] = []
    header: list[str] = []
    attempts, changed = 0, False
    for start in range(0, len(areas), int(asked["portion"])):
        codes = areas[start : start + int(asked["portion"])]
        page = raw / source.folder / ".pages" / f"{start:06}.csv"
        got = fetcher.fetch(
            Request(url, page, partial(_check, len(codes), len(facts)), _query(asked, codes, facts, year))
        )
        attempts, changed = attempts + got.attempts, changed or got.changed
        head, body = widen(*read_pxweb(page))
        if header and head != header:
            raise SourceError(f"{FILE}: row {start + 2}: rule expected-columns: portions have other columns.")
        header, rows = head, rows + body
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return [put_joined(raw / source.folder / FILE, text.getvalue(), changed, attempts)]


def _chosen(answer: Any, asked: Any) -> tuple[list[str], list[str], str]:
    """All areas, the facts that are not denied, and the newest year."""
    try:
        known = {v["code"]: list(v["values"]) for v in answer["variables"]}
        texts = {v["code"]: v.get("valueTexts", v["values"]) for v in answer["variables"]}
    except (KeyError, TypeError) as error:
        raise SourceError(f"{asked['table']}: rule metadata: no list of variables ({error!r}).") from error
    for name in ("area", "facts", "time"):
        if not known.get(asked[name]):
            raise SourceError(
                f"{asked['table']}: column {asked[name]!r}: rule expected-columns: the table "
                f"has {', '.join(known)}."
            )
    denied = load_denied()
    named = zip(known[asked["facts"]], texts[asked["facts"]], strict=True)
    facts = [code for code, text in named if not denied.match(code) and not denied.match(text)]
    return known[asked["area"]], facts, known[asked["time"]][-1]


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


def widen(header: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """One row per area from one row per area and fact. Raises SourceError for a gap or another form."""
    if len(header) != 3:
        raise SourceError(
            f"{FILE}: row 1: rule expected-columns: came {header[:4]}, expected area, fact and one year."
        )
    facts = list(dict.fromkeys(row[1] for row in rows))
    areas: dict[str, dict[str, str]] = {}
    for row in rows:
        areas.setdefault(row[0], {})[row[1]] = row[2]
    wide = []
    for area, values in areas.items():
        missing = next((fact for fact in facts if fact not in values), None)
        code, _, name = area.partition(" ")
        if missing or not (code.isdigit() and len(code) == 5):
            raise SourceError(
                f"{FILE}: row of {area!r}, column {missing or 'area'!r}: rule whole-rows: it is missing."
            )
        wide.append([code, name.strip(), *(values[fact] for fact in facts)])
    return ["postcode", "name", *facts], wide


def _check(areas: int, facts: int, path: Path) -> None:
    header, rows = widen(*read_pxweb(path))
    if len(rows) != areas or len(header) - 2 != facts:
        raise SourceError(
            f"{FILE}: rule matched-keys: {len(rows)} areas with {len(header) - 2} facts came, asked for "
            f"{areas} with {facts}."
        )
    load_denied().refuse(FILE, header)
