"""Steps count themselves: what is shown is what is in the lists."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from service.errors import SourceError
from service.refdata.build import build_release, count_steps
from service.refdata.steps import Steps

Shown = list[tuple[str, int, int]]


def test_lists_that_come_later_are_in_the_total_from_the_first_step() -> None:
    shown: Shown = []
    steps = Steps(lambda *step: shown.append(step))
    steps.expect(3)
    steps.run([("fetch", lambda: None)])
    steps.run([("build", lambda: None), ("check", lambda: None)])
    assert shown == [("fetch", 1, 3), ("build", 2, 3), ("check", 3, 3)]


def test_a_list_that_nobody_announced_counts_itself() -> None:
    shown: Shown = []
    Steps(lambda *step: shown.append(step)).run([("one", lambda: None), ("two", lambda: None)])
    assert [number for _, number, _ in shown] == [1, 2]
    assert {total for _, _, total in shown} == {2}


def test_a_build_shows_every_step_once_and_as_many_as_it_announced(
    small_raw: Path, reference: Path, tmp_path: Path
) -> None:
    shown: Shown = []
    build_release(small_raw, reference, "2026-11-21.1", steps=Steps(lambda *step: shown.append(step)))
    assert [number for _, number, _ in shown] == list(range(1, len(shown) + 1))
    assert {total for _, _, total in shown} == {len(shown)} == {count_steps(small_raw, reference)}
    assert shown[0][0] == "DK: counts per polling area"
    assert shown[-1][0] == "manifest"


def test_a_raw_folder_of_no_country_says_so(raw: Path, reference: Path) -> None:
    shutil.rmtree(raw / "dk" / "polling_areas")
    with pytest.raises(SourceError, match=r"counts of no country \(DK, FI\); give the raw files with --raw"):
        build_release(raw, reference, "2026-11-21.1")
    assert not list((reference / "releases").glob("*"))
