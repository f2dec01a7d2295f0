"""What the service knows by name: segments, variables, the active release. Each with an ETag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.flows.catalogue import released_tables, segment_by_code
from service.segment.definition_file import SegmentDefinition
from service.web.context import asked_country, current_services
from service.web.endpoint import endpoint
from service.web.respond import catalogue_answer
from service.web.schemas.catalogue import (
    CatalogueQuery,
    ReferenceDataAnswer,
    SegmentAnswer,
    SegmentsAnswer,
    VariablesAnswer,
)

blueprint = Blueprint("catalogue", __name__, description="Segments, variables and the active release")

_CONDITIONAL = ("If-None-Match",)


@blueprint.route("/segments")
@endpoint(scope="enrich", answers=SegmentsAnswer, also=(304,), headers=_CONDITIONAL)
def segments() -> Response:
    """The base segments: names, portraits, what they need and how they are reached."""
    definitions = current_services().assets().definitions
    return catalogue_answer(
        {"version": definitions.version, "segments": [_segment(s) for s in definitions.segments]}
    )


@blueprint.route("/segments/<code>")
@endpoint(scope="enrich", answers=SegmentAnswer, also=(304, 404), headers=_CONDITIONAL)
def segment(code: str) -> Response:
    """One base segment."""
    return catalogue_answer(_segment(segment_by_code(current_services().assets().definitions, code)))


@blueprint.route("/variables")
@endpoint(scope="enrich", query=CatalogueQuery, answers=VariablesAnswer, also=(304,), headers=_CONDITIONAL)
def variables(query: Mapping[str, Any]) -> Response:
    """The variables of a country: unit, topic, names, what they are weighted by, source and vintage."""
    assets = current_services().assets()
    country = assets.tables_of(asked_country(query)).code
    return catalogue_answer(
        {
            "country": country,
            "reference_data": assets.release.id,
            "variables": assets.release.json(country, "variables"),
        }
    )


@blueprint.route("/reference-data")
@endpoint(scope="enrich", answers=ReferenceDataAnswer, also=(304,), headers=_CONDITIONAL)
def reference_data() -> Response:
    """The active release: per table its source, vintage, age, rows, licence and attribution."""
    services = current_services()
    release = services.assets().release
    today = services.now().date()
    countries = {
        code: {
            "levels": list(entry["levels"]),
            "finest": entry["finest"],
            "tables": [asdict(table) for table in released_tables(release, code, today)],
        }
        for code, entry in release.manifest["countries"].items()
    }
    return catalogue_answer(
        {"release": release.id, "schema_version": release.manifest["schema_version"], "countries": countries}
    )


def _segment(definition: SegmentDefinition) -> dict[str, Any]:
    card = definition.card
    return {
        "code": definition.code,
        "name": dict(definition.names),
        "portrait": dict(definition.portraits),
        "card": {
            "needs": list(card.needs),
            "motivators": list(card.motivators),
            "channels": list(card.channels),
            "media": card.media,
            "priority": card.priority,
        },
    }
