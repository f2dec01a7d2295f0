"""The refresh in one piece: fetch → build (extract, correct) → check → diff → publish."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from service.errors import ConflictError, SourceError
from service.refdata.activation import activate_release, active_or_none
from service.refdata.build import BuiltRelease, build_release, count_steps
from service.refdata.catalogue import Source, load_catalogue
from service.refdata.checks.against import check_against, check_totals
from service.refdata.checks.faults import Fault, Report
from service.refdata.checks.tables import check_release
from service.refdata.diff.compare import ReleaseDiff, compare_releases
from service.refdata.fetching import Fetched, Fetcher
from service.refdata.sources.registry import fetcher_of
from service.refdata.steps import Show, Step, Steps, nobody
from service.segment.definitions import Definitions
from service.tables import Release, releases_folder

LOCK = ".refresh.lock"


@dataclass(slots=True)
class RefreshResult:
    """What a refresh came to. `release` is None when nothing had changed."""

    release: str | None
    active: str | None
    fetched: dict[str, list[Fetched]] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    built: BuiltRelease | None = None
    report: Report | None = None
    diff: ReleaseDiff | None = None
    published: bool = False


def fetchable(source: Source) -> bool:
    """Whether a source can be fetched now: it has an address, and its key if it needs one.

    Raises SourceError for an address of a form that nothing fetches.
    """
    if not source.fetch.get("base"):
        return False
    fetcher_of(source)
    key = source.fetch.get("key_variable", "")
    return not key or bool(os.environ.get(key))


def fetch_steps(
    sources: Mapping[str, Source], only: Sequence[str], raw: Path, fetcher: Fetcher, result: RefreshResult
) -> list[Step]:
    """A step per source that can be fetched into `raw`; `result` gets what came, and what is saved by hand.

    A wrong answer is noted as refused, its old file stays and the rest goes on: the check then stops the
    release with all faults at once. A step raises UnreachableError for a publisher that cannot be reached (a
    second run goes on from there). Raises SourceError for an unknown source, or one that cannot be fetched.
    """
    unknown = [name for name in only if name not in sources]
    if unknown:
        raise SourceError(f"{unknown[0]!r} is no source; the catalogue has {', '.join(sources)}.")
    wanted = list(only) or [name for name, source in sources.items() if fetchable(source)]
    result.by_hand = [name for name in sources if name not in wanted]

    def fetch(name: str) -> None:
        try:
            result.fetched[name] = fetcher_of(sources[name])(fetcher, sources[name], raw)
        except SourceError as error:
            result.refused[name] = str(error)

    for name in only:
        fetcher_of(sources[name])
    return [(f"fetch {name}", partial(fetch, name)) for name in wanted]


def inspect_release(
    reference_data: Path, release_id: str, raw: Path | None, today: date, against: str | None = None
) -> Report:
    """Checks a built release, by itself and against `against` (default: the active one)."""
    release = Release.open(reference_data, release_id)
    report = Report(release_id)
    check_release(release, reference_data / "variables", report)
    before = against or active_or_none(reference_data)
    old = Release.open(reference_data, before) if before and before != release_id else None
    check_against(release, old, today, report)
    if raw is not None:
        check_totals(release, load_catalogue(reference_data / "sources"), raw, report)
    return report


def refresh(
    raw: Path,
    reference_data: Path,
    release_id: str,
    today: date,
    definitions: Definitions,
    fetcher: Fetcher | None,
    show: Show = nobody,
    *,
    only: Sequence[str] = (),
    leads: Mapping[tuple[str, str, str, str], int] | None = None,
    treatments: Mapping[str, Sequence[str]] | None = None,
    publish: bool = False,
    accepted: frozenset[str] = frozenset(),
    who: str = "",
    keep_report: Callable[[RefreshResult], None] = lambda result: None,
) -> RefreshResult:
    """One refresh; `fetcher` None means offline. `keep_report` is called before anything is refused.

    The active release stays as it was unless `publish` is set and every check passes. Raises SourceError,
    UnreachableError, CheckError (with every fault), ConflictError (another refresh runs).
    """
    with _alone(reference_data):
        sources = load_catalogue(reference_data / "sources")
        active = active_or_none(reference_data)
        result = RefreshResult(None, active)

        def check() -> None:
            result.report = inspect_release(reference_data, release_id, raw, today)
            for name, message in result.refused.items():
                rule = f"fetch-{name}"
                result.report.run(rule, [Fault("error", rule, sources[name].file.name, "", "", message)])

        def compare() -> None:
            old, new = (Release.open(reference_data, r, verify=False) for r in (active, release_id))
            result.diff = compare_releases(old, new, definitions, leads or {}, treatments or {})

        def activate() -> None:
            activate_release(reference_data, release_id, who, accepted=accepted)
            result.published = True

        fetches = fetch_steps(sources, only, raw, fetcher, result) if fetcher else []
        checks: list[Step] = [("check", check), *([("diff", compare)] if active else [])]
        last: list[Step] = [("publish", activate)] if publish else []
        steps = Steps(show)
        steps.expect(len(fetches) + count_steps(raw, reference_data) + len(checks) + len(last))
        steps.run(fetches)
        result.built = build_release(raw, reference_data, release_id, steps=steps)
        if not result.refused and active and _same_tables(reference_data, active, release_id):
            shutil.rmtree(result.built.folder)
            return result
        result.release = release_id
        steps.run(checks)
        keep_report(result)
        assert result.report is not None  # the first check wrote it
        result.report.raise_errors(accepted)
        steps.run(last)
        return result


def _same_tables(reference_data: Path, one: str, other: str) -> bool:
    bodies = []
    for release_id in (one, other):
        countries = Release.open(reference_data, release_id, verify=False).manifest["countries"]
        bodies.append({t["path"]: t["sha256"] for c in countries.values() for t in c["tables"]})
    return bodies[0] == bodies[1]


@contextmanager
def _alone(reference_data: Path) -> Iterator[None]:
    """One refresh at a time per reference-data folder; the lock goes with the process, however it ends."""
    folder = releases_folder(reference_data)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(f"Another refresh is running on {folder}; wait until it is done.") from None
        yield
