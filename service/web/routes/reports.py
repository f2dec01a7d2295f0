"""What works: lift against the holdout, and contact frequency. From sums, so in no time at any size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.learn.lift.adjust import adjust_by_area, figures_of_areas
from service.learn.lift.compare import (
    COMPLAINT_LIMIT,
    complaint_alarms,
    lift_rows,
    needed_dimensions,
    ratio_alarms,
)
from service.learn.lift.rows import row_json, rows_csv
from service.learn.lift.sequential import watched_difference
from service.store.exposure import exposures
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.respond import json_answer
from service.web.schemas.reports import FrequencyAnswer, FrequencyQuery, LiftAnswer, LiftQuery

blueprint = Blueprint("reports", __name__, description="What works, against the holdout")


@blueprint.route("/reports/lift")
@endpoint(scope="reports", query=LiftQuery, answers=LiftAnswer, also=(503,), others=("text/csv",))
def lift(query: Mapping[str, Any]) -> Response:
    """Treated minus holdout per group of `by`: rates, difference, always-valid interval, incremental value.

    Compared within segment, channel and country. `stands` holds after control of false discoveries over
    all rows. `ratio` alarms when the holdout is not as large as planned. `format=csv` gives the rows as CSV.
    `adjust` sharpens the lift per slot, over all days, by figures of the leads' small areas.
    """
    services = current_services()
    facts = services.store.facts
    by = list(dict.fromkeys(query["by"].split(",")))
    only = {"slot": query["slot"]} if "slot" in query else {}
    cells = facts.lift(needed_dimensions(by), query["outcome"], query["from_"], query["to"], **only)
    rows = lift_rows(cells, by, query["period"])
    if query["format"] == "csv":
        return Response(rows_csv(rows, by), mimetype="text/csv")
    share = services.assets().policy.experiments.holdout_share
    complaints = facts.lift(("slot", "treatment", "arm"), "complained", query["from_"], query["to"], **only)
    return json_answer(
        {
            "outcome": query["outcome"],
            "by": by,
            "rows": [row_json(row) for row in rows],
            "ratio": [asdict(a) | {"alarm": a.alarm} for a in ratio_alarms(cells, share)],
            "complaints": [asdict(alarm) for alarm in complaint_alarms(complaints, COMPLAINT_LIMIT)],
            "adjusted": _adjusted(query),
        }
    )


def _adjusted(query: Mapping[str, Any]) -> list[dict[str, Any]]:
    variables = tuple(v for v in query["adjust"].split(",") if v)
    if not variables:
        return []
    services = current_services()
    figures = figures_of_areas(services.assets().release, variables)
    cells = services.store.facts.lift_by_area(query["outcome"])
    return [asdict(found) for found in adjust_by_area(cells, figures, variables)]


@blueprint.route("/reports/frequency")
@endpoint(scope="reports", query=FrequencyQuery, answers=FrequencyAnswer, also=(503,))
def frequency(query: Mapping[str, Any]) -> Response:
    """Outcome rate by how often a lead was decided on in a slot, treated beside holdout.

    Leads who come back are not like others: read the difference between the arms at each frequency,
    not the slope along one arm.
    """
    services = current_services()
    services.store.facts.fold(at_most=2000)
    found = exposures(services.store.database, query["slot"], query["outcome"], query["from_"], query["to"])
    rows = []
    for group in found:
        rate = group.with_outcome / group.leads
        smooth = (group.with_outcome + 0.5) / (group.leads + 1)
        seen = watched_difference(rate, smooth * (1 - smooth) / group.leads, group.leads)
        sure = group.with_outcome >= 10 and math.isfinite(seen.low)
        rows.append(
            {
                "arm": group.arm, "times": group.times, "leads": group.leads, "rate": rate,
                "low": max(seen.low, 0.0) if sure else None, "high": min(seen.high, 1.0) if sure else None,
            }
        )  # fmt: skip
    return json_answer({"slot": query["slot"], "outcome": query["outcome"], "rows": rows})
