"""`enrich policy`: exit codes and sentences, and the page that a marketer looks at."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POLICY = ROOT / "reference_data" / "policy"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", "policy", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(POLICY, tmp_path / "policy")
    return tmp_path / "policy"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_embedded_policy_is_right_today() -> None:
    answer = run("check")
    assert answer.returncode == 0, answer.stderr
    assert "The policy is right." in answer.stdout
    assert "sha256:" in answer.stdout


def test_a_fault_is_one_line_with_file_and_line_and_exit_1(folder: Path) -> None:
    edit(folder / "offers.toml", 'purpose = "activate"', 'purpose = "sell"')
    answer = run("check", str(folder))
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: offers.toml:")
    assert "'purpose' is 'sell'" in answer.stderr


def test_all_dates_that_have_passed_are_listed(folder: Path) -> None:
    answer = run("check", str(folder), "--today", "2028-01-01")
    assert answer.returncode == 1
    assert "offers.toml:" in answer.stderr
    assert "greetings.toml:" in answer.stderr


def test_a_running_experiment_is_held_against_the_active_policy(folder: Path, tmp_path: Path) -> None:
    edit(folder / "experiment.toml", 'status = "planned"', 'status = "running"')
    active = tmp_path / "active"
    shutil.copytree(folder, active)
    assert run("check", str(folder), "--against", str(active)).returncode == 0
    edit(folder / "experiment.toml", "starts = 2027-01-11", "starts = 2027-01-12")
    answer = run("check", str(folder), "--against", str(active))
    assert answer.returncode == 1
    assert "is running and has been changed" in answer.stderr


def test_the_page_shows_every_segment_treatment_and_mail(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    answer = run("preview", "--out", str(out), "--language", "fi", "--country", "SE")
    assert answer.returncode == 0, answer.stderr
    page = out.read_text(encoding="utf-8")
    for word in (
        "Nuoret kaupungissa",
        "greet-evening",
        "offer-large-box",
        "mail-service",
        "nix_telefon",
        "E1, E2",
    ):
        assert word in page
    assert "http://" not in page.replace("http://www.w3.org", "")  # nothing is fetched
    assert page.count("<iframe sandbox") == 9


@pytest.mark.parametrize("words", [("--language", "de"), ("--country", "US")])
def test_what_the_policy_does_not_have_is_wrong_use(tmp_path: Path, words: tuple[str, str]) -> None:
    answer = run("preview", "--out", str(tmp_path / "x.html"), *words)
    assert answer.returncode == 2
    assert words[1] in answer.stderr
    assert not (tmp_path / "x.html").exists()
