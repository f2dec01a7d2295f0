"""Why a lead got what it got, in plain words, from the log, the release and the policy's own texts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from service.decide.why import Explanation, Names, explain_decision
from service.flows.active import Assets
from service.flows.past_figures import PastDecisions


def explain_lead(
    past: PastDecisions, assets: Assets, lead_id: str, language: str | None, sources: Path
) -> Explanation:
    """The latest decision of a lead, explained in `language` or the lead's own.

    Raises NotFoundError without a decision, and StoreError.
    """
    decision = past.latest(lead_id)
    known = decision.country in assets.release.countries
    variables = assets.release.json(decision.country, "variables") if known else []
    names = Names(
        variables={v["code"]: v["label"] for v in variables},
        publishers=_publishers(sources),
        segments={s.code: s.names for s in assets.definitions.segments},
    )
    return explain_decision(decision, language or decision.language, assets.policy, names)


@lru_cache(maxsize=4)
def _publishers(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Source id -> its publisher's own name, from the source catalogue."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        source = tomllib.loads(path.read_text(encoding="utf-8"))
        if "publisher" in source:
            found[str(source.get("id", path.stem))] = {"en": str(source["publisher"])}
    return found
