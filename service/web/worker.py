"""gunicorn's worker, with its refusals in our one shape.

A request that is no HTTP (a broken line, headers without end) never reaches the application; gunicorn
answers it itself, as HTML that quotes what was sent. That may be an address.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import Any

import orjson
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

from service.web.problems import MEDIA_TYPE, TITLES

_STATUS_OF_FAULT = ((LimitRequestLine, 414), (LimitRequestHeaders, 431))
_DETAILS = {
    400: "This is not a request in HTTP/1.1.",
    414: "The address line is longer than 8,190 bytes; send less text at once.",
    431: "The header fields are too many or too long.",
}


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is not typed
    """Answers a request that is none with problem+json, and logs its kind only."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        status = next((code for kind, code in _STATUS_OF_FAULT if isinstance(exc, kind)), 400)
        self.log.info("a request that is no HTTP was refused: %s", type(exc).__name__)
        with suppress(OSError):
            client.sendall(refusal(status))


def refusal(status: int) -> bytes:
    """The whole HTTP answer."""
    problem = {
        "type": f"/docs#problem-{status}",
        "title": TITLES[status],
        "status": status,
        "detail": _DETAILS[status],
        "errors": [],
        "request_id": "",
    }
    body = orjson.dumps(problem)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
