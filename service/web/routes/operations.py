"""Whether it lives, whether it can answer, what it counts, and what it documents."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request
from flask_smorest import Blueprint, current_api
from markupsafe import Markup, escape

from service.errors import DoorstepError
from service.web.context import Site, current_services, current_site
from service.web.endpoint import endpoint
from service.web.page import lasting_page
from service.web.problems import TITLES, Problem
from service.web.respond import catalogue_answer, json_answer
from service.web.schemas.operations import LiveAnswer, ReadyAnswer

log = logging.getLogger(__name__)

blueprint = Blueprint("operations", __name__, description="Health, metrics and documentation")


@blueprint.route("/livez")
@endpoint(open_to_all=True, answers=LiveAnswer)
def livez() -> Response:
    """The worker runs. Says nothing of what it depends on."""
    return json_answer({"status": "alive"})


@blueprint.route("/readyz")
@endpoint(open_to_all=True, answers=ReadyAnswer, also=(503,))
def readyz() -> Response:
    """The worker can answer and the store can be written: a real write was made, within half a second.

    What is wrong is in the log, and told to a secret key; anybody else learns only that something is.
    """
    site, services = current_site(), current_services()
    try:
        services.store.check_writable()
    except DoorstepError as error:
        log.warning("not ready: %s", error)
        told = str(error) if _is_operator(site) else "The store cannot be written just now; the log says why."
        raise Problem(503, told, headers={"Retry-After": "1"}) from error
    assets = services.assets()
    return json_answer(
        {
            "status": "ready",
            "countries": sorted(assets.countries),
            "reference_data": assets.versions.reference_data,
            "policy": assets.versions.policy,
        }
    )


def _is_operator(site: Site) -> bool:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    try:
        key = site.keyring.authenticate(token) if token else None
    except DoorstepError:
        return False
    return key is not None and key.kind == "secret"


@blueprint.route("/metrics")
@endpoint(open_to_all=True, answers="Counts and times in the Prometheus text format.", produces="text/plain")
def metrics() -> Response:
    """Counts and times for Prometheus, over all workers."""
    body, media_type = current_site().metrics.exposition()
    return Response(body, content_type=media_type)


@blueprint.route("/openapi.json")
@endpoint(open_to_all=True, answers="This description of the service (OpenAPI 3.1).", also=(304,))
def openapi_json() -> Response:
    """The description of every route, as JSON."""
    return catalogue_answer(current_api.spec.to_dict())


@blueprint.route("/docs")
@endpoint(open_to_all=True, answers="The documentation as a page.", produces="text/html", also=(304,))
def docs() -> Response:
    """The same for people; needs nothing from elsewhere."""
    return lasting_page(
        "docs.html",
        spec=current_api.spec.to_dict(),
        titles=TITLES,
        version=current_app.config["API_VERSION"],
        shape=shape_in_words,
    )


def shape_in_words(schema: Mapping[str, Any]) -> Markup:
    """A schema as one phrase with links: `list of <a>BatchResult</a>`."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return Markup('<a href="#shape-{0}"><code>{0}</code></a>').format(name)
    for union in ("oneOf", "anyOf", "allOf"):
        if union in schema:
            return Markup(" or ").join(shape_in_words(s) for s in schema[union])
    kind = schema.get("type", "any value")
    if "array" in kind:
        return Markup("list of {}").format(shape_in_words(schema.get("items", {})))
    words = " or ".join(kind) if isinstance(kind, list) else kind
    if isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
        return Markup("{} of {}").format(words, shape_in_words(schema["additionalProperties"]))
    if "enum" in schema:
        return escape(f"{words}: {', '.join(str(e) for e in schema['enum'] if e is not None)}")
    return escape(words)
