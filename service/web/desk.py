"""The desk as a request finds it."""

from __future__ import annotations

from service.flows.desk import Desk
from service.web.context import current_services


def current_desk() -> Desk:
    """What the flows of the call centre are handed: the log, its decisions, the policy, the time."""
    services = current_services()
    return Desk(services.store, services.past, services.assets().policy, services.now())
