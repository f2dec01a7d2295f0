"""Joint tables of Denmark: hands the margins and the hierarchy of areas to the estimator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from service.refdata.countries.dk.areas import DanishAreas
from service.refdata.joint.bol204 import load_bol204
from service.refdata.joint.build import Roll, build_joints, joint_arrow, whole_roll
from service.refdata.joint.danish import danish_margins
from service.refdata.joint.seed import build_seed, load_seed_file
from service.refdata.writing import TableNote, write_arrow

COUNTRY = "DK"


def write_joints(
    margins: Mapping[str, pd.DataFrame],
    areas: DanishAreas,
    weights: Mapping[str, pd.DataFrame],
    hierarchy: Mapping[str, pd.Series],
    folder: Path,
    vintage: str,
    bol204: Path,
) -> list[TableNote]:
    """Writes `joint_<level>.arrow` of every level but parish.

    The file `bol204`, where it exists, is the official joint and becomes the seed.

    `weights`: level -> overlap table (source zone, target, share); `hierarchy`: `municipality` and
    `region` per polling area, `parish` and `postcode` -> main municipality, `region_of` municipality.
    """
    seed_file = load_seed_file(COUNTRY)
    counted = danish_margins(margins, seed_file)
    codes = list(counted.codes)
    municipality = hierarchy["municipality"].loc[codes].tolist()
    region_of = {str(code): str(region) for code, region in hierarchy["region_of"].items()}
    rolls = [
        whole_roll("country", [COUNTRY] * len(codes), None, None),
        whole_roll(
            "region",
            [region_of[code] for code in municipality],
            "country",
            dict.fromkeys(set(region_of.values()), COUNTRY),
        ),
        whole_roll("municipality", municipality, "region", region_of),
    ]
    # No parish table: segments speak at polling area, postcode and up; it would be a fifth of the release.
    rolls.append(_overlap_roll("postcode", codes, areas, weights["postcode"], hierarchy["postcode"]))
    register = load_bol204(bol204) if bol204.is_file() else None
    sources = ("dst-valgdatabase", "dst-seed", *(("statbank-bol204",) if register is not None else ()))
    seed = build_seed(seed_file, counted, register)
    joints = build_joints("polling_area", counted, seed, rolls, ("municipality", municipality))
    notes = []
    for level, joint in sorted(joints.items()):
        rows = write_arrow(joint_arrow(joint), folder / f"joint_{level}.arrow")
        notes.append(TableNote(f"DK/joint_{level}.arrow", "joint", rows, vintage, sources))
    return notes


def _overlap_roll(
    level: str, codes: list[str], areas: DanishAreas, weights: pd.DataFrame, parent: pd.Series
) -> Roll:
    units = tuple(areas.levels[level].index)
    row = {code: i for i, code in enumerate(units)}
    zone = {code: areas.pooled.get(code, code) for code in codes}
    of_zone = {str(name): group for name, group in weights.groupby("source")}
    source, target, share = [], [], []
    for i, code in enumerate(codes):
        group = of_zone.get(zone[code])
        if group is None:
            continue
        source += [i] * len(group)
        target += [row[unit] for unit in group["target"]]
        share += group["share"].tolist()
    return Roll(
        level, units, np.array(source, dtype=np.intp), np.array(target, dtype=np.intp), np.array(share),
        "municipality", tuple(parent.loc[list(units)]),
    )  # fmt: skip
