"""Builds a whole release beside the others, and puts it in place only when it is whole."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from service.errors import SourceError
from service.refdata.catalogue import Source, load_catalogue
from service.refdata.corrections import Ledger
from service.refdata.countries.registry import buildable_countries
from service.refdata.countries.tables import CountryTables, Given
from service.refdata.steps import Step, Steps
from service.refdata.variables import load_variables
from service.refdata.writing import TableNote, flush_folder, write_manifest
from service.tables import releases_folder

BUILDING = ".building-"
_RELEASE_ID = re.compile(r"\d{4}-\d{2}-\d{2}\.\d{1,4}")


@dataclass(frozen=True, slots=True)
class BuiltRelease:
    """What was built: `corrections` is name -> what it changed."""

    id: str
    folder: Path
    bytes: int
    corrections: dict[str, str]


def build_release(
    raw: Path, reference_data: Path, release_id: str, out: Path | None = None, steps: Steps | None = None
) -> BuiltRelease:
    """Builds release `release_id` (such as 2026-11-21.1) from the raw folder; does not activate it.

    Writes to `out` (default `reference_data/releases`) beside the final place and renames at the end.
    Raises SourceError (a raw file is wrong, or the release exists); nothing is left behind then.
    """
    if not _RELEASE_ID.fullmatch(release_id):
        raise SourceError(f"{release_id!r} is no release id; use a date and a number, such as 2026-11-21.1.")
    releases = out or releases_folder(reference_data)
    final = releases / release_id
    if final.exists():
        raise SourceError(
            f"Release {release_id} exists already in {releases}; releases never change. Use another id."
        )
    sources = _as_fetched(load_catalogue(reference_data / "sources"), raw)
    beside = releases / f"{BUILDING}{release_id}"
    clear_leftovers(releases)
    ledger = Ledger()
    countries, listed = plan_countries(raw, reference_data, sources, beside, ledger)
    if not countries:
        raise SourceError(
            f"{raw} holds the counts of no country ({', '.join(buildable_countries())}); give the raw files "
            "with --raw or ENRICH_RAW_DATA."
        )

    def close() -> None:
        for tables in countries:
            tables.notes.extend(_licences(beside, tables.notes, sources))
        built = {t.country: (buildable_countries()[t.country].levels, t.notes) for t in countries}
        write_manifest(beside, release_id, built, sources, ledger.entries)
        flush_folder(beside)

    try:
        beside.mkdir(parents=True)
        (steps or Steps()).run([*listed, ("manifest", close)])
        os.replace(beside, final)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    size = sum(path.stat().st_size for path in final.rglob("*") if path.is_file())
    return BuiltRelease(release_id, final, size, ledger.entries)


def count_steps(raw: Path, reference_data: Path) -> int:
    """How many steps a build of this raw folder has. Raises SourceError."""
    sources = load_catalogue(reference_data / "sources")
    return len(plan_countries(raw, reference_data, sources, raw, Ledger())[1]) + 1  # and the manifest


def plan_countries(
    raw: Path, reference_data: Path, sources: Mapping[str, Source], release: Path, ledger: Ledger
) -> tuple[list[CountryTables], list[Step]]:
    """The tables to be, and the steps that fill them, of each country whose counts lie in the raw folder.

    Raises SourceError for a wrong variables file.
    """
    countries: list[CountryTables] = []
    listed: list[Step] = []
    vintages = {source.id: source.vintage for source in sources.values()}
    for code, country in buildable_countries().items():
        variables = load_variables(reference_data / "variables" / f"{code}.toml", vintages)
        main = sources[variables.source]
        if (raw / main.folder).is_dir():
            tables = CountryTables(release, code, main.vintage)
            countries.append(tables)
            steps = country.steps(Given(raw, sources, variables, tables, ledger))
            listed += [(f"{code}: {says}", work) for says, work in steps]
    return countries, listed


def clear_leftovers(releases: Path) -> None:
    """Removes what a killed build left behind."""
    for path in releases.glob(f"{BUILDING}*"):
        shutil.rmtree(path, ignore_errors=True)


def _licences(release: Path, notes: list[TableNote], sources: dict[str, Source]) -> list[TableNote]:
    """A licence beside each address index: its data must stay recognisable when the folder is copied."""
    written = []
    for note in notes:
        if note.kind == "addresses":
            path = Path(note.path).parent / "LICENCE.txt"
            said = [
                f"{sources[s].attribution}\n{sources[s].licence}: {sources[s].url}\n" for s in note.sources
            ]
            (release / path).write_text("\n".join(said), encoding="utf-8", newline="\n")
            written.append(TableNote(str(path), "licence", len(said), note.vintage, note.sources))
    return written


def _as_fetched(sources: dict[str, Source], raw: Path) -> dict[str, Source]:
    """The catalogue with the day that fetched tables were fetched."""
    dated = {}
    for name, source in sources.items():
        note = raw / source.folder / f"{source.fetch.get('table', '')}.csv.fetched.json"
        fetched = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else None
        dated[name] = replace(source, accessed=fetched["fetched_at"][:10]) if fetched else source
    return dated
