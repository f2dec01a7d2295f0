"""What a refresh came to, for people: the files of its report, and lines for a terminal."""

from __future__ import annotations

from pathlib import Path

from service.refdata.diff.report import write_diff
from service.refdata.diff.text import diff_text
from service.refdata.refresh import RefreshResult
from service.tables import Release


def write_reports(result: RefreshResult, reference_data: Path, folder: Path) -> None:
    """Writes `check.*` and, where there was a release to compare with, `diff.*` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if result.report:
        (folder / "check.txt").write_text(result.report.text() + "\n", encoding="utf-8")
        (folder / "check.json").write_text(result.report.json() + "\n", encoding="utf-8")
    if result.diff and result.release:
        write_diff(result.diff, Release.open(reference_data, result.release, verify=False), folder)


def summary_lines(result: RefreshResult, folder: Path, offline: bool) -> list[str]:
    """What was fetched, built, checked and found different, and whether it is active now."""
    lines = []
    if not offline:
        files = [f for fetched in result.fetched.values() for f in fetched]
        changed = sum(f.changed for f in files)
        lines.append(f"Fetched {len(files)} files of {len(result.fetched)} sources, {changed} changed.")
        lines.append(f"Taken from files saved by hand: {', '.join(result.by_hand)}")
        lines += [f"Refused, old file kept: {message}" for message in result.refused.values()]
    if result.release is None:
        return [*lines, f"Nothing changed: {result.active} stays active."]
    if result.built:
        size, corrections = result.built.bytes / 1e6, len(result.built.corrections)
        lines.append(f"Built {result.release}: {size:.1f} MB, {corrections} corrections.")
    if result.report:
        warnings = sum(f.severity == "warning" for f in result.report.faults)
        lines.append(f"Checked {len(result.report.applied)} rules: {warnings} to look at.")
    if result.diff:
        lines.append(diff_text(result.diff))
    lines.append(f"Reports: {folder}")
    lines.append(
        f"Active: {result.release}"
        if result.published
        else f"Not active; publish with: enrich refdata publish {result.release}"
    )
    return lines
