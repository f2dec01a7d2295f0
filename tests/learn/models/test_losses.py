"""Links and losses, against other libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_tweedie_deviance

from service.learn.models.losses import MARGIN_LIMIT, inverse_link, link, row_losses


@pytest.mark.parametrize(("task", "mean"), [("binary", 0.2), ("amount", 7.5), ("number", -3.0)])
def test_a_link_and_its_inverse_undo_each_other(task: str, mean: float) -> None:
    assert inverse_link(task, np.array([link(task, mean)]))[0] == pytest.approx(mean)


def test_the_ends_of_a_scale_are_finite() -> None:
    assert link("binary", 0.0) == pytest.approx(-link("binary", 1.0), rel=1e-6)
    assert link("binary", 0.0) == pytest.approx(math.log(1e-9), rel=1e-6)
    assert link("amount", 0.0) == pytest.approx(math.log(1e-9))
    assert inverse_link("amount", np.array([1e6]))[0] == pytest.approx(math.exp(MARGIN_LIMIT))
    assert inverse_link("binary", np.array([-1e6, 1e6])) == pytest.approx(
        [math.exp(-MARGIN_LIMIT), 1.0], rel=1e-9
    )


def test_losses_are_those_of_scikit_learn() -> None:
    margin, y = np.array([-2.0, 0.5, 3.0, 0.0]), np.array([0.0, 1.0, 0.0, 1.0])
    p = 1 / (1 + np.exp(-margin))
    assert row_losses("binary", y, margin).mean() == pytest.approx(log_loss(y, p))
    assert row_losses("number", y, margin).tolist() == [4.0, 0.25, 9.0, 1.0]
    spent = np.array([0.0, 2.0, 10.0, 0.5])
    # the deviance of power 1.5 is twice the loss less what depends on the amounts alone, 4 √y
    deviance = 2 * (row_losses("amount", spent, margin) - 4 * np.sqrt(spent)).mean()
    assert deviance == pytest.approx(mean_tweedie_deviance(spent, np.exp(margin), power=1.5))
