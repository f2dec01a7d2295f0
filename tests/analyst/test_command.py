"""`enrich segments …` from the terminal: files, dictionary, plots, one page that needs nothing else."""

import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from service.cli.segments import segments


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
