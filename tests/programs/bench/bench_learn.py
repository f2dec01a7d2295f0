"""Fitting on 100,000 rows × 90 columns, scoring one lead with all arms, lift over ten million decisions."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from service.learn.lift.compare import lift_rows, needed_dimensions
from service.learn.models.fit import FitOptions, fit_table
from service.learn.models.model_dir import TableScorer, save_model
from service.learn.models.scorer import Scorer
from service.store.store import open_store
from service.store.tables import lift_cells
from tests.programs.bench.measure import Row, quantiles, report, time_calls

ROWS = 100_000


def make_table(seed: int = 1) -> pd.DataFrame:
    """80 numbers and 10 categories; two arms of a trial whose effect differs between leads."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(ROWS, 80)).round(4)
    levels = rng.integers(0, 12, (ROWS, 10))
    arm = rng.integers(0, 3, ROWS)
    margin = (
        -2.5 + 0.3 * numbers[:, :5].sum(1) + 0.3 * numbers[:, 1] * numbers[:, 2] + 0.2 * (levels[:, 0] == 3)
    )
    margin += (arm == 1) * (0.3 + 0.3 * numbers[:, 7]) + (arm == 2) * 0.2
    table = pd.DataFrame(numbers, columns=[f"x{i}" for i in range(80)])
    for j in range(10):
        table[f"c{j}"] = np.array(list("abcdefghijkl"))[levels[:, j]]
    table["arm"] = np.array(["control", "a", "b"])[arm]
    table["y"] = (rng.random(ROWS) < 1 / (1 + np.exp(-margin))).astype(int)
    return table


def fitting(folder: Path) -> list[Row]:
    table = make_table()
    start = time.perf_counter()
    fit_table(table, FitOptions("y", exclude=("arm",)))
    response = time.perf_counter() - start
    start = time.perf_counter()
    fitted = fit_table(table, FitOptions("y", "arm", "control"))
    with_arms = time.perf_counter() - start
    save_model(fitted, folder / "model")
    scorer = Scorer.load(folder / "model")
    leads = table.drop(columns=["arm", "y"]).head(500).to_dict("records")
    median, slowest = quantiles(time_calls(lambda i: scorer.score_lead(leads[i % 500]), 2000))
    start = time.perf_counter()
    TableScorer(folder / "model").score_table(table)
    scoring = time.perf_counter() - start
    return [
        Row("fit a response model, 100,000 × 90", response, "s", 60),
        Row("fit with two arms and control, 100,000 × 90", with_arms, "s", 60),
        Row("score one lead, all arms, median", median * 1e3, "ms", 1),
        Row("score one lead, all arms, 99th percentile", slowest * 1e3, "ms"),
        Row("score a table of 100,000", scoring, "s"),
    ]


def watching(folder: Path) -> list[Row]:
    """Sums of ten million decisions: 5 slots × 4 treatments × 12 segments × 4 channels × 120 days."""
    rng = np.random.default_rng(0)
    store = open_store(f"sqlite:///{folder}/lift.sqlite")
    keys = [
        {"slot": f"slot{s}", "treatment": f"t{t}", "arm": arm, "segment": f"S{g}", "channel": f"c{c}",
         "country": "DK", "day": f"2026-{m:02d}-{d:02d}"}
        for s in range(5) for t in range(2) for arm in ("treated", "holdout") for g in range(12)
        for c in range(3) for m in range(7, 11) for d in range(1, 31)
    ]  # fmt: skip
    sizes = rng.poisson(10_000_000 / len(keys), len(keys))
    rows = []
    for key, n in zip(keys, sizes, strict=True):
        hits = int(rng.binomial(n, 0.06))
        rows.append(
            {**key, "outcome": "", "n": int(n), "value": 0.0, "value_squared": 0.0, "propensity": n * 0.95}
        )
        value = hits * 300.0
        rows.append(
            {
                **key,
                "outcome": "bought",
                "n": hits,
                "value": value,
                "value_squared": value * 300,
                "propensity": 0.0,
            }
        )
    with store.database.writing() as connection:
        connection.execute(lift_cells.insert(), rows)
    by = ("slot", "treatment", "segment", "channel", "period")

    def ask(_: int) -> int:
        return len(lift_rows(store.facts.lift(needed_dimensions(by), "bought"), by))

    median, slowest = quantiles(time_calls(ask, 5, warm=1))
    store.close()
    return [
        Row("decisions summed", float(sizes.sum()) / 1e6, "mio.", None),
        Row("lift by slot, treatment, segment, channel, month: median", median, "s", 2),
        Row("slowest of 5", slowest, "s", None),
    ]


def main() -> int:
    with TemporaryDirectory() as scratch:
        return report([*watching(Path(scratch)), *fitting(Path(scratch))])


if __name__ == "__main__":
    sys.exit(main())
