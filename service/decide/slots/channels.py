"""By which ways to make contact, best first; ways that consent or law forbid are left out per lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from service.decide.odds import draw_candidate
from service.decide.plans import SlotPlan
from service.decide.situation import Scene
from service.decide.slots.content import Content, Permission, treat
from service.decide.slots.slot import Slot
from service.decide.toml_table import TomlTable
from service.decide.why_words import WhyWords
from service.model import Contact, Treatment


class Channels(Content):
    """A ranking of ways of contact."""

    name = "channels"
    shown: ClassVar[frozenset[str]] = Content.shown | {"ranked"}

    def read_ranked(self, row: TomlTable) -> tuple[Contact, ...]:
        return row.contacts("ranked")

    def choose(self, scene: Scene, plan: SlotPlan) -> Treatment:
        candidate, variant, propensity = draw_candidate(scene, plan)
        chosen = treat(scene, plan, candidate, variant, propensity)
        allowed: list[str] = []
        blocked: dict[str, str] = {}
        for way in candidate.rule.ranked:
            contact = scene.contacts.get(way)  # none is kept for our own pages: nobody is contacted there
            if contact is None or contact.allowed:
                allowed.append(str(way))
            else:
                blocked[str(way)] = contact.reason
        content = {**chosen.content, "ranked": allowed, "blocked": blocked}
        return Treatment(chosen.slot, chosen.id, chosen.arm, propensity, content)

    def tell(self, slot: Slot, content: Mapping[str, object], words: WhyWords) -> list[str]:
        return []  # how somebody was reached, they know

    def read_permissions(self, slot: Slot, content: Mapping[str, object]) -> Mapping[Contact, Permission]:
        ranked, blocked = content.get("ranked"), content.get("blocked")
        found: dict[Contact, Permission] = {}
        if isinstance(ranked, list | tuple):
            found.update({Contact(way): (True, None) for way in ranked})
        if isinstance(blocked, Mapping):
            found.update({Contact(way): (False, str(reason)) for way, reason in blocked.items()})
        return found
