"""How well typed addresses were matched over time, and what fails most: from sums without any address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.flows.match_quality import measure_match_quality
from service.learn.live.match_quality import PeriodQuality
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.respond import catalogue_answer
from service.web.schemas.match_quality import MatchQualityAnswer, MatchQualityQuery

blueprint = Blueprint("match_quality", __name__, description="How well addresses are matched")


@blueprint.route("/reports/match-quality")
@endpoint(
    scope="reports",
    query=MatchQualityQuery,
    answers=MatchQualityAnswer,
    also=(304, 503),
    headers=("If-None-Match",),
)
def report(query: Mapping[str, Any]) -> Response:
    """Shares of category and level per period, and the most frequent failures by the shape of what was typed.

    Of decisions only: addresses that were washed for a form (`POST /addresses/wash`) are not counted. A
    failure is a match of category C. Nothing of an address is stored or answered.
    """
    services = current_services()
    country = services.assets().tables_of(query["country"]).code if "country" in query else None
    found = measure_match_quality(
        services.store, query["period"], query["top"], query["from_"], query["to"], country
    )
    return catalogue_answer(
        {
            "period": found.period,
            "total": found.total and _period(found.total),
            "periods": [_period(period) for period in found.periods],
            "failures": [
                {"reason": f.reason, "pattern": f.pattern, "count": f.count, "share": round(f.share, 6)}
                for f in found.failures
            ],
            "failures_not_shown": found.failures_not_shown,
        }
    )


def _period(period: PeriodQuality) -> dict[str, Any]:
    low, high = period.interval
    return {
        "start": period.start,
        "requests": period.requests,
        "categories": {name: round(share, 6) for name, share in period.categories.items()},
        "levels": {name: round(share, 6) for name, share in period.levels.items()},
        "named_low": round(low, 6),
        "named_high": round(high, 6),
    }
