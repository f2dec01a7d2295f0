"""StatBank HFUDD11: highest completed education.

Traps:
- The table also has a variable of origin: it is never asked for, and its name is on the deny-list.
- The area column is called BOPOMR here.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import statbank

FILE = Path("dk/statbank/HFUDD11.csv")


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the newest period to `raw/dk/statbank/HFUDD11.csv`."""
    return statbank.fetch(fetcher, source, raw)


def extract(raw: Path) -> pd.DataFrame:
    """Persons per level of education per municipality.

    Index: 4-digit code; one column per category code. Raises SourceError.
    """
    return statbank.by_municipality(statbank.read_statbank(raw / FILE), "BOPOMR", "HFUDD")
