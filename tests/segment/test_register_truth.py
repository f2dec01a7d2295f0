"""Owner or renter against the building register, where the raw sample of it is at hand.

The sample that comes with the project names the tenure of only some sixty dwellings whose address it
also holds, nearly all of them houses, so the figures are printed beside what the joint tables
themselves imply for the whole country; neither is a substitute for a national register.
"""

import json
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from service.model import AddressMatch, Declared, MatchCategory, MatchLevel, NextAction
from service.segment.assign import SegmentModel
from service.segment.cells import DWELLINGS, TENURES, attribute_of_cells
from service.segment.likelihood import FLOOR_GIVEN, UNITS_AT_NUMBER, Facts, gather_facts, likelihoods
from service.tables import Release

OWNER = attribute_of_cells("tenure") == TENURES.index("owner")
DWELLING_USES = {"110", "120", "130", "140", "150", "160", "190"}


@pytest.fixture(scope="module")
def raw() -> Path:
    folder = os.environ.get("ENRICH_RAW_DATA", "")
    if not folder or not Path(folder, "dk", "bbr_sample").is_dir():
        pytest.skip("needs the raw open-data files (ENRICH_RAW_DATA)")
    return Path(folder, "dk")


def current(path: Path) -> dict[str, dict[str, str]]:
    """Records of a download in JSON lines that are in force, by id."""
    found = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if not record["registreringtil"] and not record["virkningtil"]:
                found[record["id"]] = record
    return found


def register_dwellings(raw: Path, release: Release) -> Iterator[tuple[str, bool, AddressMatch]]:
    """(polling area, owner-occupied, what the address tells) of each dwelling of the register sample."""
    dar = raw / "dar10_sample"
    addresses, numbers = current(dar / "Adresse.ndjson"), current(dar / "Husnummer_c0fc8df4.ndjson")
    points = current(dar / "Adressepunkt.ndjson")
    table = release.table("DK", "areas_polling_area")
    polygons = shapely.from_wkb(table["wkb"].to_pylist())
    tree, codes = shapely.STRtree(polygons), table["code"].to_pylist()
    to_degrees = Transformer.from_crs(25832, 4326, always_xy=True)
    shared: dict[str, int] = {}
    for address in addresses.values():
        shared[address["husnummer_id"]] = shared.get(address["husnummer_id"], 0) + 1
    units = {}
    for record in ElementTree.parse(raw / "bbr_sample" / "CO50500T_kommune_0326_0340.xml").iter("CO50500t"):
        unit = {field.tag: field.text or "" for field in record}
        if not unit.get("registreringTil") and not unit.get("virkningTil"):
            units[unit["id_lokalId"]] = unit
    for unit in units.values():
        tenure, use = unit.get("enh045Udlejningsforhold"), unit.get("enh020EnhedensAnvendelse")
        address = addresses.get(unit.get("adresseIdentificerer", ""))
        if tenure not in {"1", "2"} or use not in DWELLING_USES or address is None:
            continue
        number = numbers.get(address["husnummer_id"])
        point = points.get(number["adgangspunkt_id"]) if number else None
        if point is None:
            continue
        position = shapely.from_wkt(point["position"])
        inside = tree.query(shapely.Point(to_degrees.transform(position.x, position.y)), predicate="within")
        if not len(inside):
            continue
        match = AddressMatch(
            "DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT,
            floor=address["etagebetegnelse"] or None, door=address["dørbetegnelse"] or None,
            units_at_number=shared[address["husnummer_id"]],
        )  # fmt: skip
        yield codes[inside[0]], tenure == "2", match


def owner_share(model: SegmentModel, code: str, facts: Facts) -> float:
    cells = model.levels[0].p[model.levels[0].rows[code]].astype(float)
    for _, _, likelihood in likelihoods(facts):
        cells = cells * likelihood
    return float(cells[OWNER].sum() / cells.sum())


