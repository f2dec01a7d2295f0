"""Finland from Paavo: the same cells, segments and serving code as Denmark, from another publisher."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from service.errors import SourceError
from service.model import AddressMatch, Declared, Found, MatchCategory, MatchLevel, NextAction, Place
from service.refdata.build import build_release
from service.refdata.catalogue import load_source
from service.refdata.corrections import Ledger
from service.refdata.countries.fi.joint import SEED, household_margins
from service.refdata.countries.fi.margins import load_margins
from service.refdata.joint.build import fit_areas
from service.refdata.joint.seed import build_seed, load_seed_file
from service.segment.assign import SegmentModel, market_shares
from service.segment.definitions import load_definitions
from service.tables import Release
from tests.refdata.joint.one_way import margin_of

REFERENCE_DATA = Path(__file__).parents[4] / "reference_data"
SOURCE = REFERENCE_DATA / "sources" / "paavo-2018.toml"
pytestmark = pytest.mark.raw


@pytest.fixture(scope="module")
def tables(open_data: Path) -> dict[str, pd.DataFrame]:
    return load_margins(open_data, load_source(SOURCE), Ledger())


@pytest.fixture(scope="module")
def release(open_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("finland")
    for name in ("sources", "variables"):
        (folder / name).symlink_to(REFERENCE_DATA / name)
    (folder / "raw").mkdir()
    (folder / "raw" / "fi").symlink_to(open_data / "fi")
    build_release(folder / "raw", folder, "2026-01-01.1")
    return Release.open(folder, "2026-01-01.1")


def test_a_raw_folder_without_danish_counts_builds_finland_alone(release: Release) -> None:
    assert release.countries == ("FI",)
    assert release.publishers("FI")["paavo-2018"] == "Tilastokeskus"


def test_lost_decimal_points_are_restored_and_whole_numbers_kept(tables: dict[str, pd.DataFrame]) -> None:
    size, persons = tables["household"]["size_mean"], tables["age"]["persons"] / tables["household"]["all"]
    assert size.loc["00160"] == 2.0  # written 2
    assert size.loc["00100"] == 1.8  # written 18
    assert size.between(1.2, 4.0).sum() == size.notna().sum()
    assert (size - persons).abs().median() < 0.1
    assert tables["dwelling"]["floor_area_mean"].loc["00170"] == 68.0  # written 68


def test_a_decimal_point_that_comes_back_stops_the_build(open_data: Path, tmp_path: Path) -> None:
    source = load_source(SOURCE)
    folder = tmp_path / source.folder
    folder.mkdir(parents=True)
    file = source.tables["household"].file
    frame = pd.read_csv(open_data / source.folder / file, dtype=str, keep_default_na=False)
    frame["te_takk"] = [f"{float(value) / 10:.1f}" if value else "" for value in frame["te_takk"]]
    frame.to_csv(folder / file, index=False)
    with pytest.raises(SourceError, match=r"te_takk.*lost_decimal_point"):
        load_margins(tmp_path, source, Ledger())


def test_joint_tables_meet_the_margins_of_paavo(tables: dict[str, pd.DataFrame]) -> None:
    margins = household_margins(tables)
    own = fit_areas(margins, build_seed(load_seed_file(SEED), margins))
    known = margins.published
    assert known.sum() > 2800
    for name, shares in margins.shares.items():
        assert np.abs(margin_of(own[known], name) - shares[known]).max() < 0.01


def test_country_is_data_segments_are_assigned_by_the_same_code(release: Release) -> None:
    model = SegmentModel.load(release, "FI", load_definitions(REFERENCE_DATA / "policy" / "segments"))
    assert sum(market_shares(model).values()) == pytest.approx(1)
    match = AddressMatch("FI", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT)
    for code in model.levels[0].rows:
        place = Place("FI", {"postcode": code})
        told = model.assign_segment(Found(match, place), Declared(), "fi", _today())
        assert sum(item.probability for item in told.distribution) == pytest.approx(1)
    kallio = model.assign_segment(
        Found(match, Place("FI", {"postcode": "00530"})), Declared(), "fi", _today()
    )
    assert kallio.name == "Aikuiselämää kaupungissa"


def test_roll_ups_agree_with_the_published_national_figures(release: Release) -> None:
    country = {
        name: values[0] for name, values in release.table("FI", "profiles_country").to_pydict().items()
    }
    assert country["persons"] == 5_432_778
    assert country["persons_per_household"] == pytest.approx(2.02, abs=0.01)
    assert country["owner_share"] == pytest.approx(0.641, abs=0.001)
    assert release.table("FI", "areas_municipality").num_rows == 310


def _today() -> date:
    return date(2026, 11, 21)
