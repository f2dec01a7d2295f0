"""Correlation, related segments, surveys, maturity, uncertainty, fairness, crosswalk, checks."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from service.analyst.correlation import (
    correlation_pairs,
    outcome_association,
    redundancy_clusters,
    variable_correlations,
)
from service.analyst.crosswalk import import_crosswalk, licensed_table, load_crosswalk
from service.analyst.customers import count_customers
from service.analyst.definition_check import explain_definitions
from service.analyst.fairness import audit_decisions, audit_fairness
from service.analyst.market import Market
from service.analyst.maturity import kind_of, maturity_table
from service.analyst.related import related_table, survey_table
from service.analyst.uncertainty import MEASURED_ERROR, uncertainty_table
from service.errors import CheckError, InvalidInputError
from service.segment.definitions import Definitions
from service.tables import Release

ROOT = Path(__file__).parents[2]
DEFINITIONS = ROOT / "reference_data" / "policy" / "segments"


def test_correlations_are_those_of_a_library_where_everything_is_known(market: Market) -> None:
    notes, matrix = variable_correlations(market)
    codes, wanted = [note.code for note in notes], ["owner_share", "flat_share", "no_car_share"]
    columns = [[n.code for n in market.variables].index(code) for code in wanted]
    areas = market.finest
    figures = areas.figures[:, columns]
    known = np.isfinite(figures).all(axis=1) & (areas.households > 0)
    weighted = np.cov(figures[known].T, aweights=areas.households[known])
    expected = weighted / np.sqrt(np.outer(np.diag(weighted), np.diag(weighted)))
    ours = matrix[np.ix_([codes.index(c) for c in wanted], [codes.index(c) for c in wanted])]
    assert np.allclose(ours, expected, atol=1e-6)


def test_what_says_the_same_is_one_cluster_and_one_is_kept(market: Market) -> None:
    notes, matrix = variable_correlations(market)
    clusters = redundancy_clusters(notes, matrix).frame
    of = clusters.set_index("variable")["cluster"]
    assert of["owner_share"] == of["no_car_share"]
    assert of["owner_share"] != of["student_share"]
    assert (clusters.groupby("cluster")["keep"].sum() == 1).all()
    assert (clusters["variance_inflation"] >= 1).all()
    pairs = correlation_pairs(notes, matrix).frame
    assert (pairs["r"].abs() >= 0.7).all()


def test_an_outcome_made_from_a_figure_is_found_to_go_with_it(market: Market, tmp_path: Path) -> None:
    level = market.level("postcode")
    owner = level.figures[:, [n.code for n in market.variables].index("owner_share")]
    rng = np.random.default_rng(11)
    rows = rng.choice(np.flatnonzero(np.isfinite(owner) & (level.households > 0)), 20_000)
    bought = rng.random(len(rows)) < owner[rows] / 2
    path = tmp_path / "outcome.csv"
    pd.DataFrame({"postcode": np.array(level.codes)[rows], "bought": bought.astype(int)}).to_csv(
        path, index=False
    )
    frame = outcome_association(market, count_customers(path, market, "bought"), "bought").frame
    found = frame.set_index("variable").loc["owner_share"]
    assert found["r_low"] > 0.3
    assert frame.index[frame["variable"] == "owner_share"][0] < 15


def test_related_segments_are_those_of_the_same_places(market: Market) -> None:
    frame = related_table(market).frame
    assert len(frame) == 12 * 11
    first = frame[frame["rank"] == 1].set_index("segment")["related"]
    assert first["A1"] in {"C1", "B2"}
    assert first["D2"] in {"E1", "D1", "C2", "A2"}


def test_survey_answers_follow_the_segments_of_the_areas(market: Market, tmp_path: Path) -> None:
    level = market.level("postcode")
    rng = np.random.default_rng(2)
    rows = rng.choice(len(level.codes), 5_000, p=level.households / level.households.sum())
    young = level.shares[rows, 0]
    frame = pd.DataFrame(
        {
            "postcode": np.array(level.codes)[rows],
            "likes_app": np.where(rng.random(len(rows)) < 0.2 + 0.7 * young / young.max(), "yes", "no"),
            "meals": rng.integers(1, 6, len(rows)),
        }
    )
    path = tmp_path / "survey.csv"
    frame.to_csv(path, index=False)
    table = survey_table(path, market, ["likes_app", "meals"]).frame.set_index(
        ["question", "answer", "segment"]
    )
    assert table.loc[("likes_app", "yes", "A1"), "index_low"] > 120
    assert table.loc[("likes_app", "yes", "E1"), "index"] < 100
    assert (
        table.loc[("meals", "mean", "A1"), "index_low"]
        < 100
        < table.loc[("meals", "mean", "A1"), "index_high"]
    )


def test_a_survey_without_area_or_question_says_so(market: Market, tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("name,likes\na,yes\nb,no\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="no column names an area"):
        survey_table(path, market, ["likes"])
    with pytest.raises(InvalidInputError, match="no column 'age'"):
        survey_table(path, market, ["age"])


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("birth_year", "demographic"),
        ("page_views", None),
        ("Postnr", "geographic"),
        ("utm_source", "referral"),
        ("last_opened", "behaviour"),
        ("order_value", "product"),
        ("doorstep_segment", "predictive"),
        ("id", None),
    ],
)
def test_headings_name_a_kind_of_data(heading: str, kind: str | None) -> None:
    assert kind_of(heading) == kind


def test_maturity_counts_what_is_filled_and_says_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "base.csv"
    path.write_text(
        "postcode,birth_year,channel\n2200,1990,\n2200,,web\n2200,,\n2200,1980,\n", encoding="utf-8"
    )
    frame = maturity_table([path]).frame.set_index("kind")
    assert frame["stage"].to_dict() == {
        "demographic": "partly", "product": "missing", "behaviour": "missing", "referral": "partly",
        "geographic": "filled", "predictive": "missing",
    }  # fmt: skip
    assert frame.loc["demographic", "fill"] == 0.5
    assert "enrich learn fit" in frame.loc["predictive", "next_step"]


def test_uncertainty_is_calibrated_and_the_same_each_time(release: Release, market: Market) -> None:
    first = uncertainty_table(release, market, draws=10).frame
    assert first.equals(uncertainty_table(release, market, draws=10).frame)
    assert (first["error"] > 0).all()
    assert (first["relative_error"] < 0.15).all()
    assert 0.05 <= MEASURED_ERROR <= 0.065


def test_a_fair_policy_opens_the_gate(market: Market) -> None:
    audit = audit_fairness(market, {"value of the offer": np.full(12, 75.0)})
    assert audit.faults == ()
    assert np.allclose(audit.table.frame["ratio"], 1)


def test_a_policy_that_leaves_renters_with_less_closes_the_gate(market: Market) -> None:
    value = np.array(
        [20.0 if code in {"B2", "B3", "D3", "E2"} else 100.0 for code in market.definitions.codes]
    )
    audit = audit_fairness(market, {"value of the offer": value})
    assert any("segment E2 is left with" in fault for fault in audit.faults)
    assert any("area left with least" in fault for fault in audit.faults)


def test_decisions_that_gave_the_country_less_close_the_gate(market: Market, tmp_path: Path) -> None:
    areas = market.finest
    rng = np.random.default_rng(6)
    rows = rng.choice(len(areas.codes), 20_000, p=areas.households / areas.households.sum())
    rural = areas.urbanity[rows, 0] == 1
    path = tmp_path / "decisions.csv"
    frame = pd.DataFrame(
        {
            "doorstep_area_level": areas.level,
            "doorstep_area": np.array(areas.codes)[rows],
            "value": np.where(rural, 50, 100),
            "same": 75,
        }
    )
    frame.to_csv(path, index=False)
    bases = {name: count_customers(path, market, name) for name in ("value", "same")}
    audit = audit_decisions(market, bases)
    assert any(fault.startswith("value: urbanity rural is left with") for fault in audit.faults)
    assert not any(fault.startswith("same") for fault in audit.faults)
    groups = audit.table.frame.set_index(["measure", "group"])
    assert groups.loc[("value", "rural"), "mean"] == pytest.approx(50)
    assert groups.loc[("value", "city"), "mean"] == pytest.approx(100)


@pytest.mark.raw
def test_origin_is_read_inside_the_audit_only_and_leaves_no_area_behind(market: Market) -> None:
    import os

    raw = Path(os.environ.get("ENRICH_RAW_DATA", ""))
    if not (raw / "dk" / "polling_areas").is_dir():
        pytest.skip("needs the raw open-data files (ENRICH_RAW_DATA)")
    audit = audit_fairness(market, {"value of the offer": np.full(12, 75.0)}, raw)
    groups = audit.table.frame[audit.table.frame["kind"].str.contains("foreign origin")]
    assert groups["group"].tolist() == ["lowest third", "middle third", "highest third"]
    assert groups["households"].max() / groups["households"].min() < 1.05
    assert "origin" not in " ".join(note.code for note in market.variables)


def test_a_crosswalk_is_imported_whole_or_not_at_all(tmp_path: Path, definitions: Definitions) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "system;licensed_code;segment;share\nX;K1;A1;0,7\nX;K1;C1;0,3\nX;K2;B1;\n", encoding="utf-8"
    )
    crosswalk, target = import_crosswalk(path, tmp_path / "kept", definitions.codes)
    assert crosswalk.segments_of("X", "K1") == {"A1": 0.7, "C1": 0.3}
    assert load_crosswalk(target, definitions.codes).shares == crosswalk.shares
    path.write_text(
        "system,licensed_code,segment,share\nX,K1,A1,0.7\nX,K2,Z9,1\nX,,A1,1\nX,K3,A1,2\n", encoding="utf-8"
    )
    with pytest.raises(CheckError) as caught:
        import_crosswalk(path, tmp_path / "kept", definitions.codes)
    told = " ".join(caught.value.faults)
    assert "mine.csv:2: shares of X K1 sum to 0.700" in told
    assert "mine.csv:3: no segment 'Z9'" in told
    assert "mine.csv:4: system and licensed_code" in told
    assert "mine.csv:5: share '2'" in told
    assert load_crosswalk(target, definitions.codes).shares == crosswalk.shares


def test_licensed_codes_of_a_base_are_told_in_segments(market: Market, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "system,licensed_code,segment,share\nX,K1,A1,0.5\nX,K1,C1,0.5\nX,K2,B1,\n", encoding="utf-8"
    )
    crosswalk = load_crosswalk(path, market.definitions.codes)
    frame = licensed_table(crosswalk, "X", {"K1": 60, "K2": 30, "K9": 10}, market).frame.set_index("segment")
    assert frame["base"].sum() == pytest.approx(1)
    assert frame.loc["A1", "base"] == pytest.approx(1 / 3)
    assert frame.loc["B1", "customers"] == 30
    with pytest.raises(InvalidInputError, match="No licensed code of 'Y'"):
        licensed_table(crosswalk, "Y", {"K1": 1}, market)


def test_shipped_definitions_are_sound_in_every_country_of_the_release(release: Release) -> None:
    assert explain_definitions(DEFINITIONS, release) == []


def test_a_segment_that_is_too_small_is_explained(tmp_path: Path, release: Release) -> None:
    text = (DEFINITIONS / "segments.toml").read_text(encoding="utf-8")
    small = (
        '[[segment]]\ncode = "F1"\n'
        + "  [segment.name]\n" + "".join(f'  {k} = "x"\n' for k in ("da", "sv", "nb", "fi", "en"))
        + "  [segment.portrait]\n" + "".join(f'  {k} = "x"\n' for k in ("da", "sv", "nb", "fi", "en"))
        + '  [[segment.rule]]\n  life_stage = ["18_29"]\n  children = ["no"]\n  urbanity = ["city"]\n'
        + '  tenure = ["owner"]\n  dwelling = ["row"]\n'
        + '  [segment.card]\n  needs = ["x"]\n  motivators = ["x"]\n  channels = ["app"]\n'
        + '  media = "broad"\n  priority = 3\n'
    )  # fmt: skip
    old = 'life_stage = ["18_29"]\n  children = ["no"]\n  urbanity = ["city"]\n'
    assert old in text
    rest = (
        old + '  dwelling = ["detached", "flat", "dormitory_other"]\n  [[segment.rule]]\n  ' + old
        + '  dwelling = ["row"]\n  tenure = ["cooperative", "social_rent", "other_rent"]\n'
    )  # fmt: skip
    (tmp_path / "segments.toml").write_text(text.replace(old, rest, 1) + small, encoding="utf-8")
    faults = explain_definitions(tmp_path, release)
    assert faults
    assert all("segment F1 is too small in" in fault and "segments.toml:" in fault for fault in faults)
    (tmp_path / "segments.toml").write_text(text + small, encoding="utf-8")
    assert any("overlaps A1" in fault for fault in explain_definitions(tmp_path, release))
