"""The wash category of a reading, and what a form should do with it."""

from __future__ import annotations

from service.address.weigh import Reading, TownFit
from service.model import MatchCategory, NextAction

MAX_EDITS_B = 3


def wash_category(
    best: Reading, unit_state: str, status: str, *, is_nearest: bool
) -> tuple[MatchCategory, str | None]:
    """The wash category, and why it is no better. A and B as the public rules state them."""
    if best.leftover or unit_state == "unexplained":
        return MatchCategory.C, "leftover_words"
    if best.frame.number is not None and best.frame.number.is_range:
        return MatchCategory.C, "number_range"
    if unit_state in ("unknown", "several"):
        return MatchCategory.C, "unknown_unit" if unit_state == "unknown" else "ambiguous_unit"
    if best.is_name_elsewhere:
        return MatchCategory.C, "street_exists_elsewhere"
    if best.edits > MAX_EDITS_B or not is_nearest:
        return MatchCategory.C, "several_streets_near"
    if not best.has_postcode and not best.bulk:
        if best.town is TownFit.EXACT:
            return MatchCategory.B, "no_postcode"
        return MatchCategory.C, "no_postcode"
    if best.edits or best.kind == 2 or best.spacing:
        return MatchCategory.B, "street_corrected"
    if best.town in (TownFit.NEAR, TownFit.OTHER):
        return MatchCategory.B, "town_corrected"
    if status == "preliminary":
        return MatchCategory.B, "preliminary"
    return MatchCategory.A, "renamed" if status == "historic" else None


def next_action(category: MatchCategory, *, has_choice: bool) -> NextAction:
    """Accept A, confirm B; C is confirmed when there is something to choose, else fixed."""
    if category is MatchCategory.A:
        return NextAction.ACCEPT
    return NextAction.CONFIRM if category is MatchCategory.B or has_choice else NextAction.FIX
