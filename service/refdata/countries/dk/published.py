"""Danish figures that a publisher gives per area of one level: flat prices, disposable income, mean age."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.errors import SourceError
from service.refdata.catalogue import Source, TableSpec
from service.refdata.corrections import Ledger
from service.refdata.denied import load_denied
from service.refdata.sources import indkp101


def read_flat_prices(raw: Path, source: Source, postcodes: pd.Index, ledger: Ledger) -> pd.Series:
    """DKK per m² of owner flats per postcode (index), mean of the latest four quarters with sales."""
    table = _read_parquet(raw, source, source.tables["flat_prices"])
    recent, blocks = source.correction("four_quarters"), source.correction("inner_copenhagen_blocks")
    _not_negative(source.tables["flat_prices"].file, table["price"])
    sold = table[table["price"].notna() & (table["quarter"] >= recent.params["since"])]
    sold = sold.assign(postcode=sold["postcode"].astype(int).astype(str).str.zfill(4))
    latest = sold.sort_values("quarter").groupby("postcode")["price"]
    prices = latest.apply(lambda p: p.tail(recent.params["quarters"]).mean())
    ledger.note(source, recent.name, f"{len(prices)} postcodes priced")
    spread: dict[str, float] = {}
    for first, last in blocks.params["blocks"]:
        if first in prices.index:
            spread |= {code: prices[first] for code in postcodes if first <= code <= last}
    ledger.note(source, blocks.name, f"{len(spread)} street postcodes take the price of their block")
    filled: pd.Series = prices.reindex(postcodes).fillna(pd.Series(spread, dtype=float).reindex(postcodes))
    return filled


def read_disposable_income(
    raw: Path, source: Source, names: pd.Series, ledger: Ledger
) -> tuple[pd.Series, str]:
    """Mean disposable income (DKK per person and year) per municipality code, and its vintage.

    The table fetched from StatBank (INDKP101) where there is one, else the file at hand, latest year.
    `names`: municipality code -> name. Raises SourceError for a name without a code.
    """
    if (raw / indkp101.FILE).is_file():
        ledger.note(source, "municipality_by_name", "not needed: StatBank gives codes")
        return indkp101.extract(raw)["total"].reindex(names.index), f"{indkp101.period(raw)}-12-31"
    spec = source.tables["disposable_income"]
    table = _read_parquet(raw, source, spec)
    _not_negative(spec.file, table["income"])
    newest = int(table["year"].max())
    latest = table[(table["sex"] == "Total") & (table["year"] == newest)]
    codes = {name: code for code, name in names.items()}
    unknown = [name for name in latest["municipality"] if name not in codes]
    if unknown:
        raise SourceError(
            f"{spec.file}: column {spec.columns['municipality']!r}: rule matched-keys: {unknown[0]!r} is no "
            "municipality of the polygons."
        )
    ledger.note(source, "municipality_by_name", f"{len(latest)} names joined to codes")
    income = pd.Series(latest["income"].to_numpy(), index=[codes[n] for n in latest["municipality"]])
    return income.reindex(names.index), f"{newest}-12-31"


def _read_parquet(raw: Path, source: Source, spec: TableSpec) -> pd.DataFrame:
    try:
        table = pd.read_parquet(raw / source.folder / spec.file)
    except (OSError, ValueError) as error:
        raise SourceError(f"{spec.file}: rule parquet: cannot be read ({error}); fetch it again.") from error
    missing = [label for label in spec.columns.values() if label not in table.columns]
    if missing:
        raise SourceError(f"{spec.file}: column {missing[0]!r}: rule expected-columns: it is missing.")
    load_denied().refuse(spec.file, spec.columns.values())
    return table.rename(columns={label: code for code, label in spec.columns.items()})


def _not_negative(file: str, values: pd.Series) -> None:
    below = values[values < 0]
    if len(below):
        raise SourceError(
            f"{file}: row {below.index[0]}, column {values.name!r}: rule not-negative: {below.iloc[0]}."
        )
