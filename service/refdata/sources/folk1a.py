"""StatBank FOLK1A: population on the first day of the quarter.

Traps:
- Asking for all areas brings the country (000), the regions (081-085) and the municipalities in one column.
- Civil status is left out: it is summed away by the publisher.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import statbank

FILE = Path("dk/statbank/FOLK1A.csv")


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the newest period to `raw/dk/statbank/FOLK1A.csv`."""
    return statbank.fetch(fetcher, source, raw)


def extract(raw: Path) -> pd.DataFrame:
    """Persons per municipality.

    Index: 4-digit code; column `total`. Raises SourceError.
    """
    return statbank.by_municipality(statbank.read_statbank(raw / FILE), "OMRÅDE")
