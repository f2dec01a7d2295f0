"""Messages that reach somebody by a way of contact that slots.toml names: `contact = "sms"`, `"letter"`.

Marketing goes only to those whom the law and their consent let it reach. Everybody else gets the slot's
service message, or nothing where it has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from service.decide.contact_rules import WRITTEN
from service.decide.plans import SlotPlan
from service.decide.situation import Scene
from service.decide.slots.content import Content, Permission, treat
from service.decide.slots.slot import Slot
from service.decide.toml_table import TomlTable
from service.decide.treatments import MARKETING, SERVICE, TreatmentRule
from service.model import Contact, Treatment


class Message(Content):
    """A text by one way of contact."""

    name = "message"
    shown: ClassVar[frozenset[str]] = Content.shown | {"subject", "blocks", "kind", "objection_notice"}

    def read_contact(self, row: TomlTable, fields: Sequence[str], lists: Sequence[str]) -> Contact:
        if not fields:
            raise row.fault("a message slot needs at least one of fields; the first is what it says.", "kind")
        return row.contact("contact", allowed=WRITTEN)

    def own_content(self, rule: TreatmentRule, language: str, notice: str) -> Mapping[str, object]:
        return {"kind": rule.kind, "language": language, "objection_notice": notice}

    def choose(self, scene: Scene, plan: SlotPlan) -> Treatment:
        contact = self.permission(scene, plan)
        if contact.allowed:
            return super().choose(scene, plan)
        if plan.service is not None:
            return treat(scene, plan, plan.service, plan.service.variants[0], 1.0)
        nothing = plan.nothing.variants[0]
        content = {**nothing.content, "reason": contact.reason}
        return Treatment(plan.slot.code, nothing.id, scene.arm, 1.0, content)

    def odds(self, scene: Scene, plan: SlotPlan) -> Mapping[str, float] | None:
        if self.permission(scene, plan).allowed:
            return super().odds(scene, plan)
        return {(plan.service or plan.nothing).variants[0].id: 1.0}

    def general_words(self, slot: Slot) -> str:
        return f"contacts.{slot.contact}"

    def read_permissions(self, slot: Slot, content: Mapping[str, object]) -> Mapping[Contact, Permission]:
        assert slot.contact is not None
        if content.get("kind") == MARKETING:
            return {slot.contact: (True, None)}
        if content.get("kind") == SERVICE:
            return {slot.contact: (False, None)}
        return {}
