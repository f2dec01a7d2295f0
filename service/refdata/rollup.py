"""Rolls counts up: by code where areas nest, by polygon overlap where they do not."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

KNOWN_SHARE = 0.5  # an area is unknown when more than half of it lies in unpublished areas


def sum_by_code(counts: pd.DataFrame, parent: pd.Series) -> pd.DataFrame:
    """Counts per parent code; NaN only where no child is published. `parent`: child code -> parent code."""
    codes = parent.reindex(counts.index)
    return counts.groupby(codes.to_numpy(), dropna=True).sum(min_count=1).rename_axis("code")


def zone_counts(counts: pd.DataFrame, pooled: Mapping[str, str]) -> pd.DataFrame:
    """Counts per zone: an area is its own zone unless `pooled` names another."""
    zones = pd.Series({code: pooled.get(code, code) for code in counts.index})
    return sum_by_code(counts, zones)


def sum_by_overlap(counts: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """Area-weighted interpolation of zone counts to target areas.

    `weights`: source, target, share (shares of a source sum to 1). A target of which more than half
    (by shares) lies in zones without figures is NaN throughout.
    """
    joined = weights[weights["source"].isin(counts.index)]
    values = counts.loc[joined["source"]].mul(joined["share"].to_numpy(), axis=0)
    known = counts.notna().any(axis=1).reindex(joined["source"]).to_numpy()
    target = joined["target"].to_numpy()
    total = values.groupby(target).sum(min_count=1)
    reach = joined["share"].groupby(target).sum()
    reached = (joined["share"] * known).groupby(target).sum()
    total[(reached < KNOWN_SHARE * reach).to_numpy()] = float("nan")
    return total.rename_axis("code")
