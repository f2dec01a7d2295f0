"""Answers as HTTP: JSON bytes, and catalogue answers with an ETag."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request

JSON = "application/json"
# Catalogues change with a release or a policy; a client asks again, and mostly hears 304.
_REVALIDATE = "private, no-cache"


def json_bytes(body: bytes, status: int = 200) -> Response:
    """An answer that is JSON already."""
    return Response(body, status, content_type=JSON)


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON."""
    response = Response(orjson.dumps(body, default=str), status, mimetype=JSON)
    if headers:
        response.headers.update(headers)
    return response


def next_page(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The `Link` header that leads to the next page of this route (RFC 8288)."""
    return {"Link": f'<{request.path}?{urlencode(parameters)}>; rel="next"'}


def catalogue_answer(body: Any, media_type: str = JSON) -> Response:
    """`body` (JSON, or text as it is) with an ETag; 304 when the caller has it already."""
    content = body.encode() if isinstance(body, str) else orjson.dumps(body, default=str)
    response = Response(content, mimetype=media_type)
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.headers["Cache-Control"] = _REVALIDATE
    response.make_conditional(request)
    return response
