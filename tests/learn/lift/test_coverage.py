"""Over repeated seeds the known truth lies within the stated intervals as often as they say: 95 % ± 3 points.

Lift is stated while being watched, so there the truth has to be inside at every look. Average effects and
policy values are stated once.
"""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from service.learn.lift.compare import lift_rows
from service.learn.models.estimates import Logged, mean_estimate, policy_difference, policy_value, qini_area
from tests.learn.lift.test_lift import cell

SEEDS = 500
NOMINAL, TOLERANCE = 0.95, 0.03


def test_watched_lift_covers_its_truth_at_every_look() -> None:
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(SEEDS):
        held = rng.random(20000) < 0.1
        hit = rng.random(20000) < np.where(held, 0.10, 0.12)
        always = True
        for n in np.unique(np.geomspace(500, 20000, 100).astype(int)):
            h, k = held[:n], hit[:n]
            given, kept = (
                cell("treated", int((~h).sum()), int((k & ~h).sum())),
                cell("holdout", int(h.sum()), int((k & h).sum())),
            )
            row = lift_rows([given, kept], ("slot",))[0]
            always &= row.rate is None or row.rate.low <= 0.02 <= row.rate.high
        inside += always
    assert_allclose(inside / SEEDS, NOMINAL, atol=TOLERANCE)


def experiment(rng: np.random.Generator, rows: int = 1500) -> tuple[Logged, np.ndarray, np.ndarray]:
    """Three arms with unequal shares; the true mean outcome of every arm for every row is known."""
    x = rng.normal(size=rows)
    share = np.array([0.5, 0.3, 0.2])
    arm = rng.choice(3, rows, p=share)
    margin = -1 + 0.8 * x[:, None] + np.array([0.0, 0.4, 0.2]) + np.array([0.0, 0.5, -0.5]) * x[:, None]
    truth = 1 / (1 + np.exp(-margin))
    y = (rng.random(rows) < truth[np.arange(rows), arm]).astype(float)
    rough = np.clip(0.3 + 0.1 * x, 0.02, 0.98)[:, None].repeat(3, axis=1)  # a prediction, and not a good one
    return Logged(arm, np.tile(share, (rows, 1)), y, rough), truth, x


def test_policy_values_and_their_difference_cover_the_truth() -> None:
    rng = np.random.default_rng(5)
    big = experiment(rng, 400_000)
    policy_of = lambda x: np.where(x > 0, 1, 2)  # noqa: E731
    value = big[1][np.arange(400_000), policy_of(big[2])].mean()
    gap = value - big[1][:, 1].mean()
    inside = dict.fromkeys(("ips", "snips", "dr", "difference"), 0)
    for _ in range(SEEDS):
        logged, _, x = experiment(rng)
        scores, policy = logged.scores(), policy_of(x)
        seen = policy_value(logged, policy, scores)
        for name in ("ips", "snips", "dr"):
            inside[name] += getattr(seen, name).low <= value <= getattr(seen, name).high
        difference, _ = policy_difference(logged, policy, np.ones(len(x), dtype=int), scores)
        inside["difference"] += difference.low <= gap <= difference.high
    for name, count in inside.items():
        assert_allclose(count / SEEDS, NOMINAL, atol=TOLERANCE, err_msg=name)


def test_the_area_under_the_uplift_curve_covers_zero_for_a_useless_ranking() -> None:
    rng = np.random.default_rng(6)
    inside = 0
    for _ in range(SEEDS):
        treated = rng.random(800) < 0.4
        y = (rng.random(800) < 0.1 + 0.05 * treated).astype(float)
        effect = (y - 0.12) * (treated / 0.4 - (1 - treated) / 0.6)
        area = qini_area(rng.random(800), effect)
        inside += area.low <= 0 <= area.high
    assert_allclose(inside / SEEDS, NOMINAL, atol=TOLERANCE)


def test_errors_of_grouped_rows_know_their_groups() -> None:
    """Rows of one area share luck: counting them as independent would cover far less than stated."""
    rng = np.random.default_rng(8)
    grouped = alone = 0
    for _ in range(SEEDS):
        groups = np.repeat(np.arange(60), 20)
        values = rng.normal(size=60)[groups] + rng.normal(size=1200)
        with_groups, without = mean_estimate(values, groups), mean_estimate(values)
        grouped += with_groups.low <= 0 <= with_groups.high
        alone += without.low <= 0 <= without.high
    assert_allclose(grouped / SEEDS, NOMINAL, atol=TOLERANCE)
    assert alone / SEEDS < 0.6
