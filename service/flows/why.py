"""Why a lead got what it got, in plain words, from the log, the release and the policy's own texts."""

from __future__ import annotations

from service.decide.why import Explanation, Names, explain_decision
from service.flows.active import Assets
from service.flows.past_figures import PastDecisions


def explain_lead(past: PastDecisions, assets: Assets, lead_id: str, language: str | None) -> Explanation:
    """The latest decision of a lead, explained in `language` or the lead's own.

    Raises NotFoundError without a decision, and StoreError.
    """
    decision = past.latest(lead_id)
    known = decision.country in assets.release.countries
    variables = assets.release.json(decision.country, "variables") if known else []
    publishers = assets.release.publishers(decision.country) if known else {}
    names = Names(
        variables={v["code"]: v["label"] for v in variables},
        publishers={source: {"en": own_name} for source, own_name in publishers.items()},
        segments={s.code: s.names for s in assets.definitions.segments},
    )
    return explain_decision(decision, language or decision.language, assets.policy, names)
