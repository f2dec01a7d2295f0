"""What another policy would have done for a lead that was decided before.

The log keeps what was decided and from what figures, not what the person had agreed to in so many words;
that is read back from what the decision allowed.
"""

from __future__ import annotations

from collections.abc import Mapping

from service.decide.contact_rules import RULED
from service.decide.situation import Situation
from service.decide.slots.content import Permission
from service.decide.slots.kinds import KINDS
from service.decide.slots.slot import Slot
from service.model import AddressQuery, Consent, ConsentProof, Contact, Decision, Lead


def rebuild_situation(decision: Decision, slots: Mapping[str, Slot], salt: str) -> Situation:
    """The situation of a logged decision, as far as the log tells. `slots` are those of a policy that names
    them as the logged one did: what is logged of others says nothing.

    Budgets, caps, what a household had before, suppression lists and the desk's state are as if nothing had
    been used: a replay says what a policy wants, before guardrails. A consent counts as given at
    the time of the decision when that used it (a marketing message, a call or a channel that was allowed),
    and as refused when that was the reason why not.
    """
    told = read_permissions(decision, slots)
    objected = "objected" in (decision.reason, *(reason for _, reason in told.values()))
    proofs = {way.value: _proof(decision, *told[way]) for way in RULED if way in told}
    lead = Lead(
        lead_id=decision.lead_id,
        address=AddressQuery(decision.country),
        country=decision.country,
        language=decision.language,
        channel=decision.channel,
        consent=Consent(profiling=decision.profiling == "performed" or objected, **proofs),
        tenure_days=decision.weights.tenure_days,
    )
    return Situation(
        lead=lead,
        segment=decision.segment,
        now=decision.made_at,
        salt=salt,
        sub_segment=decision.sub_segment,
        status=decision.status,
        objected=objected,
    )


def read_permissions(decision: Decision, slots: Mapping[str, Slot]) -> Mapping[Contact, Permission]:
    """Which ways of contact a logged decision allowed, and which not. A slot that gives the reason goes
    before one that only sent something else."""
    told: dict[Contact, Permission] = {}
    for code, treatment in decision.treatments.items():
        slot = slots.get(code)
        if slot is not None:
            for way, said in KINDS[slot.kind].read_permissions(slot, treatment.content).items():
                if way not in told or told[way][1] is None:
                    told[way] = said
    return told


def _proof(decision: Decision, allowed: bool, reason: str | None) -> ConsentProof | None:
    if allowed or reason == "consent_refused":
        return ConsentProof(allowed, decision.made_at)
    return None
