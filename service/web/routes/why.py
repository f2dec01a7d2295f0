"""`GET /leads/{id}/why`: what was decided for a person and from what, in their language, as JSON or page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from service.decide.why import Explanation, Names, explain_decision
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.page import page
from service.web.respond import json_answer
from service.web.routes.leads import latest_decision
from service.web.schemas.why import WhyAnswer, WhyQuery

blueprint = Blueprint("why", __name__, description="Why a decision was what it was, in plain words")


@blueprint.route("/leads/<lead_id>/why")
@endpoint(scope="leads", query=WhyQuery, answers=WhyAnswer, also=(404, 503), page=True)
def why(lead_id: str, query: Mapping[str, Any]) -> Response:
    """Which figures about what area, how old and from whom; what was decided; how to object.

    In the lead's own language unless another is asked for. JSON, or a page with `Accept: text/html`.
    """
    explained = explain_lead(lead_id, query.get("language"))
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return why_page(explained)
    return json_answer({"lead_id": lead_id, **asdict(explained)})


def explain_lead(lead_id: str, language: str | None) -> Explanation:
    """The latest decision of a lead, explained. Raises NotFoundError and StoreError."""
    assets = current_services().assets()
    decision = latest_decision(lead_id)
    names = _names(decision.country)
    return explain_decision(decision, language or decision.language, assets.policy, names)


def why_page(explained: Explanation) -> Response:
    """The explanation as a page that can be printed or sent."""
    return page("why.html", explained=explained)


def _names(country: str) -> Names:
    services = current_services()
    assets = services.assets()
    known = country in assets.release.countries
    variables = assets.release.json(country, "variables") if known else []
    sources = services.config.reference_data / "sources"
    return Names(
        variables={v["code"]: v["label"] for v in variables},
        publishers=_publishers(sources),
        segments={s.code: s.names for s in assets.definitions.segments},
    )


@lru_cache(maxsize=4)
def _publishers(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Source id -> its publisher's own name, from the source catalogue."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        source = tomllib.loads(path.read_text(encoding="utf-8"))
        if "publisher" in source:
            found[str(source.get("id", path.stem))] = {"en": str(source["publisher"])}
    return found
