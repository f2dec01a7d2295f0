"""Street names that an unfinished word may be meant for, as rows of folded keys; those of more houses first
where there are too many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from service.address.index import AddressIndex
from service.address.layout import HEAD_SIZE, key_signature

MAX_NAMES = 64  # names that a short beginning is cut down to, the largest first
MAX_INNER = 200
MIN_TYPO_KEY = 5
MAX_NEAR = 1_500  # names whose letters fit that are compared


def names_beginning(index: AddressIndex, key: str) -> npt.NDArray[np.int64]:
    """Key rows that begin with the key."""
    low, high = index.prefix_rows(key)
    if high - low <= MAX_NAMES:
        return np.arange(low, high)
    best = _largest(index, np.arange(low, high), MAX_NAMES)
    return np.unique(np.concatenate([best, np.array(index.key_rows(key), np.int64)]))


def names_inside(index: AddressIndex, key: str) -> npt.NDArray[np.int64]:
    """Key rows of which a later word begins with the key."""
    return np.array(index.inner_rows(key, MAX_INNER), np.int64)


def names_misspelt(index: AddressIndex, key: str) -> npt.NDArray[np.int64]:
    """Key rows whose beginning is one edit from the key."""
    if len(key) < MIN_TYPO_KEY:
        return np.empty(0, np.int64)
    head = np.uint64(key_signature(key[:HEAD_SIZE]))
    near = np.flatnonzero(np.bitwise_count(index.key_head ^ head) <= 2)
    size = len(key)
    near = _largest(index, near[index.key_size[near] >= size - 1], MAX_NEAR)
    found = []
    for row in near.tolist():
        other = index.key(row)
        if any(OSA.distance(key, other[: size + d], score_cutoff=1) <= 1 for d in (0, 1, -1)):
            found.append(row)
    return names_of_most_houses(index, np.array(found, np.int64))


def _largest(index: AddressIndex, rows: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """At most `most` of these key rows, those with most house numbers, in no order."""
    if len(rows) <= most:
        return rows
    return rows[np.argpartition(-index.key_weight[rows], most)[:most]]


def names_of_most_houses(index: AddressIndex, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """At most MAX_NAMES of these key rows, those with most house numbers first."""
    return rows[np.argsort(-index.key_weight[rows], kind="stable")[:MAX_NAMES]]
