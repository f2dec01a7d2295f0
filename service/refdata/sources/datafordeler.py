"""Datafordeler file download: whole entities of DAR or BBR as zip files.

Traps:
- A key is needed; it is read from the environment variable that the source names, and never shown.
- Files are several GB: the download resumes where it broke, if the publisher still has the same file.
- The name of the file inside the archive carries the day; the entity's own name is used here.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.fetching import Fetched, Fetcher, Request


def fetch(fetcher: Fetcher, source: Source, raw: Path) -> list[Fetched]:
    """Downloads and unpacks every entity to `raw/<folder>/<Entity>.<json|xml>`.

    Raises SourceError without a key.
    """
    asked = source.fetch
    key = os.environ.get(asked["key_variable"], "")
    if not key:
        raise SourceError(
            f"{source.file.name}: set {asked['key_variable']} to your key, which is free at the publisher, "
            "or use --offline."
        )
    done = []
    for entity in asked["entities"]:
        query = {"Register": asked["register"], "LatestTotalForEntity": entity, "type": asked["type"],
                 "format": "XML" if source.form == "bbr-xml" else "JSON", "apiKey": key}  # fmt: skip
        archive = raw / source.folder / f"{entity}.zip"
        url = f"{asked['base']}/FileDownloads/GetFile?{urlencode(query)}"
        got = fetcher.fetch(Request(url, archive, partial(_check_zip, entity)))
        target = archive.with_suffix(".xml" if source.form == "bbr-xml" else ".ndjson")
        if got.changed or not target.exists():
            _unpack(archive, target)
        done.append(Fetched(target, got.changed, got.bytes, got.sha256, got.attempts))
    return done


def _check_zip(entity: str, path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            broken = archive.testzip()
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(f"{entity}.zip: rule whole-file: not a whole zip file ({error}).") from error
    if broken or len(names) != 1:
        raise SourceError(f"{entity}.zip: rule one-file: {broken or names} is damaged or not one file.")


def _unpack(archive: Path, target: Path) -> None:
    beside = target.with_name(target.name + ".new")
    with (
        zipfile.ZipFile(archive) as packed,
        packed.open(packed.namelist()[0]) as inside,
        beside.open("wb") as out,
    ):
        shutil.copyfileobj(inside, out, 1 << 20)
    beside.replace(target)
