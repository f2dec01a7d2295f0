"""`enrich segments …` from the terminal: files, dictionary, plots, one page that needs nothing else."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from service.cli.segments import segments
from service.tables import Release

ROOT = Path(__file__).parents[2] / "reference_data"


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(segments, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def test_profile_writes_tables_dictionary_plots_and_a_page(tmp_path: Path, family_file: Path) -> None:
    said = run("profile", str(family_file), "--out", str(tmp_path), "--format", "csv", "--format", "parquet")
    assert "30,000 of 30,000 customers are placed" in said
    assert "B1 Families with children in an owned home" in said
    names = {path.name for path in tmp_path.iterdir()}
    for stem in ("profile_segments", "profile_variables", "dictionary"):
        assert {f"{stem}.csv", f"{stem}.parquet"} <= names
    assert {"profile_segments.png", "profile_segments.svg", "report.html"} <= names
    dictionary = pd.read_csv(tmp_path / "dictionary.csv")
    columns = pd.read_csv(tmp_path / "profile_segments.csv").columns
    assert set(columns) == set(dictionary[dictionary["table"] == "profile_segments"]["column"])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "<script" not in page


def test_potential_with_customers_draws_a_map(tmp_path: Path, family_file: Path) -> None:
    said = run("potential", "--level", "postcode", "--customers", str(family_file), "--out", str(tmp_path))
    assert "white spots" in said
    assert (tmp_path / "penetration_map_postcode.png").stat().st_size > 20_000
    assert (tmp_path / "potential_postcode.csv").is_file()


def test_correlation_says_how_many_things_the_variables_say(tmp_path: Path) -> None:
    assert "different things" in run("correlation", "--out", str(tmp_path))
    assert (tmp_path / "correlation_matrix.svg").is_file()


def test_a_level_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    assert "known are polling_area" in run("potential", "--level", "parish", "--out", str(tmp_path), code=2)


def test_fairness_audits_the_shipped_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENRICH_RAW_DATA", raising=False)
    said = run("fairness", "--out", str(tmp_path))
    assert "at least 80%" in said
    frame = pd.read_csv(tmp_path / "fairness.csv")
    assert set(frame["measure"]) == {"value of the offer", "reach of treatments", "seniority of agents"}
    result = CliRunner().invoke(segments, ["fairness", "--band", "0.99", "--out", str(tmp_path)])
    assert result.exit_code == 1


def test_names_come_in_the_language_asked_for(tmp_path: Path) -> None:
    run("focus", "--language", "da", "--out", str(tmp_path))
    assert "Børnefamilier i ejerbolig" in (tmp_path / "focus.csv").read_text(encoding="utf-8")


def test_survey_maturity_related_and_uncertainty_each_write_their_page(tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("postcode,likes\n2200,yes\n8000,no\n3700,yes\n", encoding="utf-8")
    for command in (
        ["survey", str(path), "--question", "likes"],
        ["maturity", str(path)],
        ["related"],
        ["uncertainty", "--draws", "10"],
    ):
        out = tmp_path / command[0]
        run(*command, "--out", str(out))
        assert (out / "report.html").stat().st_size > 3_000


def test_a_crosswalk_is_kept_beside_the_definitions_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference_data = tmp_path / "reference_data"
    (reference_data / "policy").mkdir(parents=True)
    shutil.copytree(ROOT / "policy" / "segments", reference_data / "policy" / "segments")
    (reference_data / "releases").symlink_to(ROOT / "releases")
    monkeypatch.setenv("ENRICH_REFERENCE_DATA", str(reference_data))
    table = tmp_path / "mine.csv"
    table.write_text("system,licensed_code,segment,share\nX,K1,A1,0.5\nX,K1,C1,0.5\n", encoding="utf-8")
    assert "1 codes of X imported" in run("crosswalk", str(table))
    base = tmp_path / "base.csv"
    base.write_text("postcode,kode\n2200,K1\n8000,K1\n", encoding="utf-8")
    run("profile", str(base), "--licensed", "X=kode", "--out", str(tmp_path / "out"))
    frame = pd.read_csv(tmp_path / "out" / "licensed_segments.csv").set_index("segment")
    assert frame.loc["A1", "base"] == 0.5


@pytest.mark.parametrize("command", ["potential", "related", "fairness"])
def test_every_country_of_the_release_is_served_by_the_same_command(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: Release
) -> None:
    monkeypatch.delenv("ENRICH_RAW_DATA", raising=False)
    for country in release.countries:
        run(command, "--country", country, "--out", str(tmp_path / country))
        assert (tmp_path / country / "report.html").is_file()


def test_one_page_holds_every_view(tmp_path: Path, family_file: Path) -> None:
    said = run("report", "--customers", str(family_file), "--out", str(tmp_path))
    assert "Begin with B1" in said
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for view in (
        "profile_segments", "focus", "potential_municipality", "penetration_postcode", "related_segments",
        "correlation_clusters", "uncertainty",
    ):  # fmt: skip
        assert f'<section id="{view}">' in page
