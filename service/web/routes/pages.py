"""The form widget and its demonstration; the style sheet that all pages share."""

from __future__ import annotations

from flask import Response
from flask_smorest import Blueprint

from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.page import lasting_page, page_file

blueprint = Blueprint("pages", __name__, description="The form widget and pages for people")

_JAVASCRIPT = "text/javascript"


@blueprint.route("/widget.js")
@endpoint(open_to_all=True, answers="The form widget.", produces=_JAVASCRIPT, also=(304,))
def widget() -> Response:
    """The form widget: one script, one input, nothing else. `/demo` shows how to use it."""
    return page_file("widget.js", _JAVASCRIPT)


@blueprint.route("/demo")
@endpoint(open_to_all=True, answers="A signup form with the widget.", produces="text/html", also=(304,))
def demo() -> Response:
    """A signup form with the widget, and what the service answers to it."""
    key = "pk_demo" if current_services().config.demo_keys else ""
    return lasting_page("demo.html", key=key)


@blueprint.route("/pages/demo.js")
@endpoint(open_to_all=True, answers="The script of /demo.", produces=_JAVASCRIPT, also=(304,))
def demo_script() -> Response:
    """The script of the demonstration page."""
    return page_file("demo.js", _JAVASCRIPT)


@blueprint.route("/pages/desk.js")
@endpoint(open_to_all=True, answers="The script of /desk.", produces=_JAVASCRIPT, also=(304,))
def desk_script() -> Response:
    """The keys of the call-centre page."""
    return page_file("desk.js", _JAVASCRIPT)


@blueprint.route("/pages/doorstep.css")
@endpoint(open_to_all=True, answers="The style sheet of the pages.", produces="text/css", also=(304,))
def style_sheet() -> Response:
    """The style sheet of the pages."""
    return page_file("doorstep.css", "text/css")
