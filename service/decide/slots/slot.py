"""One place that a decision fills, as slots.toml names it; and finding a kind's treatment in a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from service.model import Contact, Treatment

RankBy = Literal["priority", "expected_value"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One place that a decision fills. `fields` are texts and `lists` lists of texts, in every language.

    `contact` is the way by which its treatments reach somebody; None where they come to us.
    """

    code: str
    kind: str
    file: str
    fields: tuple[str, ...]
    lists: tuple[str, ...]
    rank_by: RankBy
    every_segment: bool
    nothing_allowed: bool
    contact: Contact | None = None

    def headline(self, content: Mapping[str, object]) -> str | None:
        """The text by which a treatment of this slot is known: its first field, None when that is empty."""
        text = content.get((*self.fields, "benefit")[0])
        return str(text) if text else None


def slot_of_kind(slots: Mapping[str, Slot], kind: str) -> Slot | None:
    """The first slot of this kind, in the order of slots.toml."""
    return next((slot for slot in slots.values() if slot.kind == kind), None)


def treatment_of_kind(
    slots: Mapping[str, Slot], treatments: Mapping[str, Treatment], kind: str
) -> Treatment | None:
    """What a decision has for the first slot of this kind.

    `slots` are the policy's of now: None for a decision of an older policy that named the slot otherwise.
    """
    return next(
        (treatments[slot.code] for slot in slots.values() if slot.kind == kind and slot.code in treatments),
        None,
    )
