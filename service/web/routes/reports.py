"""What works: lift against the holdout, and contact frequency. From sums, so in no time at any size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.decide.slots.email import email_slot
from service.flows.lift import LiftQuestion, measure_frequency, measure_lift
from service.learn.lift.rows import row_json, rows_csv
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
    assets = services.assets()
    by = list(dict.fromkeys(query["by"].split(",")))
    asked = LiftQuestion(
        outcome=query["outcome"],
        by=by,
        period=query["period"],
        first_day=query["from_"],
        last_day=query["to"],
        slot=query.get("slot", ""),
        adjust=[name for name in query["adjust"].split(",") if name],
    )
    found = measure_lift(services.store, assets.policy, assets.profiles, asked)
    if query["format"] == "csv":
        return Response(rows_csv(found.rows, by), mimetype="text/csv")
    return json_answer(
        {
            "outcome": asked.outcome,
            "by": by,
            "rows": [row_json(row) for row in found.rows],
            "ratio": [asdict(ratio) | {"alarm": ratio.alarm} for ratio in found.ratios],
            "complaints": [asdict(alarm) for alarm in found.complaints],
            "adjusted": [asdict(lift) for lift in found.adjusted],
        }
    )


@blueprint.route("/reports/frequency")
@endpoint(scope="reports", query=FrequencyQuery, answers=FrequencyAnswer, also=(503,))
def frequency(query: Mapping[str, Any]) -> Response:
    """Outcome rate by how often a lead was decided on in a slot, treated beside holdout.

    Leads who come back are not like others: read the difference between the arms at each frequency,
    not the slope along one arm.
    """
    services = current_services()
    outcome, email = query["outcome"], email_slot(services.assets().policy.slots)
    slot = query["slot"] or (email.code if email else "")
    rows = measure_frequency(services.store, slot, outcome, query["from_"], query["to"])
    return json_answer({"slot": slot, "outcome": outcome, "rows": [asdict(row) for row in rows]})
