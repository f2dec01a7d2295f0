"""StatBank BOL204: persons by dwelling, tenure, children and age: the seed of the joint tables.

Traps:
- Fetched with texts instead of codes: the estimator reads categories by their words, which
  outlive their codes.
- Totals stand beside their parts; the reader leaves one of the two out.
- Read by `service.refdata.joint.bol204`, which refuses what it cannot place.
"""

from __future__ import annotations

from pathlib import Path

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import statbank

FILE = Path("dk/statbank/BOL204.csv")


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads the country's newest period to `raw/dk/statbank/BOL204.csv`."""
    return statbank.fetch(fetcher, source, raw)
