"""Checks of a release against the one before it, and against parent figures of other tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from service.errors import SourceError
from service.refdata.catalogue import Source
from service.refdata.checks.faults import Fault, Report, Severity
from service.refdata.sources.statbank import by_area, read_statbank, table_path
from service.tables import Release

LOST_AREAS = 0.01  # of the areas of a level
NATIONAL_MOVE = 0.15  # relative move of a country figure between two releases
OUTLIER_SCORE = 8.0  # robust standard deviations from the median move
OUTLIER_LEAST = 0.1  # and at least this much of the figure itself (relative)
OUTLIER_SPREAD = 0.5  # and this much of the standard deviation between areas: rare things move by much
OUTLIER_AREAS = 0.02  # more areas than this are a fault, fewer are for the analyst to look at
OLD_YEARS = 8
_LISTED = 5
_NORMAL = 1.4826  # median absolute deviation -> standard deviation of a normal distribution


def check_against(new: Release, old: Release | None, today: date, report: Report) -> None:
    """Vintages, lost areas and outliers against the active release (None: the first one)."""
    report.run("vintage-age", _ages(new, today))
    if old is None:
        return
    report.run("stale-vintage", _vintages(new, old))
    for country in new.countries:
        if country not in old.countries:
            continue
        for level in new.levels(country):
            if not (new.has(country, f"profiles_{level}") and old.has(country, f"profiles_{level}")):
                continue
            name = f"{country}/profiles_{level}"
            pair = [r.table(country, f"profiles_{level}").to_pandas().set_index("code") for r in (new, old)]
            report.run("lost-areas", _lost(pair[0], pair[1], name))
            rule = "national-move" if level == "country" else "outliers"
            report.run(rule, (_moved if level == "country" else _outliers)(pair[0], pair[1], name))
    for country in old.countries:
        if country not in new.countries:
            report.run("lost-areas", [Fault("error", "lost-areas", country, "", "", "the country is gone")])


def check_totals(release: Release, sources: Mapping[str, Source], raw: Path, report: Report) -> None:
    """Municipal sums against StatBank tables with a `[fetch.total]`, where these were fetched.

    Raises SourceError.
    """
    for source in sources.values():
        compared = "total" in source.fetch and source.country in release.countries
        if compared and table_path(raw, source).is_file():
            parent = by_area(read_statbank(table_path(raw, source)), source, {})
            report.run("totals-against-parent", _parent(release, source, parent))


def _parent(release: Release, source: Source, parent: pd.Series) -> Iterator[Fault]:
    column, tolerance = source.fetch["total"]["compares"], source.fetch["total"]["tolerance"]
    name = f"{source.country}/profiles_municipality"
    towns = release.table(source.country, "profiles_municipality").to_pandas().set_index("code")
    both = towns[column].dropna().index.intersection(parent.dropna().index)
    table = source.fetch["table"]
    if both.empty:
        raise SourceError(f"{table}.csv: rule matched-keys: no municipality of the release is in it.")
    gap = (towns.loc[both, column] - parent[both]).abs() / parent[both]
    for code in gap[gap > tolerance].sort_values(ascending=False).head(_LISTED).index:
        yield Fault(
            "error",
            "totals-against-parent",
            name,
            column,
            str(code),
            f"{towns.loc[code, column]:,.0f} here, {parent[code]:,.0f} in {table} (within {tolerance:.0%})",
        )


def _ages(release: Release, today: date) -> Iterator[Fault]:
    for country, entries in release.manifest["countries"].items():
        old: dict[int, list[str]] = {}
        for entry in entries["tables"]:
            try:
                age = (today - date.fromisoformat(entry["vintage"])).days / 365.25
            except ValueError:
                yield Fault(
                    "error", "vintage-age", entry["path"], "vintage", "", f"{entry['vintage']!r} is no date"
                )
                continue
            if age > OLD_YEARS:
                old.setdefault(int(age), []).append(entry["path"])
            elif age < 0:
                yield Fault(
                    "error", "vintage-age", entry["path"], "vintage", "", f"{entry['vintage']} is to come"
                )
        for years, paths in sorted(old.items()):
            message = f"{len(paths)} tables are {years} years old, such as {paths[0]}"
            yield Fault("warning", "vintage-age", country, "vintage", "", message)


def _vintages(new: Release, old: Release) -> Iterator[Fault]:
    before = {t["path"]: t["vintage"] for c in old.manifest["countries"].values() for t in c["tables"]}
    for country in new.manifest["countries"].values():
        for entry in country["tables"]:
            if entry["vintage"] < before.get(entry["path"], ""):
                yield Fault(
                    "error",
                    "stale-vintage",
                    entry["path"],
                    "vintage",
                    "",
                    f"{entry['vintage']} is older than {before[entry['path']]} of the active release",
                )


def _lost(new: pd.DataFrame, old: pd.DataFrame, name: str) -> Iterator[Fault]:
    lost = old.index.difference(new.index)
    if len(lost):
        severity: Severity = "error" if len(lost) > LOST_AREAS * len(old) else "warning"
        listed = ", ".join(lost[:_LISTED])
        yield Fault(severity, "lost-areas", name, "code", listed, f"{len(lost)} of {len(old)} areas are gone")
    for column in old.columns.difference(new.columns):
        yield Fault("error", "lost-areas", name, str(column), "", "the variable is gone")
    emptied = old.index[old["households"] > 0].intersection(new.index[~(new["households"] > 0)])
    if len(emptied) > LOST_AREAS * len(old):
        yield Fault(
            "error",
            "lost-areas",
            name,
            "households",
            ", ".join(emptied[:_LISTED]),
            f"{len(emptied)} areas have lost their figures",
        )


def _moved(new: pd.DataFrame, old: pd.DataFrame, name: str) -> Iterator[Fault]:
    for column in _shared(new, old):
        was, now = float(old[column].iloc[0]), float(new[column].iloc[0])
        if np.isnan(was):
            continue
        if np.isnan(now) or abs(now - was) > NATIONAL_MOVE * abs(was):
            yield Fault("error", "national-move", name, column, "", f"from {was:,.4g} to {now:,.4g}")


def _outliers(new: pd.DataFrame, old: pd.DataFrame, name: str) -> Iterator[Fault]:
    both = new.index.intersection(old.index)
    for column in _shared(new, old):
        was, now = old.loc[both, column].astype(float), new.loc[both, column].astype(float)
        move = (now - was).dropna()
        if move.empty:
            continue
        middle = move.median()
        spread = _NORMAL * (move - middle).abs().median()
        least = np.maximum(
            OUTLIER_LEAST * was[move.index].abs(), OUTLIER_SPREAD * float(np.nan_to_num(was.std()))
        )
        far = (move - middle).abs() > np.maximum(OUTLIER_SCORE * spread, least)
        far &= (move - middle).abs() > 1e-6  # rounding of float32
        odd = move[far]
        if odd.empty:
            continue
        worst = odd.abs().sort_values(ascending=False).index
        severity: Severity = "error" if len(odd) > OUTLIER_AREAS * len(move) else "warning"
        yield Fault(
            severity,
            "outliers",
            name,
            column,
            ", ".join(str(c) for c in worst[:_LISTED]),
            f"{len(odd)} of {len(move)} areas moved far from the rest (largest: {was[worst[0]]:,.4g} -> "
            f"{now[worst[0]]:,.4g})",
        )


def _shared(new: pd.DataFrame, old: pd.DataFrame) -> list[str]:
    return [c for c in new.columns if c in old.columns and c not in ("name", "urbanity")]
