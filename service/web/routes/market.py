"""The market behind the segments: expected households per area, and variables that say the same.

Both come from the active release alone, so they carry an ETag and change only with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.flows.market import market_correlations, market_potential
from service.web.context import asked_country, current_services
from service.web.endpoint import endpoint
from service.web.respond import catalogue_answer
from service.web.schemas.market import CorrelationAnswer, CorrelationQuery, PotentialAnswer, PotentialQuery

blueprint = Blueprint("market", __name__, description="The market: potential and correlations")

_CONDITIONAL = ("If-None-Match",)


@blueprint.route("/reports/potential")
@endpoint(
    scope="reports", query=PotentialQuery, answers=PotentialAnswer, also=(304, 404), headers=_CONDITIONAL
)
def potential(query: Mapping[str, Any]) -> Response:
    """Expected households per segment and area, largest areas first, with the index against the country."""
    assets = current_services().assets()
    country = asked_country(query)
    asked = market_potential(assets, country, query["level"], query.get("area"))
    found, codes = asked.found, assets.definitions.codes
    total = found.households.sum()
    return catalogue_answer(
        {
            "country": country,
            "level": found.level,
            "vintage": found.vintage,
            "reference_data": assets.release.id,
            "segments": [
                {
                    "code": segment.code,
                    "name": segment.name("en"),
                    "households": round(float(households), 1),
                    "share": round(float(households / total), 5),
                }
                for segment, households in zip(assets.definitions.segments, asked.national, strict=True)
            ],
            "areas": [
                {
                    "code": found.codes[row],
                    "name": asked.names.get(found.codes[row], found.codes[row]),
                    "households": round(float(found.households[row]), 1),
                    "expected": _by_code(codes, found.expected[row], 1),
                    "index": _by_code(codes, asked.index(row), 0),
                }
                for row in asked.order[query["offset"] : query["offset"] + query["limit"]]
            ],
            "areas_in_all": len(asked.order),
        }
    )


@blueprint.route("/reports/correlation")
@endpoint(
    scope="reports", query=CorrelationQuery, answers=CorrelationAnswer, also=(304,), headers=_CONDITIONAL
)
def correlation(query: Mapping[str, Any]) -> Response:
    """Variables that say the same: pairs by correlation over areas, weighted by households."""
    assets = current_services().assets()
    country = asked_country(query)
    level, found = market_correlations(assets, country, query.get("level"))
    return catalogue_answer(
        {
            "country": country,
            "level": level,
            "reference_data": assets.release.id,
            "variables": len(found.codes),
            "pairs": [
                {"first": first, "second": second, "r": round(r, 4)}
                for first, second, r in found.pairs(query["least"])
            ],
        }
    )


def _by_code(codes: Iterable[str], values: Iterable[float], digits: int) -> dict[str, float]:
    return {code: round(float(value), digits) for code, value in zip(codes, values, strict=True)}
