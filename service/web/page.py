"""Pages for people: server-rendered, self-contained, under a content security policy."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, render_template

from service.decide.why import Explanation
from service.web.respond import catalogue_answer

PAGES = Path(__file__).with_name("pages")
# Nothing from elsewhere, nothing inline: a page cannot be made to run what somebody typed.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page of this moment: not kept by anybody."""
    response = Response(render_template(template, **values), status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return guarded(response)


def why_page(explained: Explanation) -> Response:
    """An explanation as a page that can be printed or sent."""
    return page("why.html", explained=explained)


def lasting_page(template: str, **values: Any) -> Response:
    """A page that changes with the release only: has an ETag."""
    return guarded(catalogue_answer(render_template(template, **values), "text/html"))


def page_file(name: str, media_type: str) -> Response:
    """A file that pages use, with an ETag."""
    return catalogue_answer(_text_of(name), media_type)


def guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    # not "no-referrer": a form would then be sent with the origin "null", which the desk refuses
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@lru_cache(maxsize=16)
def _text_of(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")
