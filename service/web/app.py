"""The Flask application: routes, the checks around them, one error shape, one description."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from flask import Flask
from flask_smorest import Api, Blueprint

from service.web.access import install_access
from service.web.context import EXTENSION, Site
from service.web.description import DescribedApi, describe
from service.web.limits import Limits, install_limits
from service.web.logs import AccessLog
from service.web.metrics import Metrics
from service.web.problems import install_problems
from service.web.routes import (
    addresses,
    agents,
    bases,
    catalogue,
    desk,
    enrich,
    leads,
    market,
    match_quality,
    operations,
    outcomes,
    pages,
    pauses,
    privacy,
    reports,
    reservations,
    webhooks,
    why,
)
from service.wiring import Services

BLUEPRINTS: Sequence[Blueprint] = (
    enrich.blueprint,
    addresses.blueprint,
    leads.blueprint,
    why.blueprint,
    reservations.blueprint,
    agents.blueprint,
    privacy.blueprint,
    outcomes.blueprint,
    reports.blueprint,
    pauses.blueprint,
    match_quality.blueprint,
    market.blueprint,
    bases.blueprint,
    webhooks.blueprint,
    catalogue.blueprint,
    operations.blueprint,
    pages.blueprint,
)


def create_app(services: Services) -> Flask:
    """The application over `services`; the same in tests and under gunicorn."""
    app, _ = routed_app()
    app.config["MAX_CONTENT_LENGTH"] = services.config.max_body_bytes
    site = Site(
        services=services,
        keyring=services.store.keys,
        metrics=Metrics(),
        access_log=AccessLog(enabled=services.config.log_level in ("DEBUG", "INFO")),
    )
    services.failures.append(site.metrics.count_failure)
    app.extensions[EXTENSION] = site
    install_problems(app)
    install_access(app, site)
    install_limits(app, Limits())
    return app


def routed_app() -> tuple[Flask, Api]:
    """An application with all routes and their description, but nothing behind them yet."""
    app = Flask("service.web", static_folder=None, template_folder="pages")
    app.config.update(
        API_TITLE="Doorstep",
        API_VERSION=version("doorstep"),
        OPENAPI_VERSION="3.1.0",
        PROPAGATE_EXCEPTIONS=False,
    )
    app.url_map.strict_slashes = False
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    api = DescribedApi(app)
    describe(api)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    app.register_blueprint(desk.blueprint)  # pages for people are no part of the description
    return app, api
