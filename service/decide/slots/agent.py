"""Who should call, or `no-call` with the reason: consent first, then languages, skills and load.

Treated leads get the agent with the skills that their segment wants; the holdout, and everyone in the
standard flow, the agent who would be next without them. The propensity takes the desk's state as given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from service.decide.agents import NOTHING_WANTED, best_agent, rank_agents, seat_agents
from service.decide.consent import Contactability
from service.decide.plans import SlotPlan
from service.decide.situation import Scene
from service.decide.slots.content import Content, Permission, treat
from service.decide.slots.slot import Slot, slot_of_kind, treatment_of_kind
from service.decide.toml_table import TomlTable
from service.decide.treatments import TreatmentRule
from service.decide.why_words import WhyWords
from service.model import Contact, Treatment

NO_CALL = "no-call"


class Agent(Content):
    """A call by somebody at the desk. Its one treatment says what calls are for; agents.toml who calls."""

    name = "agent"
    shown: ClassVar[frozenset[str]] = Content.shown | {"allowed"}

    def read_contact(self, row: TomlTable, fields: Sequence[str], lists: Sequence[str]) -> Contact:
        return Contact.PHONE

    def check_plan(self, slot: Slot, fit: Sequence[TreatmentRule], where: str) -> None:
        if any(not rule.standard for rule in fit):
            raise fit[0].origin.fault(
                "the agent slot has one standard treatment; whom to suggest is in agents.toml."
            )
        super().check_plan(slot, fit, where)

    def choose(self, scene: Scene, plan: SlotPlan) -> Treatment:
        base = treat(scene, plan, plan.standard, plan.standard.variants[0], 1.0)
        contact, situation = self.permission(scene, plan), scene.situation
        if not contact.allowed:
            return _no_call(base, f"no call: {contact.reason.replace('_', ' ')}", contact)
        seated = seat_agents(
            scene.agents.agents if situation.roster is None else situation.roster,
            lead_id=situation.lead.lead_id,
            country=scene.country,
            language=scene.language,
            now=situation.now,
            states=situation.agent_states,
            salt=situation.salt,
        )
        if not seated:
            return _no_call(base, f"no agent speaks {scene.language} in {scene.country}", contact)
        wanted = scene.agents.wanted.get(situation.segment.code or "", NOTHING_WANTED)
        as_anybody = scene.everyone_alike or scene.held_out
        ranked = rank_agents(seated, NOTHING_WANTED if as_anybody else wanted)
        best = ranked[0]
        propensity = 1.0
        if not scene.everyone_alike:
            other = best_agent(seated, wanted if scene.held_out else NOTHING_WANTED)
            if best.agent is not other:
                propensity = scene.holdout_share if scene.held_out else 1 - scene.holdout_share
        content = {
            **base.content,
            "name": best.agent.name,
            "reasons": [*best.reasons(scene.language), *contact.evidence],
            "preferred_agents": [one.agent.id for one in ranked[: scene.agents.preferred]],
            **_permission(contact),
        }
        return Treatment(base.slot, best.agent.id, base.arm, propensity, content)

    def odds(self, scene: Scene, plan: SlotPlan) -> Mapping[str, float] | None:
        return None  # it depends on who is at the desk

    def browser_view(self, treatment: Treatment) -> dict[str, object]:
        """An agent's id may be their name, so a visitor learns only whether a call is allowed."""
        return self.shown_content(treatment)

    def tell(self, slot: Slot, content: Mapping[str, object], words: WhyWords) -> list[str]:
        return [words.say("decided.call_yes" if content.get("allowed") else "decided.call_no")]

    def read_permissions(self, slot: Slot, content: Mapping[str, object]) -> Mapping[Contact, Permission]:
        allowed, reason = content.get("allowed"), content.get("allowed_reason")
        if not isinstance(allowed, bool):
            return {}
        return {Contact.PHONE: (allowed, reason if isinstance(reason, str) else None)}


def agent_slot(slots: Mapping[str, Slot]) -> Slot | None:
    """The slot that suggests an agent; None where the policy has none."""
    return slot_of_kind(slots, Agent.name)


def suggested_agent(slots: Mapping[str, Slot], treatments: Mapping[str, Treatment]) -> Treatment | None:
    """The agent suggested by a decision; None when it has none, or its policy named the slot otherwise."""
    return treatment_of_kind(slots, treatments, Agent.name)


def _no_call(base: Treatment, reason: str, contact: Contactability) -> Treatment:
    content = {
        **dict.fromkeys(base.content),  # nobody calls: no purpose, benefit or validity to state
        "name": None,
        "reasons": [reason, *contact.evidence],
        "preferred_agents": [],
        **_permission(contact),
    }
    return Treatment(base.slot, NO_CALL, base.arm, 1.0, content)


def _permission(contact: Contactability) -> Mapping[str, object]:
    return {
        "allowed": contact.allowed,
        "allowed_reason": contact.reason,
        "call_from": contact.open_from.isoformat() if contact.open_from else None,
        "call_until": contact.until.isoformat() if contact.until else None,
    }
