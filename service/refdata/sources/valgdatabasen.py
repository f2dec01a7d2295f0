"""Den Danske Valgdatabase: background tables per polling area.

Traps:
- The site answers forms in a browser; it has no documented API. The tables are saved by hand, or served
  under their own file names by a mirror: set `[fetch] base` in the source file to its address.
- Column labels carry the topic's name, also where it is wrong; see the corrections of the source file.
- Several topics are special categories; they are never asked for.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.fetching import Check, Fetched, Fetcher, Request
from service.refdata.reading import read_table


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads each file that the catalogue takes to `raw/<folder>/`.

    Raises SourceError where no address is given.
    """
    base = source.fetch.get("base", "")
    if not base:
        raise SourceError(
            f"{source.file.name}: there is no address to fetch from; save the tables from {source.url} into "
            f"a folder {source.folder!r} and use --offline, or set [fetch] base to a mirror."
        )
    files = dict.fromkeys(spec.file for spec in source.tables.values())
    return [
        fetcher.fetch(Request(f"{base}/{quote(file)}", raw / source.folder / file, _checker(source, file)))
        for file in files
    ]


def _checker(source: Source, file: str) -> Check:
    specs = [spec for spec in source.tables.values() if spec.file == file]

    def check(path: Path) -> None:
        for spec in specs:
            read_table(path, spec, source.key, source.file.parent, name=file)

    return check
