"""Reaching a person: may we, who calls, and by which ways. Consent first, everything else after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.decide.agents import NOTHING_WANTED, best_agent, rank_agents, seat_agents
from service.decide.consent import Contactability, check_contact
from service.decide.contact_rules import MEDIA
from service.decide.policy import Policy
from service.decide.situation import Draw, Setting, Situation
from service.model import Treatment

NO_CALL = "no-call"
OWN_PAGES = ("web", "app")  # the person comes to us: nobody is contacted


def check_medium(policy: Policy, situation: Situation, setting: Setting, medium: str) -> Contactability:
    """`check_contact` for this lead; a country without a rule file is never contacted."""
    if not setting.country_known:
        country = situation.lead.country
        return Contactability(medium, False, "no_rules", "", (f"there are no contact rules for {country}",))
    return check_contact(
        policy.contact_rules[setting.country],
        medium,
        situation.lead.consent,
        situation.now,
        objected=situation.objected,
        lists=situation.lists,
    )


def check_media(policy: Policy, situation: Situation, setting: Setting) -> Mapping[str, Contactability]:
    """`check_medium` for each medium. Most leads come without consents, and where no list is imported
    either, the answer is the same for all of a day: it is kept, which saves a tenth of the choice."""
    consent = situation.lead.consent
    said = consent.email or consent.phone or consent.sms or consent.post
    if said or situation.objected or situation.lists or not setting.country_known:
        return {medium: check_medium(policy, situation, setting, medium) for medium in MEDIA}
    kept, today = policy.contact_rules[setting.country].unasked, situation.now.date()
    contacts: Mapping[str, Contactability] | None = kept.get(today)
    if contacts is None:
        contacts = {medium: check_medium(policy, situation, setting, medium) for medium in MEDIA}
        kept.clear()
        if not any(contact.allowed for contact in contacts.values()):  # else it follows the clock
            kept[today] = contacts
    return contacts


def choose_agent(
    policy: Policy,
    situation: Situation,
    setting: Setting,
    contact: Contactability,
    base: Treatment,
    draw: Draw,
    everyone_alike: bool,
) -> Treatment:
    """Who should call, or `no-call` with the reason. `base` carries the call's purpose and validity.

    Treated leads get the agent with the skills that their segment wants; the holdout, and everyone in the
    standard flow, the agent who would be next without them. The propensity takes the desk's state as given.
    """
    if not contact.allowed:
        reasons = (f"no call: {contact.reason.replace('_', ' ')}", *contact.evidence)
        return _no_call(base, reasons, contact)
    seated = seat_agents(
        policy.agents.agents if situation.roster is None else situation.roster,
        lead_id=situation.lead.lead_id,
        country=setting.country,
        language=setting.language,
        now=situation.now,
        states=situation.agent_states,
        salt=situation.salt,
    )
    if not seated:
        reasons = (f"no agent speaks {setting.language} in {setting.country}", *contact.evidence)
        return _no_call(base, reasons, contact)
    wanted = policy.agents.wanted.get(situation.segment.code or "", NOTHING_WANTED)
    held_out = everyone_alike or draw.arm == "holdout"
    ranked = rank_agents(seated, NOTHING_WANTED if held_out else wanted)
    best = ranked[0]
    propensity = 1.0
    if not everyone_alike and best.agent is not best_agent(seated, wanted if held_out else NOTHING_WANTED):
        propensity = draw.holdout_share if held_out else 1 - draw.holdout_share
    content = {
        **base.content,
        "name": best.agent.name,
        "reasons": [*best.reasons(setting.language), *contact.evidence],
        "preferred_agents": [one.agent.id for one in ranked[: policy.agents.preferred]],
        **_permission(contact),
    }
    return Treatment(base.slot, best.agent.id, draw.arm, propensity, content)


def allowed_channels(
    treatment: Treatment, ranked: Sequence[str], contacts: Mapping[str, Contactability]
) -> Treatment:
    """The treatment's ranked ways of contact, less those by which this person may not be contacted."""
    allowed: list[str] = []
    blocked: dict[str, str] = {}
    for channel in ranked:
        if channel in OWN_PAGES or contacts[channel].allowed:
            allowed.append(channel)
        else:
            blocked[channel] = contacts[channel].reason
    content = {**treatment.content, "ranked": allowed, "blocked": blocked}
    return Treatment(treatment.slot, treatment.id, treatment.arm, treatment.propensity, content)


def _no_call(base: Treatment, reasons: Sequence[str], contact: Contactability) -> Treatment:
    content = {
        **dict.fromkeys(base.content),  # nobody calls: no purpose, benefit or validity to state
        "name": None,
        "reasons": list(reasons),
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
