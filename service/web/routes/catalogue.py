"""What the service knows by name: segments, variables, the active release. Each with an ETag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.errors import NotFoundError
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
    try:
        return catalogue_answer(_segment(current_services().assets().definitions.by_code(code)))
    except KeyError:
        raise NotFoundError("There is no segment with this code; GET /segments lists them.") from None


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
            "tables": list(_tables(entry["tables"], today)),
        }
        for code, entry in release.manifest["countries"].items()
    }
    return catalogue_answer(
        {"release": release.id, "schema_version": release.manifest["schema_version"], "countries": countries}
    )


def _segment(definition: Any) -> dict[str, Any]:
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


def _tables(tables: Iterable[Mapping[str, Any]], today: date) -> Iterable[dict[str, Any]]:
    for table in tables:
        vintage = str(table.get("vintage") or "") or None
        yield {
            "path": table["path"],
            "kind": table.get("kind"),
            "rows": table.get("rows"),
            "bytes": table.get("bytes"),
            "vintage": vintage,
            "age_days": _age_days(vintage, today),
            "accessed": table.get("accessed"),
            "sources": list(table.get("sources") or ()),
            "licence": table.get("licence"),
            "attribution": table.get("attribution"),
            "sha256": table.get("sha256"),
        }


def _age_days(vintage: str | None, today: date) -> int | None:
    """Days since the date that the figures describe; a year or month counts from its first day."""
    if vintage is None:
        return None
    padded = vintage + "0000-01-01"[len(vintage) :]
    try:
        return (today - date.fromisoformat(padded)).days
    except ValueError:
        return None  # a vintage in words
