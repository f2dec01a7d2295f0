"""StatBank Denmark (api.statbank.dk/v1): the client that every StatBank source uses.

Form as documented by the publisher: `GET tableinfo` names variables, values and `updated`; `POST data`
with format BULK streams CSV. Traps:
- Separator is `;`, decimals may be a comma, `..` is confidential or missing, `-` an exact zero.
- Only BULK has no cell limit; the others refuse over a million with EXTRACT-TOOBIG.
- A variable that is not asked for is summed away only where `elimination` is true; else the call fails.
- The newest period is the last one that tableinfo lists; asking for `*` downloads all years.
- The header carries the variables' codes, in the order asked, and ends with INDHOLD.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from service.errors import SourceError
from service.files.strict import read_rows
from service.refdata.catalogue import Source
from service.refdata.denied import load_denied
from service.refdata.fetching import Fetched, Fetcher, Request

VALUE, TIME = "INDHOLD", "Tid"
MISSING = frozenset({"..", "…", "x", "."})
ZERO = "-"
LATEST = "latest"


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the source's table to `raw/<folder>/<TABLE>.csv`, unless it is the same as last time."""
    table, asked = source.fetch["table"], source.fetch["variables"]
    load_denied().refuse(source.file.name, asked)
    facts = fetcher.get_json(f"{source.fetch['base']}/v1/tableinfo/{table}?lang=da&format=JSON")
    variables = _variables(source, facts, asked)
    body = {
        "table": table,
        "format": "BULK",
        "lang": "da",
        "delimiter": "Semicolon",
        "valuePresentation": source.fetch.get("presentation", "Code"),
        "variables": variables,
    }
    columns = [v["code"].upper() for v in variables] + [VALUE]
    file = raw / source.folder / f"{table}.csv"

    def check(path: Path) -> None:
        read_statbank(path, columns, file.name)

    request = Request(
        f"{source.fetch['base']}/v1/data", file, check, body, version=str(facts.get("updated", ""))
    )
    return [fetcher.fetch(request)]


def _variables(source: Source, facts: Any, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The query's variables. Raises SourceError when the table has others than the catalogue says."""
    table = source.fetch["table"]
    try:
        known = {v["id"]: v for v in facts["variables"]}
    except (KeyError, TypeError) as error:
        raise SourceError(
            f"{table}: rule tableinfo: no list of variables in the answer ({error!r})."
        ) from error
    query = []
    for code, wanted in asked.items():
        if code not in known:
            raise SourceError(
                f"{table}: column {code!r}: rule expected-columns: the table has no such variable any "
                f"more; it has {', '.join(known)}."
            )
        ids = [str(v["id"]) for v in known[code].get("values", ())]
        if wanted == LATEST and not ids:
            raise SourceError(f"{table}: column {code!r}: rule not-empty: no period is listed.")
        values = ids[-1:] if wanted == LATEST else list(wanted)
        gone = [v for v in values if v != "*" and v not in ids]
        if gone:
            raise SourceError(f"{table}: column {code!r}: rule expected-values: {gone[0]!r} is gone.")
        query.append({"code": code, "values": values})
    needed = [c for c, v in known.items() if c not in asked and not v.get("elimination")]
    if needed:
        raise SourceError(
            f"{table}: column {needed[0]!r}: rule expected-columns: it is new and must be asked for."
        )
    return query


def read_statbank(path: Path, columns: list[str] | None = None, name: str = "") -> pd.DataFrame:
    """A StatBank CSV as long table: variables as text, INDHOLD as float (NaN confidential).

    Raises SourceError naming file, row, column and rule; `columns` are those expected, in order.
    """
    name = name or path.name
    header, rows = read_rows(path, encoding="utf-8-sig", separator=";", name=name)
    header = [h.upper() for h in header]
    if columns and header != columns:
        odd = next((c for c in columns if c not in header), header[0])
        raise SourceError(
            f"{name}: row 1, column {odd!r}: rule expected-columns: came {header}, expected {columns}."
        )
    if VALUE not in header:
        raise SourceError(f"{name}: row 1, column {VALUE!r}: rule expected-columns: it is missing.")
    at = header.index(VALUE)
    numbers = [_number(name, n, row[at]) for n, row in enumerate(rows, start=2)]
    table = pd.DataFrame(rows, columns=header)
    keys = [c for c in header if c != VALUE]
    twice = table.duplicated(keys)
    if twice.any():
        raise SourceError(
            f"{name}: row {int(twice.to_numpy().argmax()) + 2}: rule unique-key: the cell comes twice."
        )
    table[VALUE] = numbers
    return table


def _number(name: str, row: int, text: str) -> float:
    text = text.strip()
    if text in MISSING:
        return float("nan")
    if text == ZERO:
        return 0.0
    try:
        return float(text.replace(",", "."))  # the publisher's own decimal mark in Danish answers
    except ValueError:
        raise SourceError(f"{name}: row {row}, column {VALUE!r}: rule number: {text[:40]!r}.") from None


def by_municipality(table: pd.DataFrame, area: str = "OMRÅDE", category: str = "") -> pd.DataFrame:
    """Sums per municipality (index: 4-digit code; one column per category, or `total`).

    StatBank writes a municipality with three digits; 000 is the country and 081-085 are the regions.
    """
    codes = table[area].str.strip()
    towns = table[codes.str.fullmatch(r"[1-8]\d\d")]
    rows = towns[area].str.strip().str.zfill(4)
    columns = towns[category].str.strip() if category else pd.Series("total", index=towns.index)
    sums = towns.groupby([rows, columns])[VALUE].sum(min_count=1).unstack()
    return sums.rename_axis("code").rename_axis(None, axis=1)
