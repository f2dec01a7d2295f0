"""The market behind the segments: expected households per area, and variables that say the same.

Both come from the active release alone, so they carry an ETag and change only with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flask import Response
from flask_smorest import Blueprint

from service.errors import InvalidInputError, NotFoundError
from service.segment.assign import SegmentModel
from service.segment.correlate import correlate_figures
from service.segment.potential import expected_households
from service.tables import Release
from service.web.context import current_services
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
    services = current_services()
    assets = services.assets()
    country = country_of(query, assets.release, services.config.country)
    model = assets.countries[country].segments
    level = _level(query["level"], model)
    found = expected_households(model, level)
    names = _names(assets.release, country, level)
    order = np.argsort(-found.households, kind="stable")
    if "area" in query:
        order = order[[found.codes[n] == query["area"] for n in order]]
        if not len(order):
            raise NotFoundError(f"There is no {level} with this code; ask without `area` for all.")
    codes = model.definitions.codes
    total = found.households.sum()
    national = found.expected.sum(axis=0)
    page = order[query["offset"] : query["offset"] + query["limit"]].tolist()
    return catalogue_answer(
        {
            "country": country,
            "level": level,
            "vintage": found.vintage,
            "reference_data": assets.release.id,
            "segments": [
                {
                    "code": segment.code,
                    "name": segment.name("en"),
                    "households": round(float(national[n]), 1),
                    "share": round(float(national[n] / total), 5),
                }
                for n, segment in enumerate(model.definitions.segments)
            ],
            "areas": [
                {
                    "code": found.codes[row],
                    "name": names.get(found.codes[row]) or found.codes[row],
                    "households": round(float(found.households[row]), 1),
                    "expected": _by_code(codes, found.expected[row], 1),
                    "index": _by_code(codes, _index(found.expected[row], national), 0),
                }
                for row in page
            ],
            "areas_in_all": len(order),
        }
    )


@blueprint.route("/reports/correlation")
@endpoint(
    scope="reports", query=CorrelationQuery, answers=CorrelationAnswer, also=(304,), headers=_CONDITIONAL
)
def correlation(query: Mapping[str, Any]) -> Response:
    """Variables that say the same: pairs by correlation over areas, weighted by households."""
    services = current_services()
    assets = services.assets()
    country = country_of(query, assets.release, services.config.country)
    level = _level(query.get("level") or assets.release.finest(country), assets.countries[country].segments)
    found = correlate_figures(assets.release, country, level)
    return catalogue_answer(
        {
            "country": country,
            "level": found.level,
            "reference_data": assets.release.id,
            "variables": len(found.codes),
            "pairs": [
                {"first": first, "second": second, "r": round(r, 4)}
                for first, second, r in found.pairs(query["least"])
            ],
        }
    )


def country_of(query: Mapping[str, Any], release: Release, default: str) -> str:
    """The country asked for. Raises InvalidInputError for one that the release does not have."""
    country: str = (query.get("country") or default).upper()
    if country not in release.countries:
        raise InvalidInputError(f"There are tables for {', '.join(release.countries)} only.", "country")
    return country


def _level(level: str, model: SegmentModel) -> str:
    known = [table.level for table in model.levels]
    if level not in known:
        raise InvalidInputError(f"There are areas of {', '.join(known)} only.", "level")
    return level


def _names(release: Release, country: str, level: str) -> dict[str, str]:
    table = release.table(country, f"profiles_{level}")
    return dict(zip(table["code"].to_pylist(), table["name"].to_pylist(), strict=True))


def _index(expected: np.ndarray, national: np.ndarray) -> np.ndarray:
    here = expected / max(float(expected.sum()), 1e-9)
    index: np.ndarray = 100 * here / (national / national.sum())
    return index


def _by_code(codes: tuple[str, ...], values: np.ndarray, digits: int) -> dict[str, float]:
    return {code: round(float(value), digits) for code, value in zip(codes, values, strict=True)}
