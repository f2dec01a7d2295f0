"""The plain kind of slot: texts shown on our own pages. The other kinds say in what they differ from it.

One object per kind, registered in `kinds`; none of them keeps anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from service.decide.consent import Contactability
from service.decide.odds import draw_candidate, lay_odds
from service.decide.plans import Candidate, ReadyVariant, SlotPlan
from service.decide.situation import Scene
from service.decide.slots.slot import Slot
from service.decide.toml_table import Origin, TomlTable
from service.decide.treatments import TreatmentRule
from service.decide.why_words import WhyWords
from service.model import Contact, Treatment

Permission = tuple[bool, str | None]  # whether a way of contact was allowed, and the reason where it is told


class Content:
    """Texts on our own pages: nobody is contacted, so no consent is asked for."""

    name = "content"
    # What a browser may see. A list of what is allowed: content that is added later stays hidden until
    # somebody decides here, or in the list of another kind, that a visitor may read it.
    shown: ClassVar[frozenset[str]] = frozenset(
        {
            "headline", "text", "title", "benefit", "recipient_reason", "purpose", "valid_until", "image",
            "button", "price_personalised", "price_disclosure", "disclosure",
        }
    )  # fmt: skip

    # ------------------------------------------------------------ check: what a policy must have

    def read_contact(self, row: TomlTable, fields: Sequence[str], lists: Sequence[str]) -> Contact | None:
        """By which way a slot of this kind reaches somebody. Raises PolicyError for what it lacks."""
        return None

    def read_ranked(self, row: TomlTable) -> tuple[Contact, ...]:
        """The ways of contact that one treatment ranks: only of the kind that does."""
        return ()

    def check_plan(self, slot: Slot, fit: Sequence[TreatmentRule], where: str) -> None:
        """`fit` are the treatments of one country and channel, told as `where`. Raises PolicyError."""
        if not any(rule.is_standard_marketing for rule in fit):
            raise Origin(slot.file, 1).fault(
                f"slot '{slot.code}' has no standard treatment {where}; add one with standard = true."
            )

    def own_content(self, rule: TreatmentRule, language: str, notice: str) -> Mapping[str, object]:
        """What treatments of this kind hold beside the marketer's texts."""
        return {}

    # ------------------------------------------------------------ choose, and how likely it was

    def choose(self, scene: Scene, plan: SlotPlan) -> Treatment:
        """The treatment for one lead, with its propensity."""
        return treat(scene, plan, *draw_candidate(scene, plan))

    def odds(self, scene: Scene, plan: SlotPlan) -> Mapping[str, float] | None:
        """Treatment id -> its probability, summing to 1. None where it depends on more than the lead."""
        if scene.everyone_alike:
            return {plan.standard.variants[0].id: 1.0}
        return lay_odds(scene, plan).by_variant()

    def permission(self, scene: Scene, plan: SlotPlan) -> Contactability:
        """May this lead be reached by the slot's way of contact: only of the kinds that have one."""
        assert plan.slot.contact is not None
        return scene.contacts[plan.slot.contact]

    # ------------------------------------------------------------ who may see what of it

    def browser_view(self, treatment: Treatment) -> dict[str, object]:
        """What a visitor may read of it: never what was inferred or why."""
        return {"id": treatment.id, **self.shown_content(treatment)}

    def shown_content(self, treatment: Treatment) -> dict[str, object]:
        return {key: value for key, value in treatment.content.items() if key in self.shown}

    def tell(self, slot: Slot, content: Mapping[str, object], words: WhyWords) -> list[str]:
        """What it decided, in plain words for the lead. Empty when nothing was."""
        headline = slot.headline(content)
        if headline is None:
            return []
        told = [words.tell_slot(slot.code, self.general_words(slot), headline)]
        return [*told, words.say("decided.price")] if content.get("price_personalised") else told

    def general_words(self, slot: Slot) -> str:
        """The words for a slot that why/<language>.toml has none of its own for."""
        return "decided.shown"

    # ------------------------------------------------------------ what it says of consent, for a replay

    def read_permissions(self, slot: Slot, content: Mapping[str, object]) -> Mapping[Contact, Permission]:
        """Which ways of contact were allowed, and which not, as far as a logged treatment tells."""
        return {}


def treat(
    scene: Scene, plan: SlotPlan, candidate: Candidate, variant: ReadyVariant, propensity: float
) -> Treatment:
    """The answer of a slot; a treatment that is valid for so many days from now is dated."""
    content = variant.content
    if candidate.rule.valid_days is not None:
        content = variant.content_until(scene.today + timedelta(days=candidate.rule.valid_days))
    return Treatment(plan.slot.code, variant.id, scene.arm, propensity, content)


def offer_slot(slots: Mapping[str, Slot]) -> Slot | None:
    """The slot whose treatments are worth something to the lead: the first that ranks by expected value."""
    return next((slot for slot in slots.values() if slot.rank_by == "expected_value"), None)
