"""A run that was stopped goes on, and what it writes appears whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from service.errors import InvalidInputError
from service.files.parts import join_parts, open_parts, write_part


def test_a_stopped_run_goes_on_after_the_last_whole_part(tmp_path: Path) -> None:
    parts, target = tmp_path / "out.csv.parts", tmp_path / "out.csv"
    schema = pa.schema([("n", pa.int64())])
    assert open_parts(parts, "same", restart=False) == 0
    write_part(parts, 0, pa.table({"n": [1, 2]}))
    (parts / "000001.tmp").write_bytes(b"half a part")
    assert open_parts(parts, "same", restart=False) == 1
    write_part(parts, 1, pa.table({"n": [3]}))
    assert not target.exists()
    assert join_parts(parts, target, schema) == 3
    assert target.read_text(encoding="utf-8").split() == ["n", "1", "2", "3"]
    assert not parts.exists()


def test_parts_of_another_input_are_not_mixed_in(tmp_path: Path) -> None:
    parts = tmp_path / "out.parts"
    open_parts(parts, "one", restart=False)
    write_part(parts, 0, pa.table({"n": [1]}))
    with pytest.raises(InvalidInputError, match="--restart begins again"):
        open_parts(parts, "two", restart=False)
    assert open_parts(parts, "two", restart=True) == 0
