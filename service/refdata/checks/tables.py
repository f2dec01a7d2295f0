"""Checks of one release by itself: forms, ranges, keys, totals, denied names, small cells, rules as data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from pandera.errors import SchemaErrors

from service.refdata.checks.faults import Fault, Report
from service.refdata.denied import load_denied
from service.tables import Release

# Parent totals: exact where areas nest; looser where polygons cut across them or cells are suppressed.
TOTAL_TOLERANCE = {
    "municipality": 0.001,
    "region": 0.001,
    "parish": 0.005,
    "postcode": 0.03,
    "polling_area": 0.001,
}
UNMATCHED_TOLERANCE = 0.02  # of households: areas that have figures and no polygon, or the other way round
SMALL_HOUSEHOLDS = 20
WHOLE_TOLERANCE = 0.005
JOINT_TOLERANCE = 1e-3
_LISTED = 5


def check_release(release: Release, variables: Path, report: Report) -> None:
    """Applies every rule to every country of a release. `variables`: folder of `<CC>.toml`."""
    for country in release.countries:
        units = {v["code"]: v["unit"] for v in release.json(country, "variables")}
        profiles = {
            level: release.table(country, f"profiles_{level}").to_pandas()
            for level in release.levels(country)
        }
        report.run("denied-columns", _denied(release, country))
        for level, table in profiles.items():
            name = f"{country}/profiles_{level}"
            report.run("form-and-range", _form(table, name, units))
            report.run("totals-against-country", _totals(table, profiles["country"], level, name))
        finest = release.finest(country)
        report.run("small-cells", _small_cells(profiles[finest], f"{country}/profiles_{finest}"))
        report.run("matched-keys", _keys(release, country, profiles))
        report.run("joint-sums", _joints(release, country, profiles))
        rules = tomllib.loads((variables / f"{country}.toml").read_text(encoding="utf-8")).get("rules", ())
        for rule in rules:
            table = f"{country}/profiles_{finest}"
            report.run(rule["name"], _RULES[rule["kind"]](rule, profiles[finest], profiles["country"], table))


def _form(table: pd.DataFrame, name: str, units: Mapping[str, str]) -> Iterator[Fault]:
    share = pandera.Check.in_range(0, 1.000001, error="share between 0 and 1")
    positive = pandera.Check.ge(0, error="not negative")
    columns: dict[str, Any] = {
        "code": pandera.Column(str, unique=True, nullable=False),
        "households": pandera.Column(float, positive, nullable=True, coerce=True),
        "persons": pandera.Column(float, positive, nullable=True, coerce=True),
        "urbanity": pandera.Column(int, pandera.Check.isin([0, 1, 2]), coerce=True),
    }
    for code, unit in units.items():
        check = share if unit.startswith("share ") else None if "wealth" in code else positive
        columns[code] = pandera.Column(float, check, nullable=True, coerce=True)
    try:
        schema: Any = pandera.DataFrameSchema(columns)
        schema.validate(table, lazy=True)
    except SchemaErrors as found:
        for case in found.failure_cases.head(50).to_dict("records"):
            row = "" if pd.isna(case["index"]) else str(table["code"].iloc[int(case["index"])])
            value = f"{case['failure_case']!r}"
            yield Fault(
                "error", "form-and-range", name, str(case["column"] or ""), row, f"{case['check']}: {value}"
            )


def _totals(table: pd.DataFrame, country: pd.DataFrame, level: str, name: str) -> Iterator[Fault]:
    tolerance = TOTAL_TOLERANCE.get(level)
    if tolerance is None:
        return
    for column in ("households", "persons"):
        whole, parts = float(country[column].iloc[0]), float(table[column].sum())
        if not abs(parts - whole) <= tolerance * whole:
            yield Fault(
                "error",
                "totals-against-country",
                name,
                column,
                "",
                f"sums to {parts:,.0f}, the country has {whole:,.0f} (tolerated {tolerance:.1%})",
            )


def _denied(release: Release, country: str) -> Iterator[Fault]:
    denied = load_denied()
    for entry in release.manifest["countries"][country]["tables"]:
        if entry["path"].endswith(".arrow"):
            name = entry["path"].removeprefix(f"{country}/").removesuffix(".arrow")
            for column in release.table(country, name).column_names:
                if hit := denied.match(column):
                    yield Fault(
                        "error", "denied-columns", entry["path"], column, "", f"{hit[1]} ({hit[0]!r})"
                    )


def _small_cells(table: pd.DataFrame, name: str) -> Iterator[Fault]:
    small = table[(table["households"] > 0) & (table["households"] < SMALL_HOUSEHOLDS)]
    if len(small):
        listed = ", ".join(small["code"].head(_LISTED))
        yield Fault(
            "warning",
            "small-cells",
            name,
            "households",
            listed,
            f"{len(small)} areas of fewer than {SMALL_HOUSEHOLDS} households; the service never shows them",
        )


def _keys(release: Release, country: str, profiles: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    for level, table in profiles.items():
        if not release.has(country, f"areas_{level}"):
            continue
        drawn = set(release.table(country, f"areas_{level}").column("code").to_pylist())
        name = f"{country}/areas_{level}"
        lost = sorted(drawn - set(table["code"]))
        if lost:
            yield Fault(
                "error", "matched-keys", name, "code", lost[0], f"{len(lost)} polygons have no profile row"
            )
        homeless = table[~table["code"].isin(drawn)]
        share = float(homeless["households"].sum() / max(table["households"].sum(), 1))
        if len(homeless):
            yield Fault(
                "error" if share > UNMATCHED_TOLERANCE else "warning",
                "matched-keys",
                name,
                "code",
                ", ".join(homeless["code"].head(_LISTED)),
                f"{len(homeless)} areas with {share:.1%} of the households have no polygon",
            )
    if release.has(country, "postcodes"):
        known = set(profiles["municipality"]["code"])
        for row in release.table(country, "postcodes").to_pylist():
            unknown = [code for code in row["municipalities"] or () if code not in known]
            if unknown:
                yield Fault(
                    "error",
                    "matched-keys",
                    f"{country}/postcodes",
                    "municipalities",
                    row["postcode"],
                    f"municipality {unknown[0]} is not known",
                )


def _joints(release: Release, country: str, profiles: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    for level, table in profiles.items():
        if not release.has(country, f"joint_{level}"):
            continue
        joint, name = release.table(country, f"joint_{level}"), f"{country}/joint_{level}"
        codes = joint.column("code").to_pylist()
        odd = sorted(set(codes).symmetric_difference(table["code"]))
        if odd:
            yield Fault(
                "error", "joint-sums", name, "code", odd[0], f"{len(odd)} areas differ from the profiles"
            )
        cells = joint.column("p").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        sums = cells.reshape(len(codes), -1).sum(axis=1)
        wrong = np.flatnonzero(~(np.abs(sums - 1) <= JOINT_TOLERANCE))
        if len(wrong):
            yield Fault(
                "error", "joint-sums", name, "p", codes[wrong[0]], f"{len(wrong)} rows do not sum to 1"
            )


def _rarer(rule: Mapping[str, Any], areas: pd.DataFrame, country: pd.DataFrame, name: str) -> Iterator[Fault]:
    """`smaller` exceeds `larger` in the country, or in too many areas with `where` >= `at_least`."""
    small, large = rule["smaller"], rule["larger"]
    if not country[small].iloc[0] < country[large].iloc[0]:
        yield Fault(
            "error",
            rule["name"],
            name,
            small,
            "",
            f"{country[small].iloc[0]:.3f} against {country[large].iloc[0]:.3f} nationally. {rule['reason']}",
        )
    asked = areas[areas[rule["where"]] >= rule["at_least"]]
    wrong = asked[asked[small] > asked[large]]
    if len(asked) and len(wrong) > rule["tolerated"] * len(asked):
        yield Fault(
            "error",
            rule["name"],
            name,
            small,
            ", ".join(wrong["code"].head(_LISTED)),
            f"exceeds {large} in {len(wrong)} of {len(asked)} areas; exchanged columns? {rule['reason']}",
        )


def _between(
    rule: Mapping[str, Any], areas: pd.DataFrame, country: pd.DataFrame, name: str
) -> Iterator[Fault]:
    column = rule["variable"]
    wrong = areas[(areas[column] < rule["low"]) | (areas[column] > rule["high"])]
    for row in wrong.head(_LISTED).to_dict("records"):
        yield Fault("error", rule["name"], name, column, row["code"], f"{row[column]:,.0f}. {rule['reason']}")


def _whole(rule: Mapping[str, Any], areas: pd.DataFrame, country: pd.DataFrame, name: str) -> Iterator[Fault]:
    sums = areas[list(rule["variables"])].sum(axis=1, skipna=False)
    wrong = areas[(sums - 1).abs() > WHOLE_TOLERANCE]
    if len(wrong):
        yield Fault(
            "error",
            rule["name"],
            name,
            rule["variables"][0],
            ", ".join(wrong["code"].head(_LISTED)),
            f"{len(wrong)} areas do not sum to 1 (first: {sums[wrong.index[0]]:.3f}). {rule['reason']}",
        )


_RULES = {"rarer": _rarer, "between": _between, "whole": _whole}
