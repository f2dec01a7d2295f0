"""StatBank Denmark (api.statbank.dk/v1): the client that every StatBank source uses.

Form as documented by the publisher: `GET tableinfo` names variables, values and `updated`; `POST data`
with format BULK streams CSV. Traps:
- Separator is `;`, decimals may be a comma, `..` is confidential or missing, `-` an exact zero.
- Only BULK has no cell limit; the others refuse over a million with EXTRACT-TOOBIG.
- A variable that is not asked for is summed away only where `elimination` is true; else the call fails.
- The newest period is the last one that tableinfo lists; asking for `*` downloads all years.
- The header carries the variables' codes, in the order asked, and ends with INDHOLD.
- Areas of all kinds come in one column, in three digits: 000 the country, 081-085 the regions, then the
  municipalities. A release writes regions 1081-1085 and municipalities with four digits.
- Totals may stand beside their parts; a source asks for the one or the other, or a variable names them.

A table needs no code: its source file says which table and variables, a `[published]` variable which cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from service.errors import SourceError
from service.files.strict import read_rows
from service.refdata.catalogue import Source
from service.refdata.denied import load_denied
from service.refdata.fetching import Fetched, Fetcher, Request
from service.refdata.variables import Cells, Published, Variable

VALUE, TIME = "INDHOLD", "Tid"
MISSING = frozenset({"..", "…", "x", "."})
ZERO = "-"
LATEST = "latest"
AREAS = {"municipality": (r"[1-8]\d\d", "0"), "region": (r"08[1-5]", "1")}  # codes, and what a release adds
_PERIOD = re.compile(r"(\d{4})(?:K([1-4])|M(0[1-9]|1[0-2]))?")  # a year, its quarter or its month


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the source's table to `raw/<folder>/<TABLE>.csv`, unless it is the same as last time.

    Raises SourceError for an answer that describes no table.
    """
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
    file = table_path(raw, source)

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
    table = pd.DataFrame([[cell.strip() for cell in row] for row in rows], columns=header)
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


def table_path(raw: Path, source: Source) -> Path:
    """Where a source's table lies in the raw folder."""
    return raw / source.folder / f"{source.fetch['table']}.csv"


def by_area(
    table: pd.DataFrame, source: Source, cells: Cells, level: str = "municipality", where: str = ""
) -> pd.Series:
    """Sum of the chosen cells per area of a level (index: the area's code in a release).

    `cells`: column -> codes, `*` for all. A column with several codes must be among them: a total would
    else be counted beside its parts. An area with a confidential cell is unknown. Raises SourceError that
    says `where` the cells were chosen.
    """
    where = where or source.file.name
    name, area = source.fetch["table"], source.key
    if level not in AREAS:
        raise SourceError(f"{where}: level {level!r} is none of StatBank's; take {' or '.join(AREAS)}.")
    for column in (area, *cells):
        if column not in table.columns:
            raise SourceError(f"{where}: {name} has no column {column!r}; it has {', '.join(table.columns)}.")
    for column in table.columns.difference([area, TIME.upper(), VALUE]):
        known, wanted = sorted(set(table[column])), cells.get(column, ())
        gone = [code for code in wanted if code != "*" and code not in known]
        if gone:
            raise SourceError(
                f"{where}: column {column!r} of {name} has no {gone[0]!r}; it has {known[:20]}."
            )
        if len(known) > 1 and not wanted:
            raise SourceError(
                f"{where}: say in `cells` which codes of {column!r} count: {known[:20]}, or '*'."
            )
        if wanted and "*" not in wanted:
            table = table[table[column].isin(wanted)]
    form, prefix = AREAS[level]
    towns = table[table[area].str.fullmatch(form)]
    figures = towns.groupby(prefix + towns[area])[VALUE]
    sums: pd.Series = figures.sum().where(figures.count() == figures.size()).rename_axis("code")
    return sums


def read_published(raw: Path, source: Source, variable: Variable) -> Published:
    """A `[published]` variable of a StatBank table: its `cells`, divided by `out_of` where it has them.

    Raises SourceError.
    """
    path = table_path(raw, source)
    where = f"{variable.where}: variable {variable.code!r}"
    if not path.is_file():
        raise SourceError(
            f"{where}: there is no {source.folder}/{path.name} in the raw folder; fetch it with "
            f"`enrich refdata refresh --source {source.id}`."
        )
    table = read_statbank(path)
    load_denied().refuse(path.name, table.columns)
    values = by_area(table, source, variable.cells, variable.level, where)
    if variable.out_of:
        whole = by_area(table, source, variable.out_of, variable.level, where)
        values = values / whole.where(whole > 0)
    return Published(values, period_of(table, source))


def period_of(table: pd.DataFrame, source: Source) -> str:
    """The day that a table of one period describes (ISO date): the last of it, or the first where the
    source says so (`counted = "first day"`). Raises SourceError.
    """
    periods = sorted(set(table.get(TIME.upper(), ())))
    found = _PERIOD.fullmatch(periods[-1]) if periods else None
    if len(periods) != 1 or found is None:
        raise SourceError(
            f"{source.fetch['table']}.csv: column {TIME.upper()!r}: rule one-period: {periods[:5]}."
        )
    year, quarter, month = found.groups()
    months = 3 if quarter else 1 if month else 12
    first = pd.Timestamp(int(year), (int(quarter or month or 1) - 1) * months + 1, 1)
    last = first + pd.DateOffset(months=months) - pd.Timedelta(days=1)
    day: pd.Timestamp = first if source.fetch.get("counted") == "first day" else last
    return day.date().isoformat()
