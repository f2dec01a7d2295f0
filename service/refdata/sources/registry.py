"""Which module fetches which source. A source that is not here is taken from files saved by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import (
    bil800,
    bol101,
    bol204,
    dagi,
    datafordeler,
    fam55n,
    folk1a,
    hfudd11,
    indkf132,
    indkp101,
    paavo,
    valgdatabasen,
)

Fetch = Callable[[Fetcher, Source, Path], list[Fetched]]

FETCHERS: Mapping[str, Fetch] = {
    "bbr": datafordeler.fetch,
    "dagi-2021": dagi.fetch,
    "dagi-2024": dagi.fetch,
    "dar": datafordeler.fetch,
    "dst-valgdatabase": valgdatabasen.fetch,
    "paavo": paavo.fetch,
    "statbank-bil800": bil800.fetch,
    "statbank-bol101": bol101.fetch,
    "statbank-bol204": bol204.fetch,
    "statbank-fam55n": fam55n.fetch,
    "statbank-folk1a": folk1a.fetch,
    "statbank-hfudd11": hfudd11.fetch,
    "statbank-indkf132": indkf132.fetch,
    "statbank-indkp101": indkp101.fetch,
}
