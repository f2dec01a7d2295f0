"""StatBank Denmark, table BOL204: the official joint of dwelling use × tenure × children × age.

Traps:
- It counts persons, children among them; ages under 18 are left out here.
- Tenure is owner-occupied, rented or not stated only: cooperatives are counted as rented.
- It holds totals beside their parts ("I alt", "Hele landet", regions); only the finest rows are summed.
- Texts come in Danish or English, as codes or as both; columns are found by any of their names.
- CSV as the interface gives it (`/v1/data/BOL204/CSV`): semicolons, last column INDHOLD, UTF-8 or
  ISO-8859-1. JSON as `/JSONSTAT` gives it. No sample of this table came with the project: both readers
  follow the documented form of the interface.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import SourceError

COLUMNS = {
    "region": ("område", "omrade", "region"),
    "use": ("anvendelse", "use"),
    "tenure": ("udlforh", "udlejningsforhold", "tenure"),
    "children": ("antborn", "antbørn", "antbornh", "antal børn", "number of children", "børn"),
    "age": ("alder", "age"),
    "value": ("indhold", "value"),
}
OPTIONAL_TOTALS = ("sex", "køn", "kon", "household", "hustype", "husstandstype", "type of household")
TOTAL = re.compile(r"^(i alt|total|tot|alle|all)\b", re.IGNORECASE)
USES = (  # order matters: "række-, kæde- og dobbelthuse" holds no other of these words
    (1, re.compile(r"række|kæde|dobbelt|terraced|linked|semi-detached|\brow\b", re.IGNORECASE)),
    (0, re.compile(r"stuehus|parcel|enfamilie|farm|detached", re.IGNORECASE)),
    (2, re.compile(r"etage|flerfamilie|multi-dwelling|\bflat", re.IGNORECASE)),
)
OWNER = re.compile(r"\bejer|owner", re.IGNORECASE)
NOT_STATED = re.compile(r"uoplyst|not stated|unknown", re.IGNORECASE)
NO_CHILDREN = re.compile(r"^\s*(0\b|ingen|uden|no\b|without)", re.IGNORECASE)
COUNTRY = re.compile(r"^(000|hele landet|all denmark)", re.IGNORECASE)
REGION = re.compile(r"^(08\d|region |landsdel|province )", re.IGNORECASE)
FIRST_AGES = (18, 30, 50, 65)


def load_bol204(path: Path) -> NDArray[np.float64]:
    """Adults by life stage, children, dwelling, and owner or not: persons [4, 2, 4, 2].

    Raises SourceError that names file, row, column and rule.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}).") from error
    text = _decode(raw)
    rows = list(_json_rows(path, text) if text.lstrip().startswith("{") else _csv_rows(path, text))
    whole = _only_totals(rows)
    counts = np.zeros((4, 2, 4, 2))
    country: NDArray[np.float64] = np.zeros_like(counts)
    for number, row in rows:
        if any(TOTAL.search(_text(row[key])) for key in row if key.startswith("other") and key not in whole):
            continue  # a total over sex or household type beside its parts
        cell = _cell(path, number, row)
        if cell is None:
            continue
        target = country if COUNTRY.search(row["region"]) else counts
        if not REGION.search(row["region"]):
            target[cell] += _count(path, number, row["value"])
    counts = country if country.sum() > 0 else counts
    if counts.sum() == 0:
        raise SourceError(f"{path}: rule not-empty: no adult in any row; fetch BOL204 again.")
    empty = [name for axis, name in ((0, "age"), (2, "use"), (3, "tenure")) if _some_empty(counts, axis)]
    if empty:
        raise SourceError(f"{path}: column {empty[0]}: rule complete: some of its values hold nobody.")
    return counts


def _only_totals(rows: list[tuple[int, dict[str, str]]]) -> set[str]:
    """Columns (sex, household type) of which only the total was asked for."""
    others = {key for _, row in rows[:1] for key in row if key.startswith("other")}
    return {key for key in others if all(TOTAL.search(_text(row[key])) for _, row in rows)}


