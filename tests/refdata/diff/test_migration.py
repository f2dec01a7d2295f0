"""The arithmetic of the migration matrix."""

from __future__ import annotations

import numpy as np
import pytest

from service.refdata.diff.migration import area_flows


def test_flows_keep_households_and_move_no_more_than_needed() -> None:
    was, now = np.array([[0.5, 0.3, 0.2]]), np.array([[0.4, 0.3, 0.3]])
    flow = area_flows(was, now, np.array([1000.0]))[0]
    assert flow.sum() == pytest.approx(1000)
    assert flow.sum(axis=1) == pytest.approx([500, 300, 200])
    assert flow.sum(axis=0) == pytest.approx([400, 300, 300])
    assert flow[0, 2] == pytest.approx(100)
    assert flow.sum() - flow.trace() == pytest.approx(100)
