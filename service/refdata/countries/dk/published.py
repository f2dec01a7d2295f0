"""Danish figures that no form reads: flat prices, disposable income by name, mean age of parishes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from service.errors import SourceError
from service.refdata.catalogue import Source, TableSpec
from service.refdata.countries.tables import Given
from service.refdata.denied import load_denied
from service.refdata.published import Reader
from service.refdata.reading import places_of
from service.refdata.sources import statbank
from service.refdata.variables import Published, Variable


def read_flat_prices(given: Given, variable: Variable, areas: pd.DataFrame) -> Published:
    """DKK per m² of owner flats per postcode, mean of the latest four quarters with sales.

    Raises SourceError.
    """
    source = given.sources[variable.source]
    table = _read_parquet(given, source, source.tables["flat_prices"])
    recent, blocks = source.correction("four_quarters"), source.correction("inner_copenhagen_blocks")
    _not_negative(source.tables["flat_prices"].file, table["price"])
    sold = table[table["price"].notna() & (table["quarter"] >= recent.params["since"])]
    sold = sold.assign(postcode=sold["postcode"].astype(int).astype(str).str.zfill(4))
    latest = sold.sort_values("quarter").groupby("postcode")["price"]
    prices = latest.apply(lambda p: p.tail(recent.params["quarters"]).mean())
    given.ledger.note(source, recent.name, f"{len(prices)} postcodes priced")
    spread: dict[str, float] = {}
    for first, last in blocks.params["blocks"]:
        if first in prices.index:
            spread |= {code: prices[first] for code in areas.index if first <= code <= last}
    given.ledger.note(source, blocks.name, f"{len(spread)} street postcodes take the price of their block")
    return Published(prices.reindex(areas.index).fillna(pd.Series(spread, dtype=float).reindex(areas.index)))


def read_disposable_income(given: Given, variable: Variable, areas: pd.DataFrame) -> Published:
    """Mean disposable income (DKK per person and year) per municipality.

    The table fetched from StatBank (INDKP101) where there is one, else the file at hand, latest year.
    Raises SourceError for a name without a code.
    """
    source, fetched = given.sources[variable.source], given.sources["statbank-indkp101"]
    if statbank.table_path(given.raw, fetched).is_file():
        given.ledger.note(source, "municipality_by_name", "not needed: StatBank gives codes")
        return statbank.read_published(given.raw, fetched, variable)
    spec = source.tables["disposable_income"]
    table = _read_parquet(given, source, spec)
    _not_negative(spec.file, table["income"])
    newest = int(table["year"].max())
    latest = table[(table["sex"] == "Total") & (table["year"] == newest)]
    codes = {name: code for code, name in areas["name"].items()}
    unknown = [name for name in latest["municipality"] if name not in codes]
    if unknown:
        raise SourceError(
            f"{spec.file}: column {spec.columns['municipality']!r}: rule matched-keys: {unknown[0]!r} is no "
            "municipality of the polygons."
        )
    given.ledger.note(source, "municipality_by_name", f"{len(latest)} names joined to codes")
    income = pd.Series(latest["income"].to_numpy(), index=[codes[n] for n in latest["municipality"]])
    return Published(income.reindex(areas.index), f"{newest}-12-31")


def read_mean_age(given: Given, variable: Variable, areas: pd.DataFrame) -> Published:
    """Mean age in years of the residents of a parish, which rides along with its polygon."""
    return Published(areas["age_mean"].astype(float))


READERS: Mapping[str, Reader] = {
    "finans-danmark-flats": read_flat_prices,
    "dst-indkp": read_disposable_income,
    "dagi-2021": read_mean_age,
}


def _read_parquet(given: Given, source: Source, spec: TableSpec) -> pd.DataFrame:
    try:
        table = pd.read_parquet(given.raw / source.folder / spec.file)
    except (OSError, ValueError) as error:
        raise SourceError(f"{spec.file}: rule parquet: cannot be read ({error}); fetch it again.") from error
    places_of(spec.file, list(table.columns), spec.columns)
    load_denied().refuse(spec.file, spec.columns.values())
    return table.rename(columns={label: code for code, label in spec.columns.items()})


def _not_negative(file: str, values: pd.Series) -> None:
    below = values[values < 0]
    if len(below):
        raise SourceError(
            f"{file}: row {below.index[0]}, column {values.name!r}: rule not-negative: {below.iloc[0]}."
        )
