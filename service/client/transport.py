"""One call over HTTP: key, time-out, problems as exceptions, and safe repetition."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import requests

from service.errors import DoorstepError, UnreachableError

_RETRIED = frozenset({429, 502, 503, 504})
_LONGEST_WAIT_S = 30.0


class ProblemError(DoorstepError):
    """The service's own refusal (RFC 9457). `errors` names the fields; quote `request_id` to support."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.errors: tuple[tuple[str, str], ...] = tuple(
            (str(fault.get("field", "")), str(fault.get("message", "")))
            for fault in problem.get("errors", ())
        )
        self.request_id = str(problem.get("request_id", ""))
        super().__init__(f"{status} {self.title}: {self.detail}")


class UnreachableServiceError(UnreachableError):
    """No answer came, after all attempts."""


class Transport:
    """Calls routes. Every POST carries an `Idempotency-Key`, so that repeating one never acts twice."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout_s: float = 10.0,
        attempts: int = 3,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`attempts`: how often a call is made in all, when it is refused for now or not answered."""
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._attempts = max(1, attempts)
        self._session = session or requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"
        self._sleep = sleep

    def call(
        self,
        method: str,
        path: str,
        *,
        path_values: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Any:
        """The JSON answer of one route. Raises ProblemError, and UnreachableServiceError."""
        for name, value in (path_values or {}).items():
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        if method == "POST":
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        wanted = {name: value for name, value in (query or {}).items() if value is not None}
        for attempt in range(1, self._attempts + 1):
            try:
                answer = self._session.request(
                    method,
                    self._base_url + path,
                    params=wanted,
                    json=body,
                    headers=sent,
                    timeout=self._timeout_s,
                )
            except requests.RequestException as error:
                if attempt == self._attempts:
                    raise UnreachableServiceError(
                        f"{self._base_url} gave no answer to {method} {path} ({type(error).__name__}): "
                        "check that the service runs and can be reached."
                    ) from error
                self._sleep(_pause(attempt, None))
                continue
            if answer.status_code in _RETRIED and attempt < self._attempts:
                self._sleep(_pause(attempt, answer.headers.get("Retry-After")))
                continue
            return _content(answer)
        raise AssertionError("the loop ends with an answer or an error")

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()


def _pause(attempt: int, retry_after: str | None) -> float:
    if retry_after is not None and retry_after.isdigit():
        return min(float(retry_after), _LONGEST_WAIT_S)
    return min(0.2 * 2.0**attempt, _LONGEST_WAIT_S)


def _content(answer: requests.Response) -> Any:
    if answer.ok:
        return answer.json()
    try:
        problem = answer.json()
    except ValueError:
        problem = {"title": answer.reason, "detail": "The answer was no JSON; is this the service?"}
    raise ProblemError(answer.status_code, problem if isinstance(problem, dict) else {})
