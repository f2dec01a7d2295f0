"""The building register by address id: the row of that very id, and nothing for those between."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest

from service.area.units import UnitTable, unit_figures
from service.model import Figure, UnitFacts
from tests.area.conftest import figures, make_release

LOW = 2**64 - 1
IDS = [UUID(int=(high << 64) | low) for high, low in ((1, 5), (2, 1), (2, LOW), (2**63 + 1, 7))]


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> UnitTable:
    table = pa.table(
        {
            "hi": pa.array([number.int >> 64 for number in IDS], pa.uint64()),
            "lo": pa.array([number.int & LOW for number in IDS], pa.uint64()),
            "dwelling": ["flat", "row", None, "detached"],
            "rented": pa.array([1, 0, None, 0], pa.int8()),
            "area_m2": [50, 90, None, 160],
            "rooms": [2, 4, 3, 6],
            "year_built": [1900, 1975, None, 2001],
        }
    )
    # the manifest names other tables before it
    tables = {"profiles_country": figures([("DK", 1.0)]), "units": table}
    found = UnitTable.load(make_release(tmp_path_factory.mktemp("units"), tables), "DK")
    assert found is not None
    return found


def test_each_id_has_its_own_row(units: UnitTable) -> None:
    told = [units.unit_facts(str(number)) for number in IDS]
    assert [facts and facts.rooms for facts in told] == [2, 4, 3, 6]
    assert units.unit_facts(str(IDS[0])) == UnitFacts(
        "flat", None, 50, 2, 1900, "vintage of units", "source of units", True
    )


def test_only_a_home_that_is_not_let_is_its_owners(units: UnitTable) -> None:
    told = [units.unit_facts(str(number)) for number in IDS]
    assert [(facts and facts.tenure, facts and facts.rented) for facts in told] == [
        (None, True), ("owner", False), (None, None), ("owner", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("high", "low"), [(0, 5), (1, 4), (1, 6), (2, 2), (2, 0), (3, 1), (2**63 + 1, 8), (LOW, LOW)]
)
def test_an_id_between_two_rows_has_none(units: UnitTable, high: int, low: int) -> None:
    assert units.unit_facts(str(UUID(int=(high << 64) | low))) is None


@pytest.mark.parametrize("wrong", [None, "", "osm-123", "Nørregade 1"])
def test_what_is_no_register_id_has_no_facts(units: UnitTable, wrong: str | None) -> None:
    assert units.unit_facts(wrong) is None


def test_a_release_without_a_register_has_no_table(tmp_path: Path) -> None:
    assert UnitTable.load(make_release(tmp_path, {"profiles_country": figures([])}), "DK") is None


def test_figures_of_a_home_have_neither_index_nor_households(units: UnitTable) -> None:
    facts = units.unit_facts(str(IDS[1]))
    assert facts is not None
    assert unit_figures(facts) == {
        "unit_area_m2": Figure(90.0, "m²", None, "unit", "vintage of units", "source of units", None),
        "unit_rooms": Figure(4.0, "rooms", None, "unit", "vintage of units", "source of units", None),
        "unit_year_built": Figure(1975.0, "year", None, "unit", "vintage of units", "source of units", None),
    }
    assert unit_figures(UnitFacts()) == {}
