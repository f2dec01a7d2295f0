"""What surrounds every request: its id, its key, cross-origin rules, its place in log and metrics.

Closed by default: a route is reached with a key unless it was declared `open_to_all`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from time import perf_counter
from typing import Any

from flask import Flask, Request, Response, request

from service.store.patience import at_most
from service.web.context import Site, current_site
from service.web.endpoint import Rules, rules_of
from service.web.problems import Problem
from service.web.visit import VISIT, Key, Visit

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PREFLIGHT_SECONDS = "600"
_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID"
_EXPOSED_HEADERS = "X-Request-ID, ETag, RateLimit, RateLimit-Policy, Retry-After, Link"
_KEY_PATIENCE_S = 0.25  # most keys are known already; a form waits no longer for another one
_UNKNOWN_ROUTE = "(none)"
SESSION = "doorstep_desk"
SIGN_IN = "/desk/sign-in"


def install_access(app: Flask, site: Site) -> None:
    """Hooks the checks before and the marks after every request of `app`."""
    rules = {name: rules_of(view) for name, view in app.view_functions.items()}
    unguarded = sorted(name for name, rule in rules.items() if rule is None)
    if unguarded:
        raise RuntimeError(f"Routes without @endpoint, so nobody said who may call them: {unguarded}")

    @app.before_request
    def admit() -> Response | None:
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # each proxy use costs
        environ = asked.environ
        visit = Visit(perf_counter(), _request_id(environ))
        environ[VISIT] = visit
        if environ["REQUEST_METHOD"] == "OPTIONS":
            return _preflight()
        if asked.url_rule is None:
            return None  # 404 and 405 need no key
        rule = rules[asked.url_rule.endpoint]
        assert rule is not None
        if not rule.open_to_all:
            try:
                visit.key = _admitted(rule, site, environ)
            except Problem:
                if rule.page and "text/html" in environ.get("HTTP_ACCEPT", ""):
                    return Response(status=303, headers={"Location": SIGN_IN})  # a person
                raise
        _check_accept(rule, environ)
        return None

    @app.after_request
    def mark(response: Response) -> Response:
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]
        environ = asked.environ
        visit: Visit = environ.get(VISIT) or Visit(perf_counter(), "")
        headers = response.headers
        headers.add("X-Request-ID", visit.request_id)
        headers.add("X-Content-Type-Options", "nosniff")
        origin = environ.get("HTTP_ORIGIN")
        if origin:
            _allow_origin(response, origin, visit.key)
        seconds = perf_counter() - visit.started
        known = asked.url_rule is not None
        route = asked.url_rule.rule if asked.url_rule is not None else _UNKNOWN_ROUTE
        method = environ["REQUEST_METHOD"] if known else "-"
        site.metrics.count_request(route, method, response.status_code, seconds)
        site.access_log.write(visit, route, method, response.status_code, seconds)
        return response


def _request_id(environ: Mapping[str, Any]) -> str:
    """The caller's id if it is a plain one (it goes into logs), else one of ours."""
    sent = environ.get("HTTP_X_REQUEST_ID")
    return sent if sent and _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)


def _admitted(rule: Rules, site: Site, environ: Mapping[str, Any]) -> Key:
    """The caller's key. Raises Problem 401 or 403."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if rule.page and not token:
        scheme, token = "bearer", _session_key(environ)
    if not token or scheme.lower() != "bearer":
        raise Problem(
            401,
            "Send a key: Authorization: Bearer sk_… (or pk_… in a browser).",
            headers={"WWW-Authenticate": 'Bearer realm="doorstep"'},
        )
    with at_most(_KEY_PATIENCE_S):
        key = site.keyring.authenticate(token.strip())
    if key is None:
        raise Problem(
            401,
            "This key is not known, has expired or was revoked. `enrich keys list` shows those that hold.",
            headers={"WWW-Authenticate": 'Bearer realm="doorstep", error="invalid_token"'},
        )
    if key.kind != "secret" and not rule.publishable:
        raise Problem(403, "A publishable key may not call this; use a secret key, on your server.")
    if rule.scope not in key.scopes:
        raise Problem(403, f"This key lacks the scope '{rule.scope}'; `enrich keys create` gives scopes.")
    origin = environ.get("HTTP_ORIGIN")
    if key.kind != "secret" and origin and not _is_own(origin) and not may_call(origin, key.origins):
        raise Problem(403, "This key may not be used from that web origin; add it to the key's origins.")
    return key


def _session_key(environ: Mapping[str, Any]) -> str:
    """The key of a desk session. Only our own pages may act with it, whatever a browser sends along."""
    origin = environ.get("HTTP_ORIGIN")
    if origin and not _is_own(origin):
        return ""
    return request.cookies.get(SESSION, "")


def may_call(origin: str, allowed: Iterable[str]) -> bool:
    """Whether a page of `origin` is among `allowed`: `*` is any, `http://host:*` that host on any port."""
    for pattern in allowed:
        if pattern in ("*", origin):
            return True
        stem, any_port, _ = pattern.rpartition("*")
        if any_port and stem.endswith(":") and origin.startswith(stem) and origin[len(stem) :].isdigit():
            return True
    return False


def _is_own(origin: str) -> bool:
    """Whether a page of this service itself calls (browsers send an origin with every POST)."""
    return origin.partition("://")[2] == request.host


def _allow_origin(response: Response, origin: str, key: Key | None) -> None:
    response.vary.add("Origin")
    allowed = key.kind != "secret" and may_call(origin, key.origins) if key else _site_allows(origin)
    if allowed:  # a secret key has no business in a browser, so it gets no such header
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS


def _site_allows(origin: str) -> bool:
    return may_call(origin, current_site().keyring.all_origins())


def _preflight() -> Response:
    """A preflight has no key, so it is answered for all keys at once; the call itself is checked."""
    response = Response(status=204)
    origin = request.environ.get("HTTP_ORIGIN", "")
    methods = sorted(request.url_rule.methods or ()) if request.url_rule is not None else ["OPTIONS"]
    response.headers["Allow"] = ", ".join(methods)
    if origin and _site_allows(origin):
        response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    return response


def _check_accept(rule: Rules, environ: Mapping[str, Any]) -> None:
    accept = environ.get("HTTP_ACCEPT")
    if not accept or "*/*" in accept or rule.produces in accept:
        return
    if request.accept_mimetypes.best_match(rule.media_types) is None:
        raise Problem(406, f"This route answers {' or '.join(rule.media_types)}; accept that or */*.")
