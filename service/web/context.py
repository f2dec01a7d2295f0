"""What a request may reach: one typed accessor for the services, one for the key of the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, cast

from flask import current_app, request

if TYPE_CHECKING:
    from service.web.logs import AccessLog
    from service.web.metrics import Metrics
    from service.wiring import Services


class Key(Protocol):
    """A key that was recognised. `origins` are those that a browser may call from."""

    @property
    def key_id(self) -> str: ...

    @property
    def kind(self) -> Literal["secret", "publishable"]: ...

    @property
    def scopes(self) -> frozenset[str]: ...

    @property
    def origins(self) -> frozenset[str]: ...

    @property
    def per_minute(self) -> int: ...


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


@dataclass(slots=True)
class Visit:
    """What is known of the request under way. Hangs on the WSGI environment, which is cheaper than `g`."""

    started: float
    request_id: str
    key: Key | None = None


EXTENSION = "doorstep"
VISIT = "doorstep.visit"


def current_site() -> Site:
    return cast(Site, current_app.extensions[EXTENSION])


def current_services() -> Services:
    """The services of the running application: what every route reaches the product through."""
    return current_site().services


def current_visit() -> Visit | None:
    """The request under way; None before its first hook has run."""
    return cast("Visit | None", request.environ.get(VISIT))


def current_key() -> Key:
    """The key of this request; routes without `open_to_all` always have one."""
    return cast(Key, request.environ[VISIT].key)