def log_loss(truth: np.ndarray, said: np.ndarray, weight: np.ndarray | None = None) -> float:
    said = np.clip(said, 1e-6, 1 - 1e-6)
    return float(np.average(-np.where(truth, np.log(said), np.log(1 - said)), weights=weight))


@pytest.mark.raw
def test_owner_or_renter_against_the_register_sample(
    raw: Path, shipped_release: Release, shipped_model: SegmentModel, capsys
) -> None:
    rows = [row for row in register_dwellings(raw, shipped_release) if row[0] in shipped_model.levels[0].rows]
    truth = np.array([owner for _, owner, _ in rows])
    today = date(2026, 11, 21)

    def facts_of(match: AddressMatch) -> Facts:
        return gather_facts(match, None, Declared(), today)

    area = np.array([owner_share(shipped_model, code, Facts()) for code, _, _ in rows])
    floor = np.array(
        [owner_share(shipped_model, c, facts_of(replace(m, units_at_number=None))) for c, _, m in rows]
    )
    units = np.array([owner_share(shipped_model, code, facts_of(match)) for code, _, match in rows])
    with capsys.disabled():
        print(
            f"\nowner or renter, {len(rows)} dwellings of the register sample in "
            f"{len({code for code, _, _ in rows})} areas, {truth.mean():.0%} owners; log loss: area only "
            f"{log_loss(truth, area):.3f}, with floor or none {log_loss(truth, floor):.3f}, "
            f"with units at the number {log_loss(truth, units):.3f}"
        )
    assert len(rows) >= 40
    assert log_loss(truth, units) < log_loss(truth, area)


def implied(model: SegmentModel, given: dict[str, np.ndarray] | None) -> tuple[float, float]:
    """AUC and log loss of P(owner) over the country's households, as the joint tables imply them.

    `given` maps each outcome of one fact to P(outcome | dwelling) [4]; None is the area alone.
    """
    table = model.levels[0]
    dwelling = attribute_of_cells("dwelling")
    outcomes = [np.ones(len(DWELLINGS))] if given is None else list(given.values())
    said, owners, renters = [], [], []
    for row in range(len(table.p)):
        cells = table.p[row].astype(float) * table.households[row]
        for outcome in outcomes:
            told = cells * outcome[dwelling]
            owning, all_of = told[OWNER].sum(), told.sum()
            if all_of > 0:
                said.append(owning / all_of)
                owners.append(owning)
                renters.append(all_of - owning)
    order = np.argsort(said)
    said_, own, rent = np.array(said)[order], np.array(owners)[order], np.array(renters)[order]
    auc = float((own * (np.cumsum(rent) - rent / 2)).sum() / (own.sum() * rent.sum()))
    truth = np.concatenate([np.ones(len(own), bool), np.zeros(len(rent), bool)])
    return auc, log_loss(truth, np.concatenate([said_, said_]), np.concatenate([own, rent]))


def test_owner_or_renter_as_the_joint_tables_imply(shipped_model: SegmentModel, capsys) -> None:
    floor = np.array([FLOOR_GIVEN[name] for name in DWELLINGS])
    units = np.array([UNITS_AT_NUMBER[name] for name in DWELLINGS])
    register = np.eye(len(DWELLINGS))
    figures = {
        "area only": implied(shipped_model, None),
        "with floor or none as typed": implied(shipped_model, {"yes": floor, "no": 1 - floor}),
        "with units at the number": implied(shipped_model, {str(n): units[:, n] for n in range(3)}),
        "with the dwelling known": implied(shipped_model, {str(n): register[n] for n in range(4)}),
    }
    with capsys.disabled():
        told = "; ".join(
            f"{name} AUC {auc:.2f}, log loss {loss:.2f}" for name, (auc, loss) in figures.items()
        )
        print(f"\nowner or renter over the country, implied by the joint tables: {told}")
    losses = [loss for _, loss in figures.values()]
    assert losses == sorted(losses, reverse=True)
    assert figures["with units at the number"][0] > figures["area only"][0] + 0.03
