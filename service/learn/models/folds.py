"""Ways to hold rows out: at random, whole groups (areas) at a time, or the future from the past."""

from __future__ import annotations

import itertools

import numpy as np

from service.learn.values import FloatArray, IntArray

Fold = tuple[IntArray, IntArray]  # (row numbers to learn from, row numbers to judge on)
FORWARD_CUTS = (0.4, 0.6, 0.8, 1.0)  # learn up to a cut, judge up to the next


def random_folds(rows: int, count: int, seed: int, strata: FloatArray | None = None) -> list[Fold]:
    """`count` folds; with `strata`, each fold gets its share of every stratum."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(rows)
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
    fold_of = np.empty(rows, dtype=np.int64)
    fold_of[order] = np.arange(rows) % count
    return _from_labels(fold_of, count)


def group_folds(groups: IntArray, count: int, seed: int) -> list[Fold]:
    """`count` folds of about equal size in which no group is on both sides."""
    rng = np.random.default_rng(seed)
    names, sizes = np.unique(groups, return_counts=True)
    order = rng.permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load = np.zeros(count)
    fold_of_group = np.empty(len(names), dtype=np.int64)
    for g in order:
        lightest = int(np.argmin(load))
        fold_of_group[g] = lightest
        load[lightest] += sizes[g]
    return _from_labels(fold_of_group[np.searchsorted(names, groups)], count)


def forward_folds(when: FloatArray) -> list[Fold]:
    """Three folds: the past up to 40, 60, 80 % of rows judged on the 20 % after it, by `when`."""
    order = np.argsort(when, kind="stable")
    cuts = [int(len(when) * c) for c in FORWARD_CUTS]
    return [(np.sort(order[:a]), np.sort(order[a:b])) for a, b in itertools.pairwise(cuts)]


def _from_labels(fold_of: IntArray, count: int) -> list[Fold]:
    return [(np.flatnonzero(fold_of != k), np.flatnonzero(fold_of == k)) for k in range(count)]
