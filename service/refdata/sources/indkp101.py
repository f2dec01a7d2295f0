"""StatBank INDKP101: disposable income of persons.

Traps:
- ENHED 116 is the mean of all persons over 14; 110 is the sum. INDKOMSTTYPE 100 is disposable income.
- Christiansø (411) is suppressed.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import statbank

FILE = Path("dk/statbank/INDKP101.csv")


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the newest period to `raw/dk/statbank/INDKP101.csv`."""
    return statbank.fetch(fetcher, source, raw)


def extract(raw: Path) -> pd.DataFrame:
    """Mean disposable income of persons (DKK per year) per municipality.

    Index: 4-digit code; column `total`. Raises SourceError.
    """
    return statbank.by_municipality(statbank.read_statbank(raw / FILE), "OMRÅDE")


def period(raw: Path) -> str:
    """The year of the fetched table."""
    return str(statbank.read_statbank(raw / FILE)["TID"].iloc[0])
