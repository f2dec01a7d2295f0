"""Two runs on one output: the second is refused, and a run that was killed holds nobody up."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from service.errors import ConflictError
from service.files.parts import join_parts, one_run_at, open_parts, write_part


def test_a_second_run_on_the_same_output_is_refused_by_name(tmp_path: Path) -> None:
    target = tmp_path / "kunder æøå.csv"
    with one_run_at(target) as parts:
        assert parts.name == "kunder æøå.csv.parts"
        with (
            pytest.raises(ConflictError, match=r"Another run is writing .*kunder æøå\.csv"),
            one_run_at(target),
        ):
            pass
        with one_run_at(tmp_path / "another.csv"):
            pass
    with one_run_at(target):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_breaks_off_lets_the_next_one_in_and_its_parts_stay(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"

    def killed() -> None:
        with one_run_at(target) as parts:
            open_parts(parts, "job", restart=False)
            write_part(parts, 0, pa.table({"n": [1]}))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    with one_run_at(target) as parts:
        assert open_parts(parts, "job", restart=False) == 1


def test_parts_and_the_file_are_for_one_person_alone(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with one_run_at(target) as parts:
        open_parts(parts, "job", restart=False)
        assert parts.stat().st_mode & 0o077 == 0
        write_part(parts, 0, pa.table({"n": [1]}))
        join_parts(parts, target, pa.schema([("n", pa.int64())]))
    assert target.stat().st_mode & 0o077 == 0
