"""DAGI: administrative borders, as pages of GeoJSON features.

Traps:
- A page may hold fewer features than asked for without being the last; only an empty one, or one
  shorter than `numberMatched` allows, ends the list.
- Coordinates come in EPSG:25832 unless WGS84 is asked for.
- The old address API that served the same features closed in 2026; any WFS 2.0 that gives GeoJSON will do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher, Request, put_joined
from service.refdata.geometry import read_features

PAGES = ".pages"


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads every table of the source to `raw/<folder>/<file>`, joined from its pages.

    Raises SourceError where no address is given.
    """
    if "base" not in source.fetch:
        raise SourceError(
            f"{source.file.name}: there is no address to fetch from; use --offline with {source.folder!r}."
        )
    return [_fetch_table(fetcher, source, raw, name) for name in source.tables]


def _fetch_table(fetcher: Fetcher, source: Source, raw: Path, name: str) -> Fetched:
    spec, asked = source.tables[name], source.fetch
    target = raw / source.folder / spec.file
    size = int(asked["size"])

    def check(page: Path) -> None:
        read_features(page, tuple(spec.columns.values()), spec.file)

    features: list[Any] = []
    attempts, changed, seen = 0, False, set()
    for number in range(10_000):
        query = {**asked["query"], asked["size_parameter"]: size, asked["start_parameter"]: number * size}
        page = target.parent / PAGES / f"{spec.file}.{number:04}"
        url = f"{asked['base']}/{asked['layers'][name]}?{urlencode(query)}"
        got = fetcher.fetch(Request(url, page, check))
        attempts, changed = attempts + got.attempts, changed or got.changed
        body = json.loads(page.read_text(encoding="utf-8"))
        if got.sha256 in seen and body["features"]:
            raise SourceError(
                f"{spec.file}: row {number * size}: rule paging: page {number} repeats an earlier one."
            )
        seen.add(got.sha256)
        features += body["features"]
        total = body.get("numberMatched")
        if not body["features"] or (isinstance(total, int) and len(features) >= total):
            break
    if not features:
        raise SourceError(f"{spec.file}: row 1: rule not-empty: no feature came.")
    joined = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    return put_joined(target, joined, changed, attempts)
