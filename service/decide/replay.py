"""What another policy would have done for a lead that was decided before.

The log keeps what was decided and from what figures, not what the person had agreed to in so many words;
that is read back from what the decision allowed.
"""

from __future__ import annotations

from service.decide.situation import Situation
from service.model import AddressQuery, Consent, ConsentProof, Decision, Lead


def rebuild_situation(decision: Decision, salt: str) -> Situation:
    """The situation of a logged decision, as far as the log tells.

    Budgets, caps, what a household had before, suppression lists and the desk's state are as if nothing had
    been used: a replay says what a policy wants, before guardrails. A consent counts as given at
    the time of the decision when that used it (a marketing e-mail, a call or a channel that was allowed).
    """
    given = ConsentProof(True, decision.made_at)
    email = decision.treatments.get("first_email")
    call = decision.treatments.get("agent")
    channels = decision.treatments.get("contact_channel")
    ranked = channels.content.get("ranked") if channels is not None else None
    used = set(ranked) if isinstance(ranked, list | tuple) else set()
    if email is not None and email.content.get("kind") == "marketing":
        used.add("email")
    if call is not None and call.content.get("allowed") is True:
        used.add("phone")
    lead = Lead(
        lead_id=decision.lead_id,
        address=AddressQuery(decision.country),
        country=decision.country,
        language=decision.language,
        channel=decision.channel,
        consent=Consent(
            profiling=decision.reason != "no_profiling_consent",
            email=given if "email" in used else None,
            phone=given if "phone" in used else None,
            sms=given if "sms" in used else None,
            post=given if "letter" in used else None,
        ),
        tenure_days=decision.weights.tenure_days,
    )
    return Situation(
        lead=lead,
        segment=decision.segment,
        now=decision.made_at,
        salt=salt,
        sub_segment=decision.sub_segment,
        status=decision.status,
        objected=decision.reason == "objected",
    )
