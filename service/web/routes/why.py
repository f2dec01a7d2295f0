"""`GET /leads/{id}/why`: what was decided for a person and from what, in their language, as JSON or page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from service.flows.why import explain_lead
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.page import why_page
from service.web.respond import json_answer
from service.web.schemas.why import WhyAnswer, WhyQuery

blueprint = Blueprint("why", __name__, description="Why a decision was what it was, in plain words")


@blueprint.route("/leads/<lead_id>/why")
@endpoint(scope="leads", query=WhyQuery, answers=WhyAnswer, also=(404, 503), page=True)
def why(lead_id: str, query: Mapping[str, Any]) -> Response:
    """Which figures about what area, how old and from whom; what was decided; how to object.

    In the lead's own language unless another is asked for. JSON, or a page with `Accept: text/html`.
    """
    services = current_services()
    explained = explain_lead(services.past, services.assets(), lead_id, query.get("language"))
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return why_page(explained)
    return json_answer({"lead_id": lead_id, **asdict(explained)})
