"""Decisions as the log holds them, made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.model import (
    AddressMatch,
    Decision,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Segment,
    SegmentShare,
    Treatment,
    Versions,
    Weights,
)

MADE = datetime.now(UTC) - timedelta(days=2)


def logged(number: int, arm: str = "treated", **changes: object) -> Decision:
    """Decision `dec_<number>` on `lead-<number>`, with an offer: the bicycle, or the standard."""
    offer = "offer-bike" if arm == "treated" else "offer-standard"
    decision = Decision(
        f"dec_{number}", f"lead-{number}", "ok", None, MADE, "DK", "da", "web_form",
        AddressMatch("DK", MatchLevel.HOUSE, MatchCategory.A, NextAction.ACCEPT), Place("DK", {}), None,
        Segment("A1", "A1", 1.0, False, (SegmentShare("A1", 1.0),), (), "parish"), None, Weights(),
        {"offer": Treatment("offer", offer, arm, 0.5, {"title": "x"})}, Versions("r", "p"),
    )  # fmt: skip
    return replace(decision, **changes)  # type: ignore[arg-type]
