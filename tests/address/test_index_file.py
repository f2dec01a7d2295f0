"""The index file: same records, same bytes; another version or a damaged file says what to run."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from service.address.index import AddressIndex
from service.address.layout import FILE_NAME
from service.errors import ReleaseError, SourceError


def test_same_records_same_bytes(tmp_path: Path, country: SimpleNamespace) -> None:
    country.write(tmp_path / "one")
    country.write(
        tmp_path / "two",
        country.staging_table(country.addresses).take(list(reversed(range(len(country.addresses))))),
    )
    one, two = ((tmp_path / name / FILE_NAME).read_bytes() for name in ("one", "two"))
    assert one == two


def test_every_house_is_found_again(small_index: Path, country: SimpleNamespace) -> None:
    index = AddressIndex.open(small_index)
    found = {index.house_id(house) for house in range(index.houses)}
    assert found == {row[0] for row in country.addresses}
    for house in range(index.houses):
        assert house in index.houses_in(index.segment_of_house(house))


def test_points_units_and_neighbours_come_back(small_index: Path) -> None:
    index = AddressIndex.open(small_index)
    house = next(h for h in range(index.houses) if index.house_id(h) == "n52c")
    assert index.point(house) == pytest.approx((55.0, 12.0), abs=1e-6)
    assert set(index.units(house)) == {"st|tv", "st|th", "1|tv", "1|th", "2|tv", "2|th"}
    # its neighbour, number 52, lies 0.00018 degrees of latitude (20 m) away
    assert index.house_near[house] / 10 == pytest.approx(20.0, abs=0.2)


def test_other_version_says_what_to_run(small_index: Path, tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    raw = bytearray((small_index / FILE_NAME).read_bytes())
    raw[8:12] = (99).to_bytes(4, "little")
    file.write_bytes(raw)
    with pytest.raises(ReleaseError, match=r"version 99.*enrich refdata build"):
        AddressIndex.open(tmp_path)


@pytest.mark.parametrize("keep", [0, 5, 15, 40, 2_000])
def test_cut_off_file_says_what_to_run(small_index: Path, tmp_path: Path, keep: int) -> None:
    (tmp_path / FILE_NAME).write_bytes((small_index / FILE_NAME).read_bytes()[:keep])
    with pytest.raises(ReleaseError, match="enrich refdata build"):
        AddressIndex.open(tmp_path)


def test_missing_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="enrich refdata build"):
        AddressIndex.open(tmp_path)


def test_records_of_another_form_are_refused(tmp_path: Path, country: SimpleNamespace) -> None:
    table = country.staging_table(country.addresses)
    with pytest.raises(SourceError, match="no column 'units'"):
        country.write(tmp_path, table.drop_columns(["units"]))
    with pytest.raises(SourceError, match="'lat'"):
        country.write(tmp_path, table.set_column(8, "lat", pa.array(["x"] * len(table))))
    assert not (tmp_path / FILE_NAME).exists()


def test_what_is_left_out_is_counted(tmp_path: Path, country: SimpleNamespace) -> None:
    rows = [
        *country.addresses,
        ("bad", "Nørrebrogade", "52 kld", "2200", {}),
        ("none", "  ", "1", "2200", {}),
    ]
    written = country.write(tmp_path, country.staging_table(rows))
    assert written.dropped == {"house number not digits and at most one letter": 1, "no street name": 1}
    assert written.houses == len(country.addresses)
