"""What `openapi.yaml` says of the service as a whole: purpose, keys, shared schemas."""

from __future__ import annotations

from flask_smorest import Api

from service.web.problems import MEDIA_TYPE, TITLES
from service.web.schemas.enrich import AddressParts, EnrichRequest
from service.web.schemas.problem import ProblemAnswer

DESCRIPTION = (
    "An address goes in; a decision comes out: greeting, welcome offer, first e-mail and phone agent, with "
    "the evidence, the vintage of every figure and the reason in plain words.\n\n"
    "What a person typed never gives an error. Every error has one shape, `application/problem+json`.\n"
)


class DescribedApi(Api):  # type: ignore[misc]  # flask-smorest is not typed
    """flask-smorest without its own error shape: every route states its problems by status."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = ProblemAnswer

    def _register_error_handlers(self) -> None:
        """None of its own: `install_problems` answers every error."""


def describe(api: Api) -> None:
    """Adds what is said of the service as a whole: keys, shared schemas."""
    spec = api.spec
    spec.options["info"] = {"description": DESCRIPTION, "license": {"name": "MIT", "identifier": "MIT"}}
    spec.components.security_scheme(
        "secretKey", {"type": "http", "scheme": "bearer", "description": "sk_…, for servers; has scopes."}
    )
    spec.components.security_scheme(
        "publishableKey",
        {"type": "http", "scheme": "bearer", "description": "pk_…, for browsers; bound to web origins."},
    )
    spec.components.schema("AddressParts", schema=AddressParts)
    spec.components.schema("EnrichRequest", schema=EnrichRequest)
    for status, title in TITLES.items():
        content = {MEDIA_TYPE: {"schema": ProblemAnswer}}
        spec.components.response(f"Problem{status}", {"description": title, "content": content}, lazy=True)
