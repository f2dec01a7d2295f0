"""The estimator on the one pair whose joint is published per area, on areas the seed never saw."""

import csv
from pathlib import Path

import numpy as np
import pytest

from service.segment.fitting import Margin, fit_tables
from tests.refdata.countries.dk.write_age_education import education_tables

TARGET = 0.065  # largest share of adults in the wrong cell
HERE = Path(__file__).parent


def misallocated(seed: np.ndarray, areas: np.ndarray) -> float:
    """Share of all adults that the fitted tables put in another cell than the published ones."""
    adults = areas.sum(axis=(1, 2))
    truth = areas / adults[:, None, None]
    margins = [Margin((0,), truth.sum(axis=2)), Margin((1,), truth.sum(axis=1))]
    fitted = fit_tables(seed / seed.sum(), margins)
    return float((np.abs(fitted - truth).sum(axis=(1, 2)) / 2 * adults).sum() / adults.sum())


def check(training: np.ndarray, held_out: np.ndarray, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    ours, none = misallocated(training, held_out), misallocated(np.ones(training.shape), held_out)
    with capsys.disabled():
        print(
            f"\nage x education, {what}: {ours:.1%} of adults misallocated on {len(held_out)} areas not used "
            f"for the seed (target {TARGET:.1%}; independence {none:.1%})"
        )
    assert ours <= TARGET
    assert ours < none / 2


def test_national_seed_then_fitting_on_the_committed_areas(capsys: pytest.CaptureFixture[str]) -> None:
    with (HERE / "age_education.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.reader(lines) if not row[0].startswith("#")]
    tables = {row[0]: np.array(row[1:], dtype=float).reshape(4, 8) for row in rows}
    training = tables.pop("training")
    check(training, np.stack(list(tables.values())), "committed sample", capsys)


@pytest.mark.raw
def test_national_seed_then_fitting_on_all_held_out_areas(
    open_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, counts = education_tables(open_data)
    check(counts[::2].sum(axis=0), counts[1::2], "all Danish areas", capsys)