def _some_empty(counts: NDArray[np.float64], axis: int) -> bool:
    others = tuple(a for a in range(4) if a != axis)
    sums = counts.sum(axis=others)
    return bool((sums[:3] == 0).any())  # the last dwelling class may be empty


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1")


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = csv.reader(io.StringIO(text), delimiter=";")
    header = next(lines, [])
    places = _places(path, header)
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise SourceError(
                f"{path}: row {number}: rule width: {len(line)} columns, not {len(header)}; fetch again."
            )
        yield number, _named(places, line)


def _places(path: Path, header: list[str]) -> dict[str, int]:
    names = [name.strip().strip('"').lower() for name in header]
    places = {}
    for key, known in COLUMNS.items():
        found = [n for n, name in enumerate(names) if name in known]
        if not found:
            raise SourceError(
                f"{path}: row 1: rule columns: no column for {key} (known: {', '.join(known)}); "
                "ask StatBank for the whole of BOL204."
            )
        places[key] = found[0]
    for n, name in enumerate(names):
        if name in OPTIONAL_TOTALS:
            places[f"other{n}"] = n
    return places


def _named(places: Mapping[str, int], line: list[str]) -> dict[str, str]:
    return {key: line[place].strip() for key, place in places.items()}


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        written: Any = json.loads(text)
        table = written.get("dataset", written)
        dimensions = table["dimension"]
        ids = table.get("id") or dimensions["id"]
        labels = []
        for name in ids:
            category = dimensions[name]["category"]
            index = category["index"]
            order = _by_position(index) if isinstance(index, dict) else index
            labels.append([str(category.get("label", {}).get(code, code)) for code in order])
        values = table["value"]
        if len(values) != int(np.prod([len(label) for label in labels])):
            raise ValueError(f"{len(values)} values do not fill the dimensions")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{path}: rule form: not a whole JSON-stat answer ({error}); fetch again."
        ) from error
    places = _places(path, [*ids, "INDHOLD"])
    for number, combination in enumerate(itertools.product(*labels), start=1):
        value = values[number - 1] if isinstance(values, list) else values.get(str(number - 1))
        yield number, _named(places, [*combination, "0" if value is None else str(value)])


def _by_position(index: dict[str, int]) -> list[str]:
    return [code for code, _ in sorted(index.items(), key=lambda item: item[1])]


def _cell(path: Path, number: int, row: Mapping[str, str]) -> tuple[int, int, int, int] | None:
    """Where the row belongs; None for totals, children and what is not stated."""
    parts = (row["use"], row["tenure"], row["children"], row["age"])
    if any(TOTAL.search(_text(part)) for part in parts) or NOT_STATED.search(row["tenure"]):
        return None
    ages = [int(n) for n in re.findall(r"\d+", _text(row["age"]))]
    if not ages:
        raise SourceError(f"{path}: row {number}, column age: rule number: {row['age']!r} holds no age.")
    if ages[-1] < FIRST_AGES[0]:
        return None
    if any(ages[0] < first <= ages[-1] for first in FIRST_AGES):
        raise SourceError(
            f"{path}: row {number}, column age: rule bands: {row['age']!r} crosses 18, 30, 50 or 65; "
            "ask for single years or five-year bands."
        )
    stage = max(n for n, first in enumerate(FIRST_AGES) if ages[0] >= first)
    dwelling = next((n for n, words in USES if words.search(row["use"])), 3)
    return (
        stage,
        int(not NO_CHILDREN.search(_text(row["children"]))),
        dwelling,
        int(not OWNER.search(row["tenure"])),
    )


def _text(value: str) -> str:
    """The words of `B01 Stuehuse` forms: a leading code is dropped when words follow it."""
    return re.sub(r"^([A-Z]+\d+|\d{3,})\s+(?=\S)", "", value.strip())


def _count(path: Path, number: int, value: str) -> float:
    if value in ("", "..", "…", "x", "-", "."):  # not available, confidential, none
        return 0.0
    try:
        count = float(value.replace(".", "").replace(",", ".")) if "," in value else float(value)
    except ValueError:
        raise SourceError(f"{path}: row {number}, column INDHOLD: rule number: {value!r}.") from None
    if count < 0:
        raise SourceError(f"{path}: row {number}, column INDHOLD: rule not-negative: {value!r}.")
    return count
