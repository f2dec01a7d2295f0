"""Potential sums to households; a base with a known truth is found again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.analyst.customers import count_customers
from service.analyst.market import Market
from service.analyst.potential import focus_table, penetration_table, potential_table
from service.analyst.profile import base_means, profile_segments, profile_variables
from service.errors import InvalidInputError
from service.segment.compare import Z


def test_expected_households_sum_to_the_households_of_every_area(market: Market) -> None:
    for level in market.levels:
        frame = potential_table(market, level.level).frame
        assert len(frame) == len(level.codes)
        codes = list(market.definitions.codes)
        assert np.allclose(frame[codes].sum(axis=1), frame["households"])
    country = potential_table(market, "country").frame
    finest = potential_table(market, market.finest.level).frame
    assert finest["households"].sum() == pytest.approx(country["households"].iloc[0])


def test_levels_agree_on_the_country_within_what_backing_off_moves(market: Market) -> None:
    for name in ("municipality", "polling_area"):
        total = market.level(name).expected.sum(axis=0)
        assert np.abs(total / total.sum() - market.shares).max() < 0.06


def test_a_base_drawn_from_everybody_is_like_everybody(
    market: Market, tmp_path: Path, customer_file: Callable[..., None]
) -> None:
    path = tmp_path / "all.csv"
    level = market.level("postcode")
    customer_file(path, market, level.households, 50_000, seed=5)
    frame = profile_segments(count_customers(path, market), market).frame
    local = level.households @ level.shares / level.households.sum()  # the market as postcodes see it
    inside = (frame["index_low"] <= 100 * local / market.shares) & (
        frame["index_high"] >= 100 * local / market.shares
    )
    assert inside.sum() >= 11


def test_families_in_an_owned_home_are_found_in_a_base_of_them(market: Market, family_file: Path) -> None:
    base = count_customers(family_file, market)
    assert (base.rows, base.unplaced) == (30_000, 0)
    frame = profile_segments(base, market).frame.set_index("segment")
    assert frame["index"].idxmax() == "B1"
    assert frame.loc["B1", "index_low"] > 110
    assert frame.loc["A1", "index_high"] < 90
    # Every customer is of B1 (1 / its share); the areas alone show a fraction of that.
    truth = 100 / market.shares[market.definitions.codes.index("B1")]
    assert frame.loc["B1", "household_index"] > 0.6 * truth > frame.loc["B1", "index"]
    assert frame.loc["B1", "household_low"] > 300
    assert frame.loc["A1", "household_high"] < 60
    variables = profile_variables(base, market).frame.set_index("variable")
    assert variables.loc["owner_share", "index_low"] > 105
    assert variables.loc["owner_share", "customers"] > 29_000


def test_intervals_cover_the_truth_as_often_as_they_say(
    market: Market, tmp_path: Path, customer_file: Callable[..., None]
) -> None:
    level = market.level("postcode")
    weight = level.households * (1 + level.shares[:, 0])
    truth = (weight / weight.sum()) @ level.shares
    covered = []
    for seed in range(20):
        path = tmp_path / "base.csv"
        customer_file(path, market, weight, 2_000, seed)
        mean, error, _ = base_means(count_customers(path, market), market, "shares")
        covered += (np.abs(mean - truth) <= Z * error).tolist()
    assert 0.90 <= np.mean(covered) <= 1.0


def test_the_declared_target_stands_beside_the_real_base(market: Market, family_file: Path) -> None:
    base = count_customers(family_file, market)
    frame = profile_segments(base, market, {"D1": 1.0}).frame.set_index("segment")
    assert not frame.loc["D1", "target_met"]
    assert frame.loc["D1", "target_gap"] < -0.5
    assert frame["target_gap"].sum() == pytest.approx(0, abs=1e-6)


def test_the_town_without_customers_is_a_white_spot(market: Market, family_file: Path) -> None:
    frame = penetration_table(market, count_customers(family_file, market), "postcode").frame
    found = frame[frame["white_spot"]]
    assert found.iloc[0]["area"] == "3400"
    assert found.iloc[0]["customers"] == 0
    assert frame["expected"].sum() == pytest.approx(30_000)
    assert len(found) < 60


def test_focus_ranks_by_potential_times_index_times_margin(market: Market, family_file: Path) -> None:
    base = count_customers(family_file, market)
    frame = focus_table(market, base, {"B1": 2.0}).frame
    assert frame.iloc[0]["segment"] == "B1"
    score = frame["potential"] * frame["index"] * frame["margin"]
    assert np.allclose(frame["score"], 100 * score / score.max())
    assert frame["rank"].tolist() == list(range(1, 13))


def test_columns_that_enrich_file_wrote_are_used_finest_first(market: Market, tmp_path: Path) -> None:
    path = tmp_path / "enriched.parquet"
    table = pa.table(
        {
            "doorstep_area_level": ["polling_area", "postcode", "municipality", None],
            "doorstep_area": ["101001", "2200", "0101", None],
            "doorstep_postcode": ["2100", "2200", None, None],
            "doorstep_segment": ["A1", "A1", "C1", None],
        }
    )
    pq.write_table(table, path)
    base = count_customers(path, market)
    assert base.unplaced == 1
    assert base.counts["polling_area"].sum() == 1
    assert base.counts["postcode"].sum() == 1
    assert base.counts["municipality"].sum() == 1
    assert base.assigned == {"A1": 2, "C1": 1}
    assert "assigned" in profile_segments(base, market).frame


@pytest.mark.parametrize("written", ["800", "0800", "DK-0800", "800.0"])
def test_a_postcode_keeps_or_regains_its_zero(market: Market, tmp_path: Path, written: str) -> None:
    path = tmp_path / "base.csv"
    path.write_text(f"postcode,name\n{written},x\n", encoding="utf-8")
    known = "0800" in market.level("postcode").row
    assert count_customers(path, market).placed == int(known)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name,colour\na,b\n", "no column names an area"),
        (b"postcode\n", "no rows"),
        (b"", "is empty"),
        (b"postcode,bought\n2200,yes\n", "row 2, column 'bought' is no number"),
        (b"postcode,name\n2200,a\n2200,b,c\n", "breaks off as a table|cannot be read as a table"),
    ],
)
def test_a_file_that_cannot_be_counted_says_why(
    market: Market, tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "base.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=says):
        count_customers(path, market, "bought" if b"bought" in content else "")


def test_a_windows_file_with_danish_letters_is_read(market: Market, tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_bytes("navn;postnr\nSøren Ærø;2200\n".encode("cp1252"))
    assert count_customers(path, market).placed == 1
