"""The request under way: when it began, its id, and the key that it came with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, cast

from flask import request


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


@dataclass(slots=True)
class Visit:
    """What is known of the request under way. Hangs on the WSGI environment, which is cheaper than `g`."""

    started: float
    request_id: str
    key: Key | None = None


VISIT = "doorstep.visit"


def current_visit() -> Visit | None:
    """The request under way; None before its first hook has run."""
    return cast("Visit | None", request.environ.get(VISIT))


def current_key() -> Key:
    """The key of this request; routes without `open_to_all` always have one."""
    return cast(Key, request.environ[VISIT].key)
