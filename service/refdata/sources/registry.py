"""Which module fetches the sources of a form. A source of another form is taken from files saved by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from service.errors import SourceError
from service.refdata.catalogue import Source, line_of
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources import dagi, datafordeler, paavo, statbank, valgdatabasen

Fetch = Callable[[Fetcher, Source, Path], list[Fetched]]

FETCHERS: Mapping[str, Fetch] = {
    "bbr-xml": datafordeler.fetch,
    "datafordeler-zip": datafordeler.fetch,
    "geojson": dagi.fetch,
    "pxweb": paavo.fetch,
    "statbank": statbank.fetch,
    "valgdatabase": valgdatabasen.fetch,
}


def fetcher_of(source: Source) -> Fetch:
    """What downloads a source. Raises SourceError with file and line for a form that nothing fetches."""
    if source.form not in FETCHERS:
        line = line_of(source.file.read_text(encoding="utf-8"), "form")
        raise SourceError(
            f"{source.file.name}:{line}: sources of form {source.form!r} cannot be fetched (only "
            f"{', '.join(FETCHERS)}); save its files by hand and use --offline."
        )
    return FETCHERS[source.form]
