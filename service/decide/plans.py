"""What can be settled before any lead comes: per slot, country, language and channel, the candidates.

A request then only filters and ranks a handful of ready-made contents; no text is put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from service.decide.slots.slot import Slot
from service.decide.treatments import TreatmentRule

ANY_CHANNEL = "*"  # a channel that the policy has no word for: only what is meant for all channels
PlanKey = tuple[str, str, str, str]  # slot, country, language, channel


@dataclass(frozen=True, slots=True)
class ReadyVariant:
    """One wording in one language. `content` is shared between answers: never change it."""

    id: str
    share: float
    content: Mapping[str, object]
    _dated: dict[date, Mapping[str, object]] = field(default_factory=dict, repr=False, compare=False)

    def content_until(self, until: date) -> Mapping[str, object]:
        """The content with its last day: the same for all leads of a day, so made once a day."""
        dated = self._dated.get(until)
        if dated is None:
            self._dated.clear()
            dated = self._dated[until] = {**self.content, "valid_until": until.isoformat()}
        return dated


@dataclass(frozen=True, slots=True)
class Candidate:
    """One treatment in one language, with its value laid out per segment."""

    rule: TreatmentRule
    segments: frozenset[str]
    earned: Mapping[str, float]  # segment -> reach × response × (margin − discount)
    earned_elsewhere: float
    variants: tuple[ReadyVariant, ...]
    ids: frozenset[str]  # as logged: the treatment's own and those of its variants

    @property
    def id(self) -> str:
        return self.rule.id


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """`candidates` by rising priority number, without the standard flow. `service` is for messages that
    may not be marketing; `nothing` is the answer when no candidate is worth its cost, or may be sent.
    `near` are the candidates that a lead of a segment may be eligible for at all."""

    slot: Slot
    candidates: tuple[Candidate, ...]
    standard: Candidate
    service: Candidate | None
    nothing: Candidate
    near: Mapping[str, tuple[Candidate, ...]]
    by_id: Mapping[str, Candidate]
