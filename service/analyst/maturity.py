"""How mature the company's data are: which of six kinds are filled, and the next step for each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from service.analyst.tables import AnalystTable
from service.files.tables import open_pieces

# kind -> (words that a heading contains, what to do while it is missing)
KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "demographic": (
        ("birth", "age", "children", "household_size", "fødsel", "alder", "børn", "syntymä"),
        "Ask for birth year and children at home in the form, as a choice: each moves a segment most.",
    ),
    "product": (
        ("product", "plan", "basket", "order_value", "amount", "revenue", "price", "produkt", "tuote"),
        "Send each purchase as an event with product and amount.",
    ),
    "behaviour": (
        ("opened", "clicked", "visit", "session", "last_seen", "purchases", "orders", "churn", "events"),
        "Send opens, clicks and visits as events, so that behaviour takes over from geography with tenure.",
    ),
    "referral": (
        ("channel", "campaign", "source", "referr", "utm_", "partner", "kanal", "kampagne"),
        "Send the channel and campaign with every lead.",
    ),
    "geographic": (
        ("address", "street", "postcode", "postnr", "municipality", "polling_area", "doorstep_area",
         "adresse", "postinumero"),
        "Ask for the address first in the form, and run `enrich file` on the customers there are.",
    ),
    "predictive": (
        ("score", "probability", "propensity", "doorstep_segment", "uplift", "predicted"),
        "Fit a response model with `enrich learn fit` once a few hundred outcomes with a control are in.",
    ),
}  # fmt: skip
PARTLY, FILLED = 0.10, 0.70  # share of rows with a value


def maturity_table(paths: Sequence[Path]) -> AnalystTable:
    """Fill of each kind of data over one or more files; the best filled column of a kind counts for it."""
    fills: dict[str, dict[str, tuple[int, int]]] = {}
    for path in paths:
        for name, (filled, rows) in _column_fills(path).items():
            kind = kind_of(name)
            if kind:
                fills.setdefault(kind, {})[f"{path.name}:{name}"] = (filled, rows)
    rows_out = []
    for kind, (_, step) in KINDS.items():
        columns = fills.get(kind, {})
        shares = {name: filled / rows for name, (filled, rows) in columns.items() if rows}
        best = max(shares.values(), default=0.0)
        stage = "filled" if best >= FILLED else "partly" if best >= PARTLY else "missing"
        told = ", ".join(f"{name} {share:.0%}" for name, share in sorted(shares.items(), key=lambda i: -i[1]))
        following = {"filled": "Keep it filled.", "partly": f"Fill the gaps. {step}", "missing": step}[stage]
        rows_out.append((kind, stage, best, told, following))
    frame = pd.DataFrame(rows_out, columns=["kind", "stage", "fill", "columns", "next_step"])
    return AnalystTable(
        "maturity",
        "Data maturity",
        frame,
        {
            "kind": "Kind of data.",
            "stage": f"missing (under {PARTLY:.0%}), partly, or filled ({FILLED:.0%} of rows and more).",
            "fill": "Share of rows with a value in the best filled column of the kind.",
            "columns": "Columns that were recognised, with their fill.",
            "next_step": "What to do next.",
        },
    )


def kind_of(heading: str) -> str | None:
    """The kind of data that a heading names; the longest word that it contains decides."""
    folded = heading.strip().lower()
    found = [
        (len(word), kind) for kind, (words, _) in KINDS.items() for word in words if _names(folded, word)
    ]
    return max(found)[1] if found else None


def _names(heading: str, word: str) -> bool:
    """Short words must stand alone: `age` is not in `page_views`."""
    if len(word) > 4:
        return word in heading
    return word in heading.replace("-", "_").replace(" ", "_").split("_")


def _column_fills(path: Path) -> dict[str, tuple[int, int]]:
    pieces, names = open_pieces(path)
    filled, rows = np.zeros(len(names), dtype=np.int64), 0
    for piece in pieces:
        rows += piece.num_rows
        for number, column in enumerate(piece.columns):
            known = pd.Series(column.cast(pa.string()).to_pandas()).fillna("").str.strip() != ""
            filled[number] += int(known.sum())
    return {name: (int(count), rows) for name, count in zip(names, filled, strict=True)}
