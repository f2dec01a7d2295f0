"""The company's own leads against the market: who they are by area, and who got what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.flows.fairness import GroupShare, audit_decisions
from service.flows.market import Compared, profile_leads
from service.web.context import asked_country, current_services
from service.web.endpoint import endpoint
from service.web.respond import json_answer
from service.web.schemas.market import FairnessAnswer, FairnessQuery, ProfileQuery, ProfileReportAnswer

blueprint = Blueprint("bases", __name__, description="Own leads against the market")


@blueprint.route("/reports/profile")
@endpoint(scope="reports", query=ProfileQuery, answers=ProfileReportAnswer, also=(503,))
def profile(query: Mapping[str, Any]) -> Response:
    """Leads (or those with an outcome) against the market: index and 95 % interval per segment and variable.

    A lead counts with the figures and the segment distribution of its area, knowing nothing else of it.
    """
    services = current_services()
    assets, country, outcome = services.assets(), asked_country(query), query["outcome"]
    found = profile_leads(services.store, assets, country, query["slot"], outcome)
    return json_answer(
        {
            "country": country,
            "reference_data": assets.release.id,
            "outcome": outcome,
            "leads": found.leads,
            "without_area": found.without_area,
            "segments": [_compared(row) for row in found.segments],
            "variables": [_compared(row) for row in found.variables],
        }
    )


@blueprint.route("/reports/fairness")
@endpoint(scope="reports", query=FairnessQuery, answers=FairnessAnswer, also=(503,))
def fairness(query: Mapping[str, Any]) -> Response:
    """What leads did get (offer value, reach, agent seniority) by income of the area and urbanity.

    `open` is false when a group is left with less than its band of what everybody gets.
    """
    services = current_services()
    country, band = asked_country(query), query["band"]
    groups = audit_decisions(services.store, services.assets(), country, band)
    return json_answer(
        {
            "country": country,
            "band": band,
            "open": all(group.within_band for group in groups),
            "groups": [_group(group) for group in groups],
        }
    )


def _compared(row: Compared) -> dict[str, Any]:
    shares = {name: _rounded(getattr(row, name), 5) for name in ("base", "market")}
    indexes = {name: _rounded(getattr(row, name), 1) for name in ("index", "index_low", "index_high")}
    return {"code": row.code, **shares, **indexes, "leads": row.leads}


def _group(group: GroupShare) -> dict[str, Any]:
    rounded = {name: round(getattr(group, name), 4) for name in ("mean", "everybody", "ratio")}
    return asdict(group) | rounded


def _rounded(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None
