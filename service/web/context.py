"""What hangs on the application: the services that routes reach the product through, keys, metrics, log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from flask import current_app

from service.web.logs import AccessLog
from service.web.metrics import Metrics
from service.web.visit import Key
from service.wiring import Services


class Keyring(Protocol):
    """Where keys are looked up."""

    def authenticate(self, token: str) -> Key | None:
        """The key; None when it is unknown, expired or revoked. Never raises."""
        ...

    def all_origins(self) -> frozenset[str]:
        """The origins of all keys in force: what a preflight, which has no key, is answered from."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """What `create_app` hangs on the application."""

    services: Services
    keyring: Keyring
    metrics: Metrics
    access_log: AccessLog


EXTENSION = "doorstep"


def current_site() -> Site:
    return cast(Site, current_app.extensions[EXTENSION])


def current_services() -> Services:
    """The services of the running application: what every route reaches the product through."""
    return current_site().services


def asked_country(query: Mapping[str, Any]) -> str:
    """The country of a query, the service's own where it names none."""
    country: str = query.get("country") or current_services().config.country
    return country.upper()
