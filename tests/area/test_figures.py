"""The published figures of a level, asked for by code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from service.area.figures import read_figures
from service.tables import Release
from tests.segment.conftest import invented_joint, make_release, write_table


def test_figures_come_in_the_order_asked_and_unknown_where_there_are_none(tmp_path: Path) -> None:
    release = make_release(tmp_path, {code: (100.0, 0, invented_joint(0.5)) for code in ("a", "b", "c")})
    profiles = pa.table(
        {
            "code": ["c", "x", "a"],
            "households": [5, None, 7],
            "urbanity": [0, 0, 0],
            "one": [3, 9, None],
            "two": [30, 90, 10],
        }
    )
    write_table(release.folder, "profiles_polling_area", profiles)
    read = read_figures(Release.open(tmp_path, verify=False), "DK", "polling_area", ["two", "one"])
    figures = read.of_areas(["a", "b", "c"])
    assert figures[0, 0] == 10
    assert figures[2].tolist() == [30, 3]
    assert np.isnan(figures[[0, 1, 1], [1, 0, 1]]).all()
    assert read.households.tolist() == [5, 0, 7]
