"""Every error of every route in one shape: `application/problem+json` (RFC 9457).

One table says which error has which status. A problem names the field and what to do; it never
repeats what was typed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from service.errors import (
    ConflictError,
    DoorstepError,
    InvalidInputError,
    NotFoundError,
    PreconditionError,
    UnreachableError,
)
from service.web.visit import current_visit

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS_OF_ERROR: tuple[tuple[type[DoorstepError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (PreconditionError, 412),
    (InvalidInputError, 422),
    (UnreachableError, 503),  # StoreError is one
    (DoorstepError, 500),
)
# What each status means here, for `title`, the documentation and `/docs`.
TITLES: Mapping[int, str] = {
    400: "The request could not be read",
    401: "A valid key is needed",
    403: "This key may not do that",
    404: "Not found",
    405: "This route does not know that method",
    406: "No representation that you accept",
    408: "The request did not arrive in time",
    409: "The present state does not allow it",
    412: "It has changed since you read it",
    413: "The body is too large",
    414: "The address line is too long",
    415: "The body must be JSON",
    422: "The request is not valid",
    428: "A precondition is needed",
    429: "Too many requests",
    431: "The header fields are too large",
    500: "Something failed here",
    503: "A part of the service is unavailable",
}
_DETAILS: Mapping[int, str] = {
    400: "The request could not be understood.",
    404: "There is nothing at this path. The routes are listed under /docs.",
    405: "Use one of the methods that the Allow header names.",
    413: "Send less at once; the limit is stated with the route under /docs.",
    500: "The fault is ours and has been logged. Try again, and quote the request id if it stays.",
    503: "Try again in a moment.",
}
# A field name is repeated only when it looks like one: an address used as a key is not.
_FIELD_NAME = re.compile(r"[A-Za-z0-9_.\-\[\]]{1,80}")


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One wrong field: its path (`declared.birth_year`) and a sentence."""

    field: str
    message: str


@dataclass(frozen=True)
class Problem(Exception):  # noqa: N818 - the standard's own word
    """Raised by routes and hooks for an answer that is not the one asked for."""

    status: int
    detail: str
    errors: tuple[FieldFault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Exception.__init__(self, self.detail)


def problem_body(status: int, detail: str, errors: Iterable[FieldFault] = ()) -> dict[str, object]:
    """The members of one problem; the same on every route."""
    return {
        "type": f"/docs#problem-{status}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [{"field": shown_field(e.field), "message": e.message} for e in errors],
        "request_id": "" if (visit := current_visit()) is None else visit.request_id,
    }


def shown_field(path: str) -> str:
    """A field path that is safe to repeat."""
    return path if _FIELD_NAME.fullmatch(path) else "(a field whose name is not repeated here)"


def problem_response(problem: Problem) -> Response:
    body = orjson.dumps(problem_body(problem.status, problem.detail, problem.errors))
    answer = Response(body, status=problem.status, mimetype=MEDIA_TYPE)
    for name, value in problem.headers.items():
        answer.headers[name] = value
    return answer


def as_problem(error: Exception) -> Problem:
    """The problem that stands for any exception."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, DoorstepError):
        status = next(s for kind, s in STATUS_OF_ERROR if isinstance(error, kind))
        if status == 500:
            return Problem(500, _DETAILS[500])
        where = error.field if isinstance(error, InvalidInputError) else ""
        faults = (FieldFault(where, str(error)),) if where else ()
        retry = {"Retry-After": "1"} if status == 503 else {}
        return Problem(status, str(error) if status != 503 else _DETAILS[503], faults, retry)
    if isinstance(error, HTTPException) and error.code is not None and error.code >= 400:
        allow = {"Allow": ", ".join(error.valid_methods or ())} if hasattr(error, "valid_methods") else {}
        status = 400 if error.code not in TITLES else error.code
        return Problem(status, _DETAILS.get(status, TITLES[status] + "."), (), allow)
    return Problem(500, _DETAILS[500])


def install_problems(app: Flask) -> None:
    """Registers the one error answer for everything that can go wrong in `app`."""

    def answer_error(error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
            return Response(headers=[*error.get_headers()], status=error.code)  # a redirect
        problem = as_problem(error)
        if problem.status >= 500:
            # exc_info is reduced to type and place by the formatter: a message could quote an address.
            log.error("request failed", exc_info=error, extra={"route": str(request.url_rule or "")})
        return problem_response(problem)

    app.register_error_handler(Exception, answer_error)
