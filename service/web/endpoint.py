"""One decorator per route: who may call it, what it takes and what it answers.

The same words guard the route and document it, so `openapi.yaml` cannot promise another thing than
the service keeps. A route without this decorator stops the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from flask import current_app, request
from marshmallow import Schema

from service.store.patience import at_most
from service.web import body
from service.web.idempotency import Keeps, answer_once

BODY_LIMIT = None  # the setting ENRICH_MAX_BODY_BYTES


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may call a route. Without `open_to_all` a key is needed; a browser's only if `publishable`.

    `page`: a person may read it too, as text/html, with the key of their desk session. `patience_s`: how
    long the route waits for the store in all.
    """

    scope: str = ""
    publishable: bool = False
    open_to_all: bool = False
    produces: str = "application/json"
    page: bool = False
    others: tuple[str, ...] = ()
    patience_s: float = 5.0

    @property
    def media_types(self) -> tuple[str, ...]:
        """All that the route can answer, the usual one first."""
        return (self.produces, *self.others, *(("text/html",) if self.page else ()))


def rules_of(view: Callable[..., Any]) -> Rules | None:
    return cast("Rules | None", getattr(view, "rules", None))


def endpoint(
    *,
    scope: str = "",
    publishable: bool = False,
    open_to_all: bool = False,
    takes: type[Schema] | None = None,
    takes_optional: bool = False,
    query: type[Schema] | None = None,
    answers: type[Schema] | str | None = None,
    many: bool = False,
    status: int = 200,
    produces: str = "application/json",
    also: Sequence[int] = (),
    body_limit: int | None = BODY_LIMIT,
    example: Mapping[str, Any] | None = None,
    headers: Sequence[str] = (),
    keeps: Keeps | None = None,
    page: bool = False,
    others: Sequence[str] = (),
    patience_s: float = 5.0,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a route (put it below `@blueprint.route`).

    `takes`: schema of the JSON body; the view gets the loaded value as keyword `payload` (an empty
    body loads as `{}` if `takes_optional`). `query`: schema of the query string, as keyword `query`.
    `answers`: schema of the answer (a list of it if `many`), or a sentence for other media types.
    `also`: further statuses that this route can give, such as 404 or 409. `headers`: request headers
    that it understands (`If-Match`, `If-None-Match`). `others`: media types that it can answer besides
    `produces`, as text. `patience_s`: how long it waits for the store in all. `keeps`: on a POST, what
    is kept under the caller's `Idempotency-Key`.
    """
    if keeps is not None:
        headers, also = (*headers, "Idempotency-Key"), (*also, 400, 409, 422)
    rules = Rules(scope, publishable, open_to_all, produces, page, tuple(others), patience_s)
    taking = takes() if takes else None
    asking = query() if query else None

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(**path: Any) -> Any:
            with at_most(patience_s):  # a store that hangs must not use up the threads
                if keeps is not None and "HTTP_IDEMPOTENCY_KEY" in request.environ:
                    return answer_once(keeps, _limit(body_limit), lambda: read_and_answer(path))
                return read_and_answer(path)

        def read_and_answer(path: dict[str, Any]) -> Any:
            if taking is not None:
                empty = takes_optional and request.environ.get("CONTENT_LENGTH", "0") in ("", "0")
                path["payload"] = (
                    body.load(taking, {}) if empty else body.load_json(taking, _limit(body_limit))
                )
            if asking is not None:
                path["query"] = body.load(asking, request.args.to_dict())
            return view(**path)

        kept: Any = guarded
        kept.rules = rules
        kept._apidoc = {
            "manual_doc": _documentation(
                rules, takes, takes_optional, query, answers, many, status, also, example, headers
            )
        }
        return cast(Callable[..., Any], kept)

    return decorate


def _limit(own: int | None) -> int:
    return own if own is not None else cast(int, current_app.config["MAX_CONTENT_LENGTH"])


_HEADERS: Mapping[str, str] = {
    "If-Match": "The ETag that you read; the change is made only if it still holds.",
    "If-None-Match": "The ETag that you have; 304 if nothing changed.",
    "Idempotency-Key": "Your own key for this call: sent again with the same body, the same answer.",
}


def _documentation(
    rules: Rules,
    takes: type[Schema] | None,
    takes_optional: bool,
    query: type[Schema] | None,
    answers: type[Schema] | str | None,
    many: bool,
    status: int,
    also: Sequence[int],
    example: Mapping[str, Any] | None,
    headers: Sequence[str],
) -> dict[str, Any]:
    responses: dict[str, Any] = {str(status): _good_answer(rules, answers, many)}
    for code in sorted(_problem_statuses(rules, takes, query, also)):
        responses[str(code)] = {"description": "Not modified"} if code == 304 else f"Problem{code}"
    doc: dict[str, Any] = {"responses": responses}
    if rules.open_to_all:
        doc["security"] = []
    else:
        kinds = ["secretKey", *(["publishableKey"] if rules.publishable else [])]
        doc["security"] = [{kind: []} for kind in kinds]
        doc["x-scope"] = rules.scope
    if takes is not None:
        content: dict[str, Any] = {"schema": takes}
        if example is not None:
            content["example"] = dict(example)
        doc["requestBody"] = {"required": not takes_optional, "content": {"application/json": content}}
    parameters: list[dict[str, Any]] = [
        {
            "in": "header",
            "name": name,
            "required": False,
            "description": _HEADERS[name],
            "schema": {"type": "string"},
        }
        for name in headers
    ]
    if query is not None:
        parameters.append({"in": "query", "schema": query})
    if parameters:
        doc["parameters"] = parameters
    return doc


def _problem_statuses(
    rules: Rules, takes: type[Schema] | None, query: type[Schema] | None, also: Sequence[int]
) -> set[int]:
    statuses = {406, 500, *also}
    if not rules.open_to_all:
        statuses |= {401, 403, 429}
    if takes is not None:
        statuses |= {400, 413, 415, 422}
    if query is not None:
        statuses.add(422)
    return statuses


def _good_answer(rules: Rules, answers: type[Schema] | str | None, many: bool) -> dict[str, Any]:
    good: dict[str, Any] = {"description": answers if isinstance(answers, str) else "The answer"}
    if isinstance(answers, str):
        kind = "object" if rules.produces == "application/json" else "string"
        good["content"] = {rules.produces: {"schema": {"type": kind}}}
    elif answers is not None:
        schema: Any = answers(many=True) if many else answers
        good["content"] = {rules.produces: {"schema": schema}}
    for media_type in rules.media_types[1:]:
        good.setdefault("content", {}).setdefault(media_type, {"schema": {"type": "string"}})
    return good
