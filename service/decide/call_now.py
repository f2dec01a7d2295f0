"""May the call that was decided be made at this moment: a decision is read hours or weeks later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.decide.policy import Policy
from service.decide.slots.agent import suggested_agent
from service.model import Decision


@dataclass(frozen=True, slots=True)
class CallNow:
    """`reason` is a code: `open`, or why not. `opens` is when to try again, if that is all."""

    allowed: bool
    reason: str
    opens: datetime | None = None


def check_call_now(policy: Policy, decision: Decision, now: datetime) -> CallNow:
    """Whether the lead of a logged decision may be called at `now`, by its country's hours and holidays.

    Reasons: open; and, not allowed: no_agent_slot, the decision's own (no_consent, on_list, …), no_rules,
    permission_ran_out (decide the lead anew), outside_call_hours.
    """
    treatment = suggested_agent(policy.slots, decision.treatments)
    if treatment is None:
        return CallNow(False, "no_agent_slot")
    content = treatment.content
    if content.get("allowed") is not True:
        return CallNow(False, str(content.get("allowed_reason") or "no_consent"))
    until = content.get("call_until")
    if isinstance(until, str) and now >= datetime.fromisoformat(until):
        return CallNow(False, "permission_ran_out")
    rules = policy.contact_rules.get(decision.country)
    if rules is None:
        return CallNow(False, "no_rules")
    opens = rules.hours.next_open(now)
    if opens is None or opens > now:
        return CallNow(False, "outside_call_hours", opens)
    return CallNow(True, "open", now)
