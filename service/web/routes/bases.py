"""The company's own leads against the market: who they are by area, and who got what.

Counts come from the folded log (per small area, no lead and no address), figures from the release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from flask import Response
from flask_smorest import Blueprint
from numpy.typing import NDArray

from service.decide.policy import Policy
from service.segment.areas import LevelTable
from service.segment.assign import SegmentModel
from service.segment.compare import Z, area_groups, base_means, figures_of
from service.segment.potential import segment_shares
from service.store.facts import LiftCell
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.respond import json_answer
from service.web.routes.market import country_of
from service.web.schemas.market import FairnessAnswer, FairnessQuery, ProfileQuery, ProfileReportAnswer

blueprint = Blueprint("bases", __name__, description="Own leads against the market")

Floats = NDArray[np.float64]
INCOME = "household_income_mean"
OFFER, AGENT = "offer", "agent"
LEAST_LEADS = 30  # a group of fewer leads is not judged


@blueprint.route("/reports/profile")
@endpoint(scope="reports", query=ProfileQuery, answers=ProfileReportAnswer, also=(503,))
def profile(query: Mapping[str, Any]) -> Response:
    """Leads (or those with an outcome) against the market: index and 95 % interval per segment and variable.

    A lead counts with the figures and the segment distribution of its area, knowing nothing else of it.
    """
    services = current_services()
    assets = services.assets()
    country = country_of(query, assets.release, services.config.country)
    model = assets.countries[country].segments
    outcome = query["outcome"]
    cells = services.store.facts.lift_by_area(outcome, slot=query["slot"], country=country)
    counts = {
        table.level: _counts(table, cells, lambda cell: cell.with_outcome if outcome else cell.decisions)
        for table in model.levels
    }
    leads = sum(cell.with_outcome if outcome else cell.decisions for cell in cells)
    placed = int(sum(values.sum() for values in counts.values()))
    codes = [entry["code"] for entry in assets.release.json(country, "variables")]
    figures = {table.level: figures_of(assets.release, country, table, codes) for table in model.levels}
    shares = {table.level: segment_shares(model, table) for table in model.levels}
    return json_answer(
        {
            "country": country,
            "reference_data": assets.release.id,
            "outcome": outcome,
            "leads": leads,
            "without_area": leads - placed,
            "segments": _compared(model, shares, counts, model.definitions.codes, model.market),
            "variables": _compared(model, figures, counts, codes, figures["country"][0]),
        }
    )


@blueprint.route("/reports/fairness")
@endpoint(scope="reports", query=FairnessQuery, answers=FairnessAnswer, also=(503,))
def fairness(query: Mapping[str, Any]) -> Response:
    """What leads did get (offer value, reach, agent seniority) by income of the area and urbanity.

    `open` is false when a group is left with less than its band of what everybody gets.
    """
    services = current_services()
    assets = services.assets()
    country = country_of(query, assets.release, services.config.country)
    model = assets.countries[country].segments
    finest = model.levels[0]
    income = None
    if INCOME in {entry["code"] for entry in assets.release.json(country, "variables")}:
        income = figures_of(assets.release, country, finest, [INCOME])[:, 0]
    groups = area_groups(finest.households, finest.urbanity, income)
    rows = []
    for measure, slot, given in _measures(assets.policy):
        cells = services.store.facts.lift_by_area("", slot=slot, country=country)
        leads = _counts(finest, cells, lambda cell: cell.decisions)
        sums = _sums(finest, cells, given)
        rows += _group_rows(measure, leads, sums, groups, finest, float(query["band"]))
    return json_answer(
        {
            "country": country,
            "band": query["band"],
            "open": all(row["within_band"] for row in rows),
            "groups": rows,
        }
    )


def _measures(policy: Policy) -> list[tuple[str, str, Callable[[LiftCell], float]]]:
    """(measure, slot, what a decision of a cell gave)."""
    certificates = {agent.id: len(agent.certificates) for agent in policy.agents.agents}

    def discount(cell: LiftCell) -> float:
        rule = policy.treatment(OFFER, cell.group["treatment"])
        return rule.value.discount if rule else 0.0

    return [
        ("value of the offer", OFFER, discount),
        ("reach of treatments", OFFER, lambda cell: float(cell.group["arm"] == "treated")),
        ("seniority of agents", AGENT, lambda cell: 1.0 + certificates.get(cell.group["treatment"], 0)),
    ]


def _sums(table: LevelTable, cells: Iterable[LiftCell], given: Callable[[LiftCell], float]) -> Floats:
    return _counts(table, cells, lambda cell: cell.decisions * given(cell))


def _counts(table: LevelTable, cells: Iterable[LiftCell], weigh: Callable[[LiftCell], float]) -> Floats:
    counts = np.zeros(len(table.rows))
    for cell in cells:
        if cell.group["area_level"] == table.level and cell.group["area_code"] in table.rows:
            counts[table.rows[cell.group["area_code"]]] += weigh(cell)
    return counts


def _compared(
    model: SegmentModel, values: Mapping[str, Floats], counts: Mapping[str, Floats],
    codes: Iterable[str], market: Floats,
) -> list[dict[str, Any]]:  # fmt: skip
    parts = [(values[t.level], counts[t.level], t.households) for t in model.levels]
    mean, error, known = base_means(parts)
    rows = []
    for n, code in enumerate(codes):
        whole = float(market[n])
        scale = 100 / whole if whole else float("nan")
        rows.append(
            {
                "code": code,
                "base": _finite(mean[n], 5),
                "market": _finite(whole, 5),
                "index": _finite(mean[n] * scale, 1),
                "index_low": _finite((mean[n] - Z * error[n]) * scale, 1),
                "index_high": _finite((mean[n] + Z * error[n]) * scale, 1),
                "leads": int(known[n]),
            }
        )
    return rows


def _group_rows(
    measure: str, leads: Floats, sums: Floats, groups: list[tuple[str, str, Floats]], table: LevelTable,
    band: float,
) -> list[dict[str, Any]]:  # fmt: skip
    if leads.sum() == 0:
        return []
    everybody = float(sums.sum() / leads.sum())
    rows = []
    for kind, group, households in groups:
        inside = np.divide(
            households, table.households, out=np.zeros_like(households), where=table.households > 0
        )
        count = float(leads @ inside)
        if count < LEAST_LEADS:
            continue
        mean = float(sums @ inside) / count
        ratio = mean / everybody if everybody else 1.0
        rows.append(
            {
                "measure": measure, "kind": kind, "group": group, "leads": round(count),
                "mean": round(mean, 4), "everybody": round(everybody, 4), "ratio": round(ratio, 4),
                "within_band": ratio >= band,
            }
        )  # fmt: skip
    return rows


def _finite(value: Any, digits: int) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None
