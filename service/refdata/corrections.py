"""Applies the named corrections of a source to its tables, and keeps a ledger of what each changed.

Every departure from a publisher's file is one of these; what they do is data (`sources/*.toml`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from service.errors import SourceError
from service.refdata.catalogue import Correction, Source

Tables = dict[str, pd.DataFrame]


@dataclass(slots=True)
class Ledger:
    """What each correction changed, in the order applied: name -> sentence."""

    entries: dict[str, str] = field(default_factory=dict)

    def note(self, source: Source, name: str, what: str) -> None:
        """Records one correction as applied. Raises SourceError if the catalogue does not name it."""
        source.correction(name)
        self.entries[f"{source.id}.{name}"] = what


def correct_tables(source: Source, tables: Tables, ledger: Ledger) -> Tables:
    """Tables after the source's table corrections; kinds that others apply (geometry) are passed by.

    Raises SourceError for a correction that no longer fits the file: it has to be looked at again.
    """
    corrected = dict(tables)
    for correction in source.corrections:
        if correction.kind in _KINDS:
            ledger.note(source, correction.name, _KINDS[correction.kind](source, correction, corrected))
        elif correction.kind not in _ELSEWHERE:
            raise SourceError(f"{source.file.name}: correction kind {correction.kind!r} is not known.")
    return corrected


def _exchange_columns(source: Source, correction: Correction, tables: Tables) -> str:
    name, (first, second) = correction.params["table"], correction.params["columns"]
    table = tables[name].copy()
    before = table[first].sum(), table[second].sum()
    table[[first, second]] = table[[second, first]].to_numpy()
    tables[name] = table
    return f"{name}: {first} {before[0]:,.0f} <-> {second} {before[1]:,.0f}"


def _leave_out_columns(source: Source, correction: Correction, tables: Tables) -> str:
    pattern, file = re.compile(correction.params["matching"]), correction.params["file"]
    used = [label for _, label in _labels(source, file) if pattern.search(label)]
    if used:
        raise SourceError(
            f"{file}: column {used[0]!r}: rule {correction.name}: the catalogue still takes it."
        )
    return f"{file}: columns matching {pattern.pattern!r} are not taken"


def _keep_columns(source: Source, correction: Correction, tables: Tables) -> str:
    spec = next((t for t in source.tables.values() if t.file == correction.params["file"]), None)
    if spec is None or spec.expected_columns != correction.params["expected"]:
        raise SourceError(
            f"{source.file.name}: correction {correction.name!r} expects {correction.params['expected']} "
            "columns, its table another number."
        )
    return f"{spec.file}: exactly {spec.expected_columns} columns are read, the others never"


def _blank_rows(source: Source, correction: Correction, tables: Tables) -> str:
    codes = list(correction.params["codes"])
    for name, table in tables.items():
        numeric = table.select_dtypes("number")
        if numeric.empty:
            continue
        present = [code for code in codes if code in table.index]
        for code in present:
            if (numeric.loc[code].fillna(0) != 0).any():
                raise SourceError(
                    f"{source.tables[name].file}: row of {code}: rule {correction.name}: it is no longer all "
                    "zero; take it off the correction."
                )
        blanked = table.copy()
        blanked.loc[present] = np.nan
        tables[name] = blanked
    return f"{len(codes)} areas set to unknown"


def _labels(source: Source, file: str) -> list[tuple[str, str]]:
    return [
        (code, label) for t in source.tables.values() if t.file == file for code, label in t.columns.items()
    ]


def _accept(source: Source, correction: Correction, tables: Tables) -> str:
    return "kept as published: " + correction.status


_KINDS: dict[str, Callable[[Source, Correction, Tables], str]] = {
    "exchange_columns": _exchange_columns,
    "leave_out_columns": _leave_out_columns,
    "keep_columns": _keep_columns,
    "blank_rows": _blank_rows,
    "accept": _accept,
}
_ELSEWHERE = frozenset(
    {
        "reuse_geometry", "fill_geometry", "drop_geometry", "make_valid",  # geometry.py
        "fill_municipalities", "bulk_flag",  # postcodes.py
        "drop_rows", "drop_duplicates", "fill_postcode",  # addresses
        "decimal_point", "fill_region", "text_key", "derive_column",  # readers
    }
)  # fmt: skip
